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
        if inside.shape == self.box.shape:
            return _cropped(self.box, inside)
        left, top, width, height = cv2.boundingRect(inside.view(np.uint8))
        if not width:
            return None
        near = Box(top - 2, left - 2, top + height + 2, left + width + 2).clip(inside.shape)
        return self._enlarged(near, inside[near.slices])

    def _enlarged(self, near: Box, inside: npt.NDArray[np.bool_]) -> Region | None:
        """Return pixels of a box of the window in full size."""
        across, down = self.scale
        full = Box(
            round(near.top / down),
            round(near.left / across),
            round(near.bottom / down),
            round(near.right / across),
        )
        share = cv2.GaussianBlur(np.where(inside, np.uint8(255), np.uint8(0)), (0, 0), 0.7)
        large = cv2.resize(share, full.shape[::-1], interpolation=cv2.INTER_CUBIC) > 127
        return _cropped(_shifted(full, self.box), large)


def _cropped(box: Box, inside: npt.NDArray[np.bool_]) -> Region | None:
    """Return the pixels of a box in the smallest box around them."""
    left, top, width, height = cv2.boundingRect(inside.view(np.uint8))
    if not width:
        return None
    small = Box(top, left, top + height, left + width)
    return Region(_shifted(small, box), np.ascontiguousarray(inside[small.slices]))


def _shifted(box: Box, outer: Box) -> Box:
    """Return a box that was counted from the corner of another as one of the picture."""
    top, left = outer.top, outer.left
    return Box(box.top + top, box.left + left, box.bottom + top, box.right + left)
