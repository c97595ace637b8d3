"""Rows of scores as a CSV file."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from notebook_seg.data.files import atomic_write

__all__ = ["Row", "save_rows"]

Row = dict[str, str | int | float]

_DECIMALS = 6


def save_rows(path: str | Path, rows: Sequence[Mapping[str, str | int | float]]) -> None:
    """Save rows as a CSV file (UTF-8), a score that does not exist as an empty cell.

    Parameters
    ----------
    path : str or Path
        The file, replaced as a whole if it is there.
    rows : sequence of mapping
        A value for each column, the same columns in every row.

    Raises
    ------
    SaveError
        If the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    atomic_write(Path(path), text.getvalue().encode())


def _cell(value: str | int | float) -> str | int:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.{_DECIMALS}f}"
    return value
