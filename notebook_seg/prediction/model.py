"""A model: a network that knows its classes, its scale and how it was trained."""

from pathlib import Path

import keras
import numpy as np

from notebook_seg.data import read_image
from notebook_seg.data.classes import BACKGROUND_COLOR
from notebook_seg.data.overlays import check_image
from notebook_seg.prediction.augmented import View, averaged, views_of
from notebook_seg.prediction.result import Prediction
from notebook_seg.prediction.tiling import predict_in_tiles
from notebook_seg.training.batches import as_channels
from notebook_seg.training.networks import preprocess
from notebook_seg.training.record import (
    History,
    ModelRecord,
    read_history,
    read_network,
    save_model,
)

__all__ = ["Model", "load_model"]


class Model:
    """A trained network, ready to predict.

    Parameters
    ----------
    network : keras.Model
        From preprocessed images to logits.
    record : ModelRecord
        Classes, plan, and how training went.
    history : dict of str to list of float, optional
        Learning curves, a value per epoch.
    """

    def __init__(
        self, network: keras.Model, record: ModelRecord, history: History | None = None
    ) -> None:
        self.network = network
        self.record = record
        self.history = history or {}

    def __repr__(self) -> str:
        plan = self.record.plan
        return f"Model({plan.architecture} with {plan.encoder}: {', '.join(self.class_names[1:])})"

    @classmethod
    def load(cls, folder: str | Path) -> "Model":
        """Rebuild a model from its folder.

        Raises
        ------
        ModelError
            If the folder is not that of a model, or is damaged.
        """
        folder = Path(folder)
        record = ModelRecord.read(folder)
        return cls(read_network(folder, record), record, read_history(folder))

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder, from which `load` rebuilds it anywhere.

        Raises
        ------
        SaveError
            If the folder cannot be written.
        """
        save_model(Path(folder), self.network, self.record, self.history)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, background first."""
        return ("background", *(c.name for c in self.record.classes))

    @property
    def colors(self) -> tuple[str, ...]:
        """Colours of the classes, ``"#rrggbb"``, background first."""
        return (BACKGROUND_COLOR, *(c.color for c in self.record.classes))

    @property
    def temperature(self) -> float:
        """What logits are divided by, so that probabilities mean what they say; 1 if unknown.

        It is fitted on the validation pictures at the end of training; see
        `notebook_seg.training.calibration`.
        """
        return float(self.record.training.get("temperature") or 1.0)

    def predict(self, image: np.ndarray | str | Path, augmented: bool = False) -> Prediction:
        """Say which class every pixel of a photograph shows.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3), or path
            The photograph, of any size.
        augmented : bool, optional
            Whether to take the mean over the photograph and its mirror image, and where the
            training turned its pictures over all eight ways to turn and mirror it. It takes two
            or eight times as long, no more memory, and is mostly a little better.

        Raises
        ------
        ImageError
            If the file cannot be read, or the array is not an image.
        """
        pixels = image if isinstance(image, np.ndarray) else read_image(image)
        check_image(pixels)
        plan = self.record.plan
        views = views_of(plan.augmentation) if augmented else (View(0, mirrored=False),)
        predict = averaged(self._probabilities, views)
        probabilities = predict_in_tiles(plan.scale.image(pixels), predict)
        return Prediction(pixels, probabilities, self.class_names, self.colors)

    def _probabilities(self, images: np.ndarray) -> np.ndarray:
        plan = self.record.plan
        scaled = preprocess(plan.encoder, as_channels(images, plan.channels))
        logits = self.network.predict_on_batch(scaled)
        return np.asarray(keras.ops.softmax(logits / self.temperature), np.float32)


def load_model(folder: str | Path) -> Model:
    """Rebuild a model from the folder that training wrote.

    Raises
    ------
    ModelError
        If the folder is not that of a model, or is damaged.
    """
    return Model.load(folder)
