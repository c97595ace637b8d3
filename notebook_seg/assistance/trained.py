"""A trained model that helps to label, loaded when it is first needed."""

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from notebook_seg.errors import OptionError
from notebook_seg.labelling.upsampling import upsample_labels

if TYPE_CHECKING:
    from notebook_seg.prediction import Predictor

__all__ = ["TrainedModel"]


class TrainedModel:
    """Says where a trained model sees which class.

    Parameters
    ----------
    source : Model, Ensemble, str or Path
        A model, or the folder or the bundle of one, which is opened, and TensorFlow imported, when
        the first picture is asked about.
    class_names : tuple of str
        Of the dataset that is labelled, background first.

    Attributes
    ----------
    title : str
        What it is called in messages.

    Raises
    ------
    OptionError
        If the model knows other classes than the dataset; of a path, when it is opened.
    """

    def __init__(self, source: "Predictor | str | Path", class_names: tuple[str, ...]) -> None:
        self._class_names = class_names
        self._loading = Lock()
        self._folder: Path | None = None
        self._model: Predictor | None = None
        self.title = "The model"
        if isinstance(source, str | Path):
            self._folder = Path(source).expanduser()
            self.title = f"The model {self._folder.resolve().name}"
        else:
            self._model = self._checked(source)

    @property
    def is_loaded(self) -> bool:
        """Whether an answer comes without opening the folder first."""
        return self._model is not None

    def load(self) -> "Predictor":
        """Return the model; the first time, from its folder or bundle.

        Raises
        ------
        ModelError
            If there is no model, or it is damaged.
        OptionError
            If the model knows other classes than the dataset.
        """
        with self._loading:
            if self._model is None:
                from notebook_seg.sharing import load_model

                assert self._folder is not None
                self._model = self._checked(load_model(self._folder))
            return self._model

    def probabilities(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return how probable each class is (h, w, C), at the size that the model works at."""
        return self.load().predict(image).working_probabilities

    def labels(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the most probable class (H, W) of each pixel."""
        return upsample_labels(self.probabilities(image), image)

    def _checked(self, model: "Predictor") -> "Predictor":
        if tuple(model.class_names) != self._class_names:
            raise OptionError(
                f"{self.title} knows other classes than the pictures that are labelled: "
                f"{', '.join(self._class_names[1:])}. Received: {', '.join(model.class_names[1:])}"
            )
        return model
