"""How much two photographs look alike: their colours, and which way their edges run where."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from notebook_seg.data.dataset import Dataset
from notebook_seg.data.files import FileStamp, stamp
from notebook_seg.labelling.pixel_features import shrink

__all__ = ["Look", "Looks"]

_THUMBNAIL = 96 * 96
_SHADES = 8  # of each of lightness, a and b
_CELLS, _DIRECTIONS = 4, 8
_SPREAD = 0.7
# Of an edge, in grey values a pixel: weaker ones are noise, and an even picture has no layout.
_FAINT = 1.0


@dataclass(frozen=True)
class Look:
    """What a photograph looks like at a glance.

    Parameters
    ----------
    colors : array (512,) of float32
        Share of its pixels for each colour, smoothed; sums to 1.
    layout : array (129,) of float32
        Share of its edges for each of 4 × 4 parts and 8 directions, and of what has none; sums
        to 1.

    Examples
    --------
    >>> dark, light = (np.full((60, 80, 3), grey, np.uint8) for grey in (20, 240))
    >>> Look.of(dark).colors_unlike(Look.of(light)) > 0.9
    True
    >>> Look.of(dark).unlike(Look.of(dark))
    0.0
    """

    colors: npt.NDArray[np.float32]
    layout: npt.NDArray[np.float32]

    @classmethod
    def of(cls, image: npt.NDArray[np.uint8]) -> "Look":
        """Look at a photograph (H, W, 3) uint8."""
        small = shrink(image, _THUMBNAIL)
        return cls(_colors(small), _layout(small))

    def colors_unlike(self, other: "Look") -> float:
        """Return the share of its pixels, 0 to 1, whose colours the other has not."""
        return 1 - _overlap(self.colors, other.colors)

    def layout_unlike(self, other: "Look") -> float:
        """Return the share of its edges, 0 to 1, that run otherwise or elsewhere in the other."""
        return 1 - _overlap(self.layout, other.layout)

    def unlike(self, other: "Look") -> float:
        """Return the mean of both, 0 for the same picture and 1 for nothing in common."""
        return (self.colors_unlike(other) + self.layout_unlike(other)) / 2


class Looks:
    """The looks of a dataset's pictures; each is read once, and again when its file has changed.

    Parameters
    ----------
    dataset : Dataset

    Examples
    --------
    >>> looks = Looks(Dataset.sample())
    >>> looks["coin_01"].unlike(looks["coin_02"]) > 0
    True
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._known: dict[str, tuple[FileStamp | None, Look]] = {}

    def __getitem__(self, stem: str) -> Look:
        found = stamp(self._dataset.image_path(stem))
        known = self._known.get(stem)
        if known is None or known[0] != found:
            known = self._known[stem] = (found, Look.of(self._dataset.image(stem)))
        return known[1]


def _overlap(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    return min(1.0, round(float(np.minimum(one, other).sum()), 4))


def _colors(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    counts = np.histogramdd(lab, bins=_SHADES, range=[(0, 256)] * 3)[0]
    # A shade lighter is not another colour: each count spreads over its neighbours.
    counts = gaussian_filter(counts, _SPREAD)
    return (counts / counts.sum()).astype(np.float32).ravel()


def _layout(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1).astype(np.float32)
    across, down = (cv2.Scharr(grey, cv2.CV_32F, *axis) / 32 for axis in ((1, 0), (0, 1)))
    height, width = grey.shape
    direction = (np.arctan2(down, across) % np.pi / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    row = np.arange(height)[:, np.newaxis] * _CELLS // height
    column = np.arange(width) * _CELLS // width
    place = (row * _CELLS + column) * _DIRECTIONS + direction
    strength = np.hypot(across, down)
    cells = np.bincount(place.ravel(), strength.ravel(), _CELLS * _CELLS * _DIRECTIONS)
    whole = np.append(cells, _FAINT * strength.size)
    return (whole / whole.sum()).astype(np.float32)
