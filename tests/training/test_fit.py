import itertools
import signal
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.training import ModelRecord, fit, make_plan
from notebook_seg.training.batches import Example, PatchBatches
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import build_network, preprocess


def plan_for(dataset, split, **choices):
    options = {"epochs": 2, "steps": 3, "patch": (64, 64), "encoder_weights": None}
    return make_plan(dataset, split.train, **{**options, **choices})


def fit_briefly(dataset, out=None, **choices):
    split = dataset.split(validation=0.25, seed=0)
    return fit(dataset, plan_for(dataset, split, **choices), split, out, progress=False)


def test_the_same_seed_gives_the_same_curves_and_another_others(coins):
    first, again, other = (fit_briefly(coins, seed=seed).history for seed in (1, 1, 2))
    for name in ("loss", "iou", "val_loss", "val_iou"):
        assert first[name] == again[name]
    assert first["loss"] != other["loss"]


def test_the_latest_of_the_best_epochs_is_kept(coins):
    fitted = fit_briefly(coins, epochs=4, learning_rate=0.02)
    scores = fitted.history["val_iou"]
    best = fitted.record.training["best_epoch"]
    assert scores[best - 1] >= max(scores) - 0.01
    assert all(score < max(scores) - 0.01 for score in scores[best:])
    assert fitted.record.training["best_validation_iou"] == pytest.approx(scores[best - 1], abs=1e-5)


def test_without_validation_pictures_the_last_epoch_is_kept(coins):
    split = coins.split(validation=0, seed=0)
    fitted = fit(coins, plan_for(coins, split, validation=0.0), split, progress=False)
    assert fitted.record.training["best_epoch"] == 2
    assert "val_iou" not in fitted.history


def test_it_learns_to_find_coins(coins):
    fitted = fit_briefly(coins, epochs=3, steps=12, patch=(96, 96))
    assert fitted.history["loss"][-1] < 0.7 * fitted.history["loss"][0]
    assert fitted.history["iou"][-1] > 0.6


def test_batchnorm_statistics_are_right_after_few_steps(coins):
    network = build_network("unet", "mobilenetv2", 2)
    examples = [Example(coins.image(stem), coins.mask(stem)) for stem in coins.stems]

    def scaling(images):
        return preprocess("mobilenetv2", images)

    batches = PatchBatches(examples, 2, (96, 96), 8, "none", scaling)
    loss = loss_by_name("cross_entropy")
    network.compile(keras.optimizers.Adam(3e-3), loss)
    for images, truth in itertools.islice(batches.stream(), 60):
        network.train_on_batch(images, truth)
    while_training = float(loss(truth, network(images, training=True)))
    afterwards = float(loss(truth, network(images, training=False)))
    assert afterwards < 2 * while_training + 0.1


def test_the_model_folder_is_there_after_training(coins, tmp_path):
    fitted = fit_briefly(coins, tmp_path / "model")
    names = {file.name for file in (tmp_path / "model").iterdir()}
    assert names == {"model.json", "model.weights.h5", "history.csv", "card.md"}
    assert ModelRecord.read(tmp_path / "model").training == fitted.record.training


def test_a_minute_is_the_users_minute(coins):
    fitted = fit_briefly(coins, epochs=None, minutes=0.02, steps=10_000)
    assert len(fitted.history["epoch"]) == 1


def test_a_loss_that_explodes_is_explained(coins):
    with pytest.raises(TrainingError, match="lower learning_rate"):
        fit_briefly(coins, epochs=5, learning_rate=1e30)


def test_memory_that_runs_out_is_explained(coins):
    with pytest.raises(OutOfMemoryError, match="smaller batch_size"):
        fit_briefly(coins, batch_size=10**9)


SCRIPT = """
    import sys
    import notebook_seg as nbs

    model = nbs.train(nbs.Dataset(sys.argv[1]), sys.argv[2], epochs=500, steps=1, patch=(64, 64),
                      encoder_weights=None)
    print("kept epoch", model.record.training["best_epoch"])
"""


@pytest.fixture
def training(coins, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), coins.folder, tmp_path / "model"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def wait_for_epochs(process, number):
    seen = ""
    while f"epoch {number}" not in seen:
        seen = (seen + process.stderr.read(1))[-200:]
        assert process.poll() is None, seen


def test_an_interruption_keeps_the_best_epoch(training, tmp_path):
    wait_for_epochs(training, 2)
    training.send_signal(signal.SIGINT)
    said, complaints = training.communicate(timeout=120)
    assert "kept epoch" in said, complaints
    assert np.isfinite(ModelRecord.read(tmp_path / "model").training["best_validation_iou"])


def test_a_kill_leaves_a_model_that_loads(training, tmp_path):
    wait_for_epochs(training, 2)
    training.kill()
    training.wait()
    record = ModelRecord.read(tmp_path / "model")
    assert record.training["best_epoch"] >= 1
    from notebook_seg.prediction import load_model

    assert load_model(tmp_path / "model").class_names == ("background", "coin")
