"""A part of a picture, made small enough that work on it is bounded."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.labelling.raster import Region

__all__ = ["Window"]

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


class Window(NamedTuple):
    """A box of a picture and its pixels, scaled down where they were too many.

    Parameters
    ----------
    box : Box
        Which part of the picture.
    pixels : array (h, w, ...)
        The box, or a smaller version of it.

    Examples
    --------
    >>> window = Window.of(np.zeros((400, 600, 3), np.uint8), Box(0, 0, 400, 600), 60_000)
    >>> window.pixels.shape
    (200, 300, 3)
    >>> window.to_window(np.array([(599.5, 399.5)]))
    array([[299.5, 199.5]])
    """

    box: Box
    pixels: Image

    @classmethod
    def of(cls, image: Image, box: Box, most: int) -> "Window":
        """Return a box of a picture with `most` pixels at most."""
        part = image[box.slices]
        height, width = box.shape
        shrink = min(1.0, (most / (height * width)) ** 0.5)
        if shrink == 1.0:
            return cls(box, np.ascontiguousarray(part))
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        return cls(box, cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(image.dtype))

    @property
    def scale(self) -> Points:
        """Pixels of the window to a pixel of the picture, in x and y."""
        height, width = self.box.shape
        return np.array([self.pixels.shape[1] / width, self.pixels.shape[0] / height])

    def to_window(self, points: Points) -> Points:
        """Return points (N, 2) of the picture in pixels of the window."""
        return (points - (self.box.left, self.box.top) + 0.5) * self.scale - 0.5

    def to_picture(self, points: Points) -> Points:
        """Return points (N, 2) of the window in pixels of the picture."""
        return (points + 0.5) / self.scale - 0.5 + (self.box.left, self.box.top)

    def pixel_at(self, point: Points) -> tuple[int, int]:
        """Return column and row of the pixel of the window nearest to a point of the picture."""
        x, y = self.to_window(point[np.newaxis])[0]
        height, width = self.pixels.shape[:2]
        return min(max(round(x), 0), width - 1), min(max(round(y), 0), height - 1)

    def region(self, inside: npt.NDArray[np.bool_]) -> Region | None:
        """Return pixels of the window as pixels of the picture, None if there are none.

        Where the window was scaled down, the border runs smoothly between its pixels.
        """
        if inside.shape != self.box.shape:
            height, width = self.box.shape
            share = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.7)
            inside = cv2.resize(share, (width, height), interpolation=cv2.INTER_CUBIC) > 0.5
        return _cropped(self.box, inside)


def _cropped(box: Box, inside: npt.NDArray[np.bool_]) -> Region | None:
    left, top, width, height = cv2.boundingRect(inside.view(np.uint8))
    if not width:
        return None
    small = Box(top, left, top + height, left + width)
    moved = Box(top + box.top, left + box.left, small.bottom + box.top, small.right + box.left)
    return Region(moved, np.ascontiguousarray(inside[small.slices]))
