"""Probabilities and the truth of the labelled pixels of a picture, some rows at a time."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from notebook_seg.data import UNLABELLED
from notebook_seg.data.overlays import resized_mask
from notebook_seg.errors import MaskError, OptionError

__all__ = ["labelled_pixels"]

Probabilities = NDArray[np.floating]

# Probabilities that are looked at at once.
_CHUNK = 1 << 20


def labelled_pixels(
    probabilities: Probabilities, truth: NDArray[np.uint8]
) -> Iterator[tuple[Probabilities, NDArray[np.uint8]]]:
    """Yield the labelled pixels of a picture, some rows at a time.

    Parameters
    ----------
    probabilities : (h, w) or (h, w, C) float array
        0 to 1, of the picture's size or of the smaller one that the network worked at.
    truth : (H, W) uint8 array
        Class indexes, 255 where unlabelled. Where it is larger its nearest pixels are taken.

    Yields
    ------
    probabilities : (n,) or (n, C) float array
    truth : (n,) uint8 array

    Raises
    ------
    MaskError
        If the truth has another shape than the probabilities.
    OptionError
        If a probability is not between 0 and 1.

    Examples
    --------
    >>> chunks = labelled_pixels(np.array([[0.25, 0.5]]), np.array([[1, 255]], np.uint8))
    >>> list(chunks)
    [(array([0.25]), array([1], dtype=uint8))]
    """
    truth = _at_shape(truth, probabilities.shape[:2])
    rows = max(1, _CHUNK // max(1, probabilities[:1].size))
    for top in range(0, len(truth), rows):
        known = truth[top : top + rows] != UNLABELLED
        found = probabilities[top : top + rows][known]
        # NaN is in no range.
        if found.size and not (found.min() >= 0 and found.max() <= 1):
            raise OptionError(
                "Probabilities are numbers from 0 to 1, not what a network gives before its last "
                f"step. Received: {found.min()} to {found.max()}"
            )
        yield found, truth[top : top + rows][known]


def _at_shape(truth: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    if truth.shape == shape:
        return truth
    height, width = shape
    if truth.ndim != 2 or not 0 < height * width < truth.size or not _alike(truth.shape, shape):
        raise MaskError(
            "The probabilities must have the shape of the truth, or be a smaller version of the "
            f"same picture. Received: {shape} for a truth of {truth.shape}"
        )
    return resized_mask(truth, (height, width))


def _alike(shape: tuple[int, ...], smaller: tuple[int, ...]) -> bool:
    """Tell whether the sides have one ratio, but for a pixel that rounding costs."""
    (height, width), (h, w) = shape, smaller
    return abs(h * width - w * height) <= max(height, width)
