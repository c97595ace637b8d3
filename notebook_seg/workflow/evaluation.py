"""From a model to its scores."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from notebook_seg.data import Dataset, Split
from notebook_seg.data.files import make_folder
from notebook_seg.errors import (
    DatasetError,
    ImageError,
    MaskError,
    NotebookSegError,
    check_choice,
)
from notebook_seg.inspection.evaluation import Evaluation, evaluate_predictions
from notebook_seg.inspection.figures import gallery
from notebook_seg.prediction import Prediction, Predictor
from notebook_seg.progress import progress_bar
from notebook_seg.workflow.shared import check_classes, check_labelled, save_figure

__all__ = ["evaluate", "part_of_split", "predictions", "worst_first", "write_evaluation"]


def evaluate(
    model: Predictor, dataset: Dataset, progress: bool = True, augmented: bool = False
) -> Evaluation:
    """Score a model on the labelled pictures of a dataset.

    Parameters
    ----------
    model : Model or Ensemble
    dataset : Dataset
        Of the same classes; ``dataset.subset(stems)`` scores some of its pictures.
    progress : bool
        Whether to show a bar.
    augmented : bool
        Whether the model looks at each photograph in several ways; see `Model.predict`.

    Returns
    -------
    Evaluation

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If the classes of the dataset are not those of the model.
    """
    check_labelled(dataset)
    check_classes(model, dataset)
    predicted = predictions(model, dataset, progress, augmented)
    return evaluate_predictions(
        ((stem, truth, prediction.labels) for stem, truth, prediction in predicted),
        model.class_names,
    )


def predictions(
    model: Predictor,
    dataset: Dataset,
    progress: bool = True,
    augmented: bool = False,
    unreadable: Callable[[str, NotebookSegError], None] | None = None,
) -> Iterator[tuple[str, np.ndarray, Prediction]]:
    """Yield of each labelled picture its name, its mask and what a model says of it.

    Parameters
    ----------
    model, dataset, progress, augmented
        As for `evaluate`.
    unreadable : callable, optional
        Is told of each picture that cannot be read, which is then left out; without it, the
        first of them ends the scoring.

    Raises
    ------
    ImageError, MaskError, DatasetError
        If a picture cannot be read and nobody is to be told.
    """
    with progress_bar(len(dataset.labelled), "Scoring", "photo", progress) as bar:
        for stem in dataset.labelled:
            try:
                image, mask = dataset.image(stem), dataset.drawn_mask(stem)
            except (ImageError, MaskError, DatasetError) as error:
                if unreadable is None:
                    raise
                unreadable(stem, error)
            else:
                yield stem, mask, model.predict(image, augmented)
            bar.update()


def part_of_split(model: Predictor, dataset: Dataset, part: str) -> Dataset:
    """Return the pictures that a model trained on, chose its best epoch by, or never saw.

    Parameters
    ----------
    model : Model or Ensemble
    dataset : Dataset
        The one that the model was trained on.
    part : {"train", "validation", "test"}

    Raises
    ------
    OptionError
        If the part is not known.
    DatasetError
        If the model kept no pictures for it, or they are not in the dataset.
    """
    check_choice("part of the split", part, Split._fields)
    stems = model.record.split[part]
    if not stems:
        raise DatasetError(
            f"The model was trained without {part} pictures: train with {part}=0.2, for example."
        )
    return dataset.subset(stems)


def worst_first(model: Predictor, dataset: Dataset, scores: Evaluation, limit: int = 6) -> Figure:
    """Draw truth beside prediction for the pictures that a model does worst on.

    Parameters
    ----------
    model : Model or Ensemble
    dataset : Dataset
    scores : Evaluation
        Of the model on the dataset.
    limit : int
        How many pictures at most.
    """
    worst = dataset.subset(scores.stems_worst_first[:limit])
    rows = (
        (stem, image, worst.drawn_mask(stem), model.predict(image).labels)
        for stem, image in ((stem, worst.image(stem)) for stem in worst.stems)
    )
    return gallery(rows, model.class_names, model.colors, limit)


def write_evaluation(model: Predictor, dataset: Dataset, scores: Evaluation, out: Path) -> None:
    """Write ``scores.csv`` and ``worst_first.png`` to a folder.

    Raises
    ------
    SaveError
        If the folder cannot be written.
    """
    out = make_folder(out.expanduser())
    scores.to_csv(out / "scores.csv")
    save_figure(worst_first(model, dataset, scores), out / "worst_first.png")
