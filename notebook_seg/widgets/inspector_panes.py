"""What the inspector shows side by side: a photograph, and what is laid over it, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.data.classes import UNLABELLED
from notebook_seg.data.overlays import Image, Mask, overlay_image, reduced_image, reduced_mask
from notebook_seg.inspection.heat import Heatmap
from notebook_seg.inspection.overlays import error_overlay
from notebook_seg.inspection.responses import Activations
from notebook_seg.inspection.windows import Window

__all__ = [
    "Mark",
    "Pane",
    "channel_pane",
    "colored",
    "errors_pane",
    "heat_marks",
    "heat_pane",
    "mask_pane",
    "threshold_pane",
]

# Pixels along a side: what is laid over a larger photograph is drawn at this size.
_LONGEST = 2048
_FADED, _HIDES, _OUTSIDE = 0.65, 0.85, 0.35
_LEVELS = np.arange(256, dtype=np.uint8)[:, np.newaxis]
_COLORS = {
    name: np.ascontiguousarray(cv2.applyColorMap(_LEVELS, number)[:, 0, ::-1])
    for name, number in (("heat", cv2.COLORMAP_INFERNO), ("channel", cv2.COLORMAP_VIRIDIS))
}
_FOUND_COLORS = ("#000000", "#56b4e9")
_REGION_COLOR, _PATCH_COLOR = "#ffffff", "#56b4e9"


@dataclass(frozen=True, eq=False)
class Pane:
    """A picture among those that are shown side by side.

    Parameters
    ----------
    name : str
        What is written above it.
    image : ndarray of uint8, shape (h, w, 3)
        The whole photograph, or less pixels of all of it.
    """

    name: str
    image: Image


@dataclass(frozen=True, eq=False)
class Mark:
    """A line over the photograph.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        x and y in pixels of the photograph.
    color : str
    dashed : bool
    """

    points: np.ndarray
    color: str = _REGION_COLOR
    dashed: bool = False


def colored(values: np.ndarray, colors: str) -> Image:
    """Return values from 0 to 1 in the colours of ``"heat"`` or of a ``"channel"``.

    Examples
    --------
    >>> colored(np.array([[0.0, 1.0]]), "heat").shape
    (1, 2, 3)
    """
    return np.asarray(_COLORS[colors][np.round(values * 255).astype(np.uint8)], np.uint8)


def channel_pane(image: Image, activations: Activations, channel: int) -> Pane:
    """Lay a channel over the photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    activations : Activations
    channel : int
    """
    dead = ", dead" if activations.dead[channel] else ""
    values = activations.enlarged(channel)
    over = _laid_over(image, values, activations.window, "channel", np.full_like(values, 0.75))
    return Pane(f"Channel {channel} of {activations.layer}{dead}", over)


def heat_pane(image: Image, heat: Heatmap) -> Pane:
    """Lay a heatmap over the photograph, which is seen where there is no heat."""
    opacity = _HIDES * np.sqrt(heat.values)
    over = _laid_over(image, heat.values, heat.window, "heat", opacity)
    return Pane(f"Why {heat.class_name}", over)


def mask_pane(image: Image, mask: Mask, colors: Sequence[str], name: str) -> Pane:
    """Lay the classes of a mask over the photograph."""
    small = reduced_image(image, _LONGEST)
    return Pane(name, overlay_image(small, reduced_mask(mask, _LONGEST), colors))


def errors_pane(image: Image, truth: Mask, labels: Mask, name: str = "Errors") -> Pane:
    """Paint what is wrong in a prediction over the faded photograph."""
    small, *masks = (
        reduced_image(image, _LONGEST),
        reduced_mask(truth, _LONGEST),
        reduced_mask(labels, _LONGEST),
    )
    return Pane(name, error_overlay(small, *masks))


def threshold_pane(
    image: Image, truth: Mask | None, probability: np.ndarray, label: int, threshold: float
) -> Pane:
    """Paint what is wrong if a class is wherever it is as probable as a threshold.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    truth : ndarray of uint8, shape (H, W), or None
        Without it, all that is found is painted.
    probability : ndarray of float32, shape (h, w)
        Of the class, at the working scale.
    label : int
    threshold : float
        0 to 1.
    """
    small = reduced_image(image, _LONGEST)
    size = (small.shape[1], small.shape[0])
    likely = cv2.resize(np.ascontiguousarray(probability), size, interpolation=cv2.INTER_LINEAR)
    found = (likely >= threshold).astype(np.uint8)
    if truth is None:
        return Pane(f"From {threshold:.2f}", overlay_image(small, found, _FOUND_COLORS))
    known = reduced_mask(truth, _LONGEST)
    drawn = np.where(known == UNLABELLED, UNLABELLED, known == label).astype(np.uint8)
    return Pane(f"Errors from {threshold:.2f}", error_overlay(small, drawn, found))


def heat_marks(heat: Heatmap) -> tuple[Mark, ...]:
    """Return the outlines of what was asked about, and the box of the patch that mattered."""
    marks = []
    if not heat.region.all():
        region = np.ascontiguousarray(heat.region, np.uint8)
        outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        marks = [Mark(_in_photograph(line[:, 0], heat.window)) for line in outlines]
    if heat.method != "scores" and heat.values.any():
        marks.append(Mark(_corners(heat.patch_box), _PATCH_COLOR, dashed=True))
    return tuple(marks)


def _corners(box: Box) -> np.ndarray:
    top, left, bottom, right = np.array(box, float) - 0.5
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _in_photograph(points: np.ndarray, window: Window) -> np.ndarray:
    box = window.in_photograph()
    scale = np.array(box.shape[::-1]) / np.array(window.shape[::-1])
    return (points + 0.5) * scale + (box.left, box.top) - 0.5


def _laid_over(
    image: Image, values: np.ndarray, window: Window, colors: str, opacity: np.ndarray
) -> Image:
    small = reduced_image(image, _LONGEST)
    box = _scaled(window.in_photograph(), small.shape[0] / image.shape[0], small.shape)
    grey = cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    # What the network was not shown is darker.
    base = cv2.convertScaleAbs(grey, alpha=_OUTSIDE)
    size = (box.shape[1], box.shape[0])
    part = cv2.convertScaleAbs(np.ascontiguousarray(grey[box.slices]), alpha=_FADED)
    color, share = (
        cv2.resize(array, size, interpolation=cv2.INTER_LINEAR)
        for array in (colored(values, colors), opacity.astype(np.float32))
    )
    mixed = part + (color.astype(np.float32) - part) * share[..., np.newaxis]
    base[box.slices] = np.round(mixed).astype(np.uint8)
    return np.asarray(base, np.uint8)


def _scaled(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    top, left, bottom, right = (round(side * factor) for side in box)
    return Box(top, left, max(bottom, top + 1), max(right, left + 1)).clip((shape[0], shape[1]))
