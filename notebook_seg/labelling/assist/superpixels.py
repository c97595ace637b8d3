"""Superpixels: small pieces of even colour, painted as a whole."""

import cv2
import numpy as np
import numpy.typing as npt
from skimage.segmentation import slic

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import Region

__all__ = ["Superpixels"]

_MOST = 400_000
_PIECES = 1500


class Superpixels:
    """The superpixels of one picture, found when they are first asked for.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB. It is not copied.

    Notes
    -----
    R. Achanta and others, *SLIC superpixels*, IEEE TPAMI 34, 2012,
    https://doi.org/10.1109/TPAMI.2012.120.

    Examples
    --------
    >>> image = np.zeros((60, 80, 3), np.uint8)
    >>> Superpixels(image).region([(0, 0), (79, 59)]).box
    Box(top=0, left=0, bottom=60, right=80)
    """

    def __init__(self, image: npt.NDArray[np.uint8]) -> None:
        self._image = image
        self._window: Window | None = None

    def region(self, points: npt.ArrayLike) -> Region | None:
        """Return the superpixels that a path (N, 2) touches, None where it touches none."""
        path = np.asarray(points, np.float64).reshape(-1, 2)
        path = path[np.isfinite(path).all(axis=1)]
        if not len(path):
            return None
        if self._window is None:
            self._window = Window.of(self._image, Box.whole(self._image.shape), _MOST)
            self._pieces = slic(self._window.pixels, n_segments=_PIECES, compactness=10)
        line = np.zeros(self._pieces.shape, np.uint8)
        corners = np.round(self._window.to_window(path)).astype(np.int32)
        cv2.polylines(line, [corners], False, 1)
        touched = np.unique(self._pieces[line.view(bool)])
        return self._window.region(np.isin(self._pieces, touched)) if len(touched) else None
