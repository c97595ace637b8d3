import os
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ModelError, OptionError, TrainingError, WeightsError
from notebook_seg.prediction import load_model
from notebook_seg.training import Plan
from notebook_seg.training.checkpoint import Checkpoint, checkpoint_file
from notebook_seg.training.run_lock import alone_in
from notebook_seg.training.scale import WorkingScale
from notebook_seg.workflow import plan, train
from notebook_seg.workflow.training import _latest_unfinished_training, training_session
from tests.conftest import SMALL_NETWORK

pytestmark = pytest.mark.usefixtures("eager")

BRIEFLY = {
    "epochs": 1,
    "steps": 1,
    "patch": (64, 64),
    "batch_size": 2,
    **SMALL_NETWORK,
    "progress": False,
}


TINY = {
    "epochs": 3,
    "steps": 1,
    "patch": (64, 64),
    "batch_size": 2,
    **SMALL_NETWORK,
    "scale": WorkingScale(long_side=64),
}


def test_what_was_trained_is_what_is_loaded(model_folder, brief_model, coin_dataset):
    assert load_model(model_folder).class_names == coin_dataset.class_names
    assert (model_folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_curves_that_cannot_be_drawn_cost_no_model(coin_dataset, tmp_path, capsys):
    # A folder of that name is in the way.
    (tmp_path / "model" / "curves.png").mkdir(parents=True)
    model = train(coin_dataset, tmp_path / "model", **BRIEFLY)
    assert model.class_names == coin_dataset.class_names
    assert "not the picture of its curves: Cannot write" in capsys.readouterr().out


def test_one_labelled_picture_is_enough_to_train(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    model = train(data.subset(data.stems[:1]), **BRIEFLY)
    assert model.record.split["train"] == data.stems[:1]
    assert model.record.training["best_validation_iou"] is None


def test_a_tilde_is_the_home_of_the_user(tmp_path, coin_dataset, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    train(coin_dataset.subset(coin_dataset.stems[:1]), "~/model", **BRIEFLY)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_nothing_labelled_is_told(tmp_path, coin_dataset):
    data = Dataset.create(tmp_path / "new", coin_dataset.folder / "images", ["coin"])
    with pytest.raises(DatasetError, match="draw some masks first"):
        train(data, **BRIEFLY)


def pretrained(weights):
    return {"architecture": "unet", "encoder": "mobilenetv2", "encoder_weights": weights}


def test_without_internet_the_missing_weights_are_told(coin_dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    missing = tmp_path / "weights"
    with pytest.raises(WeightsError, match="mobilenet_v2"):
        train(coin_dataset, **{**BRIEFLY, **pretrained(missing)})


def test_a_plan_from_a_file_is_followed(coin_dataset, tmp_path):
    choices = {name: value for name, value in BRIEFLY.items() if name != "progress"}
    plan(coin_dataset, **choices, loss="focal").save(tmp_path / "plan.json")
    model = train(coin_dataset, plan=Plan.load(tmp_path / "plan.json"), progress=False)
    assert model.record.plan.loss == "focal"


def test_with_a_plan_too_masks_without_background_are_told_before_training(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.labelled:
        data.save_mask(stem, np.where(data.mask(stem) == 1, 1, 255))
    with pytest.raises(TrainingError, match="Background is labelled nowhere"):
        train(data, plan=Plan(**TINY))


def test_what_is_chosen_to_be_none_is_none_whatever_a_plan_says(coin_dataset):
    given = Plan(minutes=1, class_weights=(1, 5))
    none = {"class_weights": None, "encoder_weights": None, "minutes": None}
    plan = training_session(coin_dataset, plan=given, **none).plan
    assert (plan.class_weights, plan.encoder_weights, plan.minutes) == (None, None, 1)


def test_a_run_without_a_folder_gets_one_beside_the_pictures(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    train(data, **BRIEFLY)
    (run,) = (data.folder / "runs").iterdir()
    assert run.name.endswith("_small_unet")
    names = {path.name for path in run.iterdir()}
    assert {"model.json", "history.csv", "curves.png", "samples", "weights.csv"} <= names
    with pytest.raises(ModelError, match="is unfinished"):
        train(data, resume=True, **BRIEFLY)


def test_a_run_that_another_has_begun_in_the_same_second_is_left_as_it_is(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    session = training_session(data, plan=Plan(**TINY))
    other = session.out
    other.mkdir(parents=True)
    (other / "model.json").write_text("what the other has learned")
    session.run()
    assert session.out == other.with_name(f"{other.name}-2")
    assert [path.name for path in other.iterdir()] == ["model.json"]
    assert (other / "model.json").read_text() == "what the other has learned"


def test_what_is_running_elsewhere_is_not_resumed(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    runs = [data.folder / "runs" / f"2026-05-0{day}_09-30-00_unet-resnet18" for day in (1, 2)]
    for run in runs:
        run.mkdir(parents=True)
        checkpoint_file(run).touch()
    with alone_in(runs[1]):
        assert _latest_unfinished_training(data) == runs[0]
        with alone_in(runs[0]), pytest.raises(TrainingError, match="A training is running in"):
            train(data, resume=True, **BRIEFLY)
    assert _latest_unfinished_training(data) == runs[1]


def test_a_run_without_a_date_in_its_name_is_resumed_first_only_if_it_is_the_latest(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    runs = [data.folder / "runs" / name for name in ("2026-05-02_09-30-00_unet-vgg16", "mine")]
    for run in runs:
        run.mkdir(parents=True)
        checkpoint_file(run).touch()
    for day, latest in ((1, runs[0]), (3, runs[1])):
        written = datetime(2026, 5, day).timestamp()
        os.utime(runs[1], (written, written))
        assert _latest_unfinished_training(data) == latest


@pytest.fixture(scope="module")
def begun(coin_dataset, tmp_path_factory):
    """The folder of a training that was stopped after its first epoch."""
    session = training_session(
        coin_dataset, tmp_path_factory.mktemp("begun") / "model", plan=Plan(**TINY)
    )
    session.epoch_ended.connect(lambda epoch: session.stop())
    session.run()
    return session.out


def test_options_that_are_what_they_were_go_on(begun, coin_dataset):
    same = {**TINY, "patch": 64, "steps": 1.0}
    for again in ({}, same, {"plan": Plan(**TINY)}, {"epochs": 3}):
        assert training_session(coin_dataset, begun, resume=True, **again).history["epoch"] == [1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"minutes": 30}, "minutes was None, now 30"),
        ({"epochs": 5, "loss": "dice"}, "epochs was 3, now 5; loss was .*, now dice"),
        ({"plan": Plan(**TINY), "seed": 7}, "Received: seed was 0, now 7"),
        ({"test": 0.25}, "test was 0, now 0.25"),
        ({"epoch": 3}, "did you mean 'epochs'"),
    ],
)
def test_options_that_differ_from_those_it_was_begun_with_are_told(
    begun, coin_dataset, changed, said
):
    with pytest.raises(OptionError, match=said):
        training_session(coin_dataset, begun, resume=True, **changed)


def test_batches_that_memory_made_smaller_are_no_other_option(begun, coin_dataset, tmp_path):
    state = Checkpoint.read(begun)
    smaller = replace(state.plan, batch_size=1, reasons={"batch_size": "memory ran out with 2"})
    replace(state, plan=smaller).write(tmp_path)
    assert training_session(coin_dataset, tmp_path, resume=True, batch_size=2).plan == smaller


def test_a_finished_training_is_not_resumed(model_folder, coin_dataset):
    with pytest.raises(ModelError, match="is finished: use its model"):
        train(coin_dataset, model_folder, resume=True, **BRIEFLY)
