"""Reading, predicting and writing at the same time, with few pictures in memory."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from notebook_seg.errors import ImageError, MaskError

__all__ = ["Outcome", "Stages", "overlapped"]

Item = TypeVar("Item")
Read = TypeVar("Read")
Made = TypeVar("Made")

_MOST_THREADS = 8
_LEAST_URGENT = 19
# Pixels of all pictures in memory: some 20 bytes each, with what is made of them.
_MOST_PIXELS = 64_000_000
# What one picture may fail by while the rest goes on; a full disk is not among it.
_PASSED_OVER = (ImageError, MaskError, MemoryError)


class Outcome(NamedTuple, Generic[Item]):
    """What became of an item: the reason why it failed, or None."""

    item: Item
    failure: str | None


class Stages(NamedTuple, Generic[Item, Read, Made]):
    """What is done with each item, one stage after the other.

    Parameters
    ----------
    pixels : callable
        How large an item will be in memory.
    read : callable
        From an item to what is in it; runs in threads.
    process : callable
        From what was read to a result; runs in the thread of the caller.
    write : callable
        Takes an item and its result; runs in threads.
    """

    pixels: Callable[[Item], int]
    read: Callable[[Item], Read]
    process: Callable[[Read], Made]
    write: Callable[[Item, Made], object]


def overlapped(
    items: Iterable[Item], stages: Stages[Item, Read, Made], n_threads: int | None = None
) -> Iterator[Outcome[Item]]:
    """Take items through all stages, so that processing never waits while there is work.

    Parameters
    ----------
    items : iterable
    stages : Stages
    n_threads : int, optional
        As many read, and as many write; by default half of the processors, 2 to 8.

    Yields
    ------
    Outcome
        Of each item, in their order for those that do not fail. An item that fails with an
        `ImageError`, a `MaskError` or for want of memory is passed over; another error ends it all.

    Notes
    -----
    Closing the generator, an error, or an interruption drops what is being read, and waits until
    what was processed is written.

    Examples
    --------
    >>> written = {}
    >>> stages = Stages(lambda n: 1, str, str.upper, written.__setitem__)
    >>> [outcome.item for outcome in overlapped(range(3), stages)], written
    ([0, 1, 2], {0: '0', 1: '1', 2: '2'})
    """
    count = n_threads or max(2, min(_MOST_THREADS, (os.cpu_count() or 1) // 2))
    readers, writers = (
        ThreadPoolExecutor(count, name, initializer=_step_back) for name in ("read", "write")
    )
    try:
        yield from _Flow(items, stages, readers, writers, count).outcomes()
    finally:
        readers.shutdown(cancel_futures=True)
        writers.shutdown()


def _step_back() -> None:
    """Let this thread work in what time the network leaves, which otherwise waits at each layer."""
    with suppress(AttributeError, OSError):
        if sys.platform == "linux":  # elsewhere threads have no urgency of their own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEAST_URGENT)


class _Flow(Generic[Item, Read, Made]):
    """The items in memory: those being read and those being written."""

    def __init__(
        self,
        items: Iterable[Item],
        stages: Stages[Item, Read, Made],
        readers: ThreadPoolExecutor,
        writers: ThreadPoolExecutor,
        count: int,
    ) -> None:
        self._waiting = iter(items)
        self._stages = stages
        self._readers, self._writers = readers, writers
        self._ahead = 2 * count
        self._reading: deque[tuple[Item, int, Future[Read]]] = deque()
        self._writing: deque[tuple[Item, int, Future[object]]] = deque()
        self._pixels = 0
        self._next: tuple[Item, int] | None = None

    def outcomes(self) -> Iterator[Outcome[Item]]:
        self._read_ahead()
        while self._reading or self._writing:
            if self._reading:
                failed = self._process_next()
                if failed is not None:
                    yield failed
            while self._writing and self._must_land():
                yield self._land()
            self._read_ahead()

    def _read_ahead(self) -> None:
        while len(self._reading) < self._ahead:
            if self._next is None:
                item = next(self._waiting, None)
                if item is None:
                    return
                self._next = item, self._weight(item)
            item, pixels = self._next
            if self._pixels and self._pixels + pixels > _MOST_PIXELS:
                return
            self._pixels += pixels
            self._reading.append((item, pixels, self._readers.submit(self._stages.read, item)))
            self._next = None

    def _weight(self, item: Item) -> int:
        try:
            return self._stages.pixels(item)
        except _PASSED_OVER:  # reading it will tell
            return 0

    def _process_next(self) -> Outcome[Item] | None:
        item, pixels, future = self._reading.popleft()
        try:
            made = self._stages.process(future.result())
        except _PASSED_OVER as error:
            self._pixels -= pixels
            return Outcome(item, _reason(item, error))
        self._writing.append((item, pixels, self._writers.submit(self._stages.write, item, made)))
        return None

    def _must_land(self) -> bool:
        first_is_done = self._writing[0][-1].done()
        return first_is_done or not self._reading or len(self._writing) > self._ahead

    def _land(self) -> Outcome[Item]:
        item, pixels, future = self._writing.popleft()
        self._pixels -= pixels
        try:
            future.result()
        except _PASSED_OVER as error:
            return Outcome(item, _reason(item, error))
        finally:
            self._read_ahead()
        return Outcome(item, None)


def _reason(item: object, error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return f"{item} does not fit into memory: scale it down, or predict it on a larger machine"
    return str(error)
