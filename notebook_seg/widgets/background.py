"""Work that a widget does beside its callbacks, one thing at a time."""

import logging
from collections.abc import Callable
from threading import Condition, Thread

__all__ = ["Background", "Job", "OvertakenError"]

_log = logging.getLogger(__name__)

GoOn = Callable[[], None]
Job = Callable[[GoOn], None]


class OvertakenError(Exception):
    """Ends a job whose result nobody waits for any more."""


class Background:
    """Runs jobs in a thread of its own; of those that wait, the last alone is worth doing.

    A job is called with a function that it is to call now and then: it raises `OvertakenError`
    when another job waits. The thread lives as long as there is something to do.

    Examples
    --------
    >>> done = []
    >>> background = Background()
    >>> background.start(lambda go_on: done.append("looked"))
    >>> background.wait()
    True
    >>> done
    ['looked']
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: Job | None = None
        self._thread: Thread | None = None

    def start(self, job: Job) -> None:
        """Do this next, and what was started before only if it is done by then."""
        with self._changed:
            self._waiting = job
            if self._thread is None:
                self._thread = Thread(target=self._work, name="notebook_seg help", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End what goes on at its next look, and forget what waits."""
        with self._changed:
            # No thread for nothing: while Python ends, one would never come up.
            if self._thread is not None:
                self._waiting = _do_nothing

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; not while holding what a job may need.

        Parameters
        ----------
        timeout : float, optional
            Seconds, without it for ever.

        Returns
        -------
        bool
            False if the time was over before.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout)

    def _work(self) -> None:
        job = self._take()
        while job is not None:
            try:
                job(self._go_on)
            except OvertakenError:
                pass
            except Exception:  # noqa: BLE001 - whatever it was
                # The next job must find somebody who does it.
                _log.exception("A job in the background has failed")
            job = self._take()

    def _take(self) -> Job | None:
        with self._changed:
            job, self._waiting = self._waiting, None
            if job is None:
                self._thread = None
                self._changed.notify_all()
            return job

    def _go_on(self) -> None:
        if self._waiting is not None:
            raise OvertakenError


def _do_nothing(go_on: GoOn) -> None:
    pass
