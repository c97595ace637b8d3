"""Which pixels closed lines enclose, found by one sweep over the rows of their bounding box.

Pixel ``(row, col)`` has its centre at ``x = col, y = row``, and is covered when that is inside. The
cost is that of the lines' length, whatever the size of the picture.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box

__all__ = ["Points", "Region", "sweep"]

Points: TypeAlias = npt.NDArray[np.float64]


class Region(NamedTuple):
    """Pixels of a mask: `inside` is a bool array of the shape of `box`, True where covered."""

    box: Box
    inside: npt.NDArray[np.bool_]


def sweep(
    start: Points, stop: Points, shape: tuple[int, int], even_odd: bool = False
) -> Region | None:
    """Return the pixels that lines enclose, or None if there are none.

    Parameters
    ----------
    start, stop : array (N, 2) of float
        x and y of both ends of each line. Together the lines form closed rings, in any order.
    shape : tuple of int
        Height and width of the picture; the lines may leave it.
    even_odd : bool, optional
        Whether what is enclosed twice is outside again. Else the non-zero winding rule holds: a
        ring within another is a hole only where it runs the other way round.

    Notes
    -----
    Left and upper edges count as inside, right and lower ones as outside, so that two areas with
    a common edge neither overlap nor leave a gap.

    Examples
    --------
    >>> square = np.array([(1, 1), (4, 1), (4, 3), (1, 3)], float)
    >>> sweep(square, np.roll(square, -1, axis=0), (10, 10)).box
    Box(top=1, left=1, bottom=3, right=4)
    """
    rows, starts, stops = _runs(_crossings(start, stop, shape), shape[1], even_odd)
    if not len(rows):
        return None
    box = Box(int(rows[0]), int(starts.min()), int(rows[-1]) + 1, int(stops.max()))
    height, width = box.shape
    # The whole box in reading order, as lengths of what is not covered and covered by turns.
    begin = (rows - box.top) * width - box.left
    ends = np.stack([begin + starts, begin + stops], axis=1).ravel()
    lengths = np.diff(ends, prepend=0, append=height * width)
    covered = np.arange(len(lengths)) % 2 == 1
    return Region(box, np.repeat(covered, lengths).reshape(height, width))


def _crossings(start: Points, stop: Points, shape: tuple[int, int]) -> tuple[npt.NDArray, ...]:
    """Return row, x and direction (1 downwards, -1 upwards) of each crossing of a row's centre."""
    down = stop[:, 1] > start[:, 1]
    # From its upper end, whichever way it was drawn: an edge that two polygons share is then
    # rounded the same way in both.
    (x0, y0), (x1, y1) = np.where(down, start.T, stop.T), np.where(down, stop.T, start.T)
    first, last = np.clip(np.ceil([y0, y1]), 0, shape[0]).astype(np.int64)
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count - first, count)
    x = x0[edge] + (x1 - x0)[edge] * ((row - y0[edge]) / (y1 - y0)[edge])
    return row, np.clip(x, -1, shape[1]), np.where(down, 1, -1)[edge]


def _runs(
    crossings: tuple[npt.NDArray, ...], width: int, even_odd: bool
) -> tuple[npt.NDArray, ...]:
    """Return row, start and stop of each run of covered pixels, ordered by row."""
    row, x, direction = crossings
    column = np.clip(np.ceil(x), 0, width).astype(np.int64)
    # By whole columns: x and row in one fraction would be rounded, and runs overlap then.
    order = np.argsort(row * (width + 1) + column)
    # Every row has as many crossings downwards as upwards, so the sum is zero where a row ends.
    depth = np.cumsum(direction[order])
    covered = depth % 2 != 0 if even_odd else depth != 0
    entered = covered & ~np.roll(covered, 1)
    left = ~covered & np.roll(covered, 1)
    start, stop = column[order][entered], column[order][left]
    kept = stop > start
    return row[order][entered][kept], start[kept], stop[kept]
