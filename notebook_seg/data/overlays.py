"""Masks painted over photographs, as arrays of the photograph's size."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from notebook_seg.data.classes import BACKGROUND, UNLABELLED, color_to_rgb
from notebook_seg.errors import ImageError, MaskError, OptionError

__all__ = [
    "Image",
    "Mask",
    "as_jpeg",
    "check_image",
    "check_opacity",
    "check_overlay",
    "make_palette",
    "overlay_image",
    "paint",
    "reduced_image",
    "reduced_mask",
    "resized_mask",
]

Image = NDArray[np.uint8]
Mask = NDArray[np.uint8]

_STRIPES = np.array([[200, 200, 200], [90, 90, 90]], np.uint8)
_STRIPE_OPACITY = 0.6
# A band this size is blended at a time; its copies take about 30 MB.
_BAND_PIXELS = 1 << 20


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
    check_opacity(opacity)
    opacities = np.zeros(UNLABELLED)
    opacities[1 : len(colors)] = opacity
    return paint(image, mask, make_palette(colors), opacities, _line_width(mask, outline))


def check_overlay(image: Image, mask: Mask, n_classes: int) -> None:
    """Raise an error unless `mask` fits its photograph and the number of classes."""
    check_image(image)
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


def check_image(image: Image) -> None:
    """Raise an error unless `image` is an array ``(H, W, 3)`` of uint8."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ImageError(
            "A photograph must be an array (height, width, 3) of uint8. "
            f"Received: {image.dtype} of shape {image.shape}"
        )


def check_opacity(opacity: float) -> None:
    """Raise an error unless `opacity` is between 0 and 1."""
    if not 0 <= opacity <= 1:
        raise OptionError(f"The opacity is between 0 and 1. Received: {opacity}")


def make_palette(colors: Sequence[str]) -> NDArray[np.uint8]:
    """Return a row of red, green and blue for each class index, 0 to 254."""
    palette = np.zeros((UNLABELLED, 3), np.uint8)
    palette[: len(colors)] = [color_to_rgb(color) for color in colors]
    return palette


def paint(
    image: Image,
    mask: Mask,
    palette: NDArray[np.uint8],
    opacities: NDArray[np.float64],
    outline: int,
) -> Image:
    """Blend the colours of a palette into a photograph, each class with an opacity of its own."""
    # Two rows for unlabelled, at 255 and 256: a stripe and the space between.
    colors = np.vstack([palette, _STRIPES])
    alpha = np.round(256 * np.append(opacities, [_STRIPE_OPACITY] * 2)).astype(np.uint16)
    painted = image.copy()
    height, width = mask.shape
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        band = slice(top, min(top + rows, height))
        index = _striped(mask[band], top, max(mask.shape))
        for label in np.flatnonzero(cv2.calcHist([index], [0], None, [257], [0, 257])):
            if alpha[label]:
                tinted = cv2.LUT(image[band], _shades(colors[label], alpha[label]))
                cv2.copyTo(tinted, (index == label).view(np.uint8), painted[band])
        if outline:
            _draw_outlines(painted[band], mask, band, palette, outline)
    return painted


def _shades(color: NDArray[np.uint8], alpha: np.uint16) -> NDArray[np.uint8]:
    """Return what each of 256 values of red, green and blue becomes under a colour."""
    values = np.arange(256, dtype=np.uint16)[:, np.newaxis]
    return ((values * (256 - alpha) + color * alpha) >> 8).astype(np.uint8)[np.newaxis]


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
    y, x = np.nonzero(edge)
    labels = inside[y, x]
    line, rim = (labels != BACKGROUND) & (labels != UNLABELLED), labels == BACKGROUND
    painted[y[line], x[line]] = palette[labels[line]]
    # A dark rim outside: the line stays visible on a photograph of its own colour.
    painted[y[rim], x[rim]] //= 3


def reduced_image(image: Image, longest: int) -> Image:
    """Shrink a photograph so that no side exceeds `longest` pixels, averaging.

    Examples
    --------
    >>> reduced_image(np.zeros((600, 800, 3), np.uint8), 80).shape
    (60, 80, 3)
    """
    check_image(image)
    size = _reduced_size(image.shape[:2], longest)
    if size == image.shape[:2]:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def as_jpeg(image: Image) -> bytes:
    r"""Return a picture ``(H, W, 3)`` uint8 as the bytes of a JPEG file.

    Examples
    --------
    >>> as_jpeg(np.zeros((8, 8, 3), np.uint8))[:3]
    b'\xff\xd8\xff'
    """
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    return encoded.tobytes()


def resized_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """Return a mask at another height and width; its values stay what they are.

    The pixel in the middle of each block stands for it: its class was really there, areas are kept
    on average, and masks of one size stay comparable pixel by pixel.

    Examples
    --------
    >>> resized_mask(np.array([[0, 2]], np.uint8), (2, 4))
    array([[0, 0, 2, 2],
           [0, 0, 2, 2]], dtype=uint8)
    """
    resized = cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized, np.uint8)


def reduced_mask(mask: Mask, longest: int) -> Mask:
    """Shrink a mask so that no side exceeds `longest` pixels; see `resized_mask`.

    Examples
    --------
    >>> reduced_mask(np.zeros((600, 800), np.uint8), 80).shape
    (60, 80)
    """
    size = _reduced_size(mask.shape, longest)
    return mask if size == mask.shape else resized_mask(mask, size)


def _reduced_size(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
