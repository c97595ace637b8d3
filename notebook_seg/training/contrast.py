"""The contrast of photographs as the network sees them: as they are, or stretched.

Under a microscope one field fills the range of the camera and the next a tenth of it; what was
learned from the one is then hardly seen in the other, nor by an encoder that knows photographs.
Stretching each to the same range is the "normalisation per picture" of nnU-Net [1]_.

.. [1] F. Isensee et al. 2021, doi:10.1038/s41592-020-01008-z
"""

import numpy as np

from notebook_seg.errors import check_choice
from notebook_seg.training.scale import WorkingScale

__all__ = ["CONTRASTS", "used_range", "with_contrast", "working_image"]

CONTRASTS = ("as it is", "stretched")
_PERCENTILES = (0.5, 99.5)
_LEAST = 16  # levels; noise of an empty field is not made to look like something
_TOP = 255


def used_range(image: np.ndarray) -> tuple[float, float]:
    """Return between which levels nearly all values of a picture lie, 0 to 255.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)

    Examples
    --------
    >>> used_range(np.full((4, 4, 3), 7, np.uint8))
    (7.0, 7.0)
    """
    levels = np.bincount(image.ravel(), minlength=_TOP + 1).cumsum()
    shares = np.divide(_PERCENTILES, 100) * levels[-1]
    low, high = np.searchsorted(levels, shares)
    return float(low), float(high)


def with_contrast(image: np.ndarray, contrast: str) -> np.ndarray:
    """Return a picture with this contrast; colours keep their proportions.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    contrast : {"as it is", "stretched"}

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    OptionError
        If there is no such contrast.

    Examples
    --------
    >>> dark = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> with_contrast(dark, "stretched").max()
    np.uint8(255)
    """
    check_choice("contrast", contrast, CONTRASTS)
    if contrast == "as it is":
        return image
    low, high = used_range(image)
    levels = (np.arange(_TOP + 1) - low) * (_TOP / max(high - low, _LEAST))
    return np.clip(np.round(levels), 0, _TOP).astype(np.uint8)[image]


def working_image(image: np.ndarray, scale: WorkingScale, contrast: str) -> np.ndarray:
    """Return a photograph as the network sees it: at the working scale, then with its contrast.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    scale : WorkingScale
    contrast : {"as it is", "stretched"}

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)

    Raises
    ------
    OptionError
        If there is no such contrast.

    Examples
    --------
    >>> dark = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> seen = working_image(dark, WorkingScale(factor=2), "stretched")
    >>> seen.shape, seen.max()
    ((8, 8, 3), np.uint8(255))
    """
    return with_contrast(scale.image(image), contrast)
