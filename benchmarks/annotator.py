"""A simulated person with a mouse: how a specimen is gone around in a hurry."""

import cv2
import numpy as np

# Pixels between two reports of a mouse at an ordinary pace, and the way over which a hand wanders.
SPACING = 4.0
WANDERING = 25.0


def loose_outline(mask, offset_px=10.0, tremor_px=2.0, seed=0):
    """Return the loose lasso around each connected object of a mask, largest object first.

    Parameters
    ----------
    mask : array (H, W) of bool
        The true objects. Those that touch by a corner count as one.
    offset_px : float
        How far the lasso keeps from the true outline on average: above 0 outside, below 0 inside.
    tremor_px : float
        Standard deviation of the hand around that line, in pixels. It wanders smoothly: what it
        does now and what it did 25 pixels ago have little in common.
    seed : int
        The same seed gives the same hand.

    Returns
    -------
    list of array (N, 2) of float
        x and y of the vertices, 4 pixels apart on average. They may lie outside the picture. An
        object that is thinner than twice an inward offset is gone around half way to its middle.

    Examples
    --------
    >>> mask = np.zeros((60, 80), bool)
    >>> mask[20:40, 30:50] = True
    >>> (outline,) = loose_outline(mask, offset_px=5, tremor_px=0)
    >>> outline.min(axis=0).round(), outline.max(axis=0).round()
    (array([25., 15.]), array([54., 44.]))
    """
    hand = np.random.default_rng(seed)
    mask = np.ascontiguousarray(mask).astype(np.uint8)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    largest_first = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    outlines = []
    for piece in largest_first:
        left, top, width, height = stats[piece, :4]
        own = pieces[top : top + height, left : left + width] == piece
        outlines.append(_around(own, offset_px, tremor_px, hand) + np.array([left, top]))
    return outlines


def _around(own, offset, tremor, hand):
    """Return the lasso around one object, in pixels of its bounding box."""
    margin = int(max(offset, 0)) + 3
    distance = _signed_distance(np.pad(own, margin))
    # From 0.5 on, because the true outline runs between two pixels' centres.
    level = max(offset, 0.5 * distance.min())
    line = _spaced(_longest_contour(distance <= level)) - margin
    return line + _tremor(len(line), tremor, hand)


def _signed_distance(own):
    """Return how far each pixel is outside an object, in pixels, and below 0 inside it."""
    inside = cv2.distanceTransform(own.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~own).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return outside - inside + np.where(own, 0.5, -0.5)


def _longest_contour(inside):
    contours, _ = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return max(contours, key=len)[:, 0].astype(float)


def _spaced(line):
    """Return a closed line with vertices at even distances."""
    closed = np.vstack([line, line[:1]])
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = max(8, round(way[-1] / SPACING))
    at = np.linspace(0, way[-1], count, endpoint=False)
    return np.stack([np.interp(at, way, closed[:, axis]) for axis in (0, 1)], axis=1)


def _tremor(count, deviation, hand):
    """Return (count, 2) offsets that change smoothly along the line and close at its end."""
    noise = hand.standard_normal((count, 2))
    frequency = np.fft.rfftfreq(count, d=SPACING)
    kept = np.exp(-2 * (np.pi * frequency * WANDERING / 2.5) ** 2)[:, np.newaxis]
    smooth = np.fft.irfft(np.fft.rfft(noise, axis=0) * kept, n=count, axis=0)
    # The deviation of what the filter leaves of noise, so that a short line has as much tremor.
    spread = np.sqrt(np.mean(np.abs(np.fft.fft(np.fft.irfft(kept[:, 0], n=count))) ** 2))
    return deviation * smooth / spread
