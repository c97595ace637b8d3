"""Superpixels: small pieces of even colour, painted as a whole."""

import cv2
import numpy as np
import numpy.typing as npt
from skimage.segmentation import slic

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import Region

__all__ = ["Superpixels"]

# Beyond these pixels the picture is scaled down: half a second the first time, then nothing.
_MOST = 600_000
# Pieces of a picture at most, and the pixels of a piece at least.
_PIECES, _SMALLEST = 2000, 40
# Weight of nearness against colour, and rounds of the search: more change next to nothing.
_COMPACTNESS, _ROUNDS = 10.0, 5
# As far outside the picture a path is followed; OpenCV counts coordinates in fractions.
_OUTSIDE = 10_000


class Superpixels:
    """The superpixels of one picture, found when they are first asked for and then kept.

    A picture has up to 2,000 of them, of 40 pixels at least, whatever its size.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB. It is not copied.

    Notes
    -----
    R. Achanta and others, *SLIC superpixels compared to state-of-the-art superpixel methods*, IEEE
    TPAMI 34, 2012, https://doi.org/10.1109/TPAMI.2012.120, on the picture scaled down to 0.6
    megapixels at most. Their borders run smoothly between its pixels.

    Examples
    --------
    >>> image = np.zeros((60, 80, 3), np.uint8)
    >>> image[:, 40:] = 255
    >>> Superpixels(image).region([(45, 0), (75, 59)]).box.left
    40
    """

    def __init__(self, image: npt.NDArray[np.uint8]) -> None:
        self._image = image
        self._found: tuple[Window, npt.NDArray[np.int32]] | None = None

    def region(self, points: npt.ArrayLike) -> Region | None:
        """Return the superpixels that a path touches, None where it misses the picture.

        Parameters
        ----------
        points : array (N, 2) of float
            x and y in pixels, in the order of drawing; one point gives one superpixel. Points that
            are not finite are left out.
        """
        path = np.asarray(points, np.float64).reshape(-1, 2)
        path = path[np.isfinite(path).all(axis=1)]
        if not len(path):
            return None
        window, pieces = self._pieces()
        touched = np.unique(pieces[_under(window.to_window(path), pieces.shape)])
        if not len(touched):
            return None
        return window.region(np.isin(pieces, touched))

    def _pieces(self) -> tuple[Window, npt.NDArray[np.int32]]:
        if self._found is None:
            window = Window.of(self._image, Box.whole(self._image.shape), _MOST)
            count = min(_PIECES, window.pixels[..., 0].size // _SMALLEST)
            self._found = window, _slic(window.pixels, count)
        return self._found


def _slic(image: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.int32]:
    if count < 2:
        return np.ones(image.shape[:2], np.int32)
    pieces = slic(
        image, n_segments=count, compactness=_COMPACTNESS, max_num_iter=_ROUNDS, start_label=1
    )
    return pieces.astype(np.int32)


def _under(path: npt.NDArray[np.float64], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which pixels lie under a path."""
    line = np.zeros(shape, np.uint8)
    height, width = shape
    low, high = (-_OUTSIDE, -_OUTSIDE), (width + _OUTSIDE, height + _OUTSIDE)
    corners = np.round(np.clip(path, low, high)).astype(np.int32)
    cv2.polylines(line, [corners if len(corners) > 1 else corners.repeat(2, axis=0)], False, 1)
    return line.view(bool)
