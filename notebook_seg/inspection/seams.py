"""Whether a prediction shows the tiles that it was made in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Seams", "measure_seams"]

_BESIDE = 8  # pixels on either side that a line is compared with


@dataclass(frozen=True)
class Seams:
    """How far probabilities jump where a tile begins or ends.

    Parameters
    ----------
    at_edges : float
        The mean step between the two pixels beside such a line, 0 to 1.
    beside : float
        That between neighbours of up to 8 pixels to both sides.

    Examples
    --------
    >>> Seams(at_edges=0.06, beside=0.01).times
    6.0
    """

    at_edges: float
    beside: float

    @property
    def times(self) -> float:
        """How many times as large steps are at the edges of tiles; 1 where there are none."""
        if self.at_edges <= self.beside:
            return 1.0
        return round(self.at_edges / max(self.beside, 1e-4), 3)


def measure_seams(
    probabilities: npt.NDArray[np.float32], rows: Sequence[int], columns: Sequence[int]
) -> Seams:
    """Compare the steps of probabilities across the edges of tiles with those beside them.

    Parameters
    ----------
    probabilities : (h, w, C) float32 array
        0 to 1.
    rows, columns : sequence of int
        Where a tile begins or ends, as `notebook_seg.training.tiling.tile_edges` tells.

    Returns
    -------
    Seams
        Both 0 where there is no such line.

    Examples
    --------
    >>> probabilities = np.zeros((20, 40, 2), np.float32)
    >>> probabilities[:, 20:] = 0.5
    >>> measure_seams(probabilities, rows=(), columns=(20,))
    Seams(at_edges=0.5, beside=0.0)
    """
    lines = [(probabilities, row) for row in rows]
    lines += [(probabilities.swapaxes(0, 1), column) for column in columns]
    steps = [_steps(*line) for line in lines]
    if not steps:
        return Seams(0.0, 0.0)
    at_edges, beside = np.mean(steps, axis=0)
    return Seams(float(at_edges), float(beside))


def _steps(probabilities: npt.NDArray[np.float32], line: int) -> tuple[float, float]:
    first = max(0, line - 1 - _BESIDE)
    around = probabilities[first : line + 1 + _BESIDE]
    steps = np.abs(np.diff(around, axis=0)).mean(axis=(1, 2))
    at = line - 1 - first
    others = np.delete(steps, at)
    return float(steps[at]), float(others.mean()) if others.size else 0.0
