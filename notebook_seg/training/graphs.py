"""Letting go of the graphs that TensorFlow keeps of every network that was trained."""

import contextlib
import sys
from collections.abc import Iterator

__all__ = ["forgotten_graphs"]

_REGISTRY = "tensorflow.python.framework.ops"


@contextlib.contextmanager
def forgotten_graphs() -> Iterator[None]:
    """Forget the graphs that are made inside a ``with`` statement.

    Whatever brings its own gradient (`tf.custom_gradient`) is entered for ever in TensorFlow's
    table of gradients, and with it the graph of the training step, the weights and all that the
    optimiser remembers: hundreds of megabytes a training. Nothing asks for these entries again
    once training is over. Where the backend is another, or keeps no such table, nothing happens.

    Examples
    --------
    >>> with forgotten_graphs():
    ...     pass
    """
    before = set(_entries())
    try:
        yield
    finally:
        entries = _entries()
        for name in set(entries) - before:
            if name.startswith("CustomGradient"):
                del entries[name]


def _entries() -> dict[str, object]:
    # TensorFlow offers no way to do this, so that it is done only where it is as expected.
    ops = sys.modules.get(_REGISTRY)
    entries = getattr(getattr(ops, "gradient_registry", None), "_registry", {})
    return entries if isinstance(entries, dict) else {}
