"""Proposed masks made to follow the picture."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND
from notebook_seg.labelling.assist import snap_region
from notebook_seg.labelling.pixel_features import labels_in

__all__ = ["snap_objects"]

Picture = npt.NDArray[np.uint8]

# Of the picture. Smaller objects are not what it was taken of, and have no outline to spare.
_LARGE = 0.02
# Of each two that are compared, in intersection over union. Less is another thing.
_ALIKE = 0.6


def snap_objects(image: Picture, labels: Picture) -> Picture:
    """Return labels whose large objects have the outlines that the picture shows there.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
    labels : array (H, W) of uint8
        As a model proposes them. Other classes that lie within an object are kept.

    Returns
    -------
    array (H, W) of uint8

    Examples
    --------
    >>> image = np.full((60, 80, 3), 250, np.uint8)
    >>> image[20:40, 20:60] = (90, 60, 30)
    >>> rough = np.zeros((60, 80), np.uint8)
    >>> rough[17:41, 22:63] = 1
    >>> found = snap_objects(image, rough) == 1
    >>> truth = image[..., 0] < 200
    >>> bool((found & truth).sum() / (found | truth).sum() > 0.95)
    True
    """
    snapped = labels.copy()
    for label in set(labels_in(labels)) - {BACKGROUND}:
        found = cv2.connectedComponentsWithStats((labels == label).view(np.uint8))
        pieces, stats = found[1], found[2]
        for piece in 1 + np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= _LARGE * labels.size):
            left, top, width, height = stats[piece, :4].tolist()
            box = Box(top, left, top + height, left + width)
            _snap(image, snapped, label, box, pieces[box.slices] == piece)
    return snapped


def _snap(
    image: Picture, labels: Picture, label: int, box: Box, piece: npt.NDArray[np.bool_]
) -> None:
    """Move the outline of one piece of a label, in place."""
    contours, _ = cv2.findContours(piece.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corner = np.array([box.left, box.top])
    found = snap_region(image, max(contours, key=len)[:, 0] + corner)
    if found is None:
        return
    before, after, around = (np.zeros(labels.shape, bool) for _ in range(3))
    before[box.slices] = piece
    after[found.box.slices] = found.inside
    cv2.drawContours(around.view(np.uint8), contours, -1, 1, cv2.FILLED, offset=tuple(corner))
    # What the model left out in the middle of the object is no matter of its outline.
    after &= before | ~around
    if (before & after).sum() < _ALIKE * (before | after).sum():
        return
    labels[before & ~after] = BACKGROUND
    labels[after & (labels == BACKGROUND)] = label
