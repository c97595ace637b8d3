"""The one door to `albumentations`."""

import functools
from types import ModuleType

from notebook_seg.training.quiet import environment_variable

__all__ = ["albumentations"]


@functools.cache
def albumentations() -> ModuleType:
    """Return the library; it is imported when it is first asked for.

    Examples
    --------
    >>> albumentations().HorizontalFlip(p=1).p
    1.0
    """
    # It asks the network for a newer version of itself when it is imported, unless told not to.
    with environment_variable("NO_ALBUMENTATIONS_UPDATE", "1"):
        import albumentations
    return albumentations
