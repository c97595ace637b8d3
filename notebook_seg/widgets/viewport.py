"""Which part of a picture a screen shows, and where on the screen each pixel of it is.

Picture coordinates are those of `notebook_seg.labelling.raster`: the centre of pixel
``(row, col)`` is at ``x = col, y = row``. Screen coordinates count the pixels of the screen from
the upper left corner of the view, so that the centre of its first pixel is at ``(0.5, 0.5)``.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box

__all__ = ["MAX_SCALE", "Viewport"]

# Screen pixels for a pixel of the picture: beyond, there is nothing more to see.
MAX_SCALE = 40.0


@dataclass(frozen=True)
class Viewport:
    """A rectangle of the screen that looks at a picture.

    Parameters
    ----------
    width, height : int
        Of the view, in pixels of the screen.
    left, top : float
        The place in the picture that the view's upper left corner shows.
    scale : float
        How many pixels of the screen a pixel of the picture is wide.

    Examples
    --------
    >>> view = Viewport.fit((600, 800), width=400, height=400)
    >>> view.scale
    0.5
    >>> view.to_picture(0, 50)
    (-0.5, -0.5)
    """

    width: int
    height: int
    left: float
    top: float
    scale: float

    @classmethod
    def fit(cls, shape: tuple[int, ...], width: int, height: int) -> "Viewport":
        """Show all of a picture of shape ``(H, W, ...)``, in the middle of the view."""
        scale = min(width / shape[1], height / shape[0], MAX_SCALE)
        left = (shape[1] - width / scale) / 2 - 0.5
        top = (shape[0] - height / scale) / 2 - 0.5
        return cls(width, height, left, top, scale)

    @classmethod
    def around(cls, box: Box, shape: tuple[int, ...], width: int, height: int) -> "Viewport":
        """Show a box of a picture in the middle of the view, with as much again around it.

        Examples
        --------
        >>> view = Viewport.around(Box(100, 200, 150, 300), (600, 800), width=400, height=400)
        >>> view.scale
        2.0
        >>> view.to_screen(249.5, 124.5)
        (200.0, 200.0)
        """
        whole = cls.fit(shape, width, height)
        factor = min(width / (2 * box.shape[1]), height / (2 * box.shape[0])) / whole.scale
        near = whole.zoomed(max(factor, 1.0), 0, 0, shape)
        x, y = near.to_screen((box.left + box.right - 1) / 2, (box.top + box.bottom - 1) / 2)
        return near.moved(width / 2 - x, height / 2 - y, shape)

    @property
    def right(self) -> float:
        """The place in the picture that the right edge of the view shows."""
        return self.left + self.width / self.scale

    @property
    def bottom(self) -> float:
        """The place in the picture that the lower edge of the view shows."""
        return self.top + self.height / self.scale

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return the place in the picture that a place on the screen shows."""
        return self.left + x / self.scale, self.top + y / self.scale

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Return the place on the screen that shows a place in the picture."""
        return (x - self.left) * self.scale, (y - self.top) * self.scale

    def zoomed(self, factor: float, x: float, y: float, shape: tuple[int, ...]) -> "Viewport":
        """Zoom in by a factor above 1 or out by one below, about a place on the screen.

        The picture does not become smaller than half the view, nor its pixels larger than
        `MAX_SCALE`.

        Examples
        --------
        >>> view = Viewport.fit((600, 800), width=800, height=600)
        >>> nearer = view.zoomed(2, 200, 300, (600, 800))
        >>> nearer.to_picture(200, 300) == view.to_picture(200, 300)
        True
        """
        smallest = Viewport.fit(shape, self.width, self.height).scale / 2
        scale = min(max(self.scale * factor, smallest), MAX_SCALE)
        fixed_x, fixed_y = self.to_picture(x, y)
        moved = replace(self, left=fixed_x - x / scale, top=fixed_y - y / scale, scale=scale)
        return moved._near(shape)

    def moved(self, dx: float, dy: float, shape: tuple[int, ...]) -> "Viewport":
        """Push the picture by a distance on the screen; its edge stops in the middle of the view.

        Examples
        --------
        >>> view = Viewport.fit((600, 800), width=800, height=600)
        >>> view.moved(30, -10, (600, 800)).to_screen(-0.5, -0.5)
        (30.0, -10.0)
        """
        left, top = self.left - dx / self.scale, self.top - dy / self.scale
        return replace(self, left=left, top=top)._near(shape)

    def resized(self, width: int, height: int) -> "Viewport":
        """Return a view of another size on the screen that shows the same part of the picture."""
        factor = min(width / self.width, height / self.height)
        scale = self.scale * factor
        return Viewport(
            width,
            height,
            (self.left + self.right - width / scale) / 2,
            (self.top + self.bottom - height / scale) / 2,
            scale,
        )

    def columns(self) -> npt.NDArray[np.int64]:
        """Return for each column of the screen the column of the picture that it shows.

        Columns beyond the picture are negative, or not below its width.
        """
        return _shown(self.left, self.scale, self.width)

    def rows(self) -> npt.NDArray[np.int64]:
        """Return for each row of the screen the row of the picture that it shows."""
        return _shown(self.top, self.scale, self.height)

    def screen_box(self, box: Box, margin: int = 0) -> Box:
        """Return the pixels of the screen that show a box of the picture, and a margin around.

        Examples
        --------
        >>> Viewport.fit((600, 800), width=400, height=300).screen_box(Box(100, 200, 120, 300))
        Box(top=50, left=100, bottom=60, right=150)
        """
        left, top = self.to_screen(box.left - 0.5, box.top - 0.5)
        right, bottom = self.to_screen(box.right - 0.5, box.bottom - 0.5)
        edges = np.floor([top, left]) - margin, np.ceil([bottom, right]) + margin
        return Box(*np.concatenate(edges).astype(int).tolist()).clip((self.height, self.width))

    def _near(self, shape: tuple[int, ...]) -> "Viewport":
        half_width, half_height = (self.right - self.left) / 2, (self.bottom - self.top) / 2
        left = min(max(self.left, -0.5 - half_width), shape[1] - 0.5 - half_width)
        top = min(max(self.top, -0.5 - half_height), shape[0] - 0.5 - half_height)
        return replace(self, left=left, top=top)


def _shown(start: float, scale: float, count: int) -> npt.NDArray[np.int64]:
    return np.floor(start + (np.arange(count) + 0.5) / scale + 0.5).astype(np.int64)
