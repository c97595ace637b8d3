"""What a model and an ensemble of models have in common: they say what a photograph shows."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from notebook_seg.data import read_image
from notebook_seg.data.classes import BACKGROUND_COLOR
from notebook_seg.data.overlays import check_image
from notebook_seg.prediction.result import Prediction
from notebook_seg.training.record import ModelRecord

__all__ = ["Predictor"]


class Predictor(ABC):
    """What can be asked for a prediction: a `Model` or an `Ensemble`."""

    @property
    @abstractmethod
    def record(self) -> ModelRecord:
        """Classes, plan, and how training went."""

    @property
    @abstractmethod
    def temperature(self) -> float:
        """What logits are divided by, so that probabilities mean what they say; 1 if unknown."""

    @abstractmethod
    def save(self, folder: str | Path) -> None:
        """Write it to a folder, from which `load_model` rebuilds it anywhere.

        Raises
        ------
        SaveError
            If the folder cannot be written.
        """

    @abstractmethod
    def _working_probabilities(self, pixels: np.ndarray, augmented: bool) -> np.ndarray:
        """Return the probabilities ``(h, w, C)`` at the working scale."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, background first."""
        return ("background", *(c.name for c in self.record.classes))

    @property
    def colors(self) -> tuple[str, ...]:
        """Colours of the classes, ``"#rrggbb"``, background first."""
        return (BACKGROUND_COLOR, *(c.color for c in self.record.classes))

    def predict(self, image: np.ndarray | str | Path, augmented: bool = False) -> Prediction:
        """Say which class every pixel of a photograph shows.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3), or path
            The photograph, of any size.
        augmented : bool, optional
            Whether to take the mean over the ways to mirror and to turn the photograph in which
            the training has seen its pictures, mostly two or eight. It takes as many times as
            long and no more memory; whether it is better, `evaluate` tells with the same option.

        Raises
        ------
        ImageError
            If the file cannot be read, or the array is not an image.
        """
        pixels = image if isinstance(image, np.ndarray) else read_image(image)
        check_image(pixels)
        probabilities = self._working_probabilities(pixels, augmented)
        return Prediction(pixels, probabilities, self.class_names, self.colors)
