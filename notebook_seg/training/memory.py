"""How much memory there is, how much is taken, and how much a network takes while it learns."""

import contextlib
import os
from pathlib import Path

import keras
import numpy as np
import psutil

from notebook_seg.training.device import has_gpu

__all__ = [
    "bytes_of_patch",
    "free_memory",
    "patches_that_fit",
    "reclaimable",
    "smaller_batch",
    "used_gpu_memory",
    "used_memory",
]

_COPIES = 2.0  # of each activation: itself and its gradient
_OF_FREE = 0.8
_UNKNOWN = 8 << 30  # bytes taken as free where the system does not tell

Shape = tuple[int, ...]


def bytes_of_patch(network: keras.Model, patch: tuple[int, int]) -> int:
    """Return about how many bytes it takes to learn from one patch.

    Parameters
    ----------
    network : keras.Model
        From `notebook_seg.training.networks.build_network`.
    patch : (int, int)
        Height and width in pixels.

    Examples
    --------
    >>> from notebook_seg.training.networks import build_network
    >>> network = build_network("small_unet", "none", n_classes=2)
    >>> bytes_of_patch(network, (128, 64)) == 2 * bytes_of_patch(network, (64, 64))
    True
    """
    shapes: dict[int, Shape] = {id(network.input): (1, *patch, network.input.shape[-1])}
    activations = 0.0
    for layer in network.layers[1:]:
        given = keras.tree.map_structure(lambda tensor: shapes[id(tensor)], layer.input)
        shapes[id(layer.output)] = layer.compute_output_shape(given)
        activations += np.prod(shapes[id(layer.output)]) * _bytes_of(layer.compute_dtype)
    return int(_COPIES * activations)


def _bytes_of(dtype: str) -> int:
    return 2 if dtype.endswith("float16") else 4


def patches_that_fit(network: keras.Model, patch: tuple[int, int]) -> int:
    """Return of how many patches at a time a network can learn in the memory that is free now.

    Where memory runs out on a CPU, the system ends the process without a word.

    Parameters
    ----------
    network : keras.Model
        From `notebook_seg.training.networks.build_network`.
    patch : (int, int)
        Height and width in pixels.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> from notebook_seg.training.networks import build_network
    >>> patches_that_fit(build_network("small_unet", "none", n_classes=2), (64, 64)) > 0
    True
    """
    return max(1, int(_OF_FREE * free_memory() / bytes_of_patch(network, patch)))


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
        used = int((group / "memory.current").read_text())
        return limit - used + reclaimable((group / "memory.stat").read_text())
    return 1 << 62


def reclaimable(memory_stat: str) -> int:
    r"""Return how many bytes a container gives back when memory is wanted: files that were read.

    Parameters
    ----------
    memory_stat : str
        What ``memory.stat`` of its control group says.

    Examples
    --------
    >>> reclaimable("anon 500\nfile 900\nshmem 100\n")
    800
    """
    counts = dict(line.split() for line in memory_stat.splitlines())
    return int(counts.get("file", 0)) - int(counts.get("shmem", 0))


def smaller_batch(size: int, multiple: int) -> int:
    """Return of how many patches at a time to learn when memory ran out: of half as many.

    Parameters
    ----------
    size : int
        Patches a batch, for which memory ran out.
    multiple : int
        By what a batch must be divisible, from `notebook_seg.training.device.batch_multiple`.

    Returns
    -------
    int
        0 where no smaller batch can be shared out evenly.

    Examples
    --------
    >>> smaller_batch(6, multiple=1), smaller_batch(6, multiple=2), smaller_batch(1, multiple=1)
    (3, 2, 0)
    """
    return size // 2 // multiple * multiple


def used_memory() -> int:
    """Return how many bytes of main memory this Python process uses.

    Examples
    --------
    >>> used_memory() > 1_000_000
    True
    """
    return int(psutil.Process().memory_info().rss)


def used_gpu_memory() -> int:
    """Return how many bytes of the first GPU this process has used at most; 0 where there is none.

    The library beneath Keras is asked: to the system all of a GPU is taken once it begins.

    Examples
    --------
    >>> used_gpu_memory() > 0 or not has_gpu()
    True
    """
    if not has_gpu():
        return 0
    if keras.backend.backend() == "jax":
        import jax

        return int((jax.local_devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0))
    import tensorflow as tf

    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
