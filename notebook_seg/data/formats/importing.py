"""Masks from other tools, into a new dataset or one that is there."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from notebook_seg.data.classes import ClassLabel, make_classes
from notebook_seg.data.counting import tally
from notebook_seg.data.creation import check_free, new_dataset_folder
from notebook_seg.data.dataset import Dataset
from notebook_seg.data.decoding import upright
from notebook_seg.data.description import DESCRIPTION, Description
from notebook_seg.data.files import atomic_write
from notebook_seg.data.formats.annotated import Annotated, Drawing, Found, Hints
from notebook_seg.data.formats.imported import Imported
from notebook_seg.data.formats.legend import read_legend
from notebook_seg.data.formats.matching import Fit, fit, match_pictures, turned_note
from notebook_seg.data.formats.naming import ClassBook, Item
from notebook_seg.data.formats.registry import (
    Format,
    annotation_files,
    format_named,
    guess_format,
)
from notebook_seg.data.images import Where, by_stem, find_images
from notebook_seg.data.masks import write_mask
from notebook_seg.data.values import Meaning, Values, values_in
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.interruption import stoppable
from notebook_seg.progress import progress_bar

__all__ = ["import_masks"]

# Files that are read between two looks of the progress bar.
_AT_ONCE = 50


class _Job(NamedTuple):
    """One mask to be made."""

    stem: str
    item: Item
    fit: Fit

    def mask(self, book: ClassBook, photograph: Path) -> np.ndarray:
        indexes = book.indexes(self.item)
        if isinstance(self.item.picture, Drawing):
            drawn = self.item.picture.paint(self.fit.drawn, indexes)
        else:
            _, values = fit(self.item.picture, photograph, self.fit.drawn_on)
            assert values is not None
            drawn = Meaning((), dict(indexes)).apply(values)
        return upright(drawn, self.fit.orientation)


def import_masks(
    folder: str | Path | Dataset,
    files: Where,
    images: Where | None = None,
    *,
    format: str | None = None,  # noqa: A002
    classes: str | Sequence[str] | None = None,
    values: Values | None = None,
    attribute: str | None = None,
    drawn_on: str | None = None,
    empty: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> Imported:
    """Take over masks that were drawn with another tool.

    Parameters
    ----------
    folder : str, Path or Dataset
        A dataset, which gets masks for the pictures that have none; or where a new one shall be.
    files : str, Path or iterable of these
        What the other tool wrote: files, a folder or a pattern.
    images : str, Path or iterable of these, optional
        The photographs of a new dataset; without it, those beside the files.
    format : str, optional
        ``labelme``, ``coco``, ``via``, ``imagej``, ``geojson`` (QuPath), ``nrrd`` (3D Slicer),
        ``nifti``, ``tiff`` or ``png``. Told by the files, as a rule.
    classes : str or sequence of str, optional
        The classes of a new dataset, in the order of their indexes. Without it, those that the
        files name.
    values : mapping, optional
        What names and numbers in the files mean: a class, ``'background'`` or ``'unlabelled'``.
        ``''`` stands for shapes without a class, ``'*'`` for all names that are neither mentioned
        here nor classes already, and for all numbers but 0 that are not mentioned.
    attribute : str, optional
        Which attribute of a region tells its class (VGG Image Annotator).
    drawn_on : str, optional
        Of photographs that are turned by their EXIF orientation: whether they were drawn on
        ``'upright'`` or as they are ``'stored'``. Told by the size where that can be; else
        ``'stored'`` for 3D Slicer, NIfTI and ImageJ, which do not turn photographs.
    empty : bool, optional
        Whether pictures that COCO or VGG files list without any object are all background; else
        they stay unlabelled.
    overwrite : bool, optional
        Whether masks that are there are replaced.
    progress : bool, optional
        Whether a bar is shown.

    Returns
    -------
    Imported
        With the dataset as ``.data``. After an interruption, what was done is kept.

    Raises
    ------
    MaskError
        If a file cannot be understood, fits no photograph, or leaves a class open.
    DatasetError, ImageError, OptionError, SaveError
        As `Dataset.create`. Of a new dataset nothing is left behind then.

    Notes
    -----
    Shapes are painted in the order of drawing, later ones over earlier ones. A pixel belongs to an
    outline where its centre is inside. Points, lines and the boxes of COCO have no area, and are
    passed over; a picture that holds nothing else stays unlabelled.

    Examples
    --------
    >>> import tempfile
    >>> from notebook_seg.data.formats import export_masks
    >>> folder, data = Path(tempfile.mkdtemp()), Dataset.sample()
    >>> _ = export_masks(data, folder / "coco", "coco", progress=False)
    >>> images = data.folder / "images"
    >>> print(import_masks(folder / "again", folder / "coco", images, progress=False).data)
    Dataset(again: 12 pictures, 12 labelled, classes: coin)
    """
    target = Path(folder.folder if isinstance(folder, Dataset) else folder).expanduser()
    is_new = not (target / DESCRIPTION).exists()
    if not is_new and (images is not None or classes is not None):
        raise OptionError(
            f"{target} is a dataset already, which has its photographs and classes. Leave out "
            "images and classes, or name a folder that is not there yet"
        )
    paths = annotation_files(files, format)
    kind = format or guess_format(paths)
    opened = _new(target, paths, kind, images, classes) if is_new else _old(target, overwrite)
    hints = Hints(tuple(label.name for label in opened.classes), attribute)
    tool = format_named(kind)
    found = _read(tool, paths, hints, progress)
    grows = classes is None
    book = ClassBook(opened.classes, grows, values, found.classes, _names_any(found))
    if is_new and grows:
        for name in found.classes:
            book.index(name)
    return _run(opened, found, book, (drawn_on, tool.drawn_on), empty, progress)


def _read(kind: Format, paths: Sequence[Path], hints: Hints, progress: bool) -> Found:
    pictures: list[Annotated] = []
    # A table beside the files knows the order of the classes.
    classes = dict(read_legend(paths[0].parent).colors)
    with progress_bar(len(paths), "Reading", "file", show=progress) as bar:
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            found = kind.read(some, hints)
            pictures += found.pictures
            classes |= {n: color for n, color in found.classes.items() if n not in classes}
            bar.update(len(some))
    return Found(pictures, classes)


def _names_any(found: Found) -> bool:
    drawings = (picture for picture in found.pictures if isinstance(picture, Drawing))
    return any(shape.name is not None for drawing in drawings for shape in drawing.shapes)


@dataclass(frozen=True)
class _Opened:
    """The dataset to fill, be it new or not."""

    folder: Path
    classes: tuple[ClassLabel, ...]
    photographs: Mapping[str, Path]
    labelled: frozenset[str]
    is_new: bool


def _old(folder: Path, overwrite: bool) -> _Opened:
    data = Dataset(folder)
    photographs = {stem: data.image_path(stem) for stem in data.stems}
    if not photographs:
        raise DatasetError(f"There is no picture in {folder / 'images'}. Put some there")
    labelled = frozenset() if overwrite else frozenset(data.labelled)
    return _Opened(folder, data.classes, photographs, labelled, is_new=False)


def _new(
    folder: Path,
    paths: Sequence[Path],
    kind: str,
    images: Where | None,
    classes: str | Sequence[str] | None,
) -> _Opened:
    check_free(folder)
    if images is None and format_named(kind).pixels:
        raise OptionError(
            "Photographs and label pictures cannot be told apart. Say where the photographs are: "
            "images= (--images)"
        )
    photographs = by_stem(find_images(paths[0].parent if images is None else images))
    known = () if classes is None else make_classes(classes)
    return _Opened(folder, known, photographs, frozenset(), is_new=True)


def _run(
    opened: _Opened,
    found: Found,
    book: ClassBook,
    drawn_on: tuple[str | None, str],
    empty: bool,
    progress: bool,
) -> Imported:
    matched, missing = match_pictures(found.pictures, opened.photographs)
    wanted = {stem: picture for stem, picture in matched.items() if _tells(picture, empty)}
    kept = tuple(stem for stem in wanted if stem in opened.labelled)
    jobs = _jobs({s: p for s, p in wanted.items() if s not in kept}, opened, drawn_on, progress)
    book.settle(job.item for job in jobs)
    with _saver(opened, book) as save:
        done = _paint(jobs, opened, book, save, progress)
    result = Imported(
        Dataset(opened.folder),
        tuple(done),
        kept,
        tuple(missing),
        tuple(job.stem for job in jobs if job.stem not in done),
        tuple(book.added),
    )
    return replace(result, notes=tuple(_notes(matched, wanted, jobs)))


def _tells(picture: Annotated, empty: bool) -> bool:
    """Whether it is known which pixels are background."""
    if not isinstance(picture, Drawing):
        return True
    return not _only_skipped(picture) and (empty or picture.stated)


def _only_skipped(picture: Annotated) -> bool:
    # Somebody marked something there, which nothing tells the pixels of.
    return isinstance(picture, Drawing) and bool(picture.skipped) and not picture.shapes


def _jobs(
    pictures: Mapping[str, Annotated],
    opened: _Opened,
    drawn_on: tuple[str | None, str],
    progress: bool,
) -> list[_Job]:
    jobs = []
    with progress_bar(len(pictures), "Checking", "picture", show=progress) as bar:
        for stem, picture in pictures.items():
            lies, values = fit(picture, opened.photographs[stem], *drawn_on)
            jobs.append(_Job(stem, _item(picture, values), lies))
            bar.update()
    return jobs


def _item(picture: Annotated, values: np.ndarray | None) -> Item:
    if values is None:
        return Item(picture, frozenset())
    held = frozenset(values_in(values))
    return Item(picture, held, tally(picture.source, values, held))


@contextmanager
def _saver(opened: _Opened, book: ClassBook) -> Iterator[Callable[[str, np.ndarray], None]]:
    description = Description(book.classes)
    if opened.is_new:
        with new_dataset_folder(opened.folder, description) as building:
            for path in opened.photographs.values():
                shutil.copyfile(path, building / "images" / path.name)
            masks = building / "masks"
            yield lambda stem, mask: write_mask(masks / f"{stem}.png", mask, description.colors)
        return
    data = Dataset(opened.folder)
    if book.added:
        grown = Description(book.classes, data.groups)
        atomic_write(opened.folder / DESCRIPTION, grown.to_json())
        data = Dataset(opened.folder)
    yield data.save_mask


def _paint(
    jobs: Sequence[_Job],
    opened: _Opened,
    book: ClassBook,
    save: Callable[[str, np.ndarray], None],
    progress: bool,
) -> list[str]:
    done: list[str] = []
    with stoppable(), progress_bar(len(jobs), "Importing", "picture", show=progress) as bar:
        for job in jobs:
            save(job.stem, job.mask(book, opened.photographs[job.stem]))
            done.append(job.stem)
            bar.update()
    return done


def _notes(
    matched: Mapping[str, Annotated], wanted: Mapping[str, Annotated], jobs: Sequence[_Job]
) -> Iterator[str]:
    skipped: Counter[str] = Counter()
    for picture in matched.values():
        if isinstance(picture, Drawing):
            skipped += picture.skipped
    if skipped:
        kinds = ", ".join(f"{count} {kind}" for kind, count in skipped.items())
        yield f"Passed over, because they have no area or are not known: {kinds}."
    only_skipped = sum(map(_only_skipped, matched.values()))
    if only_skipped:
        yield f"Hold only boxes, points or lines, and left unlabelled: {only_skipped}."
    nothing = len(matched) - len(wanted) - only_skipped
    if nothing:
        yield (
            f"Listed without any object, and left unlabelled: {nothing}. If they are background: "
            "empty=True (--empty)."
        )
    doubtful = [job.fit.drawn_on for job in jobs if job.fit.doubtful]
    if doubtful:
        yield turned_note("taken to be drawn on", doubtful[0], len(doubtful))
