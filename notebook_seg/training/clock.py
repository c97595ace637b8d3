"""How far training is, in epochs or minutes, and the learning rate that goes with it."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from notebook_seg.training.plan import Plan
from notebook_seg.training.schedules import learning_rate

__all__ = ["Clock", "Elapsed"]


@dataclass(frozen=True)
class Elapsed:
    """What a training has taken up to now.

    Parameters
    ----------
    batches : int
        Batches that were trained on.
    seconds : float
        Seconds that this took.
    earlier : float
        Seconds that the network was trained for by plans before this one.
    earlier_batches : int
        Batches that it was trained on by them.
    warmed_up_from : int
        Batches after which the learning rate last began to rise from nothing.
    validation, slowest_validation, last_look : float
        Seconds that the latest look at the pictures held back took, the slowest, and what the
        last one is going to take.
    """

    batches: int = 0
    seconds: float = 0.0
    earlier: float = 0.0
    earlier_batches: int = 0
    warmed_up_from: int = 0
    validation: float = 0.0
    slowest_validation: float = 0.0
    last_look: float = 0.0


class Clock:
    """Counts batches or minutes, whichever the plan gives.

    Parameters
    ----------
    plan : Plan
    elapsed : Elapsed, optional
        What was taken before.
    running : bool
        Whether it runs at once, or from `start` on.

    Examples
    --------
    >>> clock = Clock(Plan(epochs=2, steps=10))
    >>> clock.batches = 5
    >>> clock.fraction
    0.25
    """

    def __init__(self, plan: Plan, elapsed: Elapsed | None = None, *, running: bool = True) -> None:
        self.plan, self._elapsed = plan, elapsed or Elapsed()
        self._batches = self._elapsed.batches
        # Batches and seconds after the first batch, which is slow: the network is compiled in it.
        self._warm: tuple[int, float] | None = None
        self._since = time.monotonic() if running else None

    @property
    def elapsed(self) -> Elapsed:
        """All that was taken up to now."""
        return replace(self._elapsed, batches=self.batches, seconds=self.seconds)

    def followed_by(self, plan: Plan) -> "Clock":
        """Return a clock, not running yet, for training the network further by another plan."""
        elapsed = Elapsed(earlier=self.all_seconds, earlier_batches=self.all_batches)
        return Clock(plan, elapsed, running=False)

    @property
    def batches(self) -> int:
        """Batches that were trained on."""
        return self._batches

    @batches.setter
    def batches(self, count: int) -> None:
        self._batches = count
        if self._warm is None:
            self._warm = count, self.seconds

    @property
    def seconds(self) -> float:
        """Seconds that training took so far, pauses left out."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._elapsed.seconds + running

    @property
    def all_seconds(self) -> float:
        """Seconds that the network was trained for, also by plans before this one."""
        return self._elapsed.earlier + self.seconds

    @property
    def all_batches(self) -> int:
        """Batches that the network was trained on, also by plans before this one."""
        return self._elapsed.earlier_batches + self.batches

    @property
    def seconds_left(self) -> float:
        """Seconds until the end as things go; infinite until there is a batch to go by."""
        if self.plan.minutes is not None:
            return max(0.0, 60 * self.plan.minutes - self.seconds)
        batches, seconds = self._warm or (self.batches, self.seconds)
        if self.batches == batches:
            return math.inf
        to_go = max(0, self._planned_batches - self.batches)
        return to_go * (self.seconds - seconds) / (self.batches - batches)

    @property
    def fraction(self) -> float:
        """How much of the training is done, 0 to 1."""
        if self.plan.minutes is None:
            done = self.batches / self._planned_batches
        else:
            # The last validation is part of the time that the user gave, as is the last look.
            looks = self._elapsed.validation + self._elapsed.last_look
            done = self.seconds / max(60 * self.plan.minutes - looks, 1e-3)
        return min(done, 1.0)

    @property
    def _planned_batches(self) -> int:
        return self.plan.steps * (self.plan.epochs or 1)

    @property
    def learning_rate(self) -> float:
        """The rate for the next batch, as the plan's schedule says."""
        plan, batches = self.plan, self.batches - self._elapsed.warmed_up_from
        return learning_rate(plan.schedule, plan.learning_rate, batches, self.fraction)

    def warm_up(self) -> None:
        """Let the learning rate rise from nothing once more, from this batch on."""
        self._elapsed = replace(self._elapsed, warmed_up_from=self.batches)

    @contextmanager
    def validation(self, last_look: float = 0.0) -> Iterator[None]:
        """Note how long a validation takes.

        Parameters
        ----------
        last_look : float
            How many times as much is looked at when all is learned, beside the last validation.
        """
        before = self.seconds
        yield
        took = self.seconds - before
        # At the end most pictures are read for the first time, as in the first validation.
        slowest = max(self._elapsed.slowest_validation, took)
        self._elapsed = replace(
            self._elapsed,
            validation=took,
            slowest_validation=slowest,
            last_look=last_look * slowest,
        )

    def start(self) -> None:
        """Count the seconds from now on."""
        self._since = time.monotonic()

    def stop(self) -> None:
        """Count no more seconds until `start`."""
        self._elapsed, self._since = self.elapsed, None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time that passes inside a ``with`` statement."""
        self.stop()
        try:
            yield
        finally:
            self.start()
