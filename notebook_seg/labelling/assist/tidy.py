"""Tidying what is drawn: smooth contours, no holes, no specks, for one class of a mask.

Each takes a whole mask and returns a new one. Only pixels of the one class and of the background
change: other classes and unlabelled pixels stay as they are, whatever they cover. To tidy the
background changes nothing.
"""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.classes import BACKGROUND

__all__ = ["drop_specks", "fill_holes", "smooth"]

Labels = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.bool_]

# The radius of smoothing as a share of the root of the median object's area, and in pixels.
_RADIUS, _LEAST_RADIUS, _MOST_RADIUS = 0.04, 1, 25
# Specks have less than this share of the largest object's area, or fewer pixels than this.
_SPECK, _LEAST_AREA = 0.01, 9


def smooth(labels: Labels, label: int) -> Labels:
    """Return the labels with the contours of one label smoothed.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask. It is left as it is.
    label : int
        The class index of the objects.

    Notes
    -----
    A pixel goes with the majority around it, as far as 4 % of the root of the median object's area
    to each side: 1 pixel at least, 25 at most. Spikes and notches thinner than that go, straight
    contours stay. Beyond the border of the picture it goes on as at the border. Objects so small
    that little would be left of them keep what they have: they are for `drop_specks`.

    Examples
    --------
    >>> labels = np.zeros((60, 60), np.uint8)
    >>> labels[10:50, 10:50] = 1
    >>> labels[9, 30] = 1
    >>> int(smooth(labels, 1)[9].sum())
    0
    """
    objects = labels == label
    pieces, areas = _areas(objects)
    if len(areas) == 1:
        return labels.copy()
    radius = int(np.clip(_RADIUS * np.median(areas[1:]) ** 0.5, _LEAST_RADIUS, _MOST_RADIUS))
    size = 2 * radius + 1
    small = areas < 4 * size**2
    small[0] = False
    return _with_objects(labels, label, objects, _majority(objects, size) | small[pieces])


def fill_holes(labels: Labels, label: int) -> Labels:
    """Return the labels with the holes in objects of one label filled.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask. It is left as it is.
    label : int
        The class index of the objects.

    Notes
    -----
    A hole is background that one cannot leave without crossing the label, by steps to a side. What
    other classes cover in there is kept, and so is what is unlabelled.

    Examples
    --------
    >>> labels = np.zeros((9, 9), np.uint8)
    >>> labels[2:7, 2:7] = 1
    >>> labels[4, 4] = 0
    >>> int(fill_holes(labels, 1).sum())
    25
    """
    objects = labels == label
    free = np.pad(~objects, 1, constant_values=True).view(np.uint8)
    cv2.floodFill(free, None, (0, 0), 0)
    return _with_objects(labels, label, objects, objects | free[1:-1, 1:-1].view(bool))


def drop_specks(labels: Labels, label: int) -> Labels:
    """Return the labels without the specks of one label; they become background.

    Parameters
    ----------
    labels : array (H, W) of uint8
        The mask. It is left as it is.
    label : int
        The class index of the objects.

    Notes
    -----
    A speck has fewer than 9 pixels, or less than 1 % of the area of the largest object. Pixels
    that touch by a corner hang together. The largest object is never a speck.

    Examples
    --------
    >>> labels = np.zeros((60, 60), np.uint8)
    >>> labels[10:50, 10:50] = 1
    >>> labels[2, 2] = 1
    >>> int(drop_specks(labels, 1).sum())
    1600
    """
    objects = labels == label
    pieces, areas = _areas(objects)
    if len(areas) == 1:
        return labels.copy()
    largest = areas[1:].max()
    kept = (areas >= max(_LEAST_AREA, _SPECK * largest)) | (areas == largest)
    kept[0] = False
    return _with_objects(labels, label, objects, kept[pieces])


def _areas(objects: Pixels) -> tuple[npt.NDArray, npt.NDArray]:
    """Return the number of the object of each pixel, and the area of each; 0 is around them."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(objects.view(np.uint8), connectivity=8)
    return np.asarray(pieces), stats[:, cv2.CC_STAT_AREA]


def _majority(objects: Pixels, size: int) -> Pixels:
    """Return which pixels have the objects' majority in the square of a size around them."""
    share = np.where(objects, np.uint8(255), np.uint8(0))
    # Twice, so that all directions are smoothed about alike.
    share = cv2.blur(share, (size, size), borderType=cv2.BORDER_REPLICATE)
    return cv2.blur(share, (size, size), borderType=cv2.BORDER_REPLICATE) > 127


def _with_objects(labels: Labels, label: int, before: Pixels, after: Pixels) -> Labels:
    """Return the labels with the objects of one label as they are to be."""
    new = labels.copy()
    new[before & ~after] = BACKGROUND
    new[after & (labels == BACKGROUND)] = label
    return new
