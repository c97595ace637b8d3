"""A model: a network that knows its classes, its scale and how it was trained."""

from pathlib import Path

import keras
import numpy as np

from notebook_seg.prediction.augmented import View, averaged, views_of
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.training.batches import as_channels
from notebook_seg.training.networks import preprocess
from notebook_seg.training.quiet import quiet_retracing
from notebook_seg.training.record import (
    History,
    ModelRecord,
    read_history,
    read_network,
    save_model,
)
from notebook_seg.training.tiling import predict_in_tiles

__all__ = ["Model"]


class Model(Predictor):
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
        self._record = record
        self.history = history or {}

    @property
    def record(self) -> ModelRecord:
        """Classes, plan, and how training went."""
        return self._record

    def __repr__(self) -> str:
        plan = self.record.plan
        return f"Model({plan.network}: {', '.join(self.class_names[1:])})"

    @classmethod
    def load(cls, folder: str | Path) -> "Model":
        """Rebuild a model from its folder.

        Raises
        ------
        ModelError
            If the folder is not that of a model, or is damaged.
        """
        folder = Path(folder).expanduser()
        record = ModelRecord.read(folder)
        return cls(read_network(folder, record), record, read_history(folder))

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder, from which `load` rebuilds it anywhere.

        Raises
        ------
        SaveError
            If the folder cannot be written.
        """
        save_model(Path(folder).expanduser(), self.network, self.record, self.history)

    @property
    def temperature(self) -> float:
        """What logits are divided by, so that probabilities mean what they say; 1 if unknown.

        It is fitted on the validation pictures at the end of training, or, where a
        cross-validation has none, on those that its models have not seen; see
        `notebook_seg.training.calibration`.
        """
        return float(self.record.training.get("temperature") or 1.0)

    def _working_probabilities(self, pixels: np.ndarray, augmented: bool) -> np.ndarray:
        plan = self.record.plan
        views = views_of(plan.augmentation) if augmented else (View(0, mirrored=False),)
        predict = averaged(self._probabilities, views)
        return predict_in_tiles(plan.working_image(pixels), predict)

    def _probabilities(self, images: np.ndarray) -> np.ndarray:
        plan = self.record.plan
        scaled = preprocess(plan.encoder, as_channels(images, plan.channels))
        with quiet_retracing():
            logits = self.network.predict_on_batch(scaled)
        return np.asarray(keras.ops.softmax(logits / self.temperature), np.float32)
