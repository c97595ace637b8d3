"""Rectangles of pixels, the unit in which masks are edited, stored and drawn again."""

from typing import NamedTuple

__all__ = ["Box"]


class Box(NamedTuple):
    """A half-open rectangle: rows ``top:bottom`` and columns ``left:right``.

    Examples
    --------
    >>> box = Box(2, 3, 10, 7)
    >>> box.shape
    (8, 4)
    >>> box.slices
    (slice(2, 10, None), slice(3, 7, None))
    """

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> "Box":
        """Return the box of a whole picture of shape ``(H, W, ...)``.

        Examples
        --------
        >>> Box.whole((600, 800, 3))
        Box(top=0, left=0, bottom=600, right=800)
        """
        return cls(0, 0, shape[0], shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """What to index an ``(H, W)`` array with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel in it."""
        return self.bottom <= self.top or self.right <= self.left

    def clip(self, shape: tuple[int, ...]) -> "Box":
        """Return the part of the box that lies inside a picture of shape ``(H, W, ...)``.

        Examples
        --------
        >>> Box(-5, 2, 700, 9).clip((600, 800))
        Box(top=0, left=2, bottom=600, right=9)
        """
        height, width = shape[:2]
        return Box(
            min(max(self.top, 0), height),
            min(max(self.left, 0), width),
            min(max(self.bottom, 0), height),
            min(max(self.right, 0), width),
        )

    def moved(self, down: int, right: int) -> "Box":
        """Return the box that many rows further down and columns further right.

        Examples
        --------
        >>> Box(0, 0, 2, 2).moved(5, 1)
        Box(top=5, left=1, bottom=7, right=3)
        """
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def union(self, other: "Box") -> "Box":
        """Return the smallest box around both.

        Examples
        --------
        >>> Box(0, 0, 2, 2).union(Box(5, 1, 6, 3))
        Box(top=0, left=0, bottom=6, right=3)
        """
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )
