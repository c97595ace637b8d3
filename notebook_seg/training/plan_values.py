"""The values of a plan as they are kept: numbers as numbers, sides of a patch as a pair."""

import json
import math
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from numbers import Real
from typing import Any

from notebook_seg.errors import OptionError
from notebook_seg.training.networks import STRIDE
from notebook_seg.training.scale import WorkingScale

__all__ = ["DURATIONS", "SEEDS", "checksum", "plan_value", "scale_from_json", "with_counterparts"]

DURATIONS = ("minutes", "epochs")
"""Of which a plan has one: that which is chosen takes the place of the other."""
SEEDS = 2**32
"""How many there are, from 0 on: what NumPy takes."""


def plan_value(name: str, value: Any) -> Any:
    """Return what a plan keeps for a choice.

    Parameters
    ----------
    name : str
        A field of `Plan`.
    value : object
        Whole floats become integers where a whole number is meant, and one side of a patch
        becomes a square; None and what needs no such care is returned as it is.

    Raises
    ------
    OptionError
        If it is of another kind than the field.

    Examples
    --------
    >>> plan_value("steps", 3.0), plan_value("patch", 256), plan_value("loss", "dice")
    (3, (256, 256), 'dice')
    >>> plan_value("minutes", "5")
    Traceback (most recent call last):
    notebook_seg.errors.OptionError: minutes is a number: write minutes=5. Received: '5'
    """
    if name not in _KINDS or (value is None and name in _OPTIONAL):
        return value
    return _KINDS[name](name, value)


def checksum(value: Any) -> int:
    """Return a number that is the same for values that mean the same, as in JSON or as in Python.

    Examples
    --------
    >>> checksum((256, 256)) == checksum([256, 256]), checksum(5) == checksum(5.0)
    (True, True)
    >>> checksum("dice") == checksum("focal")
    False
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    text = repr(float(value)) if is_number else json.dumps(value, sort_keys=True)
    return zlib.crc32(text.encode())


def with_counterparts(names: Iterable[str]) -> set[str]:
    """Return the names of choices, and of what they take the place of.

    Examples
    --------
    >>> sorted(with_counterparts(["epochs", "loss"])), with_counterparts(["loss"])
    (['epochs', 'loss', 'minutes'], {'loss'})
    """
    found = set(names)
    return found.union(DURATIONS) if found.intersection(DURATIONS) else found


def _number(name: str, value: Any, example: str = "") -> Any:
    kind: type = type(value)
    if issubclass(kind, Real) and kind is not bool:
        # A number of NumPy's would not fit into JSON.
        return value.item() if hasattr(value, "item") else value
    written = value if isinstance(value, str) and _is_number(value) else _EXAMPLES.get(name, "5")
    example = example or f"{name}={written}"
    raise OptionError(f"{name} is a number: write {example}. Received: {value!r}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(name: str, value: Any, example: str = "") -> int:
    number = _number(name, value, example)
    if not math.isfinite(number) or number % 1:
        raise OptionError(f"{name} is a whole number. Received: {value}")
    return int(number)


def _seed(name: str, value: Any) -> int:
    seed = _whole(name, value)
    if not 0 <= seed < SEEDS:
        raise OptionError(f"{name} is a whole number from 0 to {SEEDS - 1}. Received: {value}")
    return seed


def _patch(name: str, value: Any) -> tuple[int, ...]:
    example = "(256, 256)"
    given = (value, value) if isinstance(value, Real) else _several(name, value, example)
    sides = tuple(_whole("a side of the patch", side, f"patch={example}") for side in given)
    if len(sides) != 2 or any(side <= 0 or side % STRIDE for side in sides):
        raise OptionError(
            f"The sides of a patch must be multiples of {STRIDE} pixels. Received: {sides}"
        )
    return sides


def _class_weights(name: str, value: Any) -> tuple[float, ...]:
    example = "(1.0, 2.0)"
    weights = _several(name, value, example)
    return tuple(_number("each of class_weights", w, f"{name}={example}") for w in weights)


def _several(name: str, value: Any, example: str) -> Sequence[Any]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise OptionError(f"{name} are several numbers, such as {example}. Received: {value!r}")
    return tuple(value)


def _scale(name: str, value: Any) -> WorkingScale:
    if isinstance(value, WorkingScale):
        return value
    raise OptionError(
        f"{name} is a WorkingScale: write scale=nbs.WorkingScale(long_side=512) for so many pixels "
        f"of the longer side, or scale=nbs.WorkingScale(factor=0.5). Received: {value!r}"
    )


def scale_from_json(value: Any) -> WorkingScale:
    """Return a working scale from how the file of a plan writes it.

    Raises
    ------
    OptionError
        If it is written otherwise.

    Examples
    --------
    >>> scale_from_json({"long_side": 512, "factor": None})
    WorkingScale(long_side=512, factor=None)
    """
    names = [each.name for each in fields(WorkingScale)]
    if not isinstance(value, Mapping) or not set(value) <= set(names):
        raise OptionError(
            'scale is written {"long_side": 512} for so many pixels of the longer side, or '
            f'{{"factor": 0.5}}. Received: {value!r}'
        )
    return WorkingScale(**value)


def _weights(name: str, value: Any) -> str | os.PathLike[str]:
    if isinstance(value, str | os.PathLike):
        return value
    raise OptionError(f"{name} is 'imagenet', a file or None. Received: {value!r}")


_EXAMPLES = {"encoder_rate": "0.1", "learning_rate": "1e-3", "sampling": "0.5", "validation": "0.2"}
_OPTIONAL = (*DURATIONS, "class_weights", "encoder_weights")
_KINDS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("epochs", "batch_size", "steps", "channels"), _whole),
    **dict.fromkeys(
        ("minutes", "learning_rate", "encoder_rate", "sampling", "validation"), _number
    ),
    "class_weights": _class_weights,
    "encoder_weights": _weights,
    "patch": _patch,
    "seed": _seed,
    "scale": _scale,
}
