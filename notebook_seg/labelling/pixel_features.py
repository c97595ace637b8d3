"""What a pixel and its surroundings look like, in numbers that a pixel classifier learns from."""

import hashlib
from collections import OrderedDict

import cv2
import numpy as np
import numpy.typing as npt
from skimage.feature import multiscale_basic_features

from notebook_seg.data.classes import UNLABELLED

__all__ = ["PixelFeatures", "labels_in", "shrink", "shrink_labels"]

# About 600 × 400: their features take half a second, and show what a screen shows at a glance.
PIXELS = 250_000
_FINEST, _COARSEST = 1.0, 16.0


class PixelFeatures:
    """Features of pictures at a bounded size; those of the last pictures are kept.

    Colour, gradient and the eigenvalues of the Hessian at several blurs, for each of red, green
    and blue.

    Parameters
    ----------
    pixels : int, optional
        A picture of more pixels is shrunk to about that many.
    kept : int, optional
        Of how many pictures the features stay in memory, about 60 MB each.

    Examples
    --------
    >>> image = np.zeros((300, 400, 3), np.uint8)
    >>> PixelFeatures(pixels=30_000).of(image).shape
    (150, 200, 60)
    """

    def __init__(self, pixels: int = PIXELS, kept: int = 2) -> None:
        self._pixels = pixels
        self._kept = kept
        self._known: OrderedDict[bytes, npt.NDArray[np.float32]] = OrderedDict()

    def of(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the features of every pixel at the bounded size.

        Parameters
        ----------
        image : array (H, W, 3) of uint8

        Returns
        -------
        array (h, w, F) of float32
        """
        small = shrink(image, self._pixels)
        key = hashlib.blake2b(small.tobytes(), salt=small.shape[0].to_bytes(4)).digest()
        if key not in self._known:
            self._known[key] = _features(small)
        self._known.move_to_end(key)
        while len(self._known) > self._kept:
            self._known.popitem(last=False)
        return self._known[key]


def _features(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    found = multiscale_basic_features(
        image, sigma_min=_FINEST, sigma_max=_COARSEST, workers=2, channel_axis=-1
    )
    return found.astype(np.float32, copy=False)


def shrink(image: npt.NDArray[np.uint8], pixels: int) -> npt.NDArray[np.uint8]:
    """Return an image averaged down to about a number of pixels, if it has more.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
    pixels : int

    Examples
    --------
    >>> shrink(np.zeros((300, 400, 3), np.uint8), 30_000).shape
    (150, 200, 3)
    """
    height, width = image.shape[:2]
    factor = (pixels / (height * width)) ** 0.5
    if factor >= 1:
        return image
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def shrink_labels(labels: npt.NDArray[np.uint8], shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return labels at a smaller size, in which a thin scribble is still there.

    Each pixel gets the label that covers most of it, whatever share of it is not known.

    Parameters
    ----------
    labels : array (H, W) of uint8
        255 where not known.
    shape : tuple of int
        Height and width wanted.

    Examples
    --------
    >>> labels = np.full((8, 8), 255, np.uint8)
    >>> labels[5] = 1
    >>> shrink_labels(labels, (2, 2)).tolist()
    [[255, 255], [1, 1]]
    """
    if labels.shape == shape:
        return labels
    best, covered = np.full(shape, UNLABELLED, np.uint8), np.zeros(shape, np.uint8)
    for label in labels_in(labels):
        here = (labels == label).view(np.uint8) * np.uint8(255)
        share = cv2.resize(here, shape[::-1], interpolation=cv2.INTER_AREA)
        more = share > covered
        best[more], covered[more] = label, share[more]
    return best


def labels_in(labels: npt.NDArray[np.uint8]) -> list[int]:
    """Return which labels there are, but for 255, not known.

    Examples
    --------
    >>> labels_in(np.array([[0, 2], [255, 2]], np.uint8))
    [0, 2]
    """
    # Sorting all pixels, as `np.unique` does, takes a second where this takes 20 milliseconds.
    counts = cv2.calcHist([labels], [0], None, [256], [0, 256])
    return np.flatnonzero(counts[:UNLABELLED]).tolist()
