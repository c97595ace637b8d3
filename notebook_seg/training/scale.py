"""The working scale: how many pixels of a photograph the network gets to see.

The aspect ratio is always kept.
"""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import cv2
import numpy as np

from notebook_seg.data.overlays import resized_mask
from notebook_seg.errors import OptionError

__all__ = ["WorkingScale"]


@dataclass(frozen=True)
class WorkingScale:
    """How photographs are scaled before the network sees them.

    One of the two is given. With `long_side`, every photograph is scaled to that many pixels
    along its longer side: right where each photograph frames its specimen, whatever the camera.
    With `factor`, every photograph is scaled alike: right where pixels have a fixed size, as
    under a microscope.

    Parameters
    ----------
    long_side : int, optional
        Pixels of the longer side; photographs are never enlarged beyond twice their size.
    factor : float, optional
        What both sides are multiplied by.

    Raises
    ------
    OptionError
        If both are given, or neither, or one that is no number above 0.

    Examples
    --------
    >>> WorkingScale(long_side=512).size(1024, 2048)
    (256, 512)
    >>> WorkingScale(factor=0.5).size(450, 540)
    (225, 270)
    """

    long_side: int | None = None
    factor: float | None = None

    def __post_init__(self) -> None:
        if (self.long_side is None) == (self.factor is None):
            raise OptionError(
                "Say one of the two: WorkingScale(long_side=512) for so many pixels of the longer "
                f"side, or WorkingScale(factor=0.5). Received: {self!r}"
            )
        # As numbers of Python's own: NumPy's would not fit into JSON.
        if self.long_side is not None:
            side = max(1, round(_above_0("long_side", self.long_side)))
            object.__setattr__(self, "long_side", side)
        if self.factor is not None:
            object.__setattr__(self, "factor", _above_0("factor", self.factor))

    def __str__(self) -> str:
        if self.long_side:
            return f"long side {self.long_side} pixels"
        return f"× {self.factor:g}"

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return the working height and width in pixels of a photograph of this size."""
        factor = self.factor or min((self.long_side or 0) / max(height, width), 2.0)
        return max(1, round(height * factor)), max(1, round(width * factor))

    def image(self, image: np.ndarray) -> np.ndarray:
        """Return an image ``(H, W, 3)`` uint8 at the working scale, averaged where it shrinks."""
        height, width = self.size(*image.shape[:2])
        shrinks = height < image.shape[0]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return cv2.resize(image, (width, height), interpolation=how)

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """Return a mask ``(H, W)`` uint8 at the working scale; its values stay what they are."""
        return resized_mask(mask, self.size(*mask.shape))


def _above_0(name: str, value: Any) -> float:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:
        raise OptionError(f"{name} of a WorkingScale must be a number above 0. Received: {value!r}")
    return float(value)
