"""Objects that touch, told apart by the necks between them."""

import heapq
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes
from skimage.segmentation import watershed

__all__ = ["split_touching"]

# Where the neck between two parts is wider than this, against the thinner of them, they are one.
_NECK = 0.75
# A part smaller than this, against its neighbour, is a limb of it and no object.
_LIMB = 0.25
# Necks are looked for where the thickest place is this many pixels from the outline.
_RADIUS = 40
_THINNEST = 2.5
# Pixels a side on which the thickest place is found.
_ENOUGH = 500

Piece = NDArray[np.bool_]
Parts = NDArray[np.int32]
Heights = NDArray[np.float32]


def split_touching(piece: Piece, other: Piece | None = None) -> Parts:
    """Give a number to each object of a connected piece, cut where it is narrow.

    Basins of a watershed on the distance to the outline [1]_ are joined again where the neck
    between them is wide, or where one is small beside the other, such as the tail of a fish.

    Parameters
    ----------
    piece : (H, W) bool array
        The piece within its box.
    other : (H, W) bool array, optional
        What is of other classes: a spot of them within an object makes no neck in it.

    Returns
    -------
    (H, W) int32 array
        0 outside, else the number of the object from 1 on. Every pixel of the piece belongs to one.

    References
    ----------
    .. [1] Vincent & Soille 1991, Watersheds in Digital Spaces, doi:10.1109/34.87344

    Examples
    --------
    >>> y, x = np.mgrid[:40, :74]
    >>> two = np.hypot(x - 20, y - 20) < 18
    >>> two |= np.hypot(x - 53, y - 20) < 18
    >>> int(split_touching(two).max()), int(split_touching(two[:, :38]).max())
    (2, 1)
    """
    other = np.zeros_like(piece) if other is None else other
    thickest = _thickest(piece, other)
    if thickest < _THINNEST:
        return piece.astype(np.int32)
    if thickest <= _RADIUS:
        return _numbered(_split(piece, other))
    height, width = (max(1, round(side * _RADIUS / thickest)) for side in piece.shape)
    parts = _split(*(_shrunk(pixels, (width, height)) for pixels in (piece, other)))
    if parts.max(initial=0) < 2:
        return piece.astype(np.int32)
    return _numbered(_at_size_of(piece, parts))


def _thickest(piece: Piece, other: Piece) -> float:
    """Return the largest distance to the outline, measured on fewer pixels where it is large."""
    step = 1 + max(piece.shape) // _ENOUGH
    whole = _with_spots(piece[::step, ::step], other[::step, ::step])
    return step * float(_depth(whole).max(initial=0))


def _with_spots(piece: Piece, other: Piece) -> Piece:
    return piece | (other & binary_fill_holes(piece)) if other.any() else piece


def _shrunk(pixels: Piece, size: tuple[int, int]) -> Piece:
    shrunk = cv2.resize(pixels.view(np.uint8), size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk > 0)


def _depth(piece: Piece) -> Heights:
    padded = np.pad(piece, 1).view(np.uint8)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1], np.float32)


def _numbered(parts: Parts) -> Parts:
    found = np.flatnonzero(np.bincount(parts.ravel()))
    numbers = np.cumsum(np.isin(np.arange(found[-1] + 1), found[found > 0])).astype(np.int32)
    return np.where(parts > 0, numbers[parts], 0)


def _split(piece: Piece, other: Piece) -> Parts:
    whole = _with_spots(piece, other)
    # Tremor of the outline makes a ridge of many peaks.
    depth = np.where(whole, cv2.GaussianBlur(_depth(whole), (0, 0), 1), 0)
    count, markers = _peaks(depth, max(1, int(depth.max(initial=0) / 4)))
    if count < 2:
        return piece.astype(np.int32)
    # Pieces are connected over corners as well.
    basins = watershed(-depth, markers, connectivity=2, mask=whole)
    return np.where(piece, _Basins(basins, depth).joined()[basins], 0)


def _peaks(depth: Heights, apart: int) -> tuple[int, Parts]:
    """Return how many places are the deepest for so many pixels around, and number them."""
    side = 2 * apart + 1
    highest = cv2.dilate(depth, cv2.getStructuringElement(cv2.MORPH_RECT, (side, side)))
    count, markers = cv2.connectedComponents(((depth == highest) & (depth > 0)).view(np.uint8))
    return count - 1, np.asarray(markers, np.int32)


class _Basins:
    """The basins of a watershed, joined until what is between them are necks."""

    def __init__(self, basins: Parts, depth: Heights) -> None:
        count = int(basins.max()) + 1
        heights = np.zeros(count, np.float32)
        np.maximum.at(heights, basins.ravel(), depth.ravel())
        self.height = heights.tolist()
        self.area = np.bincount(basins.ravel(), minlength=count).tolist()
        self.joined_to = np.arange(count, dtype=np.int32)
        self.necks: list[dict[int, float]] = [{} for _ in range(count)]
        for one, other, neck in _passages(basins, depth):
            widest = max(neck, self.necks[one].get(other, 0.0))
            self.necks[one][other] = self.necks[other][one] = widest

    def joined(self) -> NDArray[np.int32]:
        """Return for each basin the number of the one that it became a part of."""
        self._join_all(self._openness, _NECK)
        self._join_all(self._smallness, 1 - _LIMB)
        return self.joined_to

    def _openness(self, one: int, other: int) -> float:
        return self.necks[one][other] / min(self.height[one], self.height[other])

    def _smallness(self, one: int, other: int) -> float:
        small, large = sorted((self.area[one], self.area[other]))
        return 1 - small / large

    def _join_all(self, kinship: Callable[[int, int], float], enough: float) -> None:
        waiting = [(-kinship(a, b), a, b) for a in range(len(self.necks)) for b in self.necks[a]]
        heapq.heapify(waiting)
        while waiting and -waiting[0][0] > enough:
            said, one, other = heapq.heappop(waiting)
            # Either may have grown since, or be gone.
            if other in self.necks[one] and -kinship(one, other) == said:
                self._join(one, other)
                for next_to in self.necks[one]:
                    heapq.heappush(waiting, (-kinship(one, next_to), one, next_to))

    def _join(self, kept: int, gone: int) -> None:
        self.joined_to[self.joined_to == gone] = kept
        self.height[kept] = max(self.height[kept], self.height[gone])
        self.area[kept] += self.area[gone]
        for next_to, neck in self.necks[gone].items():
            del self.necks[next_to][gone]
            if next_to != kept:
                widest = max(neck, self.necks[kept].get(next_to, 0.0))
                self.necks[kept][next_to] = self.necks[next_to][kept] = widest
        self.necks[gone] = {}


def _passages(basins: Parts, depth: Heights) -> Iterator[tuple[int, int, float]]:
    """Yield the places where two basins touch, with half the width of the passage there."""
    rows, columns = basins.shape
    for down, right, left in ((0, 1, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1)):
        here = np.s_[: rows - down, left : columns - right]
        there = np.s_[down:, right : columns - left]
        touching = (basins[here] != basins[there]) & (basins[here] > 0) & (basins[there] > 0)
        half = np.minimum(depth[here][touching], depth[there][touching])
        sides = (basins[here][touching], basins[there][touching], half)
        yield from zip(*(side.tolist() for side in sides), strict=True)


def _at_size_of(piece: Piece, parts: Parts) -> Parts:
    """Enlarge parts to the size of the piece, of which every pixel goes to the nearest part."""
    known = cv2.resize(
        parts.astype(np.float32), piece.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT
    ).astype(np.int32)
    known[~piece] = 0
    unknown = (known == 0).view(np.uint8)
    nearest = cv2.distanceTransformWithLabels(
        unknown, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    # Each pixel of a part has a label of its own, which those nearest to it have as well.
    of_label = np.zeros(int(nearest.max()) + 1, np.int32)
    of_label[nearest[known > 0]] = known[known > 0]
    return np.where(piece, of_label[nearest], 0)
