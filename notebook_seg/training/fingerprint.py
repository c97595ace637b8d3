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

__all__ = ["Fingerprint", "fingerprint"]

_FRAMED = 0.25  # an object this long, against the photograph's longer side, fills its frame
_MASKS_LOOKED_AT = 60
_PHOTOGRAPHS_LOOKED_AT = 6  # large ones take a quarter of a second each


@dataclass(frozen=True)
class Fingerprint:
    """What matters of a dataset for planning a training.

    Parameters
    ----------
    pictures : int
        Labelled pictures to learn from.
    height, width : float
        Of the middle photograph, in pixels.
    framed : bool
        Whether the photographs frame their specimens, rather than show many small objects.
    smallest_object : float
        Typical diameter in pixels of the objects of the class whose objects are smallest.
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
    smallest_object: float
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
        self.labelled = self.background = 0

    def add(self, mask: np.ndarray) -> None:
        self.shapes.append((mask.shape[0], mask.shape[1]))
        self.labelled += int(np.count_nonzero(mask != UNLABELLED))
        self.background += int(np.count_nonzero(mask == BACKGROUND))
        found = {label: _object_areas(mask, label) for label in self.areas}
        for label, of_class in found.items():
            self.areas[label].append(of_class)
        together = np.concatenate(list(found.values()))
        if len(together):
            self.longest.append(_typical_diameter(together) / max(mask.shape))

    @property
    def is_enough(self) -> bool:
        """Whether so many masks were seen as are looked at, and among them something to learn."""
        return len(self.shapes) >= _MASKS_LOOKED_AT and bool(self.longest and self.background)

    def by_class(self) -> dict[int, np.ndarray]:
        return {label: np.concatenate(areas) for label, areas in self.areas.items()}


def _typical_diameter(areas: np.ndarray) -> float:
    return float(2 * np.sqrt(areas[typical_piece(areas)] / np.pi))


def _object_areas(mask: np.ndarray, label: int) -> np.ndarray:
    found = cv2.connectedComponentsWithStats((mask == label).astype(np.uint8))
    return found[2][1:, cv2.CC_STAT_AREA]


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
    survey = _Survey(c.index for c in dataset.classes)
    for stem in stems:
        if survey.is_enough:
            break
        survey.add(dataset.drawn_mask(stem))
    areas = survey.by_class()
    _check_learnable(dataset, len(stems), sum(len(a) > 0 for a in areas.values()), survey)
    return Fingerprint(
        pictures=len(stems),
        height=median(height for height, _ in survey.shapes),
        width=median(width for _, width in survey.shapes),
        framed=median(survey.longest) > _FRAMED,
        smallest_object=min(_typical_diameter(a) for a in areas.values() if len(a)),
        levels=_levels(dataset, stems),
        shares={c.name: float(areas[c.index].sum()) / survey.labelled for c in dataset.classes},
        background=survey.background / survey.labelled,
    )


def _check_learnable(dataset: Dataset, n_masks: int, n_drawn: int, survey: _Survey) -> None:
    if not n_drawn:
        raise TrainingError(
            f"Nothing to learn: no class is drawn in any of the {n_masks} labelled pictures of "
            f"{dataset.folder}. Draw some masks first."
        )
    if n_drawn == 1 and not survey.background:
        raise TrainingError(
            f"Background is labelled nowhere in the {n_masks} labelled pictures of "
            f"{dataset.folder}: a network would call everything by the one class that is drawn. "
            "Paint some of what is not of that class as background, in a few pictures at least."
        )
