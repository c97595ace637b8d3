"""An augmentation as a function that threads may share."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from notebook_seg.training.augmentation.pipeline import compose, transformed

__all__ = ["Augment", "augmenter"]

Augment = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]


def augmenter(augmentation: str | Mapping[str, Any]) -> Augment:
    """Return a function that changes an image and its mask alike.

    Parameters
    ----------
    augmentation : str or mapping
        A preset's name, or what `augmentation_as_plain` returned.

    Returns
    -------
    callable
        ``(image, mask, seed) -> (image, mask)``: image ``(H, W, 3)`` uint8 and mask ``(H, W)``
        uint8 of the same size as before; masks keep their values, none is interpolated. The
        same seed gives the same change. It may be called from several threads. It raises an
        `OptionError` where a user's own pipeline fails, or changes the size.

    Raises
    ------
    OptionError
        If the name is not known, or the values cannot be read.

    Examples
    --------
    >>> image, mask = np.zeros((64, 64, 3), np.uint8), np.eye(64, dtype=np.uint8)
    >>> image, mask = augmenter("specimen")(image, mask, seed=1)
    >>> image.shape, mask.shape, sorted(set(mask.ravel().tolist()))
    ((64, 64, 3), (64, 64), [0, 1])
    """
    own = threading.local()
    own.pipeline = compose(augmentation)

    def augment(image: np.ndarray, mask: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        # Setting the seed of a pipeline that another thread is in would change its numbers.
        if not hasattr(own, "pipeline"):
            own.pipeline = compose(augmentation)
        return transformed(own.pipeline, image, mask, seed)

    return augment
