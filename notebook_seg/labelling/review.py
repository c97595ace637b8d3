"""A look over all masks of a dataset: how much is labelled, with what, and what looks wrong."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt

from notebook_seg.data.dataset import Dataset
from notebook_seg.data.files import FileStamp, atomic_write, natural_key, stamp
from notebook_seg.data.images import image_size
from notebook_seg.data.overlays import reduced_mask
from notebook_seg.errors import ImageError, MaskError
from notebook_seg.labelling.mask_facts import MaskFacts, measure_mask
from notebook_seg.labelling.suspicions import KINDS, Suspicion, suspicions_in
from notebook_seg.labelling.thumbnails import THUMBNAIL
from notebook_seg.progress import progress_bar

__all__ = ["DatasetReview", "PictureReview", "Reviewer", "check", "review", "write_suspicions"]

Report = Callable[[int, int], None]

# Photographs and masks that are copied together have nearly the same time.
_LATER_NS = 60 * 10**9
_MINORITY = 0.5


@dataclass(frozen=True)
class PictureReview:
    """What was found about one picture.

    Attributes
    ----------
    stem : str
        Its name.
    facts : MaskFacts or None
        Of its mask; None if it has none, or one that cannot be read.
    problem : Suspicion or None
        Why it cannot be read.
    is_outdated : bool
        Whether the photograph was written after its mask.
    small : ndarray, shape (h, w), uint8, or None
        The mask, reduced to the size of a thumbnail.
    """

    stem: str
    facts: MaskFacts | None = None
    problem: Suspicion | None = None
    is_outdated: bool = False
    small: npt.NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)

    @property
    def is_labelled(self) -> bool:
        """Whether there is a mask, be it one that cannot be read."""
        return self.facts is not None or (
            self.problem is not None and self.problem.kind != "photograph"
        )


@dataclass(frozen=True)
class DatasetReview:
    """What was found about all pictures of a dataset.

    Attributes
    ----------
    class_names : tuple of str
        Background first.
    pictures : tuple of PictureReview
        In the order of the dataset.
    suspicions : tuple of Suspicion
        What looks wrong, the gravest kinds first.

    Examples
    --------
    >>> print(review(Dataset.sample()))
    12 pictures, 12 labelled
    class       pixels  share  pictures  pieces
    background   77169  66.3%        12       -
    coin         39183  33.7%        12      24
    Nothing looks wrong.
    """

    class_names: tuple[str, ...]
    pictures: tuple[PictureReview, ...]
    suspicions: tuple[Suspicion, ...] = field(default=())

    @property
    def n_labelled(self) -> int:
        """How many pictures have a mask."""
        return sum(picture.is_labelled for picture in self.pictures)

    @property
    def suspicious(self) -> frozenset[str]:
        """The stems of the pictures that a suspicion names."""
        return frozenset(found.stem for found in self.suspicions if found.stem is not None)

    def totals(self) -> list[dict[str, object]]:
        """Return a row for each class: pixels, share of all, pictures that have it, pieces.

        Examples
        --------
        >>> review(Dataset.sample()).totals()[1]["pictures"]
        12
        """
        facts = [picture.facts for picture in self.pictures if picture.facts is not None]
        every = sum(mask.shape[0] * mask.shape[1] for mask in facts) or 1
        return [
            {
                "class": name,
                "pixels": sum(mask.pixels[label] for mask in facts),
                "share": sum(mask.pixels[label] for mask in facts) / every,
                "pictures": sum(mask.pixels[label] > 0 for mask in facts),
                "pieces": sum(mask.n_pieces(label) for mask in facts) if label else None,
            }
            for label, name in enumerate(self.class_names)
        ]

    def rows(self) -> list[dict[str, object]]:
        """Return a row for each class of each labelled picture, for a table of one's own.

        Examples
        --------
        >>> review(Dataset.sample()).rows()[1]
        {'picture': 'coin_01', 'class': 'coin', 'pixels': 2499, 'share': 0.2419, 'pieces': 2}
        """
        return [row for picture in self.pictures for row in self._rows_of(picture)]

    def _rows_of(self, picture: PictureReview) -> Iterator[dict[str, object]]:
        facts = picture.facts
        if facts is None:
            return
        for label, name in enumerate(self.class_names):
            yield {
                "picture": picture.stem,
                "class": name,
                "pixels": facts.pixels[label],
                "share": round(facts.share(label), 4),
                "pieces": facts.n_pieces(label) if label else None,
            }

    def __str__(self) -> str:
        lines = [self._headline(), *_aligned(self._table()), *map(str, self.suspicions)]
        return "\n".join([*lines, *self._all_well()])

    def _repr_html_(self) -> str:
        header, *body = self._table()
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body
        )
        told = "".join(f"<li>{escape(str(found))}</li>" for found in self.suspicions)
        return (
            f"<p>{self._headline()}</p><table><thead><tr>{cells}</tr></thead>"
            f"<tbody>{rows}</tbody></table><ul>{told}</ul><p>{''.join(self._all_well())}</p>"
        )

    def _headline(self) -> str:
        return f"{len(self.pictures)} pictures, {self.n_labelled} labelled"

    def _all_well(self) -> list[str]:
        return [] if self.suspicions else ["Nothing looks wrong."]

    def _table(self) -> list[list[str]]:
        rows = [["class", "pixels", "share", "pictures", "pieces"]]
        for total in self.totals():
            pieces = "-" if total["pieces"] is None else str(total["pieces"])
            share = f"{total['share']:.1%}"
            rows.append(
                [str(total["class"]), str(total["pixels"]), share, str(total["pictures"]), pieces]
            )
        return rows


class Reviewer:
    """Reviews a dataset again and again, and looks only at what has changed since.

    One mask is in memory at a time.

    Parameters
    ----------
    dataset : Dataset

    Examples
    --------
    >>> data = Dataset.sample()
    >>> reviewer = Reviewer(data)
    >>> reviewer.look("coin_01") is reviewer.look("coin_01")
    True
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._seen: dict[str, tuple[object, PictureReview]] = {}

    def look(self, stem: str) -> PictureReview:
        """Return what there is to say about one picture."""
        path = self.dataset.image_path(stem)
        version = (self.dataset.mask_version(stem), stamp(path))
        known = self._seen.get(stem)
        if known is None or known[0] != version:
            self._seen[stem] = known = (version, self._measure(stem, version[1]))
        return known[1]

    def review(self, progress: bool = False, report: Report | None = None) -> DatasetReview:
        """Return what there is to say about all pictures; see the function `review`."""
        stems = self.dataset.stems
        pictures = []
        with progress_bar(len(stems), "Looking at the masks", "mask", progress) as bar:
            for number, stem in enumerate(stems, start=1):
                pictures.append(self.look(stem))
                bar.update()
                if report is not None:
                    report(number, len(stems))
        return self.summary(pictures)

    def summary(self, pictures: Sequence[PictureReview]) -> DatasetReview:
        """Return the review of pictures that were looked at one by one."""
        names = self.dataset.class_names
        facts = {p.stem: p.facts for p in pictures if p.facts is not None}
        found = [p.problem for p in pictures if p.problem is not None]
        found += self._orphans()
        found += _outdated(pictures)
        found += suspicions_in(facts, names)
        order = list(KINDS)
        found.sort(key=lambda suspicion: order.index(suspicion.kind))
        return DatasetReview(names, tuple(pictures), tuple(found))

    def _measure(self, stem: str, photograph: FileStamp | None) -> PictureReview:
        data = self.dataset
        try:
            mask = data.mask(stem)
        except MaskError as error:
            return PictureReview(stem, problem=self._unreadable(stem, error))
        except ImageError as error:
            return PictureReview(stem, problem=_problem(stem, "photograph", error))
        if mask is None:
            return PictureReview(stem)
        drawn = stamp(data.mask_path(stem))
        outdated = bool(
            drawn and photograph and photograph.modified_ns > drawn.modified_ns + _LATER_NS
        )
        facts = measure_mask(mask, data.n_classes)
        return PictureReview(stem, facts, None, outdated, reduced_mask(mask, THUMBNAIL))

    def _unreadable(self, stem: str, error: MaskError) -> Suspicion:
        try:
            fits = image_size(self.dataset.mask_path(stem)) == self.dataset.image_size(stem)
        except ImageError:
            fits = True
        return _problem(stem, "unreadable" if fits else "size", error)

    def _orphans(self) -> list[Suspicion]:
        """Return the masks whose photographs are gone."""
        # Not those of the dataset at hand, which may be a part of the folder.
        stems = frozenset(Dataset(self.dataset.folder).stems)
        masks = sorted((self.dataset.folder / "masks").glob("[!.]*.png"), key=natural_key)
        message = "There is a mask and no photograph: was it renamed, or taken away?"
        return [
            Suspicion(mask.stem, "no picture", None, None, message)
            for mask in masks
            if mask.stem not in stems
        ]


def review(dataset: Dataset, progress: bool = False) -> DatasetReview:
    """Count what is labelled, and look for what may be a mistake.

    Parameters
    ----------
    dataset : Dataset
    progress : bool, optional
        Whether to show a bar.

    Returns
    -------
    DatasetReview
        Prints as a table.

    Notes
    -----
    What is suspicious is told in `notebook_seg.labelling.suspicions.suspicions_in`.

    Examples
    --------
    >>> review(Dataset.sample()).n_labelled
    12
    """
    return Reviewer(dataset).review(progress)


def check(dataset: Dataset, progress: bool = False) -> tuple[Suspicion, ...]:
    """Look for what may be a mistake in the masks: slips of the hand, and files that changed.

    Parameters
    ----------
    dataset : Dataset
    progress : bool, optional
        Whether to show a bar.

    Returns
    -------
    tuple of Suspicion
        The gravest kinds first; empty if nothing looks wrong.

    Examples
    --------
    >>> check(Dataset.sample())
    ()
    """
    return review(dataset, progress).suspicions


def write_suspicions(suspicions: Iterable[Suspicion], path: str | Path) -> None:
    """Write a CSV table with a row for each suspicion: picture, class, what, place and sentence.

    Raises
    ------
    SaveError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "suspicions.csv"
    >>> from notebook_seg.data.box import Box
    >>> island = Suspicion("pike", "island", "fish", Box(2, 3, 4, 5), "An island.")
    >>> write_suspicions([island], path)
    >>> print(path.read_text())
    picture,kind,class,x,y,width,height,message
    pike,island,fish,3,2,2,2,An island.
    <BLANKLINE>
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["picture", "kind", "class", "x", "y", "width", "height", "message"])
    for found in suspicions:
        box = found.box
        place = ("",) * 4 if box is None else (box.left, box.top, *reversed(box.shape))
        writer.writerow([found.stem, found.kind, found.class_name, *place, found.message])
    atomic_write(path, table.getvalue().encode())


def _problem(stem: str, kind: str, error: Exception) -> Suspicion:
    return Suspicion(stem, kind, None, None, str(error))


def _outdated(pictures: Sequence[PictureReview]) -> list[Suspicion]:
    found = [p.stem for p in pictures if p.is_outdated]
    labelled = [p for p in pictures if p.facts is not None]
    # Where most are, the photographs were fetched or copied after the masks, and did not change.
    if len(found) > _MINORITY * len(labelled):
        return []
    message = "The photograph was written after its mask: does the mask still fit?"
    return [Suspicion(stem, "changed", None, None, message) for stem in found]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    ]
