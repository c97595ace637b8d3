"""What the values in other people's masks mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from notebook_seg.data.classes import (
    BACKGROUND,
    UNLABELLED,
    color_to_rgb,
    make_classes,
)
from notebook_seg.errors import MaskError, OptionError, check_choice

__all__ = ["OTHERS", "Meaning", "Value", "Values", "decide_meaning", "values_in"]

Value: TypeAlias = int | tuple[int, int, int]
Values: TypeAlias = Mapping[int | str | tuple[int, int, int], int | str]

DEFAULT_NAME = "specimen"

OTHERS = "*"
"""In values, whatever is not named there."""

# Masks with more values than this number their objects rather than their classes.
MOST_UNNAMED_CLASSES = 8

_SHOWN = 12


@dataclass(frozen=True)
class Meaning:
    """The classes of some masks, and the index that each value in them becomes.

    Parameters
    ----------
    names : tuple of str
        The foreground classes.
    indexes : dict
        The class index of each value; the values are numbers or colours.

    Examples
    --------
    >>> Meaning(("fish",), {0: 0, 255: 1}).apply(np.array([[0, 255]])).tolist()
    [[0, 1]]
    """

    names: tuple[str, ...]
    indexes: dict[Value, int]

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the class indexes, ``(H, W)`` uint8, of the values of a mask."""
        codes, coded = _coded(values)
        indexes = np.array([self.indexes[_decoded(c, values)] for c in codes], np.uint8)
        mask = np.empty(coded.shape, np.uint8)
        # Row by row: what numpy looks places up in takes eight bytes a pixel.
        for row, done in zip(coded, mask, strict=True):
            done[:] = indexes[np.searchsorted(codes, row)]
        return mask


def values_in(values: np.ndarray) -> set[Value]:
    """Return the numbers or colours that occur in a mask.

    Parameters
    ----------
    values : ndarray, shape (H, W) or (H, W, 3)

    Examples
    --------
    >>> sorted(values_in(np.array([[0, 7], [7, 300]])))
    [0, 7, 300]
    """
    return {_decoded(code, values) for code in _coded(values)[0]}


def _coded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if values.ndim == 3:
        wide = values.astype(np.int64)
        values = (wide[..., 0] << 32) | (wide[..., 1] << 16) | wide[..., 2]
    if values.dtype in (np.uint8, np.uint16):
        return _occurring(values), values
    return np.unique(values), values


def _occurring(values: np.ndarray) -> np.ndarray:
    found = np.zeros(np.iinfo(values.dtype).max + 1, bool)
    # Row by row: numpy makes an index of eight bytes a pixel of what it is given.
    for row in values:
        found[row] = True
    return np.flatnonzero(found)


def _decoded(code: np.integer, values: np.ndarray) -> Value:
    number = int(code)
    if values.ndim == 2:
        return number
    return number >> 32, (number >> 16) & 0xFFFF, number & 0xFFFF


def decide_meaning(
    found: Iterable[Value],
    classes: str | Sequence[str] | None,
    values: Values | None = None,
    where: object = "the masks",
    counted: bool = False,
) -> Meaning:
    """Decide what the values mean that were found in all the masks together.

    Parameters
    ----------
    found : iterable of int or tuple of int
        Numbers or colours.
    classes : str or sequence of str or None
        The names of the foreground classes, if the user gave them.
    values : mapping, optional
        What the user says that each value means; ``'*'`` stands for all but 0 that are not there.
    where : object, optional
        How the masks are called in an error.
    counted : bool, optional
        Whether the numbers seem to count objects, so that they are not taken to be class indexes.

    Returns
    -------
    Meaning

    Raises
    ------
    MaskError
        If more than one reading makes sense; the message shows what to pass as `values`.

    Examples
    --------
    >>> decide_meaning([0, 255], ["fish"]).indexes
    {0: 0, 255: 1}
    >>> decide_meaning([0, 1, 2, 3], ["nucleus"]).indexes
    {0: 0, 1: 1, 2: 1, 3: 1}
    >>> decide_meaning([0, 128, 255], ["leaf", "rust"])
    Traceback (most recent call last):
    notebook_seg.errors.MaskError: It is not clear what the values 0, 128, 255 in the masks mean \
for the classes leaf, rust. Say it with \
values={0: 'background', 128: 'leaf', 255: 'rust'} or similar; 'background' and 'unlabelled' are \
meanings too, and several values may mean one class
    """
    found = sorted(set(found), key=_sort_key)
    names = _names(found, classes, values)
    if values is not None:
        return Meaning(names, _explicit(found, names, values, where))
    indexes = _obvious(found, names)
    if indexes is None or (counted and len({*indexes.values()} - {BACKGROUND}) > 1):
        raise _unclear(found, names, where)
    return Meaning(names, indexes)


def _names(
    found: Sequence[Value], classes: str | Sequence[str] | None, values: Values | None
) -> tuple[str, ...]:
    if classes is None:
        classes = _unnamed(found) if values is None else _named_in(values)
    return tuple(c.name for c in make_classes(classes))


def _unnamed(found: Sequence[Value]) -> list[str]:
    n_values = len([value for value in found if value != BACKGROUND])
    if 2 <= n_values <= MOST_UNNAMED_CLASSES:
        return [f"class {i + 1}" for i in range(n_values)]
    return [DEFAULT_NAME]


def _named_in(values: Values) -> list[str]:
    meanings = [m for m in values.values() if m not in {BACKGROUND, UNLABELLED}]
    names = [m for m in dict.fromkeys(meanings) if isinstance(m, str)]
    names = [m for m in names if m not in {"background", "unlabelled"}]
    highest = max((m for m in meanings if isinstance(m, int)), default=0)
    return names or [f"class {i + 1}" for i in range(highest)] or [DEFAULT_NAME]


def _obvious(found: Sequence[Value], names: Sequence[str]) -> dict[Value, int] | None:
    numbers = [value for value in found if isinstance(value, int)]
    objects = [value for value in numbers if value != BACKGROUND]
    if len(numbers) < len(found) or min(numbers, default=0) < 0:
        return None
    if len(names) == 1 and _one_class(objects):
        return {value: int(value != BACKGROUND) for value in numbers}
    if all(value <= len(names) for value in objects):
        return {value: value for value in numbers}
    return None


def _one_class(objects: Sequence[int]) -> bool:
    # 255 beside other values may be a 256-step edge, or stand for unlabelled, unless the
    # numbering goes on beyond it.
    return len(objects) == 1 or UNLABELLED not in objects or max(objects) > UNLABELLED


def _explicit(
    found: Sequence[Value], names: Sequence[str], values: Values, where: object
) -> dict[Value, int]:
    meant = {key: _index(meaning, names) for key, meaning in values.items()}
    given = {_value(key): index for key, index in meant.items() if key != OTHERS}
    others = dict.fromkeys(found, meant[OTHERS]) if OTHERS in meant else {}
    background = dict.fromkeys((BACKGROUND, (0, 0, 0)), BACKGROUND)
    known = others | background | _grey_levels(given) | given
    missing = [value for value in found if value not in known]
    if missing:
        raise MaskError(
            f"values does not say what {_listed(missing)} means, found in {where}. Add it, "
            f"for example {missing[0]!r}: 'unlabelled', or {OTHERS!r}: 'unlabelled' for all "
            f"others. Received: {dict(values)!r}"
        )
    return {value: known[value] for value in found}


def _grey_levels(given: Mapping[Value, int]) -> dict[Value, int]:
    """Let a colour of three equal parts stand for the number too: so grey files are read."""
    colors = {key: index for key, index in given.items() if isinstance(key, tuple)}
    return {key[0]: index for key, index in colors.items() if len(set(key)) == 1}


def _value(key: object) -> Value:
    if isinstance(key, str) and key.startswith("#"):
        return color_to_rgb(key)
    try:
        if isinstance(key, tuple):
            red, green, blue = (int(part) for part in key)
            return red, green, blue
        return int(key)  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise OptionError(
            "A value in a mask is a whole number, '#rrggbb' or (red, green, blue). "
            f"Received: {key!r}"
        ) from error


def _index(meaning: object, names: Sequence[str]) -> int:
    choices = ["background", *names, "unlabelled"]
    if isinstance(meaning, str):
        choice = check_choice("class in values", meaning, choices)
        return UNLABELLED if choice == "unlabelled" else choices.index(choice)
    if isinstance(meaning, int) and (0 <= meaning <= len(names) or meaning == UNLABELLED):
        return meaning
    raise OptionError(
        f"A value means one of: {', '.join(choices)}, or a class index from 0 to {len(names)}. "
        f"Received: {meaning!r}"
    )


def _unclear(found: Sequence[Value], names: Sequence[str], where: object) -> MaskError:
    objects = [value for value in found if value not in (BACKGROUND, (0, 0, 0))]
    meanings = dict(zip(objects, [*names, *["unlabelled"] * len(objects)], strict=False))
    shown = {value: meanings.get(value, "background") for value in found[:_SHOWN]}
    return MaskError(
        f"It is not clear what the values {_listed(found)} in {where} mean for "
        f"{_classes(names)}. Say it with values={shown} or similar; 'background' and "
        "'unlabelled' are meanings too, and several values may mean one class"
        f"{_as_one(found, names)}"
    )


def _as_one(found: Sequence[Value], names: Sequence[str]) -> str:
    if len(set(found) - {BACKGROUND, (0, 0, 0)}) < 3:
        return ""
    return (
        f". If they number objects, make all but 0 one class: values={{{OTHERS!r}: {names[0]!r}}} "
        f"(--values '{OTHERS}={names[0]}')"
    )


def _classes(names: Sequence[str]) -> str:
    return f"the {'class' if len(names) == 1 else 'classes'} {_listed(names)}"


def _listed(items: Sequence[object]) -> str:
    shown = ", ".join(str(item) for item in items[:_SHOWN])
    return f"{shown} and {len(items) - _SHOWN} more" if len(items) > _SHOWN else shown


def _sort_key(value: Value) -> tuple[int, ...]:
    return (1, *value) if isinstance(value, tuple) else (0, value)
