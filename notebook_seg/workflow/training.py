"""From a dataset to a model."""

from pathlib import Path

from notebook_seg.data import Dataset, Split
from notebook_seg.inspection.charts import learning_curves
from notebook_seg.prediction import Model
from notebook_seg.training import fit, make_plan
from notebook_seg.workflow.shared import check_labelled, save_figure

__all__ = ["train"]

DEFAULT_MINUTES = 5.0


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
    check_labelled(dataset)
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
        save_figure(learning_curves(fitted.history), Path(out) / "curves.png")
    return Model(fitted.network, fitted.record, fitted.history)
