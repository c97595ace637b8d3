from dataclasses import replace

import keras
import numpy as np
import pytest

from notebook_seg.training import ModelRecord, TrainingSession, make_plan
from notebook_seg.training.checkpoint import Checkpoint
from notebook_seg.training.device import has_gpu
from notebook_seg.training.epochs import EpochRunner
from notebook_seg.training.memory import patches_that_fit
from notebook_seg.training.scale import WorkingScale

from .sessions import TINY, fail_after, new_session

pytestmark = pytest.mark.usefixtures("eager")


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


@pytest.mark.skipif(has_gpu(), reason="a GPU tells when its memory runs out")
def test_with_little_memory_it_learns_from_fewer_patches_at_a_time(few):
    too_many, said = 10**7, []
    plan = make_plan(few, few.labelled, **{**TINY, "batch_size": too_many})
    runner = EpochRunner(few, plan, few.split(), said.append)
    fit = runner.plan.batch_size
    # What else runs on the machine takes memory and gives it back.
    assert fit == pytest.approx(patches_that_fit(runner.learner.network, plan.patch), rel=0.5)
    assert said[-1] == (
        f"Little memory is free: learning from {fit} patches at a time instead of {too_many}."
    )
    assert runner.plan.reasons["batch_size"] == f"little memory was free for {too_many}"


@pytest.mark.skipif(has_gpu(), reason="a GPU tells when its memory runs out")
def test_larger_batches_to_go_further_with_are_made_to_fit(few):
    plan, said = make_plan(few, few.labelled, **TINY), []
    runner = EpochRunner(few, plan, few.split(), said.append)
    runner.follow(plan.replace(batch_size=10**7))
    assert runner.plan.batch_size < 10**7
    assert "Little memory is free" in said[-1]


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
    sizes = ("2 patches", "1 patch")
    assert said == [f"Memory ran out: going on with {size} at a time." for size in sizes]
    assert fitted.record.plan.batch_size == 1
    assert fitted.record.plan.reasons["batch_size"] == "memory ran out with 2"


def rate_of(session):
    return float(keras.ops.convert_to_numpy(session.network.optimizer.learning_rate))


def test_what_begins_to_learn_begins_slowly(few):
    small = {"patch": (32, 32), "batch_size": 1, "freeze": "staged"}
    session = new_session(few, **{**TINY, **small, "epochs": 5, "steps": 8})
    rates = []
    session.stepped.connect(lambda step: rates.append(rate_of(session)))
    session.run()
    for begins in (8, 24):
        assert rates[begins] < 0.1 * session.plan.learning_rate
        assert rates[begins - 1] > 3 * rates[begins]


def test_an_encoder_that_is_random_and_frozen_is_told(few):
    said = []
    choices = {"architecture": "linknet", "encoder": "resnet18", "encoder_weights": None}
    plan = make_plan(few, few.labelled, **{**TINY, **choices, "freeze": "encoder"})
    EpochRunner(few, plan, few.split(), said.append)
    assert "begins from random weights and keeps them" in said[-1]


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


def test_a_grey_network_learns_from_one_channel(few):
    session = new_session(few, epochs=1, channels=1)
    fitted = session.run()
    assert fitted.network.input_shape[-1] == 1


@pytest.mark.parametrize(
    ("optimizer", "schedule", "decay"), [("rmsprop", "step", 0.1), ("adam", "constant", 1.0)]
)
def test_the_planned_optimiser_learns_at_the_rate_that_is_scheduled(
    few, optimizer, schedule, decay
):
    session = new_session(few, **TINY, optimizer=optimizer, schedule=schedule)
    session.run()
    learner = session.network.optimizer
    assert type(learner).__name__.lower() == optimizer
    # The second of the 20 batches in which the rate rises, halfway through the training.
    rate = session.plan.learning_rate * 2 / 20 * decay
    assert float(learner.learning_rate) == pytest.approx(rate)
