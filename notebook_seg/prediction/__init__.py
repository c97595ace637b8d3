"""From a model to label maps: one photograph or a folder of them."""

import notebook_seg.training  # noqa: F401 - before any other import of Keras: its start is quiet
from notebook_seg.prediction.ensemble import Ensemble
from notebook_seg.prediction.folder import FolderReport, predict_folder
from notebook_seg.prediction.loading import load_model
from notebook_seg.prediction.model import Model
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.prediction.result import Prediction

__all__ = [
    "Ensemble",
    "FolderReport",
    "Model",
    "Prediction",
    "Predictor",
    "load_model",
    "predict_folder",
]
