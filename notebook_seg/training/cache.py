"""Arrays kept in memory within a bound, and how much memory there is."""

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path

import numpy as np

__all__ = ["ArrayCache", "free_memory", "suitable_bound"]

_SHARE = 8  # of the free memory: the network and whatever else runs need the rest
_SMALLEST, _LARGEST = 128 << 20, 4 << 30  # bytes
_UNKNOWN = 8 << 30  # bytes taken as free where the system does not tell


def free_memory() -> int:
    """Return about how many bytes this process could still take, those of its container at most.

    Examples
    --------
    >>> free_memory() > 0
    True
    """
    return max(1, min(_free_on_machine(), _free_in_container()))


def _free_on_machine() -> int:
    # The lines read `MemAvailable:   22939364 kB`; only Linux has them.
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return 1024 * int(next(line for line in lines if "MemAvailable" in line).split()[1])
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return _UNKNOWN


def _free_in_container() -> int:
    group = Path("/sys/fs/cgroup")
    # "max" where there is no limit, and no file where there is no container.
    with contextlib.suppress(OSError, ValueError):
        limit = int((group / "memory.max").read_text())
        return limit - int((group / "memory.current").read_text())
    return 1 << 62


def suitable_bound() -> int:
    """Return how many bytes of pictures to keep on this machine, 128 MB to 4 GB.

    Examples
    --------
    >>> 128 << 20 <= suitable_bound() <= 4 << 30
    True
    """
    return min(max(free_memory() // _SHARE, _SMALLEST), _LARGEST)


class ArrayCache:
    """Keeps arrays by name; beyond its bound, those go that were not asked for the longest.

    It may be used from several threads. What it returns must not be changed.

    Parameters
    ----------
    bound : int, optional
        Bytes kept at most; without it, what suits the machine's free memory.

    Examples
    --------
    >>> cache = ArrayCache(bound=1000)
    >>> cache.get("ones", lambda: np.ones(100, np.uint8)).sum()
    np.uint64(100)
    >>> cache.n_bytes
    100
    """

    def __init__(self, bound: int | None = None) -> None:
        self.bound = suitable_bound() if bound is None else bound
        self.n_bytes = 0
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: Hashable, read: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the array of this name, which is read if it is not kept."""
        with self._lock:
            if name in self._arrays:
                self._arrays.move_to_end(name)
                return self._arrays[name]
        # Not under the lock, so that threads read side by side.
        array = read()
        with self._lock:
            self._keep(name, array)
        return array

    def clear(self) -> None:
        """Keep nothing of what was kept."""
        with self._lock:
            self._arrays.clear()
            self.n_bytes = 0

    def _keep(self, name: Hashable, array: np.ndarray) -> None:
        if name in self._arrays or array.nbytes > self.bound:
            return
        self._arrays[name] = array
        self.n_bytes += array.nbytes
        while self.n_bytes > self.bound:
            self.n_bytes -= self._arrays.popitem(last=False)[1].nbytes
