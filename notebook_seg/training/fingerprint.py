"""What matters of a dataset for planning a training, measured on masks and some photographs."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from notebook_seg.data import BACKGROUND, UNLABELLED, Dataset
from notebook_seg.errors import TrainingError
from notebook_seg.labelling.mask_facts import typical_piece
from notebook_seg.training.contrast import used_range

__all__ = ["Fingerprint", "check_learnable", "fingerprint"]

_FRAMED = 0.25  # an object this long, against the photograph's longer side, fills its frame
_MASKS_LOOKED_AT = 60
_PHOTOGRAPHS_LOOKED_AT = 6  # large ones take a quarter of a second each


@dataclass(frozen=True)
class Fingerprint:
    """What matters of a dataset for planning a training.

    Parameters
    ----------
    pictures : int
        How many, those of one group counted once.
    height, width : float
        Of the middle photograph, in pixels.
    framed : bool
        Whether the photographs frame their specimens, rather than show many small objects.
    smallest_object : float or None
        Typical diameter in pixels of the objects of the class whose objects are smallest; None
        where the masks are strokes that show no object as a whole, and `framed` is a guess.
    levels : float
        How many of the 256 levels from black to white a photograph uses; a quarter use less.
    shares : dict of str to float
        The part of the labelled pixels that each class covers, 0 to 1.
    background : float
        The part of them that is background; 0 where none is labelled.
    """

    pictures: int
    height: float
    width: float
    framed: bool
    smallest_object: float | None
    levels: float
    shares: dict[str, float]
    background: float

    @property
    def rarest(self) -> str:
        """The class that covers least of what is labelled, of those that were drawn."""
        return min((name for name in self.shares if self.shares[name]), key=self.shares.__getitem__)


class _Survey:
    """Collects what is seen in one mask after the other."""

    def __init__(self, labels: Iterable[int]) -> None:
        self.areas: dict[int, list[np.ndarray]] = {label: [] for label in labels}
        self.longest: list[float] = []
        self.shapes: list[tuple[int, int]] = []
        self.pixels = np.zeros(256)

    def add(self, mask: np.ndarray) -> None:
        self.shapes.append((mask.shape[0], mask.shape[1]))
        self.pixels += cv2.calcHist([mask], [0], None, [256], [0, 256]).ravel()
        found = {label: _object_areas(mask, label) for label in self.areas}
        for label, of_class in found.items():
            self.areas[label].append(of_class)
        together = np.concatenate(list(found.values()))
        if len(together):
            self.longest.append(_typical_diameter(together) / max(mask.shape))

    @property
    def drawn(self) -> list[int]:
        """The classes of which something is drawn."""
        return [label for label in self.areas if self.pixels[label]]

    @property
    def is_enough(self) -> bool:
        """Whether so many masks were seen as are looked at, and among them something to learn."""
        seen = len(self.shapes) >= _MASKS_LOOKED_AT
        return seen and bool(self.drawn and self.pixels[BACKGROUND])

    def share(self, label: int) -> float:
        return float(self.pixels[label] / self.pixels[:UNLABELLED].sum())

    def smallest_object(self) -> float | None:
        by_class = [np.concatenate(areas) for areas in self.areas.values()]
        return min((_typical_diameter(areas) for areas in by_class if len(areas)), default=None)


def _typical_diameter(areas: np.ndarray) -> float:
    return float(2 * np.sqrt(areas[typical_piece(areas)] / np.pi))


def _object_areas(mask: np.ndarray, label: int) -> np.ndarray:
    """Return the areas of the objects of a class, strokes through an object left out."""
    of_class = (mask == label).astype(np.uint8)
    _, numbers, found, _ = cv2.connectedComponentsWithStats(of_class)
    areas = found[:, cv2.CC_STAT_AREA]
    unlabelled = (mask == UNLABELLED).astype(np.uint8)
    if 2 * cv2.countNonZero(unlabelled) > mask.size:
        beside = cv2.dilate(unlabelled, np.ones((3, 3), np.uint8)) > 0
        areas[np.unique(numbers[beside])] = 0
    return areas[1:][areas[1:] > 0]


def _levels(dataset: Dataset, stems: tuple[str, ...]) -> float:
    some = stems[:: -(-len(stems) // _PHOTOGRAPHS_LOOKED_AT)]
    ranges = (used_range(dataset.image(stem)) for stem in some)
    return float(np.percentile([high - low for low, high in ranges], 25))


def fingerprint(dataset: Dataset, stems: tuple[str, ...]) -> Fingerprint:
    """Measure the photographs and objects of some labelled pictures of a dataset.

    Raises
    ------
    TrainingError
        If no class is drawn in any of the pictures, or one alone and no background.
    ImageError
        If a photograph cannot be read; the message names it.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> seen = fingerprint(data, data.labelled)
    >>> seen.framed, seen.rarest
    (True, 'coin')
    """
    survey = _surveyed(dataset, stems)
    return Fingerprint(
        pictures=len({dataset.group_of(stem) for stem in stems}),
        height=median(height for height, _ in survey.shapes),
        width=median(width for _, width in survey.shapes),
        framed=not survey.longest or median(survey.longest) > _FRAMED,
        smallest_object=survey.smallest_object(),
        levels=_levels(dataset, stems),
        shares={c.name: survey.share(c.index) for c in dataset.classes},
        background=survey.share(BACKGROUND),
    )


def check_learnable(dataset: Dataset, stems: tuple[str, ...]) -> None:
    """Check that something can be learned from some labelled pictures of a dataset.

    Raises
    ------
    TrainingError
        If no class is drawn in any of them, or one alone and no background.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> check_learnable(data, data.labelled)
    """
    _surveyed(dataset, stems)


def _surveyed(dataset: Dataset, stems: tuple[str, ...]) -> _Survey:
    survey = _Survey(c.index for c in dataset.classes)
    for stem in stems:
        if survey.is_enough:
            break
        survey.add(dataset.drawn_mask(stem))
    _check_drawn(dataset, len(stems), survey)
    return survey


def _check_drawn(dataset: Dataset, n_masks: int, survey: _Survey) -> None:
    if not survey.drawn:
        raise TrainingError(
            f"Nothing to learn: no class is drawn in any of the {n_masks} labelled pictures of "
            f"{dataset.folder}. Draw some masks first."
        )
    if len(survey.drawn) == 1 and not survey.pixels[BACKGROUND]:
        raise TrainingError(
            f"Background is labelled nowhere in the {n_masks} labelled pictures of "
            f"{dataset.folder}: a network would call everything by the one class that is drawn. "
            "Paint some of what is not of that class as background, in a few pictures at least."
        )
