"""Whether numbers count objects, as in the label pictures of Cellpose, StarDist and napari."""

from collections.abc import Iterable, Set
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.data.values import Value

__all__ = ["Tally", "count_objects", "tally"]

_TIFF = (".tif", ".tiff")

# Two classes are as likely as two objects.
_FEWEST = 3

# By hand, some are drawn in two pieces.
_WHOLE = 0.9


class Tally(NamedTuple):
    """How many numbers a picture has, and how many of them are one connected piece."""

    numbers: int
    whole: int


def tally(path: Path, values: np.ndarray, held: Set[Value]) -> Tally | None:
    """Count the numbers of a label TIFF, and those that are one connected piece.

    Parameters
    ----------
    path : Path
    values : ndarray, shape (H, W) or (H, W, 3)
    held : set
        Which values there are.

    Returns
    -------
    Tally or None
        None for other files, and where the numbers but 0 are not 1, 2, 3 ...

    Examples
    --------
    >>> values = np.array([[1, 0, 2], [1, 0, 3], [0, 3, 0], [2, 0, 0]])
    >>> tally(Path("cells.tif"), values, {0, 1, 2, 3})
    Tally(numbers=3, whole=2)
    """
    numbers = set(held) - {BACKGROUND}
    # What is beyond can be no class index.
    counted = len(numbers) < UNLABELLED and numbers == set(range(1, len(numbers) + 1))
    if not counted or path.suffix.lower() not in _TIFF:
        return None
    # SciPy changes the filters of warnings when it is imported, and few pictures come this far.
    from scipy.ndimage import find_objects

    boxes = find_objects(np.asarray(values, np.uint8))
    pieces = (
        cv2.connectedComponents((values[box] == number).view(np.uint8), connectivity=8)[0] - 1
        for number, box in enumerate(boxes, 1)
    )
    return Tally(len(numbers), sum(count == 1 for count in pieces))


def count_objects(tallies: Iterable[Tally | None]) -> bool:
    """Tell whether the numbers of some pictures seem to count objects.

    Examples
    --------
    >>> count_objects([Tally(3, 3), Tally(9, 8)]), count_objects([Tally(3, 1)])
    (True, False)
    """
    known: list[Tally] = []
    for one in tallies:
        if one is None:
            return False
        known.append(one)
    numbers, whole = (sum(counts) for counts in zip(*known, strict=True)) if known else (0, 0)
    most = max((one.numbers for one in known), default=0)
    return most >= _FEWEST and whole >= _WHOLE * numbers
