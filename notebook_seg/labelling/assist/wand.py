"""The magic wand: the pixels around a click that look like it."""

import cv2
import numpy as np
import numpy.typing as npt
from cv2.typing import MatLike

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import Region

__all__ = ["wand_region"]

Pixels = npt.NDArray[np.bool_]

# Windows reach so many pixels to each side of the click, one after the other, until one holds all
# of the region; the last resort is the whole picture.
_REACHES = (128, 512, 1000)
# Beyond these pixels the picture is scaled down.
_MOST = 4_100_000
# Holes of fewer pixels than this, or of less than this share of the region, are noise.
_HOLE, _HOLE_SHARE = 9, 0.001


def wand_region(
    image: npt.NDArray[np.uint8], point: npt.ArrayLike, tolerance: float
) -> Region | None:
    """Return the connected pixels whose colour is like that of one point.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB.
    point : array (2,) of float
        x and y in pixels. Outside the picture there is nothing to find.
    tolerance : float
        How far colours may be apart, as eyes see it: 0 for the very same, 255 for as far as black
        from white. It is the distance in CIELAB, times 2.55.

    Returns
    -------
    Region or None
        None where the point is outside the picture.

    Notes
    -----
    Colours are compared pixel by pixel and also after a median over 3 x 3 of them, so that noise
    does not stop it, and small holes in the region are closed. Pixels are connected by their sides.
    A region that reaches further than 1,000 pixels is found on a picture scaled down to about 4
    megapixels.

    Examples
    --------
    >>> image = np.zeros((20, 30, 3), np.uint8)
    >>> image[5:12, 8:20] = (200, 40, 40)
    >>> wand_region(image, (10, 9), tolerance=20).box
    Box(top=5, left=8, bottom=12, right=20)
    """
    position = np.asarray(point, np.float64).reshape(2)
    height, width = image.shape[:2]
    if not (np.isfinite(position).all() and (position >= -0.5).all()):
        return None
    column, row = np.floor(position + 0.5).astype(int).tolist()
    if row >= height or column >= width:
        return None
    whole = Box.whole(image.shape)
    for reach in (*_REACHES, max(height, width)):
        box = Box(row - reach, column - reach, row + reach + 1, column + reach + 1)
        window = Window.of(image, box.clip(image.shape), _MOST)
        found = _alike(window.pixels, window.pixel_at(position), tolerance)
        if window.box == whole or not _runs_on(found, window.box, whole):
            break
    return window.region(_without_small_holes(found))


def _alike(image: npt.NDArray[np.uint8], pixel: tuple[int, int], tolerance: float) -> Pixels:
    """Return the pixels like one, connected with it."""
    column, row = pixel
    rough = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    calm = cv2.medianBlur(rough, 3)
    color = np.append(calm[row, column], 0).astype(np.float64)
    like = _near(rough, color, tolerance) | _near(calm, color, tolerance)
    like[row, column] = True
    found = np.zeros((image.shape[0] + 2, image.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    cv2.floodFill(like.view(np.uint8), found, pixel, 0, 0, 0, flags)
    return np.ascontiguousarray(found[1:-1, 1:-1]).view(bool)


def _near(lab: MatLike, color: npt.NDArray[np.float64], tolerance: float) -> Pixels:
    """Return which pixels are not further from a colour than the tolerance, in CIELAB."""
    difference = cv2.absdiff(lab, color)
    # In 8 bits lightness is stretched to 255, the other two axes are not.
    weight = np.array([[1.0, 2.55**2, 2.55**2]], np.float32)
    squared = cv2.multiply(difference, difference, dtype=cv2.CV_32F)
    return np.asarray(cv2.transform(squared, weight) <= tolerance**2)


def _runs_on(found: Pixels, box: Box, whole: Box) -> bool:
    """Return whether a region reaches a side of its window that is not the picture's."""
    sides = (found[0], found[:, 0], found[-1], found[:, -1])
    return any(
        bool(side.any()) and here != end for side, here, end in zip(sides, box, whole, strict=True)
    )


def _without_small_holes(found: Pixels) -> Pixels:
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((~found).view(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    inside = (left > 0) & (top > 0) & (right < found.shape[1]) & (bottom < found.shape[0])
    small = inside & (areas < max(_HOLE, _HOLE_SHARE * int(found.sum())))
    small[0] = False
    return found | small[pieces]
