"""Hiding parts of a picture from a network, and what it then says."""

import itertools

import cv2
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.inspection.explain.questions import Question
from notebook_seg.inspection.explain.steps import Progress, Steps
from notebook_seg.interruption import stoppable

__all__ = ["blurred", "occlusion"]

_ACROSS = 4  # patches along the shorter side, side by side
_BLUR = 12  # the blur is this part of the longer side wide


def blurred(pixels: np.ndarray) -> np.ndarray:
    """Return pixels ``(h, w, 3)`` uint8 with nothing left but the colours of large areas.

    Unlike grey or black, that is nothing a network could take for an object with outlines.

    Examples
    --------
    >>> blurred(np.full((64, 64, 3), 9, np.uint8)).max()
    np.uint8(9)
    """
    width = max(pixels.shape[:2]) / _BLUR
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), width), np.uint8)


def occlusion(question: Question, progress: Progress) -> tuple[np.ndarray, float]:
    """Hide patch after patch behind the picture's mean colour, and see how the score falls [1]_.

    Parameters
    ----------
    question : Question
    progress : bool or callable
        Patches that lie side by side come first, those between them later, so that a map that is
        stopped early is coarser and not cut off.

    Returns
    -------
    ndarray of float32, shape (h, w)
        How much the score fell at each pixel on average, when it was hidden.
    float
        Share of the patches that were tried.

    References
    ----------
    .. [1] M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV
       2014, doi:10.1007/978-3-319-10590-1_53
    """
    height, width = question.region.shape
    color = question.pixels[question.seen].mean(axis=(0, 1)).round()
    before = question.mean_lead(question.pixels)
    fallen, tried = np.zeros((2, height, width), np.float32)
    steps = Steps(_patches(height, width), progress, "Hiding patches", "patch")
    with stoppable():
        for box in steps:
            hidden = question.pixels.copy()
            hidden[box.slices] = color
            fall = before - question.mean_lead(hidden)
            fallen[box.slices] += np.float32(fall)
            tried[box.slices] += 1
    return fallen / np.maximum(tried, 1), steps.done


def _patches(height: int, width: int) -> list[Box]:
    side = max(2, min(height, width) // _ACROSS // 2 * 2)
    half = side // 2
    corners = itertools.product(range(0, height, half), range(0, width, half))
    # Those side by side first: an even number of half sides down and across.
    in_turn = sorted(corners, key=lambda at: (at[0] // half % 2, at[1] // half % 2))
    boxes = (Box(top, left, top + side, left + side) for top, left in in_turn)
    return [box.clip((height, width)) for box in boxes]
