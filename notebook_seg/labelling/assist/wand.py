"""The magic wand: the pixels around a click that look like it."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import Region

__all__ = ["wand_region"]

# Beyond these pixels the picture is scaled down.
_MOST = 4_000_000


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
        0 to 255: how far the colours may be apart, as eyes see it. 255 is the way from black to
        white.

    Examples
    --------
    >>> image = np.zeros((20, 30, 3), np.uint8)
    >>> image[5:12, 8:20] = (200, 40, 40)
    >>> wand_region(image, (10, 10), tolerance=20).box
    Box(top=5, left=8, bottom=12, right=20)
    """
    position = np.asarray(point, np.float64)
    if not np.isfinite(position).all():
        return None
    column, row = np.floor(position + 0.5)
    height, width = image.shape[:2]
    if not (0 <= row < height and 0 <= column < width):
        return None
    window = Window.of(image, Box.whole(image.shape), _MOST)
    x, y = np.clip(
        np.round(window.to_window(np.array([[column, row]])))[0].astype(int),
        0,
        np.array(window.pixels.shape[1::-1]) - 1,
    )
    like = _distance(window.pixels, int(x), int(y)) <= tolerance
    _, pieces = cv2.connectedComponents(like.view(np.uint8), connectivity=4)
    return window.region(pieces == pieces[y, x])


def _distance(image: npt.NDArray[np.uint8], x: int, y: int) -> npt.NDArray[np.float32]:
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 1:] *= 2.55
    return np.sqrt(((lab - lab[y, x]) ** 2).sum(axis=-1))
