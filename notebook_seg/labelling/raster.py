"""Which pixels a stroke covers, worked out inside its bounding box.

Pixel ``(row, col)`` is the unit square around its centre at ``x = col, y = row``, so a picture of
width W reaches from ``x = -0.5`` to ``x = W - 0.5``. Matplotlib's ``imshow`` counts the same way.

A pixel is covered when its centre is inside the outline. OpenCV and Pillow also paint the outline
itself, half a pixel beyond it, and leave holes where it crosses itself; `skimage.draw` and
Matplotlib's paths test every pixel, which takes seconds on a large photograph. Hence one sweep
over the rows, `notebook_seg.data.sweep`, whose cost is that of the outline's length.
"""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.sweep import Points, Region, sweep
from notebook_seg.errors import OptionError

__all__ = ["Region", "as_points", "brush_region", "fill_region", "polygon_region", "touched_pieces"]

# How far, in pixels, the sides of a brush's outline may lie inside its corners.
_SAGITTA = 0.05


def as_points(points: npt.ArrayLike) -> Points:
    """Return points as (N, 2) floats; no points where any of them is not a place.

    Raises
    ------
    OptionError
        If they are not pairs.

    Examples
    --------
    >>> as_points([(1, 2), (3, float("nan"))]).shape
    (0, 2)
    """
    array = np.asarray(points, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise OptionError(
            f"Points are an array (N, 2) of x and y. Received: an array of shape {array.shape}"
        )
    return array if np.isfinite(array).all() else np.empty((0, 2))


def polygon_region(vertices: Points, shape: tuple[int, int]) -> Region | None:
    """Return the pixels whose centres lie inside a polygon, or None if there are none.

    Parameters
    ----------
    vertices : array (N, 2) of float
        x and y in pixels; the last vertex is joined to the first. They may lie outside.
    shape : tuple of int
        Height and width of the mask.

    Notes
    -----
    A polygon that crosses itself is filled by the non-zero winding rule: a lasso drawn a little
    past its own start has no hole there, and one drawn as an eight covers both its loops. Left and
    upper edges count as inside, right and lower ones as outside, so that two polygons with a
    common edge neither overlap nor leave a gap.

    Examples
    --------
    >>> region = polygon_region(np.array([(1, 1), (4, 1), (4, 3), (1, 3)], float), (10, 10))
    >>> region.box
    Box(top=1, left=1, bottom=3, right=4)
    >>> int(region.inside.sum())
    6
    """
    return _sweep(vertices[np.newaxis], shape)


def brush_region(points: Points, radius: float, shape: tuple[int, int]) -> Region | None:
    """Return the pixels under a round brush drawn along a line, or None if it misses the mask.

    Parameters
    ----------
    points : array (N, 2) of float
        x and y in pixels, in the order of drawing; one point gives a disc.
    radius : float
        In pixels.
    shape : tuple of int
        Height and width of the mask.

    Examples
    --------
    >>> region = brush_region(np.array([(5.0, 5.0)]), 2, (10, 10))
    >>> print(region.inside.astype(int))
    [[0 0 1 0 0]
     [0 1 1 1 0]
     [1 1 1 1 1]
     [0 1 1 1 0]
     [0 0 1 0 0]]
    """
    return _sweep(_capsules(points, radius), shape)


def fill_region(labels: npt.NDArray[np.uint8], point: tuple[int, int]) -> Region:
    """Return the pixels that hang together with one pixel and have its label.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask.
    point : tuple of int
        Column and row of a pixel inside the mask. Neighbours share a side, not only a corner.

    Examples
    --------
    >>> labels = np.zeros((5, 6), np.uint8)
    >>> labels[:, 3] = 1
    >>> fill_region(labels, (0, 0)).box
    Box(top=0, left=0, bottom=5, right=3)
    """
    found = np.zeros((labels.shape[0] + 2, labels.shape[1] + 2), dtype=np.uint8)
    box = _flood(labels, point, found, 4)
    return Region(box, found[1:-1, 1:-1][box.slices].view(bool))


def touched_pieces(labels: npt.NDArray[np.uint8], label: int, region: Region) -> Region | None:
    """Return the connected pieces of a label that a region touches, or None if it touches none.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask.
    label : int
        Whose pieces; their pixels hang together by sides and corners.
    region : Region
        The pixels of a stroke.

    Examples
    --------
    >>> labels = np.zeros((9, 9), np.uint8)
    >>> labels[1:4, 1:4] = labels[6:8, 6:8] = 1
    >>> touched_pieces(labels, 1, Region(Box(2, 2, 5, 5), np.ones((3, 3), bool))).box
    Box(top=1, left=1, bottom=4, right=4)
    """
    found = np.zeros((labels.shape[0] + 2, labels.shape[1] + 2), dtype=np.uint8)
    inner = found[1:-1, 1:-1]
    box: Box | None = None
    touched = region.inside & (labels[region.box.slices] == label)
    for row in np.flatnonzero(touched.any(axis=1)):
        new = touched[row] & (inner[region.box.slices][row] == 0)
        while new.any():
            point = int(new.argmax()) + region.box.left, int(row) + region.box.top
            piece = _flood(labels, point, found, 8)
            box = piece if box is None else box.union(piece)
            new = touched[row] & (inner[region.box.slices][row] == 0)
    return None if box is None else Region(box, inner[box.slices].view(bool))


def _flood(
    labels: npt.NDArray[np.uint8], point: tuple[int, int], found: npt.NDArray, neighbours: int
) -> Box:
    """Mark in `found`, which has a margin of one pixel, what hangs together with a pixel."""
    flags = neighbours | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    _, _, _, (left, top, width, height) = cv2.floodFill(labels, found, point, 0, 0, 0, flags)
    return Box(top, left, top + height, left + width)


def _capsules(points: Points, radius: float) -> Points:
    """Return outlines (N - 1, 2 K, 2) of the brush on its way from each point to the next."""
    if len(points) == 1:
        points = np.repeat(points, 2, axis=0)
    start, stop = points[:-1], points[1:]
    heading = np.arctan2(*(stop - start).T[::-1])
    # An odd number puts a corner on the tip, where a brush of 2 pixels must reach 2 pixels far.
    corners = max(4, int(np.pi / np.arccos(1 - min(1.0, _SAGITTA / radius)) / 2)) | 1
    half = np.linspace(-np.pi / 2, np.pi / 2, corners)
    angles = heading[:, np.newaxis] + np.concatenate([half, half + np.pi])
    rim = (radius + _SAGITTA / 2) * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return np.repeat(np.stack([stop, start], axis=1), corners, axis=1) + rim


def _sweep(rings: Points, shape: tuple[int, int]) -> Region | None:
    """Fill closed outlines (R, N, 2) together, by the non-zero winding rule."""
    start = rings.reshape(-1, 2)
    return sweep(start, np.roll(rings, -1, axis=1).reshape(-1, 2), shape)
