"""The one door to `albumentations`."""

import functools
import os
import threading
from types import ModuleType

__all__ = ["albumentations"]

# Two threads at once would each put back what the other has set.
_importing = threading.Lock()


def albumentations() -> ModuleType:
    """Return the library; it is imported when it is first asked for.

    Examples
    --------
    >>> albumentations().HorizontalFlip(p=1).p
    1.0
    """
    with _importing:
        return _import_quietly()


@functools.cache
def _import_quietly() -> ModuleType:
    # It asks the network for a newer version of itself when it is imported, unless told not to.
    switch = "NO_ALBUMENTATIONS_UPDATE"
    before = os.environ.get(switch)
    os.environ[switch] = "1"
    try:
        import albumentations
    finally:
        if before is None:
            del os.environ[switch]
        else:
            os.environ[switch] = before
    return albumentations
