"""The calls that join stages: from a dataset to a model, from a model to its scores."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from notebook_seg.data import Dataset, Split, atomic_write
from notebook_seg.data.files import make_folder
from notebook_seg.errors import DatasetError, OptionError, check_choice
from notebook_seg.inspection.charts import learning_curves
from notebook_seg.inspection.evaluation import Evaluation, evaluate_predictions
from notebook_seg.inspection.figures import gallery
from notebook_seg.prediction import Model
from notebook_seg.progress import progress_bar
from notebook_seg.training import fit, make_plan

__all__ = ["evaluate", "part_of_split", "train", "worst_first", "write_evaluation"]

DEFAULT_MINUTES = 5.0


def _check_labelled(dataset: Dataset) -> None:
    if not dataset.labelled:
        raise DatasetError(
            f"No picture of {dataset.folder} is labelled yet: draw some masks first, in "
            "notebook_seg.Labeller(data) or from existing ones with masks=FOLDER."
        )


def _split(dataset: Dataset, validation: float, test: float, seed: int) -> Split:
    if len(dataset.labelled) == 1:
        return Split(dataset.labelled, (), ())
    return dataset.split(validation=validation, test=test, seed=seed)


def train(
    dataset: Dataset,
    out: str | Path | None = None,
    *,
    epochs: int | None = None,
    minutes: float | None = None,
    encoder_weights: str | Path | None = "imagenet",
    validation: float = 0.2,
    test: float = 0.0,
    seed: int = 0,
    progress: bool = True,
    **choices: object,
) -> Model:
    """Train a network on the labelled pictures of a dataset.

    Parameters
    ----------
    dataset : Dataset
    out : path, optional
        Model folder; the best weights so far are always there while training goes on. A model
        that is there already is set aside as ``model.1`` and so on.
    epochs : int, optional
        Rounds to train for.
    minutes : float, optional
        Time to train for, 5 if neither is given.
    encoder_weights : {"imagenet"}, path or None
        ``"imagenet"`` takes the file from Keras' cache or fetches it, a path names it, None
        starts from random weights.
    validation : float
        Share of the pictures by which the best epoch is chosen, 0 to below 1.
    test : float
        Share of the pictures that is kept for `evaluate` and never looked at, 0 to below 1.
    seed : int
        Decides the split, the patches and the first weights. On one machine the same seed and
        epochs give the same model but for rounding, since threads add up in any order.
    progress : bool
        Whether to show a bar with the time left. Interrupting ends training and keeps the best
        epoch.
    **choices
        Anything else of `notebook_seg.training.Plan`: `architecture`, `encoder`, `loss`,
        `patch`, `batch_size`, `learning_rate`, `augmentation`, ...

    Returns
    -------
    Model

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If an option is not understood.
    WeightsError
        If the encoder's weights are not to be had.
    TrainingError
        If there is nothing to learn, or training fails.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> model = train(data, epochs=1, steps=1, batch_size=2, encoder_weights=None, progress=False)
    >>> model.predict(data.image("coin_01")).labels.shape == data.image_size("coin_01")
    True
    """
    _check_labelled(dataset)
    if epochs is None and minutes is None:
        minutes = DEFAULT_MINUTES
    split = _split(dataset, validation, test, seed)
    plan = make_plan(
        dataset,
        split.train,
        epochs=epochs,
        minutes=minutes,
        encoder_weights=None if encoder_weights is None else str(encoder_weights),
        validation=validation,
        seed=seed,
        **choices,
    )
    fitted = fit(dataset, plan, split, None if out is None else Path(out), progress)
    if out is not None:
        _save_figure(learning_curves(fitted.history), Path(out) / "curves.png")
    return Model(fitted.network, fitted.record, fitted.history)


def evaluate(model: Model, dataset: Dataset, progress: bool = True) -> Evaluation:
    """Score a model on the labelled pictures of a dataset.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        Of the same classes; ``dataset.subset(stems)`` scores some of its pictures.
    progress : bool
        Whether to show a bar.

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
    _check_labelled(dataset)
    if dataset.class_names != model.class_names:
        raise OptionError(
            f"The classes of {dataset.folder} are not those of the model. Received: "
            f"{', '.join(dataset.class_names)}; the model knows {', '.join(model.class_names)}"
        )
    return evaluate_predictions(_pairs(model, dataset, progress), model.class_names)


def _pairs(
    model: Model, dataset: Dataset, progress: bool
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    with progress_bar(len(dataset.labelled), "Scoring", "photo", progress) as bar:
        for stem in dataset.labelled:
            yield stem, dataset.drawn_mask(stem), model.predict(dataset.image(stem)).labels
            bar.update()


def part_of_split(model: Model, dataset: Dataset, part: str) -> Dataset:
    """Return the pictures that a model trained on, chose its best epoch by, or never saw.

    Parameters
    ----------
    model : Model
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


def worst_first(model: Model, dataset: Dataset, scores: Evaluation, limit: int = 6) -> Figure:
    """Draw truth beside prediction for the pictures that a model does worst on.

    Parameters
    ----------
    model : Model
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


def write_evaluation(model: Model, dataset: Dataset, scores: Evaluation, out: Path) -> None:
    """Write ``scores.csv`` and ``worst_first.png`` to a folder.

    Raises
    ------
    SaveError
        If the folder cannot be written.
    """
    make_folder(out)
    scores.to_csv(out / "scores.csv")
    _save_figure(worst_first(model, dataset, scores), out / "worst_first.png")


def _save_figure(figure: Figure, path: Path) -> None:
    png = io.BytesIO()
    figure.savefig(png, format="png")
    atomic_write(path, png.getvalue())
