"""The objects in a label map: connected pieces, told apart where they touch."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects as boxes_of

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.prediction.touching import split_touching

__all__ = ["SPECIMEN", "FoundObject", "find_objects"]

SPECIMEN = 0
"""The class index of an object that is made of all classes together."""


@dataclass(frozen=True, eq=False)
class FoundObject:
    """One object in a picture.

    Parameters
    ----------
    label : int
        Its class, or `SPECIMEN`.
    box : Box
        The smallest around it.
    mask : (h, w) bool array
        Which pixels of the box it covers.
    area : int
        How many.
    """

    label: int
    box: Box
    mask: NDArray[np.bool_]
    area: int


def find_objects(
    labels: NDArray[np.uint8], split: bool = True, together: bool = False, smallest: float = 1
) -> list[FoundObject]:
    """List the objects in a label map, class by class and from top to bottom.

    Parameters
    ----------
    labels : (H, W) uint8 array
        Class indexes.
    split, together, smallest
        As for `notebook_seg.prediction.outputs.Outputs`.

    Examples
    --------
    >>> labels = np.array([[1, 1, 0, 2], [1, 1, 0, 1]], np.uint8)
    >>> [(found.label, found.box, found.area) for found in find_objects(labels)]
    [(1, Box(top=0, left=0, bottom=2, right=2), 4), (1, Box(top=1, left=3, bottom=2, right=4), 1), \
(2, Box(top=0, left=3, bottom=1, right=4), 1)]
    >>> [found.area for found in find_objects(labels, together=True)]
    [4, 2]
    """
    foreground = (labels != BACKGROUND) & (labels != UNLABELLED)
    return [
        found
        for label, region in _regions(labels, foreground if together else None)
        for found in sorted(
            _found_in(region, label, foreground if split else None, smallest),
            key=lambda found: found.box,
        )
    ]


def _regions(
    labels: NDArray[np.uint8], specimens: NDArray[np.bool_] | None
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    if specimens is not None:
        yield SPECIMEN, specimens.view(np.uint8)
        return
    present = np.flatnonzero(cv2.calcHist([labels], [0], None, [256], [0, 256]))
    for label in present:
        if label not in (BACKGROUND, UNLABELLED):
            yield int(label), (labels == label).view(np.uint8)


def _found_in(
    region: NDArray[np.uint8], label: int, split_among: NDArray[np.bool_] | None, smallest: float
) -> list[FoundObject]:
    found: list[FoundObject] = []
    least = smallest if smallest >= 1 else 0.0
    # The largest first: what is too small beside its parts need not be looked at.
    for piece in _pieces(region, label):
        if piece.area < least:
            break
        parts = list(_parts(piece, split_among))
        if smallest < 1:
            least = max(least, smallest * max(part.area for part in parts))
        found += parts
    return [part for part in found if part.area >= least]


def _pieces(region: NDArray[np.uint8], label: int) -> Iterator[FoundObject]:
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(region, ltype=cv2.CV_32S)
    areas = stats[1:, cv2.CC_STAT_AREA]
    for number in (np.argsort(-areas, kind="stable") + 1).tolist():
        left, top, width, height, area = stats[number].tolist()
        box = Box(top, left, top + height, left + width)
        yield FoundObject(label, box, numbers[box.slices] == number, area)


def _parts(piece: FoundObject, foreground: NDArray[np.bool_] | None) -> Iterator[FoundObject]:
    """Yield the objects of a piece; without the foreground of the picture it is not split."""
    if foreground is None:
        yield piece
        return
    parts = split_touching(piece.mask, foreground[piece.box.slices] & ~piece.mask)
    if parts.max() < 2:
        yield piece
        return
    for number, (rows, columns) in enumerate(boxes_of(parts), 1):
        mask = parts[rows, columns] == number
        box = Box(rows.start, columns.start, rows.stop, columns.stop)
        yield FoundObject(
            piece.label, box.moved(piece.box.top, piece.box.left), mask, int(mask.sum())
        )
