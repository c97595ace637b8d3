"""The cheapest closed line along a ribbon: a row of costs for each step of the way around."""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["closed_line"]

# From one step to the next the line moves by so many columns at most.
_MOVE = 2
# So many steps are gone twice, before and after the way around, for both ends to fit together.
_OVERLAP = 150


def closed_line(cost: npt.NDArray[np.floating], bend: float) -> npt.NDArray[np.int64]:
    """Return the column of each row so that costs and moves sum up to the least.

    Parameters
    ----------
    cost : array (N, M) of float
        One row for each step, one column for each place across. The last row is followed by the
        first again.
    bend : float
        What it costs to move by a column from one row to the next.

    Returns
    -------
    array (N,) of int
        Neighbours, the last and the first too, are 2 columns apart at most, as a rule.

    Notes
    -----
    Dynamic programming: A. Amini, T. Weymouth and R. Jain, *Using dynamic programming for solving
    variational problems in vision*, IEEE TPAMI 12, 1990, https://doi.org/10.1109/34.57681.

    Examples
    --------
    >>> cost = np.ones((6, 5))
    >>> cost[[0, 1, 2, 3, 4, 5], [1, 1, 2, 3, 2, 1]] = 0
    >>> closed_line(cost, bend=0.1)
    array([1, 1, 2, 3, 2, 1])
    """
    steps = len(cost)
    overlap = min(steps, _OVERLAP)
    rows = np.arange(-overlap, steps + overlap) % steps
    came_from, total = _sum_up(cost[rows], bend)
    line = np.empty(len(rows), np.int64)
    line[-1] = total.argmin()
    for row in range(len(rows) - 1, 0, -1):
        line[row - 1] = came_from[row, line[row]]
    return line[overlap : overlap + steps]


def _sum_up(cost: npt.NDArray, bend: float) -> tuple[npt.NDArray, npt.NDArray]:
    """Return from which column of the row before each is reached best, and the sums at the end."""
    steps, width = cost.shape
    moves, columns = bend * np.abs(np.arange(-_MOVE, _MOVE + 1)), np.arange(width)
    padded = np.full(width + 2 * _MOVE, np.inf)
    reachable, sums = sliding_window_view(padded, 2 * _MOVE + 1), padded[_MOVE:-_MOVE]
    sums[:] = 0
    came_from = np.empty((steps, width), np.int32)
    for row in range(steps):
        candidates = reachable + moves
        best = candidates.argmin(axis=1)
        came_from[row] = columns + best - _MOVE
        sums[:] = candidates[columns, best] + cost[row]
    return came_from, sums
