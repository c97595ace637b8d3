"""How large a pixel is in nature: one number for all photographs, or a table."""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from notebook_seg.data.photographs import Photograph
from notebook_seg.errors import OptionError

__all__ = ["Scales", "read_scales"]

Scales: TypeAlias = float | str | Path | Mapping[str, float]
"""Millimetres a pixel: of all photographs, or of each by name, or a CSV file of names and these."""


def read_scales(scales: Scales) -> Callable[[Photograph], float | None]:
    """Return what tells the millimetres a pixel of a photograph, None where it is not known.

    Parameters
    ----------
    scales : float, path or mapping of str to float
        A file has two columns, with or without a heading: the photograph, with or without its
        folder and ending, and the millimetres a pixel.

    Raises
    ------
    OptionError
        If the file cannot be read, or a scale is no positive number.

    Examples
    --------
    >>> scale_of = read_scales({"fish_1.jpg": 0.05, "site/fish_2": 0.1})
    >>> [scale_of(Photograph(f"site/fish_{n}", Path(f"site/fish_{n}.jpg"))) for n in (1, 2, 3)]
    [0.05, 0.1, None]
    """
    if isinstance(scales, int | float):
        known = _checked(scales, "millimetres per pixel")
        return lambda photograph: known
    table = scales if isinstance(scales, Mapping) else dict(_rows(Path(scales)))
    by_name = {name: _checked(value, name) for name, value in table.items()}
    return lambda photograph: _looked_up(photograph, by_name)


def _looked_up(photograph: Photograph, by_name: Mapping[str, float]) -> float | None:
    path = photograph.path
    names = (photograph.file, photograph.name, str(path), path.name, path.stem)
    return next((by_name[name] for name in names if name in by_name), None)


def _rows(path: Path) -> Iterator[tuple[str, float]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(
            f"The scales are a number of millimetres per pixel, or a CSV file of photographs and "
            f"these, and {path} cannot be read as one: {error}"
        ) from error
    separator = next((mark for mark in ";\t" if mark in text), ",")
    for number, row in enumerate(csv.reader(text.splitlines(), delimiter=separator), 1):
        if not any(row):
            continue
        value = _number(row[1].replace(",", ".")) if len(row) > 1 else None
        if value is not None:
            yield row[0].strip(), value
        elif number > 1:  # the first may be a heading
            raise OptionError(
                f"{path} has no photograph and millimetres per pixel in line {number}. "
                f"Received: {separator.join(row)}"
            )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _checked(value: float, what: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise OptionError(f"A pixel measures more than 0 millimetres. Received: {value} ({what})")
    return float(value)
