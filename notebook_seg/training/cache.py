"""Arrays kept in memory within a bound."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np

from notebook_seg.training.memory import free_memory

__all__ = ["ArrayCache", "suitable_bound"]

_SHARE = 8  # of the free memory: the network and whatever else runs need the rest
_SMALLEST, _LARGEST = 128 << 20, 4 << 30  # bytes


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
