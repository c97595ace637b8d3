"""What other tools draw: outlines, runs of pixels and little masks, each of one class.

Coordinates count from the upper left corner of the picture, in pixels: the centre of the first
pixel is at ``(0.5, 0.5)``. A pixel belongs to an outline where its centre is inside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.sweep import Points, Region, sweep

__all__ = ["Outline", "Shape", "Stamp", "circle", "ellipse", "points_of", "rectangle"]

# How far, in pixels, the sides of what stands for an ellipse lie inside it.
_SAGITTA = 0.001

# Farther than any picture reaches; beyond it, sums of pixels would overflow.
_FAR = 1e7


class Shape(Protocol):
    """Some pixels of one class."""

    @property
    def name(self) -> str | None:
        """What the tool calls the class, or None."""

    def region(self, size: tuple[int, int]) -> Region | None:
        """Return the pixels within a picture of this height and width, None if there are none."""


@dataclass(frozen=True, eq=False)
class Outline:
    """What lies within closed lines; a line within another bounds a hole.

    Parameters
    ----------
    name : str or None
        What the tool calls the class.
    rings : tuple of array (N, 2) of float
        x and y; the last point is joined to the first. Where they cross themselves, or each
        other, the even-odd rule holds, by which the tools themselves fill them.

    Examples
    --------
    >>> Outline("fish", (rectangle(1, 1, 3, 2),)).region((10, 10)).box
    Box(top=1, left=1, bottom=3, right=4)
    """

    name: str | None
    rings: tuple[Points, ...]

    def region(self, size: tuple[int, int]) -> Region | None:
        """Return the pixels whose centres are inside."""
        if not self.rings:
            return None
        start = np.concatenate(self.rings)
        stop = np.concatenate([np.roll(ring, -1, axis=0) for ring in self.rings])
        return sweep(start - 0.5, stop - 0.5, size, even_odd=True)


@dataclass(frozen=True, eq=False)
class Stamp:
    """A little mask with its place in the picture.

    Parameters
    ----------
    name : str or None
        What the tool calls the class.
    top, left : int
        The row and column of its first pixel; it may reach beyond the picture.
    inside : array (h, w) of bool

    Examples
    --------
    >>> Stamp("fish", -1, 2, np.ones((3, 3), bool)).region((10, 10)).box
    Box(top=0, left=2, bottom=2, right=5)
    """

    name: str | None
    top: int
    left: int
    inside: npt.NDArray[np.bool_]

    def region(self, size: tuple[int, int]) -> Region | None:
        """Return its pixels within the picture."""
        box = Box.whole(self.inside.shape).moved(self.top, self.left).clip(size)
        if box.is_empty:
            return None
        return Region(box, self.inside[box.moved(-self.top, -self.left).slices])


def points_of(pairs: Iterable[Sequence[float]]) -> Points:
    """Return points as an array (N, 2) of x and y.

    Raises
    ------
    ValueError
        If they are not pairs of numbers.

    Examples
    --------
    >>> points_of([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    points = np.array([[float(pair[0]), float(pair[1])] for pair in pairs]).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise ValueError("a point is not a number")
    return np.clip(points, -_FAR, _FAR)


def rectangle(left: float, top: float, width: float, height: float) -> Points:
    """Return the ring of a rectangle.

    Examples
    --------
    >>> rectangle(1, 2, 3, 4).tolist()
    [[1.0, 2.0], [4.0, 2.0], [4.0, 6.0], [1.0, 6.0]]
    """
    right, bottom = left + width, top + height
    return points_of([(left, top), (right, top), (right, bottom), (left, bottom)])


def ellipse(center: Sequence[float], radii: Sequence[float], angle: float = 0.0) -> Points:
    """Return a ring of so many points that it can be told from the ellipse nowhere.

    Parameters
    ----------
    center, radii : pair of float
        Along x and y, in pixels, before it is turned.
    angle : float, optional
        How far it is turned clockwise as one sees it, in radians.

    Examples
    --------
    >>> ring = ellipse((5, 5), (3, 2))
    >>> ring.max(axis=0).round(1).tolist()
    [8.0, 7.0]
    """
    longest = min(max(abs(radii[0]), abs(radii[1]), 1.0), _FAR)
    count = int(np.pi / np.arccos(1 - _SAGITTA / longest)) + 4
    around = np.linspace(0, 2 * np.pi, count, endpoint=False)
    along, across = abs(radii[0]) * np.cos(around), abs(radii[1]) * np.sin(around)
    x = center[0] + along * np.cos(angle) - across * np.sin(angle)
    y = center[1] + along * np.sin(angle) + across * np.cos(angle)
    return points_of(np.stack([x, y], axis=1))


def circle(center: Sequence[float], radius: float) -> Points:
    """Return the ring of a circle; see `ellipse`."""
    return ellipse(center, (radius, radius))
