"""Heatmaps, which say what in a photograph mattered to a network, and whether they can be trusted.

They are arrays; `notebook_seg.inspection.explain` computes them from a model.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.inspection.windows import Window

__all__ = ["METHOD_NAMES", "Faithfulness", "Heatmap", "border_ring", "share_on_border"]

METHOD_NAMES = {
    "scores": "final scores",
    "grad_cam": "Seg-Grad-CAM",
    "hires_cam": "HiResCAM",
    "score_cam": "score-weighted",
    "occlusion": "occlusion",
}
"""The methods, and what people call them."""

_HOT = 0.5  # of the highest value
_BORDER = 16  # the border is this part of the shorter side wide
_UNREMARKABLE = 1.5  # times the border's share of the picture
_GOES_AWAY = 0.25  # of the border's heat
_LITTLE = 0.02  # of all heat


@dataclass(frozen=True, eq=False)
class Heatmap:
    """What in a photograph made a network say a class, in some of its pixels.

    Parameters
    ----------
    values : ndarray of float32, shape (h, w)
        How much each pixel of the working picture spoke for the class: 0 nothing or against it, 1
        the most. Of the method ``"scores"`` it is the probability of the class.
    evidence : ndarray of float32
        What the values were made of, at the size of the layer, padding included, and with what
        speaks against the class below 0. Its unit is that of the logits: how much the class is
        ahead of the mean of the others, on average over the region.
    region : ndarray of bool, shape (h, w)
        The pixels that were asked about.
    target : str
        The same in words.
    score : float
        The mean probability of the class there, 0 to 1.
    label : int
        Index of the class.
    class_name : str
    method : str
        One of `METHOD_NAMES`.
    layer : str
        The layer that was looked at.
    window : Window
        Which part of the photograph was shown to the network.
    done : float
        Share of the work that was done, below 1 if it was stopped.
    continued_border_share : float, optional
        `border_share` when the picture goes on beyond its border; None if that was not tried.

    Examples
    --------
    >>> values = np.zeros((32, 32), np.float32)
    >>> values[8:12, 20:30] = 1
    >>> window = Window((64, 64), (32, 32), Box.whole((32, 32)))
    >>> heat = Heatmap(values, values, values > 0, "a region", 0.9, 1, "fish", "scores", "logits",
    ...                window)
    >>> heat.patch_box
    Box(top=16, left=40, bottom=24, right=60)
    >>> heat.border_share
    0.0
    """

    values: np.ndarray
    evidence: np.ndarray
    region: np.ndarray
    target: str
    score: float
    label: int
    class_name: str
    method: str
    layer: str
    window: Window
    done: float = 1.0
    continued_border_share: float | None = None

    @property
    def sentence(self) -> str:
        """What was asked, in words."""
        unfinished = "" if self.done == 1 else f", stopped after {self.done:.0%}"
        return (
            f"Why {self.class_name}, {self.target}: {METHOD_NAMES[self.method]} at {self.layer}, "
            f"mean probability {self.score:.2f}{unfinished}"
        )

    @functools.cached_property
    def patch_box(self) -> Box:
        """Where the patch that mattered most lies in the photograph, in its pixels.

        It is the box around the connected piece with the most heat, of what is at least half as
        hot as the hottest; all that was shown, where there is no heat.
        """
        if not self.values.any():
            return self.window.in_photograph()
        hot = (self.values >= _HOT * self.values.max()).astype(np.uint8)
        count, pieces, boxes, _ = cv2.connectedComponentsWithStats(hot, connectivity=8)
        heat = np.bincount(pieces.ravel(), weights=self.values.ravel(), minlength=count)
        left, top, width, height, _ = boxes[1 + int(heat[1:].argmax())].tolist()
        return self.window.in_photograph(Box(top, left, top + height, left + width))

    def patch(self, image: np.ndarray) -> np.ndarray:
        """Return the patch that mattered most: the photograph ``(H, W, 3)`` cut to `patch_box`.

        Raises
        ------
        ImageError
            If it is another photograph.
        """
        self.window.crop(image)
        return image[self.patch_box.slices]

    @property
    def border_share(self) -> float:
        """Share of the heat that lies on the border of what was shown, 0 to 1; see `border_ring`.

        A map without heat has none.
        """
        return share_on_border(self.values)

    @property
    def border_effect(self) -> float | None:
        """Share of the heat that lies on the border only because the picture ends there, 0 to 1.

        It is what is lost of `border_share` when the network is shown the picture going on: by
        what the photograph holds beyond the window, and beyond its own edge by its mirror image.
        None if that was not tried.
        """
        if self.continued_border_share is None:
            return None
        return max(0.0, self.border_share - self.continued_border_share)

    @property
    def border_sentence(self) -> str:
        """What is to be said of heat at the border."""
        share, effect = self.border_share, self.border_effect
        area = float(border_ring(self.values.shape).mean())
        if share <= _UNREMARKABLE * area or share < _LITTLE:
            return f"The border is no hotter than the rest ({share:.0%} of the heat)."
        if effect is None:
            return (
                f"{share:.0%} of the heat lies on the border, which is {area:.0%} of the picture: "
                "whether it is the picture or its end was not tested."
            )
        if effect >= _GOES_AWAY * share:
            return (
                f"Do not trust the heat at the border: {share:.0%} of all heat lies there, and "
                f"{effect:.0%} goes away when the picture goes on beyond it. The network responds "
                "to where the picture ends."
            )
        return (
            f"The heat at the border ({share:.0%} of all) stays when the picture goes on beyond "
            "it: it comes from what is seen there."
        )


def border_ring(shape: tuple[int, ...]) -> np.ndarray:
    """Return which pixels of a map are its border: ``(h, w)`` bool, a 16th of the shorter side.

    Examples
    --------
    >>> border_ring((3, 4)).astype(int)
    array([[1, 1, 1, 1],
           [1, 0, 0, 1],
           [1, 1, 1, 1]])
    """
    width = max(1, min(shape) // _BORDER)
    ring = np.ones(shape, bool)
    ring[width:-width, width:-width] = False
    return ring


def share_on_border(values: np.ndarray) -> float:
    """Return the share of a map's sum that lies on its border, 0 to 1; 0 if it is empty.

    Examples
    --------
    >>> round(share_on_border(np.ones((3, 4), np.float32)), 3)
    0.833
    """
    total = float(values.sum(dtype=np.float64))
    ring = border_ring(values.shape)
    return float(values[ring].sum(dtype=np.float64)) / total if total > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Whether a heatmap shows what the network looks at: what happens when that is hidden.

    Hiding means blurring beyond recognition. If the map is faithful, hiding the hottest pixels
    first makes the class vanish at once, and showing them first brings it back at once.

    Parameters
    ----------
    fractions : ndarray of float, shape (n,)
        Of the pixels that were hidden, or shown: 0 to 1.
    deletion : ndarray of float, shape (n,)
        Mean probability of the class in the region after hiding the hottest pixels.
    insertion : ndarray of float, shape (n,)
        The same, of the hidden picture after showing the hottest pixels.
    done : float
        Share of the work that was done, below 1 if it was stopped.

    Examples
    --------
    >>> curves = Faithfulness(np.array([0, 0.5, 1]), np.array([1, 0.2, 0]), np.array([0, 0.8, 1]))
    >>> round(curves.deletion_area, 3), round(curves.insertion_area, 3), round(curves.gap, 3)
    (0.35, 0.65, 0.3)
    """

    fractions: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    done: float = 1.0

    @property
    def deletion_area(self) -> float:
        """Area under the curve of deletion, 0 to 1: the lower, the more faithful the map."""
        return float(np.trapezoid(self.deletion, self.fractions))

    @property
    def insertion_area(self) -> float:
        """Area under the curve of insertion, 0 to 1: the higher, the more faithful the map."""
        return float(np.trapezoid(self.insertion, self.fractions))

    @property
    def gap(self) -> float:
        """How much more hiding what is hot costs than hiding what is cold, -1 to 1.

        Hiding the coldest pixels first is showing the hottest first, seen from the other end.
        """
        return self.insertion_area - self.deletion_area
