"""Opening what training or cross-validation wrote."""

from pathlib import Path

from notebook_seg.prediction.ensemble import Ensemble, is_ensemble
from notebook_seg.prediction.model import Model

__all__ = ["load_model"]


def load_model(folder: str | Path) -> Model | Ensemble:
    """Rebuild a model, or an ensemble of models, from its folder.

    Parameters
    ----------
    folder : path
        What training, cross-validation or `save` wrote.

    Raises
    ------
    ModelError
        If the folder is not that of a model, or is damaged.
    """
    folder = Path(folder).expanduser()
    return Ensemble.load(folder) if is_ensemble(folder) else Model.load(folder)
