"""Probabilities of a small picture brought to the size of the photograph, along its edges."""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["upsample_labels", "upsample_probabilities"]

Values = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

# Of the window in which probability is taken to follow brightness, in pixels of the small picture.
_RADIUS = 4
# Variance of brightness, from 0 to 1, below which a window counts as flat.
_FLAT = np.float32(1e-3)
# Rows at a time, so that the memory beyond the result is that of a strip.
_STRIP = 512


def upsample_probabilities(probabilities: Values, image: Picture) -> Values:
    """Bring probabilities to the size of a photograph, with borders that follow it.

    Parameters
    ----------
    probabilities : array (h, w, C) of float32
        0 to 1, of the photograph shrunk to height h and width w.
    image : array (H, W, 3) of uint8
        The photograph.

    Returns
    -------
    array (H, W, C) of float32
        0 to 1; they sum to 1 as before, but for rounding.

    Notes
    -----
    The fast guided filter: within a small window probability is a straight line over brightness,
    fitted at the small size and read at the full one. [1]_ [2]_

    References
    ----------
    .. [1] He, Sun, Tang, "Guided image filtering", IEEE TPAMI 35, 2013,
       doi 10.1109/TPAMI.2012.213
    .. [2] He, Sun, "Fast guided filter", 2015, doi 10.48550/arXiv.1505.00996

    Examples
    --------
    >>> image = np.zeros((40, 40, 3), np.uint8)
    >>> image[:, 17:] = 255
    >>> small = np.zeros((10, 10, 2), np.float32)
    >>> small[:, :4, 0] = small[:, 4:, 1] = 1
    >>> full = upsample_probabilities(small, image)
    >>> int((full[20, :, 1] > 0.5).argmax())
    17
    """
    full = np.empty((*image.shape[:2], probabilities.shape[2]), np.float32)
    for rows, label, values in _strips(probabilities, image):
        full[rows, :, label] = values
    return full


def upsample_labels(probabilities: Values, image: Picture) -> Picture:
    """Return the most probable class (H, W) uint8 of each pixel of a photograph.

    Parameters
    ----------
    probabilities, image
        As for `upsample_probabilities`, which needs far more memory than this.
    """
    labels = np.zeros(image.shape[:2], np.uint8)
    best = np.empty((min(_STRIP, len(image)), image.shape[1]), np.float32)
    for rows, label, values in _strips(probabilities, image):
        highest = best[: len(values)]
        if label == 0:
            highest[:] = values
            continue
        np.copyto(labels[rows], np.uint8(label), where=values > highest)
        np.maximum(highest, values, out=highest)
    return labels


def _strips(probabilities: Values, image: Picture) -> Iterator[tuple[slice, int, Values]]:
    """Return the probabilities of some rows at a time, one class after the other."""
    slopes, offsets = _lines(probabilities, image)
    for top in range(0, len(image), _STRIP):
        rows = slice(top, min(top + _STRIP, len(image)))
        guide = _brightness(image[rows])
        for label in range(probabilities.shape[2]):
            slope, offset = (
                _enlarge(lines[..., label], image.shape[:2], rows) for lines in (slopes, offsets)
            )
            yield rows, label, np.clip(guide * slope + offset, 0, 1)


def _lines(probabilities: Values, image: Picture) -> tuple[Values, Values]:
    """Return slope and offset (h, w, C) of probability over brightness around each pixel."""
    shape = probabilities.shape[:2]
    small = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA)
    guide = _brightness(small.astype(np.uint8, copy=False))
    mean = _blur(guide)
    variance = _blur(guide * guide) - mean * mean
    slopes, offsets = np.empty_like(probabilities), np.empty_like(probabilities)
    for label in range(probabilities.shape[2]):
        values = np.ascontiguousarray(probabilities[..., label])
        mean_value = _blur(values)
        slope = (_blur(guide * values) - mean * mean_value) / (variance + _FLAT)
        slopes[..., label] = _blur(slope)
        offsets[..., label] = _blur(mean_value - slope * mean)
    return slopes, offsets


def _brightness(image: Picture) -> Values:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)


def _blur(values: npt.NDArray[np.floating]) -> Values:
    side = 2 * _RADIUS + 1
    return cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT).astype(np.float32)


def _enlarge(values: Values, full: tuple[int, ...], rows: slice) -> Values:
    """Return some rows of (h, w) resized to the full height and width, linearly."""
    down, across = values.shape[0] / full[0], values.shape[1] / full[1]
    top = (rows.start + 0.5) * down - 0.5
    to_small = np.array([[across, 0, across / 2 - 0.5], [0, down, top]])
    return cv2.warpAffine(
        np.ascontiguousarray(values),
        to_small,
        (full[1], rows.stop - rows.start),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32, copy=False)
