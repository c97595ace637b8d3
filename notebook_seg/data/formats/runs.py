"""Runs of pixels down the columns, by turns outside and inside, as COCO writes masks.

The page https://cocodataset.org/#format-data calls them RLE; `pycocotools` is the authors' own
reader. It decodes a whole picture for each object, which takes minutes of a large picture with many
objects; here its strings are taken apart into numbers, and only the columns of the object painted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from notebook_seg.data.box import Box
from notebook_seg.data.formats.outlines import Piece
from notebook_seg.data.formats.shapes import Outline, points_of
from notebook_seg.data.sweep import Region

__all__ = ["Runs", "compressed", "counts_of", "counts_of_piece", "polygons", "runs_of"]

# How many times the size of the picture a polygon may reach: each step along it takes memory.
_REACH = 10


@dataclass(frozen=True, eq=False)
class Runs:
    """Pixels as COCO writes them.

    Parameters
    ----------
    name : str or None
        What the tool calls the class.
    counts : array of int
        Lengths down the columns, by turns outside and inside.
    size : tuple of int
        Height and width of the picture they were made for.

    Examples
    --------
    >>> Runs("fish", np.array([1, 2, 1]), (2, 2)).region((2, 2)).inside.tolist()
    [[False, True], [True, False]]
    """

    name: str | None
    counts: npt.NDArray[np.int64]
    size: tuple[int, int]

    def region(self, size: tuple[int, int]) -> Region | None:
        """Return the pixels; `size` must be that of the picture they were made for."""
        if size != self.size:
            raise ValueError(f"runs for {self.size} pixels in a picture of {size}")
        ends = np.cumsum(self.counts)
        begin, end = ends[0:-1:2], ends[1::2]
        filled = end > begin
        if not filled.any():
            return None
        column, start, stop = _by_columns(begin[filled], end[filled], self.size[0])
        box = Box(int(start.min()), int(column[0]), int(stop.max()), int(column[-1]) + 1)
        height, width = box.shape
        changes = np.zeros((width, height + 1), np.int8)
        np.add.at(changes, (column - box.left, start - box.top), 1)
        np.add.at(changes, (column - box.left, stop - box.top), -1)
        return Region(box, np.cumsum(changes[:, :-1], axis=1, dtype=np.int8).T > 0)


def _by_columns(
    begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64], height: int
) -> tuple[npt.NDArray[np.int64], ...]:
    """Cut runs where one column ends and the next begins: column, first row, row after the last."""
    first = begin // height
    count = (end - 1) // height - first + 1
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column = np.repeat(first, count) + step
    start = np.maximum(np.repeat(begin, count) - column * height, 0)
    stop = np.minimum(np.repeat(end, count) - column * height, height)
    return column, start, stop


def runs_of(name: str | None, segmentation: Mapping[str, Any]) -> Runs:
    """Read a segmentation that is RLE, compressed or not.

    Raises
    ------
    ValueError
        If the runs do not add up to the size of the picture.

    Examples
    --------
    >>> runs_of("fish", {"size": [2, 2], "counts": [1, 2, 1]}).counts.tolist()
    [1, 2, 1]
    """
    height, width = (int(side) for side in segmentation["size"])
    counts = segmentation["counts"]
    if isinstance(counts, str | bytes):
        counts = counts_of(counts)
    lengths = np.array(counts, np.int64)
    if min(height, width) < 1 or (lengths < 0).any() or lengths.sum() != height * width:
        raise ValueError(f"the runs of a mask are not those of {height} x {width} pixels")
    return Runs(name, lengths, (height, width))


def counts_of(text: str | bytes) -> list[int]:
    """Return the numbers in a compressed RLE.

    Each character holds five bits, the lowest first, and whether more follow; from the fourth
    number on it is the difference from the last but one.

    Examples
    --------
    >>> counts_of(compressed([1, 2, 1], (2, 2)))
    [1, 2, 1]
    """
    numbers: list[int] = []
    value = shift = 0
    for byte in text.encode() if isinstance(text, str) else text:
        bits = byte - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value = shift = 0
    return numbers


def compressed(counts: Sequence[int], size: tuple[int, int]) -> str:
    """Return runs as a compressed string.

    Examples
    --------
    >>> compressed([1, 2, 1], (2, 2))
    '121'
    """
    runs = {"counts": list(counts), "size": list(size)}
    return coco_mask.frPyObjects(runs, *size)["counts"].decode()


def counts_of_piece(piece: Piece, size: tuple[int, int]) -> list[int]:
    """Return the runs of a piece of a mask of this height and width.

    Examples
    --------
    >>> from notebook_seg.data.formats.outlines import pieces
    >>> counts_of_piece(pieces(np.eye(2, dtype=bool))[1], (2, 2))
    [3, 1, 0]
    """
    rings = tuple(points_of(ring) for ring in (piece.outer, *piece.holes))
    region = Outline(None, rings).region(size)
    return [size[0] * size[1]] if region is None else _counts(region, size)


def _counts(region: Region, size: tuple[int, int]) -> list[int]:
    box, inside = region
    framed = np.zeros((inside.shape[1], inside.shape[0] + 2), np.int8)
    framed[:, 1:-1] = inside.T
    column, row = np.nonzero(np.diff(framed, axis=1))
    flat = (column + box.left) * size[0] + row + box.top
    # What ends at the foot of a column may go on at the head of the next.
    kept = np.ones(len(flat), bool)
    again = np.flatnonzero(flat[1:-1:2] == flat[2::2]) * 2 + 1
    kept[again] = kept[again + 1] = False
    ends = [0, *flat[kept].tolist(), size[0] * size[1]]
    return np.diff(ends).tolist()


def polygons(name: str | None, rings: Sequence[Sequence[float]], size: tuple[int, int]) -> Runs:
    """Read a segmentation that is polygons, exactly as `pycocotools` fills them.

    Parameters
    ----------
    name : str or None
        What the tool calls the class.
    rings : sequence of sequence of float
        Each ``[x, y, x, y ...]``; what they cover together counts.
    size : tuple of int
        Height and width of the picture.

    Examples
    --------
    >>> polygons("fish", [[1, 1, 3, 1, 3, 2, 1, 2]], (4, 5)).region((4, 5)).box
    Box(top=1, left=1, bottom=2, right=3)
    """
    reach = _REACH * max(size)
    points = [points_of(zip(ring[::2], ring[1::2], strict=True)) for ring in rings]
    usable = [np.clip(p, -reach, reach).ravel().tolist() for p in points if len(p) > 2]
    if not usable:
        return Runs(name, np.array([size[0] * size[1]]), size)
    merged = coco_mask.merge(coco_mask.frPyObjects(usable, *size))
    return runs_of(name, {"size": size, "counts": merged["counts"]})
