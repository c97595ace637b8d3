"""One closed line around a piece with holes, for tools that know no holes."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from notebook_seg.data.formats.outlines import Piece, Ring

__all__ = ["one_line"]

_Point: TypeAlias = tuple[int, int]
_Way: TypeAlias = "Iterator[_Point | _Way]"


def one_line(piece: Piece) -> Ring:
    """Return a piece as one closed line that goes into each hole and back the same way.

    Parameters
    ----------
    piece : Piece
        With holes or without.

    Returns
    -------
    array (N, 2) of int
        x and y. The two ways of a bridge cancel, so that filling the line, by the even-odd rule
        or by the non-zero one, gives the very same pixels.

    Examples
    --------
    >>> from notebook_seg.data.formats.outlines import pieces
    >>> region = np.ones((3, 3), bool)
    >>> region[1, 1] = False
    >>> one_line(pieces(region)[0]).tolist()
    [[0, 0], [3, 0], [3, 3], [0, 3], [0, 1], [1, 1], [1, 2], [2, 2], [2, 1], [1, 1], [0, 1]]
    """
    if not piece.holes:
        return piece.outer
    points: list[_Point] = []
    # Holes lead to holes: a stack of our own, as Python's would overflow.
    ways = [_Walk(piece).along(-1, 0)]
    while ways:
        step = next(ways[-1], None)
        if step is None:
            ways.pop()
        elif isinstance(step, tuple):
            if not points or points[-1] != step:
                points.append(step)
        else:
            ways.append(step)
    return np.array(points[:-1] if points[0] == points[-1] else points)


class _Walk:
    """Ways along the rings of a piece, each with the side trips into the holes on its right."""

    def __init__(self, piece: Piece) -> None:
        self._rings = {-1: piece.outer, **dict(enumerate(piece.holes))}
        self._bridges = piece.bridges
        trips: dict[tuple[int, int], list[int]] = defaultdict(list)
        for hole, bridge in enumerate(piece.bridges):
            trips[bridge.ring, bridge.edge].append(hole)
        # All these edges lead upwards.
        self._trips = {
            edge: sorted(holes, key=lambda hole: -piece.bridges[hole].end[1])
            for edge, holes in trips.items()
        }

    def along(self, number: int, start: int) -> _Way:
        """Go once round a ring, from a corner back to it."""
        ring = [(int(x), int(y)) for x, y in self._rings[number]]
        for step in range(len(ring)):
            edge = (start + step) % len(ring)
            yield ring[edge]
            for hole in self._trips.get((number, edge), ()):
                bridge = self._bridges[hole]
                yield bridge.end
                yield self.along(hole, bridge.start)
                yield bridge.end
        yield ring[start]
