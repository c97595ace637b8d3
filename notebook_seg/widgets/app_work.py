"""Something that takes its time, done beside the page: how far it is, and a way to end it."""

from collections.abc import Callable, Iterable

from psygnal import Signal

from notebook_seg.errors import OptionError
from notebook_seg.widgets.background import Background, GoOn

__all__ = ["Step", "Work"]

Step = Callable[[], object]


class Work:
    """One piece of work at a time, step by step, in a thread of its own.

    Attributes
    ----------
    what : str
        What goes on, or went on last.
    done : float
        The share that is done, 0 to 1.
    error : Exception or None
        Why it ended early.
    stopped : bool
        Whether somebody has ended it.
    changed : psygnal.Signal
        Emitted after each step and at the end, in the thread that works.

    Examples
    --------
    >>> work, seen = Work(), []
    >>> work.start("Counting", [lambda: seen.append(1), lambda: seen.append(2)])
    >>> work.wait()
    True
    >>> seen, work.done, work.is_busy
    ([1, 2], 1.0, False)
    """

    changed = Signal()

    def __init__(self) -> None:
        self.what, self.done = "", 0.0
        self.error: Exception | None = None
        self.is_busy = self.stopped = False
        self._background = Background()

    def start(
        self, what: str, steps: Iterable[Step], end: Callable[[], object] = lambda: None
    ) -> None:
        """Take these steps one after the other.

        Parameters
        ----------
        what : str
            What is to be said of it.
        steps : iterable of callable
        end : callable
            Called when it is over, however it has ended.

        Raises
        ------
        OptionError
            If something else goes on.
        """
        if self.is_busy:
            raise OptionError(
                f"One thing at a time: wait for the end of this, or stop it. Received: {what}, "
                f"while {self.what} goes on"
            )
        self.what, self.done, self.error = what, 0.0, None
        self.is_busy, self.stopped = True, False
        self._background.start(lambda go_on: self._work(list(steps), end, go_on))
        self.changed.emit()

    def say(self, done: float) -> bool:
        """Say from within a step which share of all is done; False if it is to end.

        Parameters
        ----------
        done : float
            0 to 1.
        """
        self.done = done
        self.changed.emit()
        return not self.stopped

    def stop(self) -> None:
        """End it after the step at hand, or within one that asks; what was done stays."""
        if self.is_busy and not self.stopped:
            self.stopped = True
            self.changed.emit()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing goes on.

        Parameters
        ----------
        timeout : float, optional
            Seconds, without it for ever.

        Returns
        -------
        bool
            False if the time was over before.
        """
        return self._background.wait(timeout)

    def _work(self, steps: list[Step], end: Callable[[], object], go_on: GoOn) -> None:
        try:
            for number, step in enumerate(steps, start=1):
                if self.stopped:
                    break
                step()
                self.say(number / len(steps))
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self.error = error
        self._finish(end)

    def _finish(self, end: Callable[[], object]) -> None:
        try:
            end()
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self.error = self.error or error
        self.is_busy = False
        self.changed.emit()
