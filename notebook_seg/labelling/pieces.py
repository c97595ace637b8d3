"""The objects that a stroke touches: connected pieces of one label."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.labelling.raster import Region

__all__ = ["touched_pieces"]

# How far around the stroke to look first, in pixels; a multiple of it where that is not enough.
_MARGIN = 64


def touched_pieces(labels: npt.NDArray[np.uint8], label: int, region: Region) -> Region | None:
    """Return the connected pieces of a label that a region touches, None if it touches none.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask.
    label : int
        Whose pieces. Pixels hang together by their sides and corners.
    region : Region
        The pixels of a stroke.

    Notes
    -----
    Only a window around the stroke is looked at. It grows until the pieces end in it, so the work
    is that of the objects and not of the picture.

    Examples
    --------
    >>> labels = np.zeros((9, 9), np.uint8)
    >>> labels[1:4, 1:4] = labels[6:8, 6:8] = 1
    >>> touched_pieces(labels, 1, Region(Box(2, 2, 5, 5), np.ones((3, 3), bool))).box
    Box(top=1, left=1, bottom=4, right=4)
    """
    margin = _MARGIN
    while True:
        window = _grown(region.box, margin).clip(labels.shape)
        near = Region(region.box.moved(-window.top, -window.left), region.inside)
        inside = _touched(labels[window.slices] == label, near)
        left, top, width, height = cv2.boundingRect(inside.view(np.uint8))
        found = Box(top, left, top + height, left + width)
        box = found.moved(window.top, window.left)
        if found.is_empty or not _leaves(box, window, Box.whole(labels.shape)):
            return None if found.is_empty else Region(box, inside[found.slices])
        margin *= 4


def _grown(box: Box, margin: int) -> Box:
    return Box(box.top - margin, box.left - margin, box.bottom + margin, box.right + margin)


def _touched(pieces: npt.NDArray[np.bool_], region: Region) -> npt.NDArray[np.bool_]:
    count, numbers = cv2.connectedComponents(pieces.view(np.uint8), connectivity=8)
    chosen = np.zeros(count, bool)
    chosen[numbers[region.box.slices][region.inside]] = True
    chosen[0] = False
    return chosen[numbers]


def _leaves(box: Box, window: Box, whole: Box) -> bool:
    """Whether pieces reach the end of the window where the picture goes on behind it."""
    ends = zip(box, window, whole, strict=True)
    return any(mine == end != last for mine, end, last in ends)
