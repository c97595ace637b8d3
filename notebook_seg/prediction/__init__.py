"""From a model to label maps: one photograph or a folder of them."""

import notebook_seg.training  # noqa: F401 - before any other import of Keras: its start is quiet
from notebook_seg.prediction.folder import FolderReport, predict_folder
from notebook_seg.prediction.model import Model, load_model
from notebook_seg.prediction.result import Prediction

__all__ = ["FolderReport", "Model", "Prediction", "load_model", "predict_folder"]
