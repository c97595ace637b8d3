"""The magnetic lasso: a line between two points that clings to edges of the picture."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window

__all__ = ["Scissors"]

# The map of ways takes about 0.2 milliseconds for 1,000 pixels: this keeps up with a hand.
_MOST = 48_000
# Windows reach so many pixels to each side of a start, or twice, or four times that, and so on.
_REACH = 96
# Steeper edges than this, in grey levels, attract no more than it.
_STEEPEST = 200.0
# Thresholds of Canny's edges, in the units of OpenCV: faint ones count where strong ones begin.
_FAINT, _STRONG = 32.0, 100.0


class Scissors:
    """Finds the way along edges between two points of one picture.

    The ways from a start to everywhere around it are worked out once and kept until the start
    changes, so the end can be moved about freely. Around two
    points that are far apart the picture is scaled down; set points closer where it must be exact.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB. It is not copied.

    Notes
    -----
    E. Mortensen and W. Barrett, *Intelligent scissors for image composition*, SIGGRAPH 1995,
    https://doi.org/10.1145/218380.218442, in the implementation of OpenCV.

    Examples
    --------
    >>> image = np.zeros((60, 80, 3), np.uint8)
    >>> image[20:, :] = 255
    >>> way = Scissors(image).path((10, 20), (60, 20))
    >>> way[0], way[-1]
    (array([10., 20.]), array([60., 20.]))
    >>> bool(np.ptp(way[:, 1]) <= 1)
    True
    """

    def __init__(self, image: npt.NDArray[np.uint8]) -> None:
        self._image = image
        self._start: tuple[int, int] | None = None
        self._maps: dict[int, tuple[Window, cv2.segmentation.IntelligentScissorsMB]] = {}

    def path(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the way from one point to another as x and y, both ends included.

        Parameters
        ----------
        start, stop : array (2,) of float
            x and y in pixels. From and to points outside the picture, the way goes by the nearest
            pixel of the picture.

        Returns
        -------
        array (N, 2) of float
            From `start` to `stop`; a straight line where the points are not finite.
        """
        ends = np.array([start, stop], np.float64)
        if not np.isfinite(ends).all():
            return ends
        height, width = self._image.shape[:2]
        inside = np.clip(ends, 0, (width - 1, height - 1))
        window, tool = self._map(inside)
        found = np.asarray(tool.getContour(window.pixel_at(inside[1])), np.float64).reshape(-1, 2)
        way = window.to_picture(found)
        return np.concatenate([ends[:1], way[1:-1], ends[1:]])

    def _map(
        self, ends: npt.NDArray[np.float64]
    ) -> tuple[Window, cv2.segmentation.IntelligentScissorsMB]:
        """Return the ways from the first point to all pixels of a window that holds the second."""
        x, y = np.round(ends[0]).astype(int).tolist()
        if self._start != (x, y):
            self._start, self._maps = (x, y), {}
        away = max(1.0, np.abs(ends[1] - ends[0]).max() * 1.25)
        size = max(0, math.ceil(math.log2(away / _REACH)))
        if size not in self._maps:
            reach = _REACH * 2**size
            box = Box(y - reach, x - reach, y + reach + 1, x + reach + 1).clip(self._image.shape)
            window = Window.of(self._image, box, _MOST)
            self._maps[size] = window, _ways(window, window.pixel_at(ends[0]))
        return self._maps[size]


def _ways(window: Window, start: tuple[int, int]) -> cv2.segmentation.IntelligentScissorsMB:
    tool = cv2.segmentation.IntelligentScissorsMB()
    tool.setEdgeFeatureCannyParameters(_FAINT, _STRONG)
    tool.setGradientMagnitudeMaxLimit(_STEEPEST)
    tool.applyImage(window.pixels)
    tool.buildMap(start)
    return tool
