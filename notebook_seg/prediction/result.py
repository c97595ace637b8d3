"""What a model says of one photograph."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from scipy.special import xlogy

from notebook_seg.data.overlays import check_opacity, overlay_image, paint
from notebook_seg.errors import OptionError

__all__ = ["Prediction"]

_LEVELS = np.arange(255, dtype=np.uint8)
_HEAT = np.asarray(cv2.applyColorMap(_LEVELS[:, None], cv2.COLORMAP_PLASMA)[:, 0, ::-1], np.uint8)


@dataclass(frozen=True)
class Prediction:
    """The classes that a model sees in a photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        The photograph, upright.
    working_probabilities : ndarray of float32, shape (h, w, C)
        Probabilities at the scale that the network worked at, 0 to 1, summing to 1.
    class_names, colors : sequence of str
        Of every class, background first.

    Examples
    --------
    >>> image = np.zeros((4, 6, 3), np.uint8)
    >>> working = np.tile(np.float32([0.2, 0.8]), (2, 3, 1))
    >>> prediction = Prediction(image, working, ("background", "fish"), ("#000000", "#e6194b"))
    >>> prediction.labels.shape, int(prediction.labels.min())
    ((4, 6), 1)
    """

    image: np.ndarray
    working_probabilities: np.ndarray
    class_names: Sequence[str]
    colors: Sequence[str]

    def _enlarged(self, values: np.ndarray) -> np.ndarray:
        height, width = self.image.shape[:2]
        values = np.ascontiguousarray(values)
        return cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)

    def _at_full_size(self, label: int) -> np.ndarray:
        return self._enlarged(self.working_probabilities[..., label])

    @cached_property
    def labels(self) -> np.ndarray:
        """The most probable class of every pixel: ``(H, W)`` uint8, the photograph's size."""
        best = self._at_full_size(0)
        labels = np.zeros(best.shape, np.uint8)
        # One class at a time, so that memory does not grow with the number of classes.
        for label in range(1, len(self.class_names)):
            probability = self._at_full_size(label)
            labels[probability > best] = label
            np.maximum(best, probability, out=best)
        return labels

    @property
    def probabilities(self) -> np.ndarray:
        """Probabilities at the photograph's size: ``(H, W, C)`` float32, 0 to 1."""
        return np.stack([self._at_full_size(i) for i in range(len(self.class_names))], axis=-1)

    @cached_property
    def uncertainty(self) -> np.ndarray:
        """How unsure each pixel is: ``(H, W)`` float32, 0 sure, 1 any class as likely as another.

        It is the entropy of the probabilities against the highest there can be. It tells more
        where several models, or several views of the photograph, were asked, since they also
        disagree where one would be wrongly sure.

        Examples
        --------
        >>> image, colors = np.zeros((2, 2, 3), np.uint8), ("#000000", "#e6194b")
        >>> working = np.array([[[1, 0], [0.5, 0.5]]], np.float32)
        >>> Prediction(image[:1], working, ("background", "fish"), colors).uncertainty
        array([[0., 1.]], dtype=float32)
        """
        working = self.working_probabilities
        entropy = np.zeros(working.shape[:2], np.float32)
        for label in range(working.shape[-1]):
            entropy -= xlogy(working[..., label], working[..., label])
        return self._enlarged(np.clip(entropy / math.log(working.shape[-1]), 0, 1))

    def uncertainty_overlay(self, opacity: float = 0.8) -> np.ndarray:
        """Return the photograph with what is uncertain shining, ``(H, W, 3)`` uint8.

        Parameters
        ----------
        opacity : float, default 0.8
            Of the least certain pixels, 0 to 1; certain ones are left as they are.

        Raises
        ------
        OptionError
            If the opacity is not between 0 and 1.
        """
        check_opacity(opacity)
        levels = np.round(self.uncertainty * _LEVELS[-1]).astype(np.uint8)
        return paint(self.image, levels, _HEAT, opacity * _LEVELS / _LEVELS[-1], outline=0)

    def overlay(self, opacity: float = 0.45) -> np.ndarray:
        """Return the photograph with the classes drawn over it, ``(H, W, 3)`` uint8."""
        return overlay_image(self.image, self.labels, self.colors, opacity=opacity)

    def cutout(self, classes: Sequence[str] | None = None) -> np.ndarray:
        """Return the photograph with everything else transparent.

        Parameters
        ----------
        classes : sequence of str, optional
            The classes to keep; all but the background if not given.

        Returns
        -------
        ndarray of uint8, shape (H, W, 4)
            Red, green, blue and opacity.

        Raises
        ------
        OptionError
            If one of the classes is not among those of the model.
        """
        kept = self.class_names[1:] if classes is None else classes
        unknown = [name for name in kept if name not in self.class_names]
        if unknown:
            raise OptionError(
                f"Unknown class: choose from {', '.join(self.class_names)}. "
                f"Received: {unknown[0]!r}"
            )
        indexes = [list(self.class_names).index(name) for name in kept]
        opacity = np.isin(self.labels, indexes).astype(np.uint8) * 255
        return np.dstack([self.image, opacity])
