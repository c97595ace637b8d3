"""Errors painted over photographs, as arrays, and photographs reduced for figures."""

from enum import IntEnum

import cv2
import numpy as np

from notebook_seg.data import BACKGROUND, UNLABELLED
from notebook_seg.data.overlays import (
    Image,
    Mask,
    check_overlay,
    make_palette,
    paint,
    reduced_image,
    reduced_mask,
)
from notebook_seg.errors import MaskError

__all__ = [
    "ERROR_COLORS",
    "ERROR_NAMES",
    "Error",
    "error_map",
    "error_overlay",
    "reduced_image",
    "reduced_mask",
]

# Errors are painted on a photograph of low contrast: neither black nor white, where yellow drowns.
_FADED_CONTRAST, _FADED_BLACK = 0.45, 105


class Error(IntEnum):
    """What a pixel of an error map means.

    Examples
    --------
    >>> Error(2).name
    'MISSED'
    """

    NOTHING = BACKGROUND
    HIT = 1
    MISSED = 2
    FALSE_ALARM = 3
    WRONG_CLASS = 4
    NOT_LABELLED = UNLABELLED


ERROR_NAMES = {
    Error.HIT: "right",
    Error.MISSED: "missed",
    Error.FALSE_ALARM: "false alarm",
    Error.WRONG_CLASS: "wrong class",
}
# Told apart with any colour vision: they differ in lightness, and the warm from the cold.
ERROR_COLORS = {
    Error.NOTHING: "#000000",
    Error.HIT: "#8fbfd9",
    Error.MISSED: "#d55e00",
    Error.FALSE_ALARM: "#f0e442",
    Error.WRONG_CLASS: "#8b1a89",
}


def error_map(truth: Mask, prediction: Mask) -> Mask:
    """Tell for every pixel whether the prediction is right, and if not, how it is wrong.

    Parameters
    ----------
    truth, prediction : (H, W) uint8 arrays
        Class indexes; 255 in `truth` is unlabelled.

    Returns
    -------
    (H, W) uint8 array
        Members of `Error`.

    Raises
    ------
    MaskError
        If the shapes differ.

    Examples
    --------
    >>> truth = np.array([[0, 1, 1, 0, 1, 255]], np.uint8)
    >>> prediction = np.array([[0, 1, 0, 1, 2, 1]], np.uint8)
    >>> [Error(value).name for value in error_map(truth, prediction)[0]]
    ['NOTHING', 'HIT', 'MISSED', 'FALSE_ALARM', 'WRONG_CLASS', 'NOT_LABELLED']
    """
    if truth.shape != prediction.shape:
        raise MaskError(
            f"Truth and prediction must have the same shape. Received: {truth.shape} and "
            f"{prediction.shape}"
        )
    in_truth, predicted = truth != BACKGROUND, prediction != BACKGROUND
    errors = np.full(truth.shape, Error.NOTHING, np.uint8)
    errors[in_truth & predicted] = Error.WRONG_CLASS
    errors[in_truth & (truth == prediction)] = Error.HIT
    errors[in_truth & ~predicted] = Error.MISSED
    errors[~in_truth & predicted] = Error.FALSE_ALARM
    errors[truth == UNLABELLED] = Error.NOT_LABELLED
    return errors


def error_overlay(image: Image, truth: Mask, prediction: Mask) -> Image:
    """Paint the errors of a prediction over its photograph, which is faded to grey.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photograph, RGB.
    truth, prediction : (H, W) uint8 arrays
        Class indexes; 255 in `truth` is unlabelled.

    Returns
    -------
    (H, W, 3) uint8 array
        In the colours of `ERROR_COLORS`.

    Raises
    ------
    ImageError, MaskError
        If the arrays do not fit each other.

    Examples
    --------
    >>> image = np.zeros((4, 4, 3), np.uint8)
    >>> found = np.ones((4, 4), np.uint8)
    >>> "#%02x%02x%02x" % tuple(error_overlay(image, 0 * found, found)[0, 0])
    '#f0e442'
    """
    errors = error_map(truth, prediction)
    check_overlay(image, errors, len(ERROR_COLORS))
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    faded = np.asarray(cv2.addWeighted(grey, _FADED_CONTRAST, grey, 0, _FADED_BLACK), np.uint8)
    opacities = np.ones(UNLABELLED)
    opacities[Error.NOTHING], opacities[Error.HIT] = 0, 0.6
    return paint(faded, errors, make_palette(list(ERROR_COLORS.values())), opacities, outline=0)
