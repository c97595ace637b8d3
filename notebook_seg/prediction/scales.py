"""How large a pixel is in nature: one number for all photographs, or a table."""

import codecs
import csv
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from notebook_seg.data.photographs import Photograph
from notebook_seg.errors import OptionError

__all__ = ["Scales", "read_scales"]

Scales: TypeAlias = float | str | Path | Mapping[str, float]
"""Millimetres a pixel: of all photographs, or of each by name, or a CSV file of names and these."""

_MILLIMETRES = re.compile(r"(?<![a-z])mm(?![a-z])|millimet", re.IGNORECASE)
_PIXELS_FIRST = re.compile(r"(px|pixel).*(mm|millimet)", re.IGNORECASE)


def read_scales(scales: Scales) -> Callable[[Photograph], float | None]:
    """Return what tells the millimetres a pixel of a photograph, None where it is not known.

    Parameters
    ----------
    scales : float, path or mapping of str to float
        A file has two columns, with or without a heading: the photograph, with or without its
        folder and ending, and the millimetres a pixel. Of more columns, one is headed with mm or
        millimetres.

    Raises
    ------
    OptionError
        If the file cannot be read or understood, a scale is no positive number, or a photograph
        has two.

    Examples
    --------
    >>> scale_of = read_scales({"fish_1.jpg": 0.05, "site/fish_2": 0.1})
    >>> [scale_of(Photograph(f"site/fish_{n}", Path(f"site/fish_{n}.jpg"))) for n in (1, 2, 3)]
    [0.05, 0.1, None]
    """
    if isinstance(scales, int | float):
        known = _checked(scales, "millimetres per pixel")
        return lambda photograph: known
    by_name = _by_name(scales.items() if isinstance(scales, Mapping) else _rows(Path(scales)))
    return lambda photograph: _looked_up(photograph, by_name)


def _by_name(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    known: dict[str, float] = {}
    for name, value in pairs:
        scale = _checked(value, name)
        if known.setdefault(_folded(name), scale) != scale:
            raise OptionError(
                f"A photograph has one scale, and {name} is there twice. Keep one of them. "
                f"Received: {known[_folded(name)]} and {scale}"
            )
    return known


def _folded(name: str) -> str:
    # Systems differ in what separates folders, in how they write accents, and in capitals.
    return unicodedata.normalize("NFC", name.replace("\\", "/")).casefold()


def _looked_up(photograph: Photograph, by_name: Mapping[str, float]) -> float | None:
    path = photograph.path
    names = map(_folded, (photograph.file, photograph.name, str(path), path.name, path.stem))
    return next((by_name[name] for name in names if name in by_name), None)


def _rows(path: Path) -> Iterator[tuple[str, float]]:
    path = path.expanduser()
    rows = list(_filled_rows(path))
    column = _told_column(rows[0][1], path) if rows else None
    for place, (number, row) in enumerate(rows):
        if column is None and len([cell for cell in row if cell]) > 2:
            raise OptionError(
                f"{path} has more than photographs and millimetres per pixel in line {number}. "
                "Leave out all other columns, or head one with millimetres_per_pixel. "
                f"Received: {' '.join(row)}"
            )
        value = _number(row, 1 if column is None else column)
        if value is not None:
            yield row[0], value
        elif place > 0:  # the first may be a heading
            raise OptionError(
                f"{path} has no photograph and millimetres per pixel in line {number}. "
                f"Received: {' '.join(row)}"
            )


def _filled_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not empty with their numbers."""
    lines = _text(path).splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = next((mark for mark in ";\t" if mark in first), ",")
    for number, row in enumerate(csv.reader(lines, delimiter=separator), 1):
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield number, cells


def _text(path: Path) -> str:
    """Read what spreadsheets write: UTF-8, UTF-16 with its mark, or what Windows calls ANSI."""
    try:
        content = path.read_bytes()
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if b"\0" in content:
            raise ValueError("it is no text")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("cp1252")
    except (OSError, ValueError) as error:
        raise OptionError(
            f"The scales are a number of millimetres per pixel, or a CSV file of photographs and "
            f"these, and {path} cannot be read as one: {error}"
        ) from error


def _told_column(row: Sequence[str], path: Path) -> int | None:
    """Return the only column whose heading says that it is in millimetres."""
    if any(_number(row, column) is not None for column in range(1, len(row))):
        return None
    told = [column for column, cell in enumerate(row) if _MILLIMETRES.search(cell)]
    if len(told) != 1:
        return None
    if _PIXELS_FIRST.search(row[told[0]]):
        raise OptionError(
            f"{path} is headed {row[told[0]]!r}, and millimetres per pixel are wanted. Divide 1 by "
            "each of them, and head them with millimetres_per_pixel"
        )
    return told[0]


def _number(row: Sequence[str], column: int) -> float | None:
    try:
        return float(row[column].replace(",", "."))
    except (ValueError, IndexError):
        return None


def _checked(value: float, what: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise OptionError(f"A pixel measures more than 0 millimetres. Received: {value} ({what})")
    return float(value)
