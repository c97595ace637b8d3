"""Tidying what is drawn: smooth contours, no holes, no specks, for one class of a mask."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.classes import BACKGROUND

__all__ = ["drop_specks", "fill_holes", "smooth"]

Labels = npt.NDArray[np.uint8]


def smooth(labels: Labels, label: int) -> Labels:
    """Return the labels with the contour of one label smoothed."""
    here = (labels == label).view(np.uint8)
    size = max(3, round(max(labels.shape) / 200) | 1)
    kept = cv2.medianBlur(here, size).view(bool)
    return _changed(labels, label, kept)


def fill_holes(labels: Labels, label: int) -> Labels:
    """Return the labels with the holes of one label filled; what lies in them is kept."""
    empty = np.pad(labels != label, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(empty, None, (0, 0), 0)
    holes = empty[1:-1, 1:-1].view(bool)
    return _changed(labels, label, holes | (labels == label))


def drop_specks(labels: Labels, label: int) -> Labels:
    """Return the labels without the smallest pieces of one label."""
    here = (labels == label).view(np.uint8)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(here, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    kept = area >= 0.01 * area.max()
    kept[0] = False
    return _changed(labels, label, kept[pieces])


def _changed(labels: Labels, label: int, covered: npt.NDArray[np.bool_]) -> Labels:
    """Return the labels with one label where it is to be, and nowhere else."""
    new = labels.copy()
    new[(labels == label) & ~covered] = BACKGROUND
    new[(labels == BACKGROUND) & covered] = label
    return new
