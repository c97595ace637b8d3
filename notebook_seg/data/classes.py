"""The classes that a mask tells apart, and the two values that are no class."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from notebook_seg.errors import DatasetError

__all__ = [
    "BACKGROUND",
    "BACKGROUND_COLOR",
    "DEFAULT_COLORS",
    "MAX_CLASSES",
    "UNLABELLED",
    "ClassLabel",
    "color_to_rgb",
    "make_classes",
]

BACKGROUND = 0
UNLABELLED = 255
MAX_CLASSES = 254

BACKGROUND_COLOR = "#000000"

# From Paul Tol's "vibrant" and "light" schemes, ordered so that as many as are used stay as far
# apart as they can, also for people who see no red or no green.
DEFAULT_COLORS = (
    "#ee3377",
    "#bbcc33",
    "#99ddff",
    "#0077bb",
    "#cc3311",
    "#ee8866",
    "#ffaabb",
    "#eedd88",
    "#77aadd",
    "#009988",
)

_HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class ClassLabel:
    """One class of a dataset.

    Parameters
    ----------
    index : int
        The value of its pixels in a mask, 1 to 254.
    name : str
        What the user calls it.
    color : str
        How it is drawn, as ``'#rrggbb'``.

    Examples
    --------
    >>> ClassLabel(1, "fish", "#ee3377").name
    'fish'
    """

    index: int
    name: str
    color: str


def make_classes(
    names: Iterable[str], colors: Sequence[str] = DEFAULT_COLORS
) -> tuple[ClassLabel, ...]:
    """Give each name an index, counted from 1, and a colour.

    Parameters
    ----------
    names : iterable of str
        The names of the foreground classes, in the order of their indexes.
    colors : sequence of str, optional
        Colours as ``'#rrggbb'``, used again from the start when there are more classes.

    Returns
    -------
    tuple of ClassLabel

    Raises
    ------
    DatasetError
        If there is no name, more than 254 of them, or one is empty, taken twice or reserved.

    Notes
    -----
    The default colours are drawn from the qualitative schemes of Paul Tol, "Colour schemes",
    technical note SRON/EPS/TN/09-002, 2021.

    Examples
    --------
    >>> [c.index for c in make_classes(["leaf", "symptom"])]
    [1, 2]
    """
    names = [names] if isinstance(names, str) else list(names)
    _check_names(names)
    return tuple(ClassLabel(i + 1, name, colors[i % len(colors)]) for i, name in enumerate(names))


def color_to_rgb(color: str) -> tuple[int, int, int]:
    """Split ``'#rrggbb'`` into red, green and blue, each 0 to 255.

    Raises
    ------
    DatasetError
        If the colour is not written as ``'#rrggbb'``.

    Examples
    --------
    >>> color_to_rgb("#ee3377")
    (238, 51, 119)
    """
    if not isinstance(color, str) or not _HEX_COLOR.fullmatch(color):
        raise DatasetError(f"A colour is written as '#rrggbb'. Received: {color!r}")
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def _check_names(names: list[str]) -> None:
    if not 1 <= len(names) <= MAX_CLASSES:
        raise DatasetError(
            f"A dataset has 1 to {MAX_CLASSES} classes beside the background. "
            f"Received: {len(names)} names"
        )
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not name.strip() or name != name.strip():
            raise DatasetError(
                f"A class name is text, not empty, without spaces around it. Received: {name!r}"
            )
        if name.casefold() in {"background", "unlabelled"}:
            raise DatasetError(
                f"The class name {name!r} is reserved: background and unlabelled are there "
                "without being named. Leave it out"
            )
        if name.casefold() in seen:
            raise DatasetError(f"Two classes have the same name. Received: {name!r} twice")
        seen.add(name.casefold())
