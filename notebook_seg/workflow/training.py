"""From a dataset to a model."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import ModelError, OptionError, SaveError, TrainingError
from notebook_seg.inspection.charts import learning_curves
from notebook_seg.prediction import Model
from notebook_seg.training import Fitted, Plan, TrainingSession, make_plan
from notebook_seg.training.checkpoint import CHECKPOINT_NAME, checkpoint_file, is_finished
from notebook_seg.training.epochs import has_adapted_batches
from notebook_seg.training.fingerprint import check_learnable
from notebook_seg.training.plan_values import plan_value
from notebook_seg.training.planner import validation_share
from notebook_seg.training.run_lock import is_busy
from notebook_seg.training.runs import latest_first, run_name, runs_folder
from notebook_seg.training.trackers import Tracker, attach_trackers
from notebook_seg.training.with_bar import run_with_bar
from notebook_seg.workflow.shared import check_labelled, save_figure
from notebook_seg.workflow.splitting import split_by_classes

__all__ = [
    "follow",
    "model_of",
    "plan",
    "plan_for",
    "run_folder",
    "split_for",
    "train",
    "training_session",
]

# Else None is the same as nothing said: here it asks for random weights, or for classes that count
# alike.
_NONE_SAYS = ("encoder_weights", "class_weights")


def split_for(dataset: Dataset, plan: Plan, test: float = 0.0) -> Split:
    """Divide the labelled pictures as a plan wants it; a single one is learned from.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    test : float
        Share of the pictures that is kept for `evaluate` and never looked at, 0 to below 1.

    Returns
    -------
    Split

    Raises
    ------
    DatasetError
        If there are too few labelled pictures or groups.
    MaskError
        If a mask cannot be read.
    OptionError
        If `test` is no share, or leaves nothing to learn from.

    Examples
    --------
    >>> split = split_for(Dataset.sample(), Plan(epochs=1, validation=0.25))
    >>> len(split.train), len(split.validation), len(split.test)
    (9, 3, 0)
    """
    return _split(dataset, plan.validation, test, plan.seed)


def _split(dataset: Dataset, validation: float, test: float, seed: int) -> Split:
    if len(dataset.labelled) == 1:
        return Split(dataset.labelled, (), ())
    return split_by_classes(dataset, validation, test, seed)


def plan(dataset: Dataset, *, test: float = 0.0, **choices: Any) -> Plan:
    """Decide how to train on the labelled pictures of a dataset, without doing it.

    Print it to see each choice with its reason; change it with `Plan.replace`, keep it in a file
    with `Plan.save` and `notebook_seg.Plan.load`, and train by it with ``train(data, plan=...)``.

    Parameters
    ----------
    dataset : Dataset
    test : float
        Share of the pictures that would be kept for `evaluate`, 0 to below 1.
    **choices
        Any field of `Plan`, to override what would be decided; 5 minutes if neither `epochs` nor
        `minutes` is given.

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If a choice is not understood.
    TrainingError
        If no class is drawn in any of the pictures.

    Examples
    --------
    >>> plan(Dataset.sample(), encoder="resnet18").minutes
    5.0
    """
    check_labelled(dataset)
    said = _said(choices)
    share = said["validation"] if "validation" in said else validation_share(dataset)[0]
    split = _split(dataset, share, test, said.get("seed", 0))
    return plan_for(dataset, split.train, None, said)


def plan_for(
    dataset: Dataset, stems: tuple[str, ...], given: Plan | None, choices: dict[str, Any]
) -> Plan:
    """Return a plan for training on some pictures: as decided, or as given, but for the choices.

    Parameters
    ----------
    dataset : Dataset
    stems : tuple of str
        What is looked at to decide.
    given : Plan or None
    choices : dict
        As for `plan`.

    Returns
    -------
    Plan

    Raises
    ------
    OptionError
        If a choice is not understood.
    ImageError, MaskError
        If a picture that is looked at cannot be read; none is where a plan is given.
    TrainingError
        If no class is drawn in any of the pictures, or one alone and no background.

    Examples
    --------
    >>> plan_for(Dataset.sample(), (), Plan(epochs=3), {"loss": "dice"}).loss
    'dice'
    """
    said = _said(choices)
    if given is not None:
        return given.replace(**said) if said else given
    return make_plan(dataset, stems, **said)


def _said(choices: dict[str, Any]) -> dict[str, Any]:
    weights = choices.get("encoder_weights")
    if isinstance(weights, Path):
        choices = {**choices, "encoder_weights": str(weights)}
    said = {n: value for n, value in choices.items() if value is not None or n in _NONE_SAYS}
    return {name: plan_value(name, value) for name, value in said.items()}


def run_folder(dataset: Dataset, plan: Plan) -> Path:
    """Return the folder of a training that begins now, to be made with ``fresh=True``.

    Another may begin in the same second: the lock gives the later one a number behind its name.

    Examples
    --------
    >>> run_folder(Dataset.sample(), Plan(minutes=5)).name
    '..._unet-mobilenetv2'
    """
    return runs_folder(dataset) / run_name(plan)


def training_session(
    dataset: Dataset,
    out: str | Path | None = None,
    *,
    plan: Plan | None = None,
    test: float = 0.0,
    resume: bool = False,
    **choices: Any,
) -> TrainingSession:
    """Prepare a training, to be run, watched, paused and stopped.

    Parameters
    ----------
    dataset : Dataset
    out, plan, test, resume, **choices
        As for `train`.

    Returns
    -------
    TrainingSession
        A new one, or one that goes on after its latest epoch.

    Raises
    ------
    DatasetError
        If no picture is labelled, or too few to keep some for validation and for `test`.
    ImageError, MaskError
        If a picture that is looked at cannot be read.
    OptionError
        If an option is not understood, or options or classes are not those of the training to go
        on with.
    TrainingError
        If there is nothing to learn, or the training to go on with is running or has none of its
        pictures left.
    ModelError
        If there is nothing to go on with, it is finished, or its state is damaged.

    Examples
    --------
    >>> training_session(Dataset.sample(), epochs=3).state
    'ready'
    """
    if resume:
        begun = _latest_unfinished_training(dataset) if out is None else Path(out).expanduser()
        if is_finished(begun):
            raise ModelError(
                f"The training in {begun} is finished: use its model with load_model, or train "
                "without resume."
            )
        if checkpoint_file(begun).exists():
            session = TrainingSession.resume(dataset, begun)
            _check_same(session, plan, test, choices)
            return session
    chosen = _plan(dataset, plan, test, choices)
    folder = run_folder(dataset, chosen) if out is None else Path(out).expanduser()
    split = split_for(dataset, chosen, test)
    if plan is not None:
        check_learnable(dataset, split.train)
    return TrainingSession(dataset, chosen, split, folder, fresh=out is None)


def _check_same(
    session: TrainingSession, given: Plan | None, test: float, choices: dict[str, Any]
) -> None:
    """Refuse to go on with a training that was begun otherwise than is asked for now."""
    kept, said = session.plan, _said(choices)
    wanted = (given or kept).replace(**said)
    looked_at = said if given is None else [f.name for f in fields(Plan) if f.name != "reasons"]
    differences = [
        f"{name} was {getattr(kept, name)}, now {getattr(wanted, name)}"
        for name in looked_at
        if getattr(kept, name) != getattr(wanted, name) and not _was_adapted(name, kept)
    ]
    if test and not session.split.test and split_for(session.dataset, kept, test).test:
        differences.append(f"test was 0, now {test}")
    if differences:
        raise OptionError(
            f"The training in {session.out} goes on as it was begun: leave out what differs, or "
            f"train anew without resume. Received: {'; '.join(differences)}"
        )


def _was_adapted(name: str, kept: Plan) -> bool:
    # Who asks for the same again asks for the batches that memory was too small for.
    return name == "batch_size" and has_adapted_batches(kept)


def _plan(dataset: Dataset, given: Plan | None, test: float, choices: dict[str, Any]) -> Plan:
    if given is None:
        return plan(dataset, test=test, **choices)
    check_labelled(dataset)
    return plan_for(dataset, (), given, choices)


def _latest_unfinished_training(dataset: Dataset) -> Path:
    """Return the latest run of a dataset that neither came to its end nor goes on elsewhere."""
    runs = runs_folder(dataset)
    unfinished = latest_first(state.parent for state in runs.glob(f"*/{CHECKPOINT_NAME}"))
    for run in unfinished:
        if not is_busy(run):
            return run
    if unfinished:
        raise TrainingError(
            f"A training is running in {unfinished[0]}: wait until it has ended, or train without "
            "resume."
        )
    raise ModelError(
        f"No training in {runs} is unfinished: train without resume, or say which with out=FOLDER."
    )


def train(
    dataset: Dataset,
    out: str | Path | None = None,
    *,
    plan: Plan | None = None,
    test: float = 0.0,
    resume: bool = False,
    trackers: Sequence[Tracker] | None = None,
    progress: bool = True,
    **choices: Any,
) -> Model:
    """Train a network on the labelled pictures of a dataset.

    Everything that is not said is decided from the pictures; `plan` shows how.

    Parameters
    ----------
    dataset : Dataset
    out : path, optional
        Model folder. After each epoch the state of the training is there, the best weights so
        far with it, from which `resume` goes on; the model itself is written as often as costs
        little time, and at the end. A model that is there already is set aside as ``model.1`` and
        so on. Without it, a folder for this run is made under ``runs`` in the folder of the
        dataset.
    plan : Plan, optional
        How to train, from `notebook_seg.plan`, `notebook_seg.Plan.load` or `notebook_seg.recipes`.
    test : float
        Share of the pictures that is kept for `evaluate` and never looked at, 0 to below 1.
    resume : bool
        Go on with the training that was stopped or killed in `out`, or else with the latest of
        the dataset; a new one starts if none was begun in `out`. Options that are given again
        must be what they were.
    trackers : sequence of Tracker, optional
        Keep what a training shows; without them a `LocalTracker` keeps pictures and weights in
        the folder of the run.
    progress : bool
        Whether to show a bar with the time left. Interrupting ends training and keeps the best
        epoch.
    **choices
        Any field of `Plan`: `minutes` (5 if nothing is said) or `epochs`, `encoder_weights`
        (``"imagenet"``, a path, or None for random ones), `validation` (share of the pictures
        by which the best epoch is chosen), `seed`, `architecture`, `encoder`, `loss`, ... On one
        machine the same seed and epochs give the same model but for rounding, since threads add
        up in any order.

    Returns
    -------
    Model

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If an option is not understood, or differs from that of the training to go on with.
    WeightsError
        If the encoder's weights are not to be had.
    TrainingError
        If there is nothing to learn, or training fails.
    ModelError
        If there is nothing to go on with.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> brief = {"epochs": 1, "steps": 1, "batch_size": 2, "progress": False}
    >>> model = train(data, architecture="small_unet", **brief)
    >>> model.predict(data.image("coin_01")).labels.shape == data.image_size("coin_01")
    True
    """
    session = training_session(dataset, out, plan=plan, test=test, resume=resume, **choices)
    return model_of(session, follow(session, trackers, progress))


def follow(
    session: TrainingSession, trackers: Sequence[Tracker] | None = None, progress: bool = True
) -> Fitted:
    """Run a training to its end, with a bar and with what keeps what it shows.

    Parameters
    ----------
    session : TrainingSession
    trackers, progress
        As for `train`.

    Returns
    -------
    Fitted
        With the weights of the best epoch.

    Raises
    ------
    OptionError
        If a `LocalTracker` is to follow a training that writes to no folder.
    WeightsError, TrainingError, OutOfMemoryError, SaveError
        As `TrainingSession.run`.
    """
    attach_trackers(session, trackers)
    return run_with_bar(session, progress)


def model_of(session: TrainingSession, fitted: Fitted) -> Model:
    """Return the model that a training came to, its curves drawn beside it.

    Parameters
    ----------
    session : TrainingSession
        Where the curves cannot be written, it says so: the model is there all the same.
    fitted : Fitted
        What `follow` has returned.

    Returns
    -------
    Model
    """
    if session.out is not None:
        curves = learning_curves(fitted.history, fitted.record.training["best_epoch"])
        try:
            save_figure(curves, session.out / "curves.png")
        except SaveError as error:
            session.said.emit(f"The model is kept, but not the picture of its curves: {error}.")
    return Model(fitted.network, fitted.record, fitted.history)
