"""What the network runs on, said in a sentence, and the arithmetic that suits it."""

import contextlib
import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keras

from notebook_seg.training.quiet import quiet_stderr

__all__ = [
    "batch_multiple",
    "compiles_with_xla",
    "describe_device",
    "has_gpu",
    "is_out_of_memory",
    "precision",
    "precision_of_gpu",
    "shareable",
    "suitable_precision",
    "use_all_gpus",
]

_OURS = 'pip install "notebook_seg[gpu]"'
_FOR_A_GPU = {"jax": "https://docs.jax.dev/en/latest/installation.html"}


@functools.cache
def _count_gpus() -> int:
    # JAX raises where TensorFlow says that there are none.
    with quiet_stderr(), contextlib.suppress(RuntimeError):
        return len(keras.distribution.list_devices("gpu"))
    return 0


def has_gpu() -> bool:
    """Return whether Keras sees a GPU."""
    return _count_gpus() > 0


def compiles_with_xla() -> bool:
    """Return whether to let Keras compile with XLA where it can.

    On a CPU, XLA takes minutes to compile TensorFlow's graphs of these networks and then runs them
    slower than without; JAX has nothing else.
    """
    return has_gpu() or keras.backend.backend() == "jax"


def use_all_gpus() -> None:
    """Share every batch out over the GPUs, where there are several and the backend is JAX.

    Call it before a network is built. TensorFlow trains on one of them.
    """
    wanted = _count_gpus() > 1 and _shares_out()
    if wanted and keras.distribution.distribution() is None:
        keras.distribution.set_distribution(keras.distribution.DataParallel())


def _shares_out() -> bool:
    return keras.backend.backend() == "jax"


def batch_multiple() -> int:
    """Return by what a batch must be divisible: the number of GPUs that share it.

    Examples
    --------
    >>> batch_multiple() >= 1
    True
    """
    return max(1, _count_gpus()) if _shares_out() else 1


def shareable(size: float) -> int:
    """Return the size of a batch, nearest to another, that can be shared out over the GPUs.

    Examples
    --------
    >>> shareable(0.2) == batch_multiple(), shareable(60) % batch_multiple()
    (True, 0)
    """
    multiple = batch_multiple()
    return max(1, round(size / multiple)) * multiple


def describe_device() -> str:
    """Return a plain sentence that says what a network runs on, and why not on a GPU.

    Examples
    --------
    >>> describe_device().startswith("Running on ")
    True
    """
    count = _count_gpus()
    if count:
        return f"Running on {_which_of(count)}."
    cores, backend = os.cpu_count(), keras.backend.backend()
    if shutil.which("nvidia-smi"):
        return (
            f"Running on the CPU ({cores} cores): this computer has an NVIDIA GPU, but "
            f"{backend} cannot use it. What it wants: {_FOR_A_GPU.get(backend, _OURS)}"
        )
    return f"Running on the CPU ({cores} cores): no GPU was found."


def _which_of(count: int) -> str:
    if count == 1:
        return "the GPU"
    return f"{count} GPUs" if _shares_out() else f"one of {count} GPUs; KERAS_BACKEND=jax uses all"


def _cpu_multiplies_bfloat16() -> bool:
    # Elsewhere than on Linux the file is absent, and full precision is always right.
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


@functools.cache
def _compute_capability() -> float:
    """Return that of the weakest NVIDIA GPU, such as 8.0; 0 if there is no telling."""
    query = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, check=True, timeout=20)
        return min(float(line) for line in said.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0.0


def suitable_precision() -> str:
    """Return the fastest Keras dtype policy that this machine's arithmetic units support.

    Examples
    --------
    >>> suitable_precision() in ("float32", "mixed_bfloat16", "mixed_float16")
    True
    """
    if has_gpu():
        return precision_of_gpu(_compute_capability())
    return "mixed_bfloat16" if _cpu_multiplies_bfloat16() else "float32"


def precision_of_gpu(compute_capability: float) -> str:
    """Return the dtype policy for a generation of NVIDIA GPUs.

    Tensor cores multiply float16 from capability 7.0 (Volta) on and bfloat16, whose range is that
    of float32, from 8.0 (Ampere) on.

    Examples
    --------
    >>> [precision_of_gpu(capability) for capability in (6.1, 7.5, 9.0)]
    ['float32', 'mixed_float16', 'mixed_bfloat16']
    """
    if compute_capability >= 8:
        return "mixed_bfloat16"
    return "mixed_float16" if compute_capability >= 7 else "float32"


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers with a dtype policy inside a ``with`` statement.

    Examples
    --------
    >>> with precision("mixed_bfloat16"):
    ...     keras.layers.Dense(1).compute_dtype
    'bfloat16'
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of any backend means that memory ran out.

    Examples
    --------
    >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("no"))
    (True, False)
    """
    said = f"{type(error).__name__} {error}"
    signs = ("ResourceExhausted", "RESOURCE_EXHAUSTED", "OutOfMemory", "out of memory")
    return isinstance(error, MemoryError) or any(sign in said for sign in signs)
