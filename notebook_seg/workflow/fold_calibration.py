"""One temperature for the models of a cross-validation that held back no pictures for their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.errors import NotebookSegError
from notebook_seg.inspection.evaluation import Evaluation, evaluate_predictions
from notebook_seg.prediction import Model
from notebook_seg.training import ModelRecord
from notebook_seg.training.calibration import best_temperature, surprise
from notebook_seg.workflow.evaluation import predictions

__all__ = ["calibrate_folds", "score_fold"]

# What stands for the probability 0, which has no logarithm.
_LEAST = np.finfo(np.float32).tiny


def score_fold(
    model: Model, dataset: Dataset, progress: bool = True
) -> tuple[Evaluation, list[float]]:
    """Score a model on pictures that it has not seen, and by the same look how sure it may be.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        The pictures that were kept from it.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Evaluation
    list of float
        How surprising the truth is at each temperature, for `calibrate_folds`; empty where the
        model has a temperature of its own.

    Raises
    ------
    ImageError, MaskError, DatasetError
        If none of the pictures can be read. One of several is told and left out: it would cost
        the training of all folds.
    """
    surprises: list[np.ndarray] = []
    scores = evaluate_predictions(_pairs(model, dataset, progress, surprises), model.class_names)
    return scores, [] if _is_calibrated(model.record) else np.sum(surprises, axis=0).tolist()


def _pairs(
    model: Model, dataset: Dataset, progress: bool, surprises: list[np.ndarray]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    scale, left_out = model.record.plan.scale, _LeftOut(len(dataset.labelled))
    for stem, truth, prediction in predictions(model, dataset, progress, unreadable=left_out.add):
        # Logarithms of probabilities are logits but for a number that all classes have in common.
        logits = np.log(np.maximum(prediction.working_probabilities, _LEAST))
        surprises.append(surprise(logits, scale.mask(truth)))
        yield stem, truth, prediction.labels


class _LeftOut:
    """Tells of pictures that cannot be read, and gives up at the last of them."""

    def __init__(self, n_pictures: int) -> None:
        self.n_readable = n_pictures

    def add(self, stem: str, error: NotebookSegError) -> None:
        self.n_readable -= 1
        if not self.n_readable:
            raise error
        print(f"Not scored: {stem}: {error}")


def _is_calibrated(record: ModelRecord) -> bool:
    return record.training.get("temperature") is not None


def calibrate_folds(folders: Iterable[Path], surprises: Mapping[str, Sequence[float]]) -> None:
    """Give the models that have no temperature the one that suits all of them together.

    Parameters
    ----------
    folders : iterable of Path
        Of the models.
    surprises : mapping of str to sequence of float
        What `score_fold` returned for each model without a temperature, by any name.

    Raises
    ------
    ModelError
        If a model cannot be read.
    SaveError
        If a record cannot be written; asked again, it goes on with the same temperature.
    """
    known = [np.array(values) for values in surprises.values()]
    if not known:
        return
    temperature = best_temperature(known)
    for folder in folders:
        record = ModelRecord.read(folder)
        if not _is_calibrated(record):
            training = {**record.training, "temperature": temperature}
            replace(record, training=training).write(folder)
