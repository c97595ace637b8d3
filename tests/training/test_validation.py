from functools import partial

import keras
import pytest

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import OutOfMemoryError
from notebook_seg.training import ModelRecord, Plan, TrainingSession, make_plan
from notebook_seg.training.batches import whole_image
from notebook_seg.training.calibration import fit_temperature
from notebook_seg.training.checkpoint import Checkpoint, checkpoint_file
from notebook_seg.training.examples import Examples
from notebook_seg.training.networks import preprocess
from notebook_seg.training.scale import WorkingScale
from notebook_seg.training.validation import Validator

from .sessions import SMALL, TINY, fail_after, new_session

pytestmark = pytest.mark.usefixtures("eager")


def test_probabilities_are_calibrated_on_the_pictures_held_back(few):
    session = new_session(few, **TINY)
    fitted = session.run()
    plan = fitted.record.plan
    (example,) = Examples(few, session.split.validation, plan.scale, plan.contrast)
    images, _ = whole_image(example, few.n_classes, partial(preprocess, plan.encoder))
    height, width = example.mask.shape
    logits = fitted.network.predict_on_batch(images)[0, :height, :width]
    expected = fit_temperature([(logits, example.mask)])
    assert fitted.record.training["temperature"] == pytest.approx(expected, rel=1e-3)


def test_memory_that_runs_out_in_a_look_makes_it_one_in_smaller_parts(few, monkeypatch):
    import tensorflow as tf

    predict, sides = keras.Model.predict_on_batch, []

    def with_little_memory(network, images):
        sides.append(max(images.shape[1:3]))
        if sides[-1] > 300:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return predict(network, images)

    monkeypatch.setattr(keras.Model, "predict_on_batch", with_little_memory)
    session = new_session(few, **{**TINY, "epochs": 2, "scale": WorkingScale(factor=4)})
    assert session.run().history["epoch"] == [1, 2]
    assert sorted({side for side in sides if side > 300}) == [384, 576]
    assert sum(side > 300 for side in sides) == 2


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


def test_pictures_of_one_group_are_held_back_as_one(coin_dataset, tmp_path):
    images, masks = (coin_dataset.folder / name for name in ("images", "masks"))
    one, other, third, *rest = coin_dataset.stems
    groups = dict.fromkeys((one, other), "one hoard")
    data = Dataset.create(tmp_path / "grouped", images, ["coin"], masks, groups=groups)
    split = Split(train=tuple(rest), validation=(one, other, third), test=())
    assert Validator(data, Plan(minutes=5), split, print).n_groups == 2


def test_the_pictures_held_back_are_looked_at_once_after_an_epoch(few, monkeypatch):
    session = new_session(few, **TINY)
    assert seen_by(session, monkeypatch) == [1, 2]
    kept = session.fitted.record.training
    assert kept["best_validation_iou"] == pytest.approx(session.history["val_iou"][-1], abs=1e-6)


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


def test_a_picture_held_back_that_cannot_be_read_is_left_out(spoilt):
    split = spoilt.split(validation=0.5, seed=0)
    spoilt.image_path(split.validation[0]).write_bytes(b"not a picture")
    session = TrainingSession(spoilt, make_plan(spoilt, split.train, **TINY), split)
    previews = []
    session.epoch_ended.connect(lambda epoch: previews.append(epoch.preview.stem))
    session.run()
    assert previews == [split.validation[1]]
    assert session.history["val_iou"]


def test_after_every_epoch_the_same_pictures_are_looked_at(coin_dataset, tmp_path):
    out, split = tmp_path / "model", coin_dataset.split(validation=0.5)
    plan = make_plan(coin_dataset, split.train, **{**MANY_HELD_BACK, "epochs": 2})
    session = TrainingSession(coin_dataset, plan, split, out)
    fail_after(session, 1)
    looked_at = Checkpoint.read(out).validation_subset
    assert len(looked_at.stems) == 2
    session.continue_with(batch_size=1, epochs=2)
    fail_after(session, 2)
    assert Checkpoint.read(out).validation_subset == looked_at
    fail_after(TrainingSession.resume(coin_dataset, out), 3)
    assert Checkpoint.read(out).validation_subset == looked_at


def test_without_pictures_held_back_nothing_is_calibrated(few):
    split = few.split(validation=0.0)
    plan = make_plan(few, split.train, **{**SMALL, "epochs": 1, "steps": 1})
    fitted = TrainingSession(few, plan, split).run()
    assert "temperature" not in fitted.record.training
    assert "val_iou" not in fitted.history
