"""The outlines of labelled pixels, along their borders, so that filling them gives them back.

Coordinates count from the upper left corner of the picture: the pixel in row 0 and column 0 is the
square from ``(0, 0)`` to ``(1, 1)``. All the tools here count so.

A ring turns only where pixels do: those corners are found in one look over the picture, joined
along rows and along columns, and followed round.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box

__all__ = ["Bridge", "Piece", "Ring", "box_of", "pieces"]

Ring: TypeAlias = npt.NDArray[np.int64]

# Rows that are looked at together, so that memory does not grow with the picture.
_BAND = 512

# The pixels around a corner, as bits: upper left 1, upper right 2, lower left 4, lower right 8.
_FALLING, _RISING = 1 | 8, 2 | 4
_IS_CORNER = np.array([code.bit_count() in {1, 3} for code in range(16)])
_IS_CORNER[[_FALLING, _RISING]] = True
# Where a ring that keeps its pixels on the right leaves the corner along the row.
_LEAVES_ALONG_ROW = np.isin(np.arange(16), [1, 8, 13, 11, _FALLING])


class Bridge(NamedTuple):
    """The way from a hole to the ring on its left, along a row.

    Parameters
    ----------
    start : int
        The corner of the hole where it begins.
    ring : int
        Where it ends: -1 is the outer ring, 0 the first hole ...
    edge : int
        Which edge of that ring it meets, counted by the corner where the edge begins.
    end : tuple of int
        Where it meets it, as x and y.
    """

    start: int
    ring: int
    edge: int
    end: tuple[int, int]


class Piece(NamedTuple):
    """Pixels of one label that hang together by their sides.

    Parameters
    ----------
    outer : array (N, 2) of int
        x and y of the corners of its outer ring, clockwise as one sees it. No corner comes twice.
    holes : tuple of array (N, 2) of int
        The rings of its holes, counterclockwise.
    bridges : tuple of Bridge
        For each hole, how it can be joined to the ring on its left.
    area : int
        In pixels.
    """

    outer: Ring
    holes: tuple[Ring, ...]
    bridges: tuple[Bridge, ...]
    area: int


class _Corners(NamedTuple):
    """Corners by rows; where two pixels touch only there, it is two corners, west first."""

    x: npt.NDArray[np.int64]
    y: npt.NDArray[np.int64]
    code: npt.NDArray[np.uint8]
    second: npt.NDArray[np.bool_]


def box_of(region: npt.NDArray[np.bool_]) -> Box:
    """Return the smallest box around the True pixels of a mask; an empty one if there are none.

    Examples
    --------
    >>> box_of(np.eye(5, dtype=bool)[:, 2:])
    Box(top=2, left=0, bottom=5, right=3)
    """
    left, top, width, height = cv2.boundingRect(region.view(np.uint8))
    return Box(top, left, top + height, left + width)


def pieces(region: npt.NDArray[np.bool_]) -> list[Piece]:
    """Return the connected pieces of some pixels, from top to bottom.

    Parameters
    ----------
    region : array (H, W) of bool

    Returns
    -------
    list of Piece
        Pixels that touch only by a corner are in two pieces.

    Examples
    --------
    >>> region = np.zeros((4, 5), bool)
    >>> region[:3, 1:4] = True
    >>> region[1, 2] = False
    >>> (piece,) = pieces(region)
    >>> piece.outer.tolist()
    [[1, 0], [4, 0], [4, 3], [1, 3]]
    >>> piece.holes[0].tolist(), piece.area
    ([[2, 1], [2, 2], [3, 2], [3, 1]], 8)
    """
    if not region.any():
        return []
    box = box_of(region)
    inside = np.ascontiguousarray(region[box.slices])
    rings = _rings(inside)
    areas = [_area(ring) for ring in rings]
    joined = _joined(inside, rings, areas)
    offset = np.array([box.left, box.top])
    return [_piece(rings, areas, members, joined, offset) for members in _families(areas, joined)]


def _area(ring: Ring) -> int:
    x, y = ring.T
    return int(x @ np.roll(y, -1) - y @ np.roll(x, -1)) // 2


def _rings(inside: npt.NDArray[np.bool_]) -> list[Ring]:
    """Return closed rings, the pixels on the right of whoever walks along them."""
    corners = _corners(inside)
    following = _following(corners).tolist()
    place = (corners.y * (inside.shape[1] + 1) + corners.x).tolist()
    xy = np.stack([corners.x, corners.y], axis=1)
    return [xy[ring] for cycle in _cycles(following) for ring in _simple(cycle, place)]


def _corners(inside: npt.NDArray[np.bool_]) -> _Corners:
    found = [np.concatenate(parts) for parts in zip(*_corners_in_bands(inside), strict=True)]
    y, x, code = found
    twice = 1 + ((code == _FALLING) | (code == _RISING))
    second = np.diff(np.repeat(np.arange(len(code)), twice), prepend=-1) == 0
    return _Corners(np.repeat(x, twice), np.repeat(y, twice), np.repeat(code, twice), second)


def _corners_in_bands(inside: npt.NDArray[np.bool_]) -> Iterator[tuple[npt.NDArray, ...]]:
    height, width = inside.shape
    for top in range(0, height + 1, _BAND):
        bottom = min(top + _BAND, height + 1)
        framed = np.zeros((bottom - top + 1, width + 2), np.uint8)
        rows = slice(max(top - 1, 0), min(bottom, height))
        framed[rows.start - top + 1 : rows.stop - top + 1, 1:-1] = inside[rows]
        code = framed[:-1, :-1] | framed[:-1, 1:] << 1 | framed[1:, :-1] << 2 | framed[1:, 1:] << 3
        y, x = np.nonzero(_IS_CORNER[code])
        yield y + top, x, code[y, x]


def _following(corners: _Corners) -> npt.NDArray[np.int64]:
    """Return for each corner the next one on its ring."""
    # Along a row, and along a column, corners are the two ends of an edge by turns.
    along_row = np.arange(len(corners.x)) ^ 1
    north_last = corners.second ^ (corners.code == _RISING)
    order = np.lexsort((north_last, corners.y, corners.x))
    along_column = np.empty_like(along_row)
    along_column[order] = order[np.arange(len(order)) ^ 1]
    return np.where(_LEAVES_ALONG_ROW[corners.code], along_row, along_column)


def _cycles(following: list[int]) -> Iterator[list[int]]:
    seen = bytearray(len(following))
    for first in range(len(following)):
        cycle = []
        at = first
        while not seen[at]:
            seen[at] = 1
            cycle.append(at)
            at = following[at]
        if cycle:
            yield cycle


def _simple(cycle: list[int], place: list[int]) -> Iterator[list[int]]:
    """Cut a ring where it meets itself, so that no corner comes twice."""
    if len({place[at] for at in cycle}) == len(cycle):
        yield cycle
        return
    path: list[int] = []
    where: dict[int, int] = {}
    for at in cycle:
        begin = where.get(place[at])
        if begin is not None:
            yield path[begin:]
            for passed in path[begin:]:
                del where[place[passed]]
            del path[begin:]
        where[place[at]] = len(path)
        path.append(at)
    yield path


def _joined(
    inside: npt.NDArray[np.bool_], rings: Sequence[Ring], areas: Sequence[int]
) -> dict[int, Bridge]:
    """Find for each hole the ring on its left; the number of a ring is its place in `rings`."""
    holes = [number for number, area in enumerate(areas) if area < 0]
    if not holes:
        return {}
    keys, owners, edges = _left_sides(rings, inside.shape[0])
    bridges = {}
    for number in holes:
        ring = rings[number]
        start = int(np.argmin(ring[:, 0] * (inside.shape[0] + 1) + ring[:, 1]))
        x, y = (int(value) for value in ring[start])
        left = inside[y, :x].tobytes().rfind(0) + 1
        side = int(np.searchsorted(keys, left * (inside.shape[0] + 1) + y, side="right")) - 1
        bridges[number] = Bridge(start, int(owners[side]), int(edges[side]), (left, y))
    return bridges


def _left_sides(rings: Sequence[Ring], height: int) -> tuple[npt.NDArray, ...]:
    """Return the edges with pixels on their right side, sorted: place, ring, number."""
    owners = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    edges = np.concatenate([np.arange(len(ring)) for ring in rings])
    starts = np.concatenate(rings)
    stops = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    upwards = stops[:, 1] < starts[:, 1]
    keys = stops[upwards, 0] * (height + 1) + stops[upwards, 1]
    order = np.argsort(keys)
    return keys[order], owners[upwards][order], edges[upwards][order]


def _families(areas: Sequence[int], bridges: dict[int, Bridge]) -> list[list[int]]:
    """Return the numbers of the rings of each piece, its outer ring first."""
    families = {number: [number] for number, area in enumerate(areas) if area > 0}
    outer = {number: number for number in families}
    for hole in bridges:
        passed = []
        while hole not in outer:
            passed.append(hole)
            hole = bridges[hole].ring
        outer |= dict.fromkeys(passed, outer[hole])
        families[outer[hole]] += passed
    return list(families.values())


def _piece(
    rings: Sequence[Ring],
    areas: Sequence[int],
    members: Sequence[int],
    bridges: dict[int, Bridge],
    offset: npt.NDArray[np.int64],
) -> Piece:
    place = {number: position - 1 for position, number in enumerate(members)}
    outer, *holes = [rings[number] + offset for number in members]
    moved = [
        bridge._replace(
            ring=place[bridge.ring],
            end=(bridge.end[0] + int(offset[0]), bridge.end[1] + int(offset[1])),
        )
        for bridge in (bridges[number] for number in members[1:])
    ]
    return Piece(outer, tuple(holes), tuple(moved), sum(areas[number] for number in members))
