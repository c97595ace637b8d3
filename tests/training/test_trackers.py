import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from notebook_seg.errors import MissingExtraError, OptionError
from notebook_seg.training import Plan
from notebook_seg.training.events import Epoch
from notebook_seg.training.scale import WorkingScale
from notebook_seg.training.session import TrainingSession
from notebook_seg.training.trackers import LocalTracker, MLflowTracker, TensorBoardTracker
from notebook_seg.training.validation import Preview
from tests.conftest import SMALL_NETWORK

pytestmark = pytest.mark.usefixtures("eager")

PLAN = Plan(
    epochs=3,
    steps=1,
    batch_size=1,
    scale=WorkingScale(long_side=64),
    patch=(64, 64),
    **SMALL_NETWORK,
)


def is_installed(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


needs_tensorboard = pytest.mark.skipif(
    not is_installed("tensorboard"), reason='pip install "notebook_seg[tracking]" is wanted'
)
needs_mlflow = pytest.mark.skipif(
    not is_installed("mlflow", "sqlalchemy", "alembic"),
    reason='pip install "notebook_seg[tracking]" is wanted',
)


class Tracked:
    """A short training that every tracker at hand has followed."""

    def __init__(self, dataset, folder: Path):
        self.folder = folder
        self.session = TrainingSession(
            dataset, PLAN, dataset.split(validation=0.1), folder / "the_run"
        )
        LocalTracker(every=2).attach(self.session)
        if is_installed("tensorboard"):
            TensorBoardTracker(folder / "board", every=2).attach(self.session)
        if is_installed("mlflow", "sqlalchemy", "alembic"):
            MLflowTracker(folder / "mlflow.db", every=2).attach(self.session)
        self.said = []
        self.session.said.connect(self.said.append)
        self.session.run()


@pytest.fixture(scope="module")
def tracked(coin_dataset, tmp_path_factory):
    return Tracked(coin_dataset, tmp_path_factory.mktemp("tracked"))


def test_nothing_went_wrong(tracked):
    assert [text for text in tracked.said if "could not keep" in text] == []


def test_the_first_epoch_each_second_and_the_last_leave_a_picture(tracked):
    pictures = sorted((tracked.session.out / "samples").iterdir())
    assert [p.name for p in pictures] == [f"epoch_{n:04}.jpg" for n in (1, 2, 3)]
    assert Image.open(pictures[0]).width == 3 * 64 + 2 * 8


def test_the_weights_of_the_same_epochs_are_kept_and_those_that_learn_change(tracked):
    with (tracked.session.out / "weights.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(dict.fromkeys(row["epoch"] for row in rows)) == ["1", "2", "3"]
    first, _, last = ([row for row in rows if row["epoch"] == n] for n in ("1", "2", "3"))
    moved = [a["mean"] != b["mean"] for a, b in zip(first, last, strict=True)]
    assert np.mean(moved) > 0.5
    assert Image.open(tracked.session.out / "weights.png").width > 1000


@needs_tensorboard
def test_tensorboard_reads_curves_pictures_weights_and_the_plan(tracked):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tracked.folder / "board" / "the_run"))
    events.Reload()
    history = tracked.session.history
    for tag, name in (("loss/training", "loss"), ("IoU/validation", "val_iou")):
        read = [float(event.tensor_proto.float_val[0]) for event in events.Tensors(tag)]
        assert read == pytest.approx(history[name], abs=1e-5)
    tags = set(events.Tags()["tensors"]) | set(events.Tags()["images"])
    assert "plan" in tags
    assert any(tag.endswith("/kernel") for tag in tags)
    stem = tracked.session.split.validation[0]
    assert any(tag.startswith(f"sample/{stem}") for tag in tags)


@needs_tensorboard
def test_folds_of_two_cross_validations_are_kept_apart(coin_dataset, tmp_path):
    for name in ("first_2-folds", "second_2-folds"):
        out = tmp_path / name / "fold_1"
        session = TrainingSession(coin_dataset, PLAN, coin_dataset.split(0.1), out)
        TensorBoardTracker(tmp_path / "board").attach(session)
        session.state_changed.emit("running")
        session.state_changed.emit("stopped")
    kept = {path.parent.relative_to(tmp_path / "board") for path in tmp_path.rglob("events.*")}
    assert kept == {Path("first_2-folds/fold_1"), Path("second_2-folds/fold_1")}


@needs_mlflow
def test_mlflow_reads_the_plan_curves_and_pictures(tracked):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tracked.folder / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("notebook_seg").experiment_id])
    assert (run.info.run_name, run.info.status) == ("the_run", "FINISHED")
    assert run.data.params["architecture"] == PLAN.architecture
    read = [metric.value for metric in client.get_metric_history(run.info.run_id, "val_iou")]
    assert read == pytest.approx(tracked.session.history["val_iou"], abs=1e-5)
    pictures = (tracked.folder / "mlflow").rglob("epoch_*.jpg")
    assert sorted(p.name for p in pictures) == [f"epoch_{n:04}.jpg" for n in (1, 2, 3)]


@needs_mlflow
def test_a_training_that_is_taken_up_again_or_trained_further_stays_one_run_of_mlflow(
    coin_dataset, tmp_path
):
    from mlflow.tracking import MlflowClient

    file, out = tmp_path / "mlflow.db", tmp_path / "the_run"
    stopped = TrainingSession(coin_dataset, PLAN, coin_dataset.split(0.1), out)
    MLflowTracker(file).attach(stopped)
    stopped.epoch_ended.connect(lambda epoch: stopped.stop())
    stopped.run()
    resumed = TrainingSession.resume(coin_dataset, out)
    MLflowTracker(file).attach(resumed)
    resumed.run()
    resumed.continue_with(epochs=1, loss="dice")
    resumed.run()

    client = MlflowClient(f"sqlite:///{file}")
    (run,) = client.search_runs([client.get_experiment_by_name("notebook_seg").experiment_id])
    steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "loss")]
    assert (run.info.status, steps) == ("FINISHED", [1, 2, 3, 4])
    assert run.data.params["loss"] == PLAN.loss
    assert run.data.tags["continued_with.loss"] == "dice"


@needs_mlflow
def test_a_new_training_in_the_place_of_an_older_one_is_another_run_of_mlflow(
    coin_dataset, tmp_path
):
    from mlflow.tracking import MlflowClient

    tracker = MLflowTracker(tmp_path / "mlflow.db")
    for _ in range(2):
        session = TrainingSession(
            coin_dataset, PLAN.replace(epochs=1), coin_dataset.split(0.1), tmp_path / "the_run"
        )
        tracker.attach(session)
        session.run()
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("notebook_seg").experiment_id])
    assert len({run.info.run_id for run in runs}) == 2


def session_and_what_it_said(dataset, out):
    session = TrainingSession(dataset, PLAN, dataset.split(0.1), out)
    said = []
    session.said.connect(said.append)
    return session, said


def epoch_of(number):
    mask = np.zeros((64, 64), np.uint8)
    preview = Preview("coin_01", np.zeros((64, 64, 3), np.uint8), mask, mask)
    return Epoch(number, {"epoch": number, "loss": 0.5}, True, preview)


def cannot(*arguments):
    raise OSError("the disk is full")


def run_names(board):
    return sorted(path.parent.name for path in board.rglob("events.*"))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(TensorBoardTracker, marks=needs_tensorboard),
        pytest.param(MLflowTracker, marks=needs_mlflow),
    ],
)
def test_a_tracker_that_cannot_begin_says_so_once_and_begins_with_the_next_run(
    coin_dataset, tmp_path, kind
):
    out, board = tmp_path / "the_run", tmp_path / "board"
    out.mkdir()
    board.touch()
    session, said = session_and_what_it_said(coin_dataset, out)
    kind(board / "kept").attach(session)
    for state in ("running", "paused", "running"):
        session.state_changed.emit(state)
    for number in (1, 2):
        session.epoch_ended.emit(epoch_of(number))
    session.state_changed.emit("stopped")
    (told,) = said
    assert "board" in told
    assert list(out.iterdir()) == []

    board.unlink()
    for state in ("ready", "running", "stopped"):
        session.state_changed.emit(state)
    assert said == [told]
    assert (board / "kept").exists()


@needs_tensorboard
@pytest.mark.parametrize("goes_wrong", ["its last picture", "its end"])
def test_what_goes_wrong_at_the_end_of_a_fold_does_not_bring_the_next_into_its_run(
    coin_dataset, tmp_path, monkeypatch, goes_wrong
):
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    if goes_wrong == "its end":
        monkeypatch.setattr(EventFileWriter, "close", cannot)
    tracker = TensorBoardTracker(tmp_path / "board")
    for fold in ("fold_1", "fold_2"):
        session, said = session_and_what_it_said(coin_dataset, tmp_path / fold)
        tracker.attach(session)
        session.state_changed.emit("running")
        if goes_wrong == "its last picture":
            session.epoch_ended.emit(epoch_of(2))  # of no network, which has no weights to keep
        session.state_changed.emit("stopped")
        assert len(said) == 1
    assert run_names(tmp_path / "board") == ["fold_1", "fold_2"]


@needs_mlflow
def test_a_fold_whose_run_of_mlflow_cannot_be_ended_does_not_take_in_the_next(
    coin_dataset, tmp_path, monkeypatch
):
    from mlflow.tracking import MlflowClient

    monkeypatch.setattr(MlflowClient, "set_terminated", cannot)
    tracker = MLflowTracker(tmp_path / "mlflow.db")
    for fold in ("fold_1", "fold_2"):
        (tmp_path / fold).mkdir()
        session, _ = session_and_what_it_said(coin_dataset, tmp_path / fold)
        tracker.attach(session)
        session.state_changed.emit("running")
        session.epoch_ended.emit(epoch_of(2))
        session.state_changed.emit("stopped")
    noted = {(tmp_path / fold / "mlflow_run.txt").read_text() for fold in ("fold_1", "fold_2")}
    assert len(noted) == 2


def test_what_a_tracker_cannot_write_is_told_and_ends_nothing(coin_dataset, tmp_path):
    session, said = session_and_what_it_said(coin_dataset, tmp_path)
    LocalTracker().attach(session)
    (tmp_path / "samples").touch()
    session.epoch_ended.emit(epoch_of(1))
    (told,) = said
    assert told.startswith("LocalTracker could not keep this")
    assert "samples" in told


def test_a_run_without_a_folder_has_no_place_to_keep_pictures(coin_dataset):
    session = TrainingSession(coin_dataset, PLAN, coin_dataset.split(0.1))
    with pytest.raises(OptionError, match="out=FOLDER"):
        LocalTracker().attach(session)


def test_a_tracker_that_never_looks_is_refused():
    with pytest.raises(OptionError, match="every must be 1 or more"):
        LocalTracker(every=0)


@pytest.mark.skipif(is_installed("mlflow", "sqlalchemy", "alembic"), reason="MLflow is installed")
def test_without_mlflow_one_is_told_what_to_install(tmp_path):
    with pytest.raises(MissingExtraError, match=r'pip install "notebook_seg\[tracking\]"'):
        MLflowTracker(tmp_path / "mlflow.db")
