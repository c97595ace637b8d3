import shutil
import threading
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import (
    ModelError,
    OptionError,
    OutOfMemoryError,
    SaveError,
    TrainingError,
    WeightsError,
)
from notebook_seg.training import ModelRecord, TrainingSession, epochs, make_plan, memory
from notebook_seg.training.checkpoint import Checkpoint, checkpoint_file
from notebook_seg.training.memory import bytes_of_patch
from notebook_seg.training.scale import WorkingScale
from tests.conftest import SMALL_NETWORK

SMALL = {
    "epochs": 4,
    "steps": 2,
    "patch": (64, 64),
    "batch_size": 2,
    **SMALL_NETWORK,
    "augmentation": "none",
}


TINY = {
    **SMALL,
    "epochs": 1,
    "scale": WorkingScale(long_side=64),
}


@pytest.fixture(scope="module")
def few(coin_dataset):
    return coin_dataset.subset(coin_dataset.stems[:4])


def new_session(dataset, out=None, **choices):
    split = dataset.split(validation=0.25, seed=0)
    plan = make_plan(dataset, split.train, **{**SMALL, **choices})
    return TrainingSession(dataset, plan, split, out)


def fail_after(session, number):
    def fail(epoch):
        if epoch.number == number:
            raise RuntimeError("the power went")

    session.epoch_ended.connect(fail)
    with pytest.raises(Exception, match="the power went"):
        session.run()


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


def test_probabilities_are_calibrated_on_the_pictures_held_back(unbroken):
    _, seen = unbroken
    assert 0.1 <= seen["fitted"].record.training["temperature"] <= 20


MANY_HELD_BACK = {**SMALL, "steps": 1, "patch": (256, 256), "batch_size": 4, "epochs": 6}


def seen_by(session, monkeypatch):
    """Run a training; return how many pictures were looked at up to the end of each epoch."""
    predict, seen, counts = keras.Model.predict_on_batch, [], []

    def note(network, images):
        seen.append(images.shape)
        return predict(network, images)

    monkeypatch.setattr(keras.Model, "predict_on_batch", note)
    session.epoch_ended.connect(lambda epoch: counts.append(len(seen)))
    session.fitted = session.run()
    return [*counts, len(seen)]


def test_many_pictures_held_back_leave_most_of_the_time_to_learn_in(coin_dataset, monkeypatch):
    split = coin_dataset.split(validation=0.5)
    session = TrainingSession(
        coin_dataset, make_plan(coin_dataset, split.train, **MANY_HELD_BACK), split
    )
    said = []
    session.said.connect(said.append)
    assert seen_by(session, monkeypatch) == [2, 4, 6, 8, 10, 12, 15]
    assert "2 of the 6 pictures held back are looked at" in said[0]
    kept = session.fitted.record.training
    assert kept["best_validation_iou"] not in session.history["val_iou"]
    assert 0 <= kept["best_validation_iou"] <= 1


def test_the_pictures_held_back_are_looked_at_once_after_an_epoch(few, monkeypatch):
    session = new_session(few, **TINY)
    assert seen_by(session, monkeypatch) == [1, 2]
    kept = session.fitted.record.training
    assert kept["best_validation_iou"] == pytest.approx(session.history["val_iou"][-1], abs=1e-6)


def as_if_of_half_precision(folder):
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.AdamW(1e-3))
    optimizer.build(ModelRecord.read(folder).build().trainable_variables)
    values = [keras.ops.convert_to_numpy(variable) for variable in optimizer.variables]
    replace(Checkpoint.read(folder), optimizer=values).write(folder)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_the_weights_go_on_where_the_optimiser_cannot(few, tmp_path, elsewhere):
    fail_after(new_session(few, tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    if elsewhere:
        as_if_of_half_precision(tmp_path / "model")
    session = TrainingSession.resume(few, tmp_path / "model")
    kept, said = session.best.weights, []
    if not elsewhere:
        session.continue_with(optimizer="rmsprop")
    session.said.connect(said.append)
    session.epoch_ended.connect(lambda epoch: session.stop())
    fitted = session.run()
    assert "The optimiser begins anew" in said[1]
    assert fitted.history["epoch"] == [1, 2]
    moved = [np.abs(a - b).max() for a, b in zip(kept, session.network.get_weights(), strict=True)]
    assert 0 < max(m for m, w in zip(moved, kept, strict=True) if w.ndim == 4) < 0.1


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


def test_a_damaged_checkpoint_is_told(few, tmp_path):
    checkpoint_file(tmp_path).write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ModelError, match="damaged"):
        TrainingSession.resume(few, tmp_path)


def test_a_checkpoint_of_a_newer_version_asks_for_an_upgrade(few, tmp_path):
    np.savez(checkpoint_file(tmp_path), about=np.array('{"format": 99}'))
    with pytest.raises(ModelError, match="pip install --upgrade"):
        TrainingSession.resume(few, tmp_path)


def test_memory_that_ran_out_leaves_a_share_for_every_gpu(few, monkeypatch):
    monkeypatch.setattr(epochs, "batch_multiple", lambda: 2)
    plan = make_plan(few, few.labelled, **{**TINY, "batch_size": 6})
    said = []
    runner = epochs.EpochRunner(few, plan, few.split(), said.append)
    runner._use_smaller_batches(MemoryError())
    assert runner.plan.batch_size == 2
    with pytest.raises(OutOfMemoryError, match="even for 2 patches"):
        runner._use_smaller_batches(MemoryError())


def test_with_little_memory_it_learns_from_fewer_patches_at_a_time(few, monkeypatch):
    plan = make_plan(few, few.labelled, **{**TINY, "batch_size": 6})
    network = epochs.EpochRunner(few, plan, few.split(), print).learner.network
    enough_for_three = 3.5 / 0.8 * bytes_of_patch(network, plan.patch)
    monkeypatch.setattr(memory, "free_memory", lambda: enough_for_three)
    said = []
    runner = epochs.EpochRunner(few, plan, few.split(), said.append)
    assert runner.plan.batch_size == 3
    assert said[-1] == "Little memory is free: learning from 3 patches at a time instead of 6."
    assert runner.plan.reasons["batch_size"] == "memory ran out with 6"


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


def test_a_training_that_goes_further_sees_patches_that_it_has_not_seen(few, tmp_path, monkeypatch):
    learn, seen = keras.Model.train_on_batch, []

    def note(network, images, *args, **options):
        seen.append(images.tobytes())
        return learn(network, images, *args, **options)

    monkeypatch.setattr(keras.Model, "train_on_batch", note)
    large = {**TINY, "scale": WorkingScale(long_side=256)}
    session = new_session(few, tmp_path / "model", **large)
    session.run()
    session.continue_with(epochs=2)
    session.epoch_ended.connect(lambda epoch: session.stop())
    session.run()
    TrainingSession.resume(few, tmp_path / "model").run()
    assert len(seen) == len(set(seen)) == 3 * large["steps"]
    # As if it had been planned for so long from the beginning.
    new_session(few, **{**large, "epochs": 3}).run()
    assert seen[6:] == seen[:6]


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


def test_memory_that_runs_out_halves_the_batch(few, monkeypatch):
    import tensorflow as tf

    train_on_batch = keras.Model.train_on_batch

    def with_little_memory(network, images, *args, **options):
        if len(images) > 1:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return train_on_batch(network, images, *args, **options)

    monkeypatch.setattr(keras.Model, "train_on_batch", with_little_memory)
    session = new_session(few, epochs=1, batch_size=4)
    said = []
    session.said.connect(said.append)
    fitted = session.run()
    sizes = ("2 patches", "one patch")
    assert said == [f"Memory ran out: going on with {size} at a time." for size in sizes]
    assert fitted.record.plan.batch_size == 1
    assert fitted.record.plan.reasons["batch_size"] == "memory ran out with 2"


def test_large_pictures_held_back_are_looked_at_in_tiles(few, monkeypatch):
    predict, seen = keras.Model.predict_on_batch, []

    def note(network, images):
        seen.append(images.shape[1:3])
        return predict(network, images)

    monkeypatch.setattr(keras.Model, "predict_on_batch", note)
    session = new_session(few, **{**TINY, "scale": WorkingScale(factor=7)})
    ended = []
    session.epoch_ended.connect(ended.append)
    session.run()
    assert max(ended[0].preview.labels.shape) > 768
    # Once to validate, and once to calibrate.
    assert len(seen) >= 4
    assert max(map(max, seen)) <= 768


def test_memory_that_runs_out_over_pictures_held_back_is_explained(few, monkeypatch):
    def without_memory(network, images):
        raise MemoryError

    monkeypatch.setattr(keras.Model, "predict_on_batch", without_memory)
    with pytest.raises(OutOfMemoryError, match="pictures held back"):
        new_session(few, **TINY).run()


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


@pytest.mark.long
def test_a_frozen_encoder_stays_as_it_was(few):
    choices = {"architecture": "unet", "encoder": "resnet18", "freeze": "staged"}
    session = new_session(few, epochs=5, steps=1, **choices)
    first = {}

    def watch(epoch):
        for layer in session.network.layers:
            if isinstance(layer, keras.layers.Conv2D):
                first.setdefault(layer.name, []).append(layer.get_weights()[0])

    session.epoch_ended.connect(watch)
    session.run()
    encoder = first["conv0"]
    assert np.array_equal(encoder[0], encoder[1])
    assert not np.array_equal(encoder[-2], encoder[-1])
    head = [*first.values()][-1]
    assert not np.array_equal(head[0], head[1])


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


def test_the_curve_is_the_mean_of_the_batches_of_an_epoch(few, monkeypatch):
    learn, losses = keras.Model.train_on_batch, []

    def note(network, *args, **options):
        logs = learn(network, *args, **options)
        losses.append(logs["loss"])
        return logs

    monkeypatch.setattr(keras.Model, "train_on_batch", note)
    session = new_session(few, **{**TINY, "epochs": 2, "steps": 3})
    seen = []
    session.stepped.connect(lambda step: seen.append(step.loss))
    session.run()
    epochs_of = np.reshape(losses, (2, 3))
    assert session.history["loss"] == pytest.approx(epochs_of.mean(axis=1), abs=1e-6)
    assert seen[1] == pytest.approx(np.mean(losses[:2]))


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


def test_what_goes_wrong_in_the_last_look_costs_no_training(few, tmp_path, monkeypatch):
    session = new_session(few, tmp_path / "model", **TINY)
    said = []
    session.said.connect(said.append)

    def without_memory(network, images):
        raise MemoryError

    session.epoch_ended.connect(
        lambda epoch: monkeypatch.setattr(keras.Model, "predict_on_batch", without_memory)
    )
    fitted = session.run()
    assert session.state == "finished"
    assert "The model is kept, but was not looked at once more: Memory ran out" in said[-1]
    assert ModelRecord.read(tmp_path / "model").training == fitted.record.training
    assert not checkpoint_file(tmp_path / "model").exists()


@pytest.fixture
def spoilt(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    return data.subset(data.stems[:4])


def test_a_picture_that_cannot_be_read_is_left_out_and_told(spoilt):
    session = new_session(spoilt, **{**TINY, "steps": 8})
    lost = session.split.train[0]
    spoilt.image_path(lost).write_bytes(b"not a picture")
    said = []
    session.said.connect(said.append)
    session.run()
    assert session.state == "finished"
    (sentence,) = [each for each in said if "Going on without" in each]
    assert lost in sentence
    assert spoilt.image_path(lost).name in sentence


def test_a_picture_held_back_that_cannot_be_read_is_left_out(spoilt):
    split = spoilt.split(validation=0.5, seed=0)
    spoilt.image_path(split.validation[0]).write_bytes(b"not a picture")
    session = TrainingSession(spoilt, make_plan(spoilt, split.train, **TINY), split)
    previews = []
    session.epoch_ended.connect(lambda epoch: previews.append(epoch.preview.stem))
    session.run()
    assert previews == [split.validation[1]]
    assert session.history["val_iou"]


def test_pictures_that_are_gone_are_left_out_when_a_training_goes_on(spoilt, tmp_path):
    fail_after(new_session(spoilt, tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    gone = Checkpoint.read(tmp_path / "model").split.train[0]
    spoilt.image_path(gone).unlink()
    resumed = TrainingSession.resume(Dataset(spoilt.folder), tmp_path / "model")
    assert gone not in resumed.split.train
    assert resumed.run().history["epoch"] == [1, 2]


def test_a_training_without_any_of_its_pictures_is_told(spoilt, tmp_path):
    fail_after(new_session(spoilt, tmp_path / "model", **{**TINY, "epochs": 2}), 1)
    for stem in spoilt.stems:
        spoilt.image_path(stem).unlink()
    with pytest.raises(TrainingError, match="None of the pictures"):
        TrainingSession.resume(Dataset(spoilt.folder), tmp_path / "model")


def truths(session, monkeypatch):
    learn, seen = keras.Model.train_on_batch, []

    def note(network, images, truth, **options):
        seen.append(truth)
        return learn(network, images, truth, **options)

    monkeypatch.setattr(keras.Model, "train_on_batch", note)
    session.run()
    monkeypatch.setattr(keras.Model, "train_on_batch", learn)
    return np.concatenate(seen)


def test_masks_that_were_corrected_are_learned_from_when_it_goes_further(spoilt, monkeypatch):
    session = new_session(spoilt, **TINY)
    assert truths(session, monkeypatch)[..., 1].any()
    for stem in spoilt.stems:
        spoilt.save_mask(stem, np.zeros_like(spoilt.mask(stem)))
    session.continue_with(epochs=1)
    further = truths(session, monkeypatch)
    assert further[..., 0].any()
    assert not further[..., 1].any()


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


def test_after_every_epoch_the_same_pictures_are_looked_at(coin_dataset, tmp_path):
    split = coin_dataset.split(validation=0.5)
    plan = make_plan(coin_dataset, split.train, **{**MANY_HELD_BACK, "epochs": 2})
    session = TrainingSession(coin_dataset, plan, split, tmp_path / "model")
    fail_after(session, 1)
    looked_at = Checkpoint.read(tmp_path / "model").looked_at
    assert len(looked_at.stems) == 2
    session.continue_with(batch_size=1, epochs=1)
    assert session._runner.looked_at == looked_at
    resumed = TrainingSession.resume(coin_dataset, tmp_path / "model")
    resumed.run()
    assert resumed._runner.looked_at == looked_at


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


def test_without_pictures_held_back_nothing_is_calibrated(few):
    split = few.split(validation=0.0)
    plan = make_plan(few, split.train, **{**SMALL, "epochs": 1, "steps": 1})
    fitted = TrainingSession(few, plan, split).run()
    assert "temperature" not in fitted.record.training
    assert "val_iou" not in fitted.history


def test_a_grey_network_learns_from_one_channel(few):
    session = new_session(few, epochs=1, channels=1)
    fitted = session.run()
    assert fitted.network.input_shape[-1] == 1


def test_a_network_is_there_only_once_it_was_built(few):
    with pytest.raises(TrainingError, match="no network yet"):
        _ = new_session(few).network


@pytest.mark.parametrize(("optimizer", "schedule"), [("rmsprop", "step"), ("adam", "constant")])
def test_optimisers_and_schedules_reach_the_network(few, optimizer, schedule):
    session = new_session(few, optimizer=optimizer, schedule=schedule, epochs=1)
    session.run()
    assert type(session.network.optimizer).__name__.lower() == optimizer


def test_a_plan_for_another_network_does_not_change_the_session(few):
    session = new_session(few)
    before = replace(session.plan)
    with pytest.raises(OptionError):
        session.continue_with(epochs=-1)
    assert session.plan == before
