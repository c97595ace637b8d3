"""Ctrl-C, or a notebook's stop button, as a person's way to say "enough"."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

__all__ = ["interruptible", "stoppable"]


@contextmanager
def stoppable() -> Iterator[None]:
    """Let an interruption end what is inside a ``with`` statement quietly.

    Examples
    --------
    >>> done = []
    >>> with stoppable():
    ...     done.append(1)
    ...     raise KeyboardInterrupt
    >>> done
    [1]
    """
    with suppress(KeyboardInterrupt), interruptible():
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn whatever a library makes of an interruption back into ``KeyboardInterrupt``.

    TensorFlow, interrupted while it builds a graph, goes on with half a list and fails with an
    error that says nothing of the interruption.
    """
    handler = signal.getsignal(signal.SIGINT)
    # Only there may a handler be set, and only there does Python raise KeyboardInterrupt.
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    arrived = threading.Event()
    signal.signal(signal.SIGINT, _noting(arrived, handler))
    try:
        yield
    except Exception as error:
        if not arrived.is_set():
            raise
        raise KeyboardInterrupt from error
    finally:
        signal.signal(signal.SIGINT, handler)


def _noting(
    arrived: threading.Event, handler: Callable[[int, FrameType | None], object]
) -> Callable[[int, FrameType | None], None]:
    def note(number: int, frame: FrameType | None) -> None:
        arrived.set()
        handler(number, frame)

    return note
