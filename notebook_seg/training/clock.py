"""How far training is, in epochs or minutes, and the learning rate that goes with it."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from notebook_seg.training.plan import Plan

__all__ = ["Clock"]

_WARM_UP = 20  # batches


class Clock:
    """Counts batches or minutes, whichever the plan gives.

    Parameters
    ----------
    plan : Plan

    Examples
    --------
    >>> clock = Clock(Plan(epochs=2, steps=10))
    >>> clock.batches = 5
    >>> clock.fraction
    0.25
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.batches = 0
        self._start = time.monotonic()
        self._validation_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since training began."""
        return time.monotonic() - self._start

    @property
    def fraction(self) -> float:
        """How much of the training is done, 0 to 1."""
        if self.plan.minutes is None:
            done = self.batches / (self.plan.steps * (self.plan.epochs or 1))
        else:
            # The last validation is part of the time that the user gave.
            limit = 60 * self.plan.minutes - self._validation_seconds
            done = self.seconds / max(limit, 1e-3)
        return min(done, 1.0)

    @property
    def learning_rate(self) -> float:
        """The rate for the next batch: a short warm-up, then down along a cosine."""
        warm_up = min(1.0, (self.batches + 1) / _WARM_UP)
        cosine = 0.5 * (1 + math.cos(math.pi * self.fraction))
        return self.plan.learning_rate * warm_up * max(cosine, 1e-3)

    @contextmanager
    def validation(self) -> Iterator[None]:
        """Note how long a validation takes."""
        before = self.seconds
        yield
        self._validation_seconds = self.seconds - before
