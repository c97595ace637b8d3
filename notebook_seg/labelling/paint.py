"""What painting a region does to a mask, worked out before it is done."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.labelling.raster import Region, touched_pieces

__all__ = ["MODES", "Plan", "plan"]

MODES = ("add", "subtract", "replace")

Labels = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.bool_]


class Plan(NamedTuple):
    """Which pixels of a box change, and their new label or labels (of the shape of the box)."""

    box: Box
    changed: Pixels
    after: int | Labels


def plan(labels: Labels, region: Region, label: int, mode: str, keep: bool) -> Plan:
    """Return what painting a region would change.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask.
    region : Region
        The pixels to paint.
    label : int
        With what.
    mode : str
        ``'add'`` gives the region the label. ``'subtract'`` makes background of the pixels that
        have it. ``'replace'`` first makes background of the connected pieces with this label that
        the region touches: the object is drawn again.
    keep : bool
        Whether pixels of other classes are left alone; background and unlabelled are no classes.

    Examples
    --------
    >>> region = Region(Box(0, 0, 1, 3), np.ones((1, 3), bool))
    >>> labels = np.array([[0, 1, 2]], np.uint8)
    >>> plan(labels, region, 1, "add", keep=True).changed.tolist()
    [[True, False, False]]
    >>> plan(labels, region, 1, "subtract", keep=False).changed.tolist()
    [[False, True, False]]
    """
    patch = labels[region.box.slices]
    if mode == "subtract":
        # To take background away would be a step to undo that nobody sees.
        changed = (patch == label) & region.inside & (patch != BACKGROUND)
        return Plan(region.box, changed, BACKGROUND)
    if mode == "replace" and label != BACKGROUND:
        return _redrawn(labels, region, label, keep)
    if keep:
        changed = region.inside & (patch != label)
        changed &= ~_other_class(patch, label)
        return Plan(region.box, changed, label)
    low, high, *_ = cv2.minMaxLoc(patch, region.inside.view(np.uint8))
    # Mostly the label is new there, and one look is cheaper than two passes.
    is_new = not low <= label <= high
    return Plan(region.box, region.inside if is_new else region.inside & (patch != label), label)


def _redrawn(labels: Labels, region: Region, label: int, keep: bool) -> Plan:
    pieces = touched_pieces(labels, label, region)
    if pieces is None:
        return plan(labels, region, label, "add", keep)
    box = region.box.union(pieces.box)
    patch, after = labels[box.slices], labels[box.slices].copy()
    after[pieces.box.moved(-box.top, -box.left).slices][pieces.inside] = BACKGROUND
    painted = after[region.box.moved(-box.top, -box.left).slices]
    painted[region.inside & ~_other_class(painted, label) if keep else region.inside] = label
    return Plan(box, patch != after, after)


def _other_class(patch: Labels, label: int) -> Pixels:
    return (patch != BACKGROUND) & (patch != UNLABELLED) & (patch != label)
