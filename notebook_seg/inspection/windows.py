"""Which part of a photograph a network was shown, and where its pixels lie in the photograph."""

from dataclasses import dataclass

import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.errors import ImageError

__all__ = ["Window"]


@dataclass(frozen=True)
class Window:
    """A part of the working picture, which is the photograph at the scale the network works at.

    Parameters
    ----------
    photograph, working : (int, int)
        Height and width in pixels of the photograph and of the working picture.
    box : Box
        What was shown, in pixels of the working picture: all of it, unless it is large.

    Examples
    --------
    >>> window = Window((400, 600), (200, 300), Box.whole((200, 300)))
    >>> window.shape, window.is_whole
    ((200, 300), True)
    >>> window.in_photograph(Box(10, 20, 15, 30))
    Box(top=20, left=40, bottom=30, right=60)
    """

    photograph: tuple[int, int]
    working: tuple[int, int]
    box: Box

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of what was shown, in pixels of the working picture."""
        return self.box.shape

    @property
    def is_whole(self) -> bool:
        """Whether all of the photograph was shown."""
        return self.shape == self.working

    def in_photograph(self, box: Box | None = None) -> Box:
        """Return where a box of what was shown, or all of it, lies in the photograph.

        Parameters
        ----------
        box : Box, optional
            In pixels of what was shown. Every pixel of the photograph that it touches counts.
        """
        shown = self.box if box is None else box.moved(self.box.top, self.box.left)
        (height, width), (rows, columns) = self.photograph, self.working
        outer = Box(
            shown.top * height // rows,
            shown.left * width // columns,
            -(-shown.bottom * height // rows),
            -(-shown.right * width // columns),
        )
        return outer.clip(self.photograph)

    def crop(self, image: np.ndarray) -> np.ndarray:
        """Return what was shown of the photograph ``(H, W, ...)``, at its own size.

        Raises
        ------
        ImageError
            If the array has not the size of the photograph.
        """
        if image.shape[:2] != self.photograph:
            raise ImageError(
                f"This explains a photograph of {self.photograph[0]} x {self.photograph[1]} "
                f"pixels: give that one. Received: {image.shape[0]} x {image.shape[1]}"
            )
        return image[self.in_photograph().slices]
