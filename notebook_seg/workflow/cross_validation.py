"""From a dataset to a number that can be trusted, and to an ensemble."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from notebook_seg.data import Dataset, Split
from notebook_seg.data.splitting import Groups
from notebook_seg.errors import ModelError, TrainingError
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.folds import FoldScores
from notebook_seg.inspection.metrics import Scores
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.prediction.ensemble import write_members
from notebook_seg.training import ModelRecord, Plan, TrainingSession
from notebook_seg.training.checkpoint import checkpoint_file, is_finished
from notebook_seg.training.run_lock import alone_in, is_busy
from notebook_seg.training.runs import latest_first, runs_folder
from notebook_seg.training.trackers import Tracker
from notebook_seg.wording import counted
from notebook_seg.workflow.fold_calibration import calibrate_folds, score_fold
from notebook_seg.workflow.fold_record import SCORES, Counts, FoldRecord, fold_name
from notebook_seg.workflow.shared import check_labelled
from notebook_seg.workflow.splitting import folds_by_classes
from notebook_seg.workflow.training import follow, model_of, plan_for, run_folder

__all__ = ["CrossValidation", "cross_validate"]


class CrossValidation(FoldScores):
    """The scores of a cross-validation, with the models that it has trained.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of each fold, by the model that has not seen its pictures.
    folds : sequence of Split
    plan : Plan
        By which each of the models was trained.
    folder : Path
        Where the models are.
    """

    def __init__(
        self,
        evaluations: Sequence[Evaluation],
        folds: Sequence[Split],
        plan: Plan,
        folder: Path,
    ) -> None:
        super().__init__(evaluations)
        self.folds, self.plan, self.folder = tuple(folds), plan, folder

    @cached_property
    def ensemble(self) -> Ensemble:
        """The models of all folds together, read from `folder` when they are first asked for.

        Every labelled picture was learned from by most of them: `scores` tells how good one of
        the models is on new pictures, and the ensemble mostly is a little better.
        """
        return Ensemble.load(self.folder)


def cross_validate(
    dataset: Dataset,
    folds: int = 5,
    out: str | Path | None = None,
    *,
    groups: Groups | None = None,
    plan: Plan | None = None,
    resume: bool = False,
    trackers: Sequence[Tracker] | None = None,
    progress: bool = True,
    **choices: Any,
) -> CrossValidation:
    """Train as many models as folds, and score every picture by the one that has not seen it.

    With few pictures a single split is a lottery: which pictures happen to be tested decides the
    score. Here each of them is tested once, and the spread between folds tells how far to trust
    the mean. The models are trained by one plan; together they make an ensemble.

    Parameters
    ----------
    dataset : Dataset
    folds : int
        How many models, from 2 to the number of labelled pictures or groups.
    out : path, optional
        A folder for the models, ``fold_1`` and so on, and for ``scores.csv``; `load_model` opens
        it as an ensemble. Asked for the same again, a cross-validation goes on where it was
        stopped or killed, and folds that are done are not trained again. Without it, a folder is
        made under ``runs`` in the folder of the dataset.
    groups : mapping or str, optional
        Pictures of one group, such as several of one animal, are tested together, and each group
        is learned from as often as another; see `Dataset.folds`.
    plan : Plan, optional
        How to train, from `notebook_seg.plan`, `Plan.load` or `notebook_seg.recipes`.
    resume : bool
        Without `out`, go on with the latest of the dataset that is not done.
    trackers : sequence of Tracker, optional
        As for `train`, for each of the models.
    progress : bool
        Whether to show bars. Interrupting stops the cross-validation.
    **choices
        Any field of `Plan`, as for `train`; `minutes` or `epochs` are those of each model.

    Returns
    -------
    CrossValidation

    Raises
    ------
    DatasetError
        If there are fewer labelled pictures or groups than folds.
    OptionError
        If an option is not understood, or a cross-validation of another plan, other pictures or
        other masks is in `out`.
    TrainingError
        If there is nothing to learn, training fails, or somebody stops it.
    ModelError
        If there is nothing to go on with.
    WeightsError
        If the encoder's weights are not to be had.

    Notes
    -----
    The plan is made from all labelled pictures, as in nnU-Net [1]_: it looks at sizes and areas
    of what is drawn. No network learns from, and no best epoch is chosen by, pictures of its test.

    Where no pictures are held back, which a single training could be calibrated by, one
    temperature [2]_ is fitted on what the models say of the pictures of their tests, and all of
    them keep it. It changes how sure they are, not which class is the most probable.

    References
    ----------
    .. [1] Isensee et al. 2021, nnU-Net, doi:10.1038/s41592-020-01008-z
    .. [2] Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599

    Examples
    --------
    ::

        result = nbs.cross_validate(data, minutes=5)
        result                                  # the folds, mean and spread, every picture
        result.ensemble.predict("photo.jpg")    # all models together
        result.ensemble.save("my_ensemble")

    >>> cross_validate(Dataset.sample(), folds=13, epochs=1)
    Traceback (most recent call last):
    notebook_seg.errors.DatasetError: Too few labelled pictures to split: 12 in 12 groups ...
    """
    check_labelled(dataset)
    dataset = dataset if groups is None else dataset.grouped(groups)
    known = _known(dataset, out, resume)
    dataset = _pictures_of(known, dataset)
    wanted = _wanted(dataset, folds, out if known is None else known.folder, plan, choices)
    with alone_in(wanted.folder, fresh=out is None and not resume) as lock:
        return _validated(dataset, replace(wanted, folder=lock.folder), trackers, progress)


def _validated(
    dataset: Dataset, wanted: FoldRecord, trackers: Sequence[Tracker] | None, progress: bool
) -> CrossValidation:
    record = _begun_in(wanted.folder) or wanted
    record.check_same(wanted)
    for number in range(len(record.counts), len(record.folds)):
        model = _model(dataset, record, number, trackers, progress)
        _score(model, dataset, record, number, progress)
    calibrate_folds((record.folder / name for name in _names(record)), record.surprises)
    return _result(dataset, record)


def _score(model: Model, dataset: Dataset, record: FoldRecord, number: int, progress: bool) -> None:
    tested = dataset.subset(_still_there(dataset, record.folds[number].test))
    evaluation, surprises = score_fold(model, tested, progress)
    scores = evaluation.scores
    record.counts.append({stem: scores[stem].counts.tolist() for stem in scores})
    if surprises:
        record.surprises[fold_name(number)] = surprises
    record.write()


def _still_there(dataset: Dataset, stems: Sequence[str]) -> list[str]:
    """Return what is labelled of some pictures, and tell what is not; all if nothing is."""
    labelled = set(dataset.labelled)
    there = [stem for stem in stems if stem in labelled]
    for stem in set(stems) - labelled if there else ():
        print(f"Not scored: {stem}: its photograph or its mask is gone.")
    return there or list(stems)


def _begun_in(folder: Path) -> FoldRecord | None:
    record = FoldRecord.read(folder)
    # One that came to nothing, for want of weights, say, stands in nobody's way.
    return record if record is not None and record.has_begun else None


def _known(dataset: Dataset, out: str | Path | None, resume: bool) -> FoldRecord | None:
    """Return the cross-validation to go on with, if there is one."""
    if out is not None:
        return _begun_in(Path(out).expanduser())
    return _latest_unfinished_cross_validation(dataset) if resume else None


def _pictures_of(known: FoldRecord | None, dataset: Dataset) -> Dataset:
    """Return the pictures that a cross-validation has dealt out, and tell of others."""
    labelled = set(dataset.labelled)
    if known is None or not labelled.issuperset(known.stems):
        return dataset
    more = len(labelled) - len(known.stems)
    if more:
        pictures = counted(more, "picture")
        print(f"Not part of this cross-validation: {pictures} labelled since it began.")
    return dataset.subset(known.stems)


def _wanted(
    dataset: Dataset,
    folds: int,
    out: str | Path | None,
    plan: Plan | None,
    choices: dict[str, Any],
) -> FoldRecord:
    chosen = plan_for(dataset, dataset.labelled, plan, choices)
    splits = folds_by_classes(dataset, folds, chosen.validation, chosen.seed)
    folder = _new_folder(dataset, chosen, folds) if out is None else Path(out).expanduser()
    masks = {stem: zlib.crc32(dataset.drawn_mask(stem).tobytes()) for stem in dataset.labelled}
    said = _said(chosen, plan, choices)
    return FoldRecord(folder, chosen, said, splits, dataset.class_names, masks)


def _said(plan: Plan, given: Plan | None, choices: dict[str, Any]) -> dict[str, Any]:
    """Return as plain values what of the plan was not left to be decided."""
    plain = json.loads(json.dumps(plan.to_json()))
    del plain["reasons"]
    return plain if given is not None else {name: plain[name] for name in choices}


def _new_folder(dataset: Dataset, plan: Plan, folds: int) -> Path:
    run = run_folder(dataset, plan)
    return run.with_name(f"{run.name}_{folds}-folds")


def _latest_unfinished_cross_validation(dataset: Dataset) -> FoldRecord:
    runs = runs_folder(dataset)
    # A number may stand behind it, where another had begun in the same second.
    for folder in latest_first(runs.glob("*-folds*")):
        record = None if is_busy(folder) else _begun_in(folder)
        if record is not None and not record.is_done:
            return record
    raise ModelError(
        f"No cross-validation in {runs} is unfinished, or it is running elsewhere: call it without "
        "resume, or say which with out=FOLDER."
    )


def _names(record: FoldRecord) -> list[str]:
    return [fold_name(number) for number in range(len(record.folds))]


def _model(
    dataset: Dataset,
    record: FoldRecord,
    number: int,
    trackers: Sequence[Tracker] | None,
    progress: bool,
) -> Model:
    folder = record.folder / fold_name(number)
    if number < record.trained or _is_trained(folder, record.folds[number]):
        return Model.load(folder)
    record.write()
    if progress:
        print(f"Fold {number + 1} of {len(record.folds)}")
    session = _session(dataset, record, number, folder)
    model = model_of(session, follow(session, trackers, progress))
    if session.state == "finished":
        record.trained = number + 1
        record.write()
    if session.asked_to_stop:
        raise TrainingError(
            f"The cross-validation was stopped in fold {number + 1} of {len(record.folds)}. What "
            f"is done is in {record.folder}: ask for the same again with that as out= to go on."
        )
    return model


def _is_trained(folder: Path, fold: Split) -> bool:
    # A kill may come between the end of a training and its entry in the record.
    if not is_finished(folder):
        return False
    split = ModelRecord.read(folder).split
    return {name: tuple(stems) for name, stems in split.items()} == fold._asdict()


def _session(dataset: Dataset, record: FoldRecord, number: int, folder: Path) -> TrainingSession:
    if checkpoint_file(folder).exists():
        return TrainingSession.resume(dataset, folder)
    return TrainingSession(dataset, record.plan, record.folds[number], folder)


def _result(dataset: Dataset, record: FoldRecord) -> CrossValidation:
    write_members(record.folder, _names(record))
    evaluations = [_evaluation(counts, dataset.class_names) for counts in record.counts]
    result = CrossValidation(evaluations, record.folds, record.plan, record.folder)
    result.to_csv(record.folder / SCORES)
    return result


def _evaluation(counts: Counts, names: tuple[str, ...]) -> Evaluation:
    scores = {stem: Scores(np.array(table), names) for stem, table in counts.items()}
    return Evaluation(scores)
