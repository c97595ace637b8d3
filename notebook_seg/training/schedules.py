"""Courses of the learning rate by name, all of them after a short warm-up."""

import math
from collections.abc import Callable

__all__ = ["SCHEDULES", "learning_rate"]

_WARM_UP = 20  # batches
_STEP_AT, _STEP_TO = 0.2, 0.1
_LEAST = 1e-3


def _cosine(fraction: float) -> float:
    return max(0.5 * (1 + math.cos(math.pi * fraction)), _LEAST)


def _constant(fraction: float) -> float:
    return 1.0


def _step(fraction: float) -> float:
    return 1.0 if fraction < _STEP_AT else _STEP_TO


_DECAYS: dict[str, Callable[[float], float]] = {
    "cosine": _cosine,
    "constant": _constant,
    "step": _step,
}
SCHEDULES = tuple(_DECAYS)


def learning_rate(schedule: str, highest: float, batches: int, fraction: float) -> float:
    """Return the learning rate for the next batch.

    Parameters
    ----------
    schedule : {"cosine", "constant", "step"}
    highest : float
        The rate after the warm-up.
    batches : int
        How many were learned from since the warm-up began.
    fraction : float
        How much of the training is done, 0 to 1.

    Examples
    --------
    >>> [learning_rate("step", 0.5, batches, batches / 1000) for batches in (0, 100, 300)]
    [0.025, 0.5, 0.05]
    """
    warm_up = min(1.0, (batches + 1) / _WARM_UP)
    return highest * warm_up * _DECAYS[schedule](fraction)
