"""Pixels of any depth and colour model as 8-bit RGB."""

import numpy as np
from PIL import Image

__all__ = ["cmyk_to_rgb", "grey_to_rgb", "over_white", "to_uint8"]


def to_uint8(samples: np.ndarray) -> np.ndarray:
    """Bring samples of any real type to 0 ... 255.

    Parameters
    ----------
    samples : ndarray
        8-bit samples are kept, booleans become 0 and 255, all others are stretched so that the
        smallest finite value of the picture becomes 0 and the largest 255.

    Returns
    -------
    ndarray of uint8, of the same shape
        NaN becomes 0, an infinity 0 or 255, a picture of one single value 0.

    Examples
    --------
    >>> to_uint8(np.array([100, 300, 500], np.uint16)).tolist()
    [0, 128, 255]
    >>> to_uint8(np.array([0.5, np.nan, 0.7])).tolist()
    [0, 0, 255]
    """
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype == bool:
        return samples.astype(np.uint8) * np.uint8(255)
    if samples.dtype.kind not in "uif":
        raise TypeError(f"samples of type {samples.dtype}")
    if samples.dtype.kind == "u" and samples.dtype.itemsize == 2:
        return _table(samples)[samples]
    return _stretch(samples, *_finite_range(samples))


def _table(samples: np.ndarray) -> np.ndarray:
    every_value = np.arange(2**16, dtype=np.uint16)
    return _stretch(every_value, float(samples.min()), float(samples.max()))


def _finite_range(samples: np.ndarray) -> tuple[float, float]:
    if samples.dtype.kind != "f":
        return float(samples.min()), float(samples.max())
    finite = np.isfinite(samples)
    if not finite.any():
        return 0.0, 0.0
    low = samples.min(where=finite, initial=np.inf)
    high = samples.max(where=finite, initial=-np.inf)
    return float(low), float(high)


def _stretch(samples: np.ndarray, low: float, high: float) -> np.ndarray:
    # In halves, because the difference of two finite numbers may be infinite.
    span = high / 2 - low / 2
    if span == 0:
        return np.zeros(samples.shape, np.uint8)
    kind: type[np.floating] = np.float32 if samples.dtype == np.float32 else np.float64
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        scaled = (samples.astype(kind) / 2 - kind(low / 2)) / kind(span)
    scaled = np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def grey_to_rgb(grey: np.ndarray) -> np.ndarray:
    """Repeat ``(H, W)`` or ``(H, W, 1)`` grey values as red, green and blue.

    Examples
    --------
    >>> grey_to_rgb(np.zeros((4, 5), np.uint8)).shape
    (4, 5, 3)
    """
    return np.repeat(grey.reshape(*grey.shape[:2], 1), 3, axis=2)


def over_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay a transparent picture over white paper.

    Parameters
    ----------
    rgb : ndarray, shape (H, W, 3), uint8
    alpha : ndarray, shape (H, W), uint8
        255 is opaque.

    Returns
    -------
    ndarray, shape (H, W, 3), uint8

    Examples
    --------
    >>> over_white(np.full((1, 1, 3), 100, np.uint8), np.array([[0]], np.uint8)).tolist()
    [[[255, 255, 255]]]
    """
    weight = alpha[..., np.newaxis].astype(np.uint16)
    return ((rgb * weight + np.uint16(255) * (255 - weight) + 127) // 255).astype(np.uint8)


def cmyk_to_rgb(cmyk: np.ndarray) -> np.ndarray:
    """Convert ``(H, W, 4)`` uint8 ink, 255 being full ink, to RGB without a colour profile.

    Examples
    --------
    >>> cmyk_to_rgb(np.array([[[0, 255, 0, 0]]], np.uint8)).tolist()
    [[[255, 0, 255]]]
    """
    height, width = cmyk.shape[:2]
    picture = Image.frombytes("CMYK", (width, height), np.ascontiguousarray(cmyk).tobytes())
    return np.array(picture.convert("RGB"))
