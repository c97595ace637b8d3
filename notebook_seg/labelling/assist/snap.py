"""From a loose lasso to the outline of what it goes around.

A band around the lasso is unrolled into a ribbon, and the closed line along it is sought that runs
on the steepest edges and keeps near to the lasso; then again in narrower bands around what was
found. See docs/decisions.md for how this compares with GrabCut.
"""

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.ribbon import closed_line
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import Region, polygon_region

__all__ = ["snap_region"]

Points = npt.NDArray[np.float64]
Colors = npt.NDArray[np.float32]

# Beyond these pixels the window is scaled down.
_MOST = 600_000
# Half the width of the band as a share of the root of the lasso's area: small objects are drawn
# less exactly for their size. In large ones it grows more slowly.
_SHARE, _SHARE_OF_LARGE, _PIXELS_OF_LARGE, _LEAST = 0.3, 0.04, 12.0, 3.0
# One search after the other, each in a band so much as wide as the first.
_PASSES = (1.0, 0.5, 0.3)
# Steps from the middle of the ribbon to its sides, and around it at most.
_ACROSS, _AROUND = 16, 2500
# Blur in pixels before edges are looked for.
_BLUR = 0.8
# Differences of colour in CIELAB, per step, that count as an edge even if there is no steeper one.
_EDGE = 1.0
# What it costs, in units of one steep edge, to be at the side of the band, and to bend.
_FAR, _BEND = 0.3, 0.15
# What has less in common with the lasso (intersection over union) is not what was meant.
_PLAUSIBLE = 0.3


def snap_region(image: npt.NDArray[np.uint8], vertices: npt.ArrayLike) -> Region | None:
    """Return the specimen that a lasso goes around, roughly drawn though it be.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB.
    vertices : array (N, 2) of float
        x and y in pixels; the last is joined to the first. They may lie outside the picture.

    Returns
    -------
    Region or None
        The specimen; the lasso as it was drawn where nothing plausible was found; None where the
        lasso covers no pixel.

    Notes
    -----
    The lasso may be off by 0.3 times the root of its area in small objects, by 12 pixels and 0.04
    times that root in large ones: 24 pixels for a lasso of 300 x 300.

    Examples
    --------
    >>> image = np.full((60, 80, 3), 250, np.uint8)
    >>> image[20:40, 20:60] = (90, 60, 30)
    >>> loose = [(14, 16), (64, 15), (65, 44), (15, 45)]
    >>> snap_region(image, loose).box
    Box(top=20, left=20, bottom=40, right=60)
    """
    points = np.asarray(vertices, np.float64).reshape(-1, 2)
    if len(points) < 3 or not np.isfinite(points).all():
        return None
    drawn = polygon_region(points, image.shape[:2])
    if drawn is None:
        return None
    band = _half_width(int(drawn.inside.sum()))
    outline = _outline(image, points, drawn.box, band)
    found = polygon_region(outline, image.shape[:2])
    return found if found is not None and _overlap(found, drawn) >= _PLAUSIBLE else drawn


def _half_width(area: int) -> float:
    size = area**0.5
    return max(_LEAST, min(_SHARE * size, _SHARE_OF_LARGE * size + _PIXELS_OF_LARGE))


def _outline(image: npt.NDArray[np.uint8], points: Points, around: Box, band: float) -> Points:
    """Return the outline near a lasso, as x and y in pixels of the picture."""
    margin = int(2 * band) + 2
    top, left, bottom, right = around
    box = Box(top - margin, left - margin, bottom + margin, right + margin).clip(image.shape)
    window = Window.of(image, box, _MOST)
    lab = cv2.cvtColor(window.pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    colors = np.asarray(cv2.GaussianBlur(lab, (0, 0), _BLUR), np.float32)
    # Far outside the picture there is nothing to cling to, and the way there would be all steps.
    near = np.clip(points, (left - margin, top - margin), (right + margin, bottom + margin))
    line = window.to_window(near)
    for share in _PASSES:
        line = _drawn_to_edges(colors, line, max(2.0, share * band * window.scale.mean()))
    return window.to_picture(line)


def _drawn_to_edges(colors: Colors, line: Points, band: float) -> Points:
    """Return the closed line that follows the edges within a band around another."""
    step = max(band / _ACROSS, 0.5)
    line, spacing = _evenly_spaced(line, step)
    outwards = _normals(line, 0.6 * band / spacing)
    across = step * np.arange(-np.ceil(band / step), np.ceil(band / step) + 1)
    places = line[:, np.newaxis] + outwards[:, np.newaxis] * across[:, np.newaxis]
    edges = _edges(colors, places, step)
    moved = across[closed_line(_FAR * (across / band) ** 2 - edges, _BEND)]
    return line + outwards * gaussian_filter1d(moved, 1.0, mode="wrap")[:, np.newaxis]


def _evenly_spaced(line: Points, step: float) -> tuple[Points, float]:
    """Return a closed line with a vertex every step or so, and how far they are apart."""
    closed = np.vstack([line, line[:1]])
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = int(np.clip(way[-1] / step, 32, _AROUND))
    at = np.linspace(0, way[-1], count, endpoint=False)
    x, y = (np.interp(at, way, closed[:, axis]) for axis in (0, 1))
    return np.stack([x, y], axis=1), max(way[-1] / count, 1e-6)


def _normals(line: Points, spread: float) -> Points:
    """Return the directions outwards of a closed line, those of a smoother one."""
    smooth = gaussian_filter1d(line, max(1.0, spread), axis=0, mode="wrap")
    ahead, behind = np.roll(smooth, -1, axis=0), np.roll(smooth, 1, axis=0)
    along = (ahead - behind) / (np.linalg.norm(ahead - behind, axis=1, keepdims=True) + 1e-9)
    (x, y), (next_x, next_y) = line.T, np.roll(line, -1, axis=0).T
    clockwise = 1 if (x * next_y - next_x * y).sum() >= 0 else -1
    return clockwise * np.stack([along[:, 1], -along[:, 0]], axis=1)


def _edges(colors: Colors, places: Points, step: float) -> Colors:
    """Return how steep the colours are across a ribbon (N, M, 2) of places; about 1 is steep."""
    x, y = places.astype(np.float32).transpose(2, 0, 1)
    ribbon = cv2.remap(colors, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    slopes = gaussian_filter1d(ribbon, max(0.7, _BLUR / step), axis=1, order=1, mode="nearest")
    steep = np.linalg.norm(slopes, axis=-1)
    steep /= max(float(np.percentile(steep, 95)), _EDGE * step)
    return gaussian_filter1d(np.minimum(steep, 1.5), 1.0, axis=0, mode="wrap")


def _overlap(one: Region, other: Region) -> float:
    """Return the intersection over union of two regions."""
    top, left = max(one.box.top, other.box.top), max(one.box.left, other.box.left)
    bottom, right = min(one.box.bottom, other.box.bottom), min(one.box.right, other.box.right)
    if bottom <= top or right <= left:
        return 0.0
    parts = [
        inside[top - box.top : bottom - box.top, left - box.left : right - box.left]
        for box, inside in (one, other)
    ]
    common = int((parts[0] & parts[1]).sum())
    return common / (int(one.inside.sum()) + int(other.inside.sum()) - common)
