"""The magnetic lasso: a line between two points that clings to edges of the picture."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window

__all__ = ["Scissors"]

_MOST = 60_000


class Scissors:
    """Finds the way along edges between two points of one picture.

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
    """

    def __init__(self, image: npt.NDArray[np.uint8]) -> None:
        self._image = image

    def path(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the way (N, 2) from one point to another as x and y, both ends included.

        Parameters
        ----------
        start, stop : array (2,) of float
            x and y in pixels. Where they lie outside the picture, the way goes along its border.
        """
        ends = np.array([start, stop], np.float64)
        margin = max(16.0, float(np.hypot(*(ends[1] - ends[0]))) / 3)
        low, high = np.floor(ends.min(axis=0) - margin), np.ceil(ends.max(axis=0) + margin) + 1
        box = Box(int(low[1]), int(low[0]), int(high[1]), int(high[0])).clip(self._image.shape)
        if box.is_empty:
            return ends
        window = Window.of(self._image, box, _MOST)
        tool = cv2.segmentation.IntelligentScissorsMB()
        tool.setEdgeFeatureCannyParameters(32, 100)
        tool.setGradientMagnitudeMaxLimit(200)
        tool.applyImage(window.pixels)
        (x0, y0), (x1, y1) = np.clip(
            np.round(window.to_window(ends)).astype(int),
            0,
            np.array(window.pixels.shape[1::-1]) - 1,
        )
        tool.buildMap((int(x0), int(y0)))
        contour = tool.getContour((int(x1), int(y1)))
        way = window.to_picture(np.asarray(contour, np.float64).reshape(-1, 2))
        return np.concatenate([ends[:1], way[1:-1], ends[1:]])
