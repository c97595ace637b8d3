import json
import shutil
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import ModelError, OptionError, SaveError, TrainingError, WeightsError
from notebook_seg.model_files import WEIGHTS
from notebook_seg.training import ModelRecord, TrainingSession, make_plan
from notebook_seg.training.checkpoint import Checkpoint, checkpoint_file
from notebook_seg.training.record import read_history, read_network
from notebook_seg.training.runs import Run

from .sessions import TINY, fail_after, new_session

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def unbroken(few):
    session = new_session(few)
    seen = {"steps": [], "epochs": [], "states": []}
    session.stepped.connect(seen["steps"].append)
    session.epoch_ended.connect(seen["epochs"].append)
    session.state_changed.connect(seen["states"].append)
    seen["fitted"] = session.run()
    return session, seen


def test_who_listens_hears_of_every_batch_epoch_and_state(unbroken, few):
    session, seen = unbroken
    fractions = [step.fraction for step in seen["steps"]]
    assert fractions == pytest.approx(np.arange(1, 9) / 8)
    assert [epoch.number for epoch in seen["epochs"]] == [1, 2, 3, 4]
    assert seen["states"] == ["running", "finished"]
    preview = seen["epochs"][-1].preview
    assert preview.stem in session.split.validation
    assert preview.labels.shape == preview.truth.shape == preview.image.shape[:2]
    assert preview.labels.dtype == np.uint8


def test_a_training_that_broke_off_goes_on_with_the_same_curve(few, tmp_path, unbroken):
    fail_after(new_session(few, tmp_path / "model"), 2)

    resumed = TrainingSession.resume(few, tmp_path / "model")
    assert resumed.history["epoch"] == [1, 2]
    fitted = resumed.run()

    whole = unbroken[0].history
    assert fitted.history["epoch"] == whole["epoch"]
    # Threads add up in any order, so that the last digits differ; other seeds differ by more.
    assert fitted.history["loss"] == pytest.approx(whole["loss"], rel=0.004)
    assert not checkpoint_file(tmp_path / "model").exists()


def test_the_checkpoint_of_other_classes_is_refused(few, tmp_path, photographs):
    fail_after(new_session(few, tmp_path / "model"), 1)
    other = type(few).create(
        tmp_path / "fish", photographs / "fish" / "images", ["fish"], photographs / "fish" / "masks"
    )
    with pytest.raises(OptionError, match="about other classes"):
        TrainingSession.resume(other, tmp_path / "model")


def test_a_folder_without_a_training_is_told(few, tmp_path):
    with pytest.raises(ModelError, match="no training to go on with"):
        TrainingSession.resume(few, tmp_path)


def test_a_pause_lasts_until_it_is_ended(few):
    session = new_session(few, epochs=1, steps=6)
    paused = threading.Event()

    def pause_once(step):
        if not paused.is_set():
            session.pause()
            paused.set()

    session.stepped.connect(pause_once)
    thread = threading.Thread(target=session.run)
    thread.start()
    assert paused.wait(120)
    thread.join(1)
    assert thread.is_alive()
    assert session.state == "paused"
    session.go_on()
    thread.join(120)
    assert session.state == "finished"


def test_who_pauses_after_stopping_does_not_wait_for_ever(few):
    session = new_session(few, **{**TINY, "steps": 50})

    def stop_and_pause(step):
        session.stop()
        session.pause()

    session.stepped.connect(stop_and_pause)
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    thread.join(120)
    assert session.state == "stopped"


def test_a_training_that_is_stopped_before_it_goes_further_can_go_on(few, tmp_path):
    session = new_session(few, tmp_path / "model", **TINY)
    session.run()
    session.continue_with(epochs=2)
    session.state_changed.connect(lambda state: session.stop() if state == "running" else None)
    session.run()
    assert session.state == "stopped"
    assert TrainingSession.resume(few, tmp_path / "model").run().history["epoch"] == [1, 2, 3]


def test_weights_that_the_last_batch_of_an_epoch_broke_are_not_kept(few, tmp_path):
    session = new_session(few, tmp_path / "model", **{**TINY, "steps": 1, "learning_rate": 1e40})
    with pytest.raises(TrainingError, match="loss became infinite after 1 batch,"):
        session.run()
    assert session.history == {}
    assert not (tmp_path / "model" / "model.json").exists()


def test_a_stopped_training_keeps_what_was_learned_and_can_go_on(few, tmp_path):
    session = new_session(few, tmp_path / "model")
    session.epoch_ended.connect(lambda epoch: session.stop())
    fitted = session.run()
    assert session.state == "stopped"
    assert fitted.history["epoch"] == [1]
    assert TrainingSession.resume(few, tmp_path / "model").history["epoch"] == [1]

    session.epoch_ended.disconnect()
    assert session.run().history["epoch"] == [1, 2, 3, 4]
    assert session.state == "finished"


def test_stopping_in_the_first_epoch_keeps_it(few):
    session = new_session(few, steps=50)
    session.stepped.connect(lambda step: session.stop())
    assert session.run().history["epoch"] == [1]


def test_an_interruption_in_the_first_epoch_keeps_it(few):
    session = new_session(few, **{**TINY, "steps": 50})

    def interrupt(step):
        raise KeyboardInterrupt

    session.stepped.connect(interrupt)
    assert session.run().history["epoch"] == [1]
    assert session.state == "stopped"


def test_an_interruption_in_the_last_look_loses_no_epoch(few, tmp_path, monkeypatch):
    session, predict = new_session(few, tmp_path / "model", **{**TINY, "epochs": 2}), None

    def interrupted_once(network, *args, **options):
        if len(session.history.get("epoch", ())) == 1:
            monkeypatch.undo()
            raise KeyboardInterrupt
        return predict(network, *args, **options)

    predict = keras.Model.predict_on_batch
    monkeypatch.setattr(keras.Model, "predict_on_batch", interrupted_once)
    assert session.run().history["epoch"] == [1, 2]
    assert (session.state, session.asked_to_stop) == ("finished", True)


def test_a_training_that_goes_further_counts_all_of_its_time(few, tmp_path):
    session = new_session(few, tmp_path / "model", **TINY)
    first = session.run()
    kept = first.history["seconds"][:]
    session.continue_with(epochs=2)
    session.epoch_ended.connect(lambda epoch: session.stop())
    further = session.run()
    assert first.history["seconds"] == kept
    assert further.history["seconds"][-1] > kept[-1]
    assert further.record.training["seconds"] >= round(kept[-1], 1)
    again = TrainingSession.resume(few, tmp_path / "model").run()
    assert again.history["seconds"] == sorted(again.history["seconds"])


def test_a_finished_training_continues_with_other_settings(few):
    session = new_session(few, epochs=1)
    session.run()
    before = session.network.get_weights()
    session.continue_with(epochs=2, loss="focal", learning_rate=1e-4, batch_size=1)
    assert session.state == "ready"
    fitted = session.run()
    assert fitted.history["epoch"] == [1, 2, 3]
    assert fitted.record.plan.loss == "focal"
    moved = [
        np.abs(a - b).max() for a, b in zip(before, session.network.get_weights(), strict=True)
    ]
    # It went on from where it was: two epochs at a low rate do not carry weights far.
    assert 0 < max(m for m, w in zip(moved, before, strict=True) if w.ndim == 4) < 0.05


def test_a_weight_is_wanted_for_each_class(few):
    with pytest.raises(OptionError, match=r"2 numbers here, .*background, coin. Received: \(1"):
        new_session(few, class_weights=(1, 2, 3))
    with pytest.raises(OptionError, match="2 numbers here"):
        new_session(few).continue_with(class_weights=[1])


def test_another_network_is_not_a_continuation(unbroken):
    session, _ = unbroken
    with pytest.raises(OptionError, match="can change on the way"):
        session.continue_with(encoder="mobilenetv2")


def test_a_network_that_sees_only_background_is_explained(few):
    # With such weights background is all that pays.
    session = new_session(few, class_weights=(1.0, 0.0), loss="cross_entropy", learning_rate=0.5)
    said = []
    session.said.connect(said.append)
    fitted = session.run()
    assert "calls everything background (coin covers" in said[0]
    assert fitted.record.training["warnings"] == said
    # Now coins are all that pays.
    session.continue_with(class_weights=(0.0, 1.0), epochs=2)
    assert session.run().record.training["warnings"] == []


def test_where_nothing_is_held_back_only_background_is_judged_by_all_pictures(spoilt):
    spoilt.save_mask(spoilt.stems[0], 0 * spoilt.mask(spoilt.stems[0]))
    choices = {"class_weights": (1.0, 0.0), "loss": "cross_entropy", "learning_rate": 0.5}
    session = new_session(spoilt, **choices)
    session.split = Split(spoilt.stems, (), ())
    said, previews = [], []
    session.said.connect(said.append)
    session.epoch_ended.connect(lambda epoch: previews.append(epoch.preview.stem))
    session.run()
    assert "calls everything background (coin covers" in said[-1]
    assert set(previews) == {spoilt.stems[1]}


def spoil(session, number):
    """Break the weights after an epoch, as too high a learning rate does."""

    def to_no_numbers(epoch):
        if epoch.number == number:
            weights = session.network.get_weights()
            session.network.set_weights([np.full_like(w, np.nan) for w in weights])

    session.epoch_ended.connect(to_no_numbers)


def test_after_a_loss_became_infinite_the_best_epoch_is_kept_and_trained_further(few, tmp_path):
    session = new_session(few, tmp_path / "model")
    spoil(session, 2)
    said = []
    session.said.connect(said.append)
    with pytest.raises(TrainingError, match="loss became infinite"):
        session.run()
    assert f"Epoch {session.best.epoch} is kept, the best until then." in said
    assert read_history(tmp_path / "model")["epoch"] == [1, 2]
    record = ModelRecord.read(tmp_path / "model")
    kept = read_network(tmp_path / "model", record).get_weights()
    assert all(np.array_equal(*both) for both in zip(kept, session.best.weights, strict=True))

    session.continue_with(epochs=1, learning_rate=1e-4)
    fitted = session.run()
    assert fitted.history["epoch"] == [1, 2, 3]
    assert np.isfinite(fitted.history["loss"]).all()


def test_a_training_that_failed_before_its_first_epoch_is_not_trained_further(few):
    session = new_session(few, **{**TINY, "steps": 1, "learning_rate": 1e40})
    with pytest.raises(TrainingError, match="loss became infinite"):
        session.run()
    with pytest.raises(TrainingError, match="start anew"):
        session.continue_with(learning_rate=1e-4)


def test_curves_on_disk_lead_on_from_the_best_epoch(few, tmp_path):
    session = new_session(few, tmp_path / "model")
    session.epoch_ended.connect(lambda epoch: session.best.score_anew(2.0))
    runs = {}

    def look(epoch):
        # A state is written before the next one.
        runs[epoch.number] = Run.read(tmp_path / "model")

    session.epoch_ended.connect(look)
    session.run()
    assert runs[4].record.training["best_epoch"] == 1
    assert runs[4].history["epoch"][:3] == [1, 2, 3]
    assert runs[4].minutes >= runs[4].history["seconds"][-1] / 60


def test_a_training_that_fails_later_leaves_the_finished_model_as_it_is(few, tmp_path):
    session = new_session(few, tmp_path / "model", **TINY)
    session.run()
    before = (tmp_path / "model" / "model.json").read_bytes()
    session.network.set_weights([np.full_like(w, np.nan) for w in session.network.get_weights()])
    session.continue_with(epochs=1, learning_rate=1e-4)
    with pytest.raises(TrainingError, match="loss became infinite"):
        session.run()
    assert (tmp_path / "model" / "model.json").read_bytes() == before


def test_masks_corrected_after_a_failure_are_read_again(spoilt):
    session = new_session(spoilt)
    shown = []
    session.epoch_ended.connect(lambda epoch: shown.append(epoch.preview.truth.mean()))
    fail_after(session, 2)
    (stem,) = session.split.validation
    spoilt.save_mask(stem, 1 - spoilt.mask(stem))
    session.continue_with(epochs=1)
    session.run()
    assert shown[-1] == pytest.approx(1 - shown[0], abs=0.01)


def test_a_first_state_that_cannot_be_written_leaves_no_model_that_looks_finished(
    few, tmp_path, full_disk
):
    other = new_session(few, tmp_path / "other")
    other.epoch_ended.connect(lambda epoch: other.stop())
    other.run()
    model, state = (tmp_path / "other" / WEIGHTS, checkpoint_file(tmp_path / "other"))
    between = (model.stat().st_size + state.stat().st_size) // 2
    with full_disk(between), pytest.raises(SaveError, match="checkpoint"):
        new_session(few, tmp_path / "model").run()
    assert not (tmp_path / "model" / "model.json").exists()


def test_a_disk_that_is_full_for_a_while_ends_no_training(few, tmp_path, full_disk):
    session = new_session(few, tmp_path / "model")
    said = []
    session.said.connect(said.append)
    with ExitStack() as disk:
        acts = {1: lambda: disk.enter_context(full_disk()), 3: disk.close}
        session.epoch_ended.connect(lambda epoch: acts.get(epoch.number, list)())
        fitted = session.run()
    assert fitted.history["epoch"] == [1, 2, 3, 4]
    assert "The state of this training could not be saved: Cannot write" in said[0]
    assert read_history(tmp_path / "model")["epoch"] == [1, 2, 3, 4]
    assert not checkpoint_file(tmp_path / "model").exists()


def test_the_best_epoch_is_scored_anew_by_a_mask_that_was_corrected(spoilt):
    session = new_session(spoilt, learning_rate=1e-3)
    said = []
    session.said.connect(said.append)
    session.run()
    (stem,) = session.split.validation
    session.continue_with(epochs=1)
    session.run()
    assert said == []

    session.best.score_anew(1.0)
    spoilt.save_mask(stem, 1 - spoilt.mask(stem))
    session.continue_with(epochs=1)
    fitted = session.run()
    assert said == ["Masks held back have changed: the best epoch was scored by them anew."]
    assert fitted.record.training["best_validation_iou"] < 1


def test_a_training_that_runs_is_not_started_twice(few):
    session = new_session(few, epochs=1)
    problems, states = [], []
    session.state_changed.connect(states.append)

    def again(step):
        for act in (session.run, session.continue_with):
            try:
                act()
            except TrainingError as error:
                problems.append(str(error))

    session.stepped.connect(again)
    session.run()
    assert len(problems) == 2 * 2
    assert states == ["running", "finished"]


def test_of_several_who_run_a_training_at_once_one_does(few, tmp_path):
    session = new_session(few, tmp_path / "model", **TINY)
    together, refused, states = threading.Barrier(4), [], []
    session.state_changed.connect(states.append)

    def run():
        together.wait()
        try:
            session.run()
        except TrainingError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["This training is running already: stop it first."] * 3
    assert states == ["running", "finished"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_stopped_when_all_is_learned_it_is_finished(few, tmp_path):
    session = new_session(few, tmp_path / "model", **TINY)
    session.epoch_ended.connect(lambda epoch: session.stop())
    fitted = session.run()
    assert session.state == fitted.record.training["ended"] == "finished"
    assert not checkpoint_file(tmp_path / "model").exists()


def test_a_model_says_that_its_training_was_stopped(few, tmp_path):
    session = new_session(few, tmp_path / "model", **{**TINY, "epochs": 2})
    session.epoch_ended.connect(lambda epoch: session.stop())
    session.run()
    assert ModelRecord.read(tmp_path / "model").training["ended"] == session.state == "stopped"


def test_pictures_that_are_gone_are_left_out_when_a_training_goes_on(spoilt, tmp_path):
    fail_after(new_session(spoilt, tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    gone = Checkpoint.read(tmp_path / "model").split.train[0]
    spoilt.image_path(gone).unlink()
    resumed = TrainingSession.resume(Dataset(spoilt.folder), tmp_path / "model")
    assert gone not in resumed.split.train
    assert resumed.run().history["epoch"] == [1, 2]


def test_who_goes_on_after_a_kill_is_told_of_pictures_labelled_since(spoilt, tmp_path):
    data = Dataset(spoilt.folder)
    before = data.stems[:-1]
    fail_after(new_session(data.subset(before), tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    resumed, said = TrainingSession.resume(data, tmp_path / "model"), []
    resumed.said.connect(said.append)
    resumed.run()
    assert "Not learned from: 1 picture labelled since" in said[1]


def test_a_class_of_another_colour_is_no_other_class(spoilt, tmp_path):
    fail_after(new_session(spoilt, tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    file = spoilt.folder / "dataset.json"
    content = json.loads(file.read_text())
    content["classes"][0]["color"] = "#123456"
    file.write_text(json.dumps(content))
    resumed = TrainingSession.resume(Dataset(spoilt.folder), tmp_path / "model")
    assert resumed.run().record.classes[0].color == "#123456"


def test_a_training_without_any_of_its_pictures_is_told(spoilt, tmp_path):
    fail_after(new_session(spoilt, tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    for stem in spoilt.stems:
        spoilt.image_path(stem).unlink()
    with pytest.raises(TrainingError, match="None of the pictures"):
        TrainingSession.resume(Dataset(spoilt.folder), tmp_path / "model")


def test_who_trains_further_is_told_of_pictures_labelled_since(spoilt):
    data = Dataset(spoilt.folder)
    mask = data.mask(data.stems[-1])
    data.mask_path(data.stems[-1]).unlink()
    session = new_session(data, **TINY)
    session.run()
    data.save_mask(data.stems[-1], mask)
    said = []
    session.said.connect(said.append)
    session.continue_with(epochs=1)
    session.run()
    assert "Not learned from: 1 picture labelled since" in said[0]


@pytest.mark.long
def test_a_training_goes_on_without_the_file_of_its_encoders_weights(few, tmp_path, shared):
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    file = shutil.copy(shared / "weights" / name, tmp_path)
    choices = {"architecture": "unet", "encoder": "mobilenetv2", "encoder_weights": file}
    fail_after(new_session(few, tmp_path / "model", **{**TINY, **choices, "epochs": 2}), 1)
    Path(file).unlink()
    resumed = TrainingSession.resume(few, tmp_path / "model")
    resumed.epoch_ended.connect(lambda epoch: parts.append(resumed.network.parts))
    parts = []
    assert resumed.run().history["epoch"] == [1, 2]
    assert parts[0].pretrained


def test_a_place_that_cannot_be_written_is_told_before_training(few, tmp_path):
    (tmp_path / "file").write_text("in the way")
    session = new_session(few, tmp_path / "file" / "model")
    states = []
    session.state_changed.connect(states.append)
    with pytest.raises(SaveError, match="Cannot write"):
        session.run()
    assert states == [session.state] == ["failed"]


def test_two_trainings_that_begin_in_one_second_get_a_folder_each(few, tmp_path):
    split = few.split(validation=0.25, seed=0)
    plan = make_plan(few, split.train, **TINY)
    one, other = (TrainingSession(few, plan, split, tmp_path / "run", fresh=True) for _ in range(2))
    one.epoch_ended.connect(lambda epoch: other.run())
    one.run()
    assert (one.out.name, other.out.name) == ("run", "run-2")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "run-2"}


def test_who_hears_that_a_training_runs_knows_its_folder(few, tmp_path):
    (tmp_path / "run").mkdir()
    split = few.split(validation=0.25, seed=0)
    plan = make_plan(few, split.train, **TINY)
    session = TrainingSession(few, plan, split, tmp_path / "run", fresh=True)
    heard = []
    session.state_changed.connect(lambda state: heard.append((state, session.out.name)))
    session.run()
    assert heard == [("running", "run-2"), ("finished", "run-2")]


def test_a_training_that_cannot_begin_leaves_the_older_model_where_it_is(few, tmp_path):
    new_session(few, tmp_path / "model", **TINY).run()
    before = (tmp_path / "model" / "model.json").read_bytes()
    absent = {"encoder": "mobilenetv2", "encoder_weights": str(tmp_path / "absent")}
    failing = new_session(few, tmp_path / "model", architecture="unet", **absent)
    with pytest.raises(WeightsError):
        failing.run()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model" / "model.json").read_bytes() == before


def test_a_network_is_there_only_once_it_was_built(few):
    with pytest.raises(TrainingError, match="no network yet"):
        _ = new_session(few).network


def test_a_choice_that_is_refused_leaves_the_plan_as_it_was(few):
    session = new_session(few)
    before = replace(session.plan)
    with pytest.raises(OptionError):
        session.continue_with(epochs=-1)
    assert session.plan == before
