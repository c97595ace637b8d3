"""Masks painted over photographs, as arrays: full size for files, reduced for figures."""

from collections.abc import Sequence
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from notebook_seg.data import BACKGROUND, UNLABELLED
from notebook_seg.data.classes import color_to_rgb
from notebook_seg.errors import ImageError, MaskError, OptionError

__all__ = [
    "ERROR_COLORS",
    "ERROR_NAMES",
    "Error",
    "check_overlay",
    "error_map",
    "error_overlay",
    "overlay_image",
]

Image = NDArray[np.uint8]
Mask = NDArray[np.uint8]

_STRIPES = np.array([[200, 200, 200], [90, 90, 90]], np.uint8)
_STRIPE_OPACITY = 0.6
# A band this size is blended at a time; its copies take about 30 MB.
_BAND_PIXELS = 1 << 20
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


def overlay_image(
    image: Image,
    mask: Mask,
    colors: Sequence[str],
    opacity: float = 0.5,
    outline: int | None = None,
) -> Image:
    """Paint a mask over its photograph.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photograph, RGB.
    mask : (H, W) uint8 array
        Class indexes. The background is left as it is but for the rim of the outlines;
        unlabelled pixels (255) are striped grey.
    colors : sequence of str
        A colour such as ``'#e6194b'`` for each class, background first.
    opacity : float, default 0.5
        0 shows the photograph alone, 1 hides it under the classes.
    outline : int, optional
        Width in pixels of the line around each region and of the dark rim outside it, 0 for
        none. By default it grows with the picture.

    Returns
    -------
    (H, W, 3) uint8 array

    Raises
    ------
    ImageError, MaskError
        If the arrays do not fit each other or the colours.
    DatasetError, OptionError
        If a colour or the opacity is not understood.

    Notes
    -----
    Beside the result, the memory needed does not grow with the photograph.

    Examples
    --------
    >>> image = np.full((1, 2, 3), 100, np.uint8)
    >>> mask = np.array([[0, 1]], np.uint8)
    >>> overlay_image(image, mask, ["#000000", "#ff0000"], outline=0).tolist()
    [[[100, 100, 100], [177, 50, 50]]]
    """
    check_overlay(image, mask, len(colors))
    if not 0 <= opacity <= 1:
        raise OptionError(f"The opacity is between 0 and 1. Received: {opacity}")
    opacities = np.zeros(UNLABELLED)
    opacities[1 : len(colors)] = opacity
    return _paint(image, mask, _palette(colors), opacities, _line_width(mask, outline))


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
    return _paint(faded, errors, _palette(list(ERROR_COLORS.values())), opacities, outline=0)


def check_overlay(image: Image, mask: Mask, n_classes: int) -> None:
    """Raise an error unless `mask` fits its photograph and the number of classes."""
    _check_image(image)
    if mask.shape != image.shape[:2] or mask.dtype != np.uint8:
        raise MaskError(
            f"A mask must be uint8 and of its photograph's size {image.shape[:2]}. "
            f"Received: {mask.dtype} of shape {mask.shape}"
        )
    present = np.flatnonzero(cv2.calcHist([mask], [0], None, [256], [0, 256]))
    unknown = [int(value) for value in present if n_classes <= value < UNLABELLED]
    if unknown:
        raise MaskError(
            f"The mask holds a class that has no colour: there are {n_classes}, background "
            f"included. Received: class {unknown[0]}"
        )


def reduced_image(image: Image, longest: int) -> Image:
    """Shrink a photograph so that no side exceeds `longest` pixels, averaging."""
    _check_image(image)
    size = _reduced_size(image.shape[:2], longest)
    if size == image.shape[:2]:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def reduced_mask(mask: Mask, longest: int) -> Mask:
    """Shrink a mask so that no side exceeds `longest` pixels.

    The pixel in the middle of each block stands for it: its class was really there, areas are kept
    on average, and masks of one size stay comparable pixel by pixel.
    """
    size = _reduced_size(mask.shape, longest)
    if size == mask.shape:
        return mask
    small = cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(small, np.uint8)


def _reduced_size(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _check_image(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ImageError(
            "A photograph must be an array (height, width, 3) of uint8. "
            f"Received: {image.dtype} of shape {image.shape}"
        )


def _palette(colors: Sequence[str]) -> NDArray[np.uint8]:
    palette = np.zeros((UNLABELLED, 3), np.uint8)
    palette[: len(colors)] = [color_to_rgb(color) for color in colors]
    return palette


def _paint(
    image: Image,
    mask: Mask,
    palette: NDArray[np.uint8],
    opacities: NDArray[np.float64],
    outline: int,
) -> Image:
    # Two rows for unlabelled, at 255 and 256: a stripe and the space between.
    colors = np.vstack([palette, _STRIPES]).astype(np.uint16)
    alpha = np.round(256 * np.append(opacities, [_STRIPE_OPACITY] * 2)).astype(np.uint16)
    tint, rest = colors * alpha[:, np.newaxis], (256 - alpha)[:, np.newaxis]
    painted = np.empty_like(image)
    height, width = mask.shape
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        band = slice(top, min(top + rows, height))
        index = _striped(mask[band], top, max(mask.shape))
        painted[band] = (image[band] * rest[index] + tint[index]) >> 8
        if outline:
            _draw_outlines(painted[band], mask, band, palette, outline)
    return painted


def _striped(mask: Mask, top: int, longest: int) -> NDArray[np.uint16]:
    index = mask.astype(np.uint16)
    unlabelled = mask == UNLABELLED
    if unlabelled.any():
        y, x = np.ogrid[top : top + mask.shape[0], : mask.shape[1]]
        index += unlabelled & ((x + y) // max(2, longest // 100) % 2 == 1)
    return index


def _line_width(mask: Mask, outline: int | None) -> int:
    return max(1, max(mask.shape) // 500) if outline is None else max(0, outline)


def _draw_outlines(
    painted: Image, mask: Mask, band: slice, palette: NDArray[np.uint8], width: int
) -> None:
    above = min(width, band.start)
    around = mask[band.start - above : band.stop + width]
    # The gradient is zero where all pixels within `width` are of one class.
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    gradient = cv2.morphologyEx(around, cv2.MORPH_GRADIENT, kernel)
    inside = mask[band]
    edge = gradient[above : above + inside.shape[0]] > 0
    line = edge & (inside != BACKGROUND) & (inside != UNLABELLED)
    painted[line] = palette[inside[line]]
    # A dark rim outside: the line stays visible on a photograph of its own colour.
    painted[edge & (inside == BACKGROUND)] //= 3
