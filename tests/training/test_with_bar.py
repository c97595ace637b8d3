import contextlib
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time

import keras
import numpy as np
import pytest

from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.prediction import load_model
from notebook_seg.training import ModelRecord, TrainingSession, make_plan
from notebook_seg.training.batches import PatchBatches
from notebook_seg.training.best import tolerated
from notebook_seg.training.checkpoint import checkpoint_file, is_finished
from notebook_seg.training.examples import Example
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import build_network, preprocess
from notebook_seg.training.with_bar import run_with_bar
from tests.conftest import SMALL_NETWORK

pytestmark = pytest.mark.usefixtures("eager")

BRIEFLY = {
    "epochs": 2,
    "steps": 3,
    "patch": (64, 64),
    "batch_size": 4,
    **SMALL_NETWORK,
}


def fit_briefly(dataset, out=None, validation=0.25, **choices):
    split = dataset.split(validation=validation, seed=0)
    plan = make_plan(dataset, split.train, validation=validation, **{**BRIEFLY, **choices})
    return run_with_bar(TrainingSession(dataset, plan, split, out), progress=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model") / "model"


@pytest.fixture(scope="module")
def fitted(coin_dataset, folder):
    return fit_briefly(coin_dataset, folder, epochs=4, learning_rate=0.01)


def test_the_latest_of_the_best_epochs_is_kept(fitted):
    scores = fitted.history["val_iou"]
    best = fitted.record.training["best_epoch"]
    held_back = len(fitted.record.split["validation"])
    least = [
        max(scores[:epoch]) - tolerated(held_back, epoch / len(scores))
        for epoch in range(1, 1 + len(scores))
    ]
    assert scores[best - 1] >= least[best - 1]
    assert all(score < lowest for score, lowest in list(zip(scores, least, strict=True))[best:])
    assert fitted.record.training["best_validation_iou"] == pytest.approx(
        scores[best - 1], abs=1e-5
    )


def test_the_model_folder_is_there_after_training(fitted, folder):
    names = {file.name for file in folder.iterdir()}
    assert names == {"model.json", "model.weights.h5", "history.csv", "card.md"}
    assert ModelRecord.read(folder).training == fitted.record.training


def test_the_same_seed_learns_the_same_but_for_rounding(coin_dataset):
    first, again, other = (fit_briefly(coin_dataset, seed=seed).history for seed in (1, 1, 2))
    # Threads add up in any order, so that the last digits differ.
    assert first["loss"] == pytest.approx(again["loss"], rel=0.004)
    assert first["loss"] != pytest.approx(other["loss"], rel=0.004)


def test_without_validation_pictures_the_last_epoch_is_kept(coin_dataset):
    fitted = fit_briefly(coin_dataset, validation=0.0)
    assert fitted.record.training["best_epoch"] == 2
    assert "val_iou" not in fitted.history


@pytest.mark.long
def test_it_learns_to_find_coins(coin_dataset):
    fitted = fit_briefly(coin_dataset, epochs=3, steps=12, patch=(96, 96))
    assert fitted.history["loss"][-1] < 0.7 * fitted.history["loss"][0]
    assert fitted.history["iou"][-1] > 0.6


@pytest.mark.long
def test_batchnorm_statistics_are_right_after_few_steps(coin_dataset):
    network = build_network("unet", "resnet18", 2)
    examples = [
        Example(coin_dataset.image(stem), coin_dataset.mask(stem)) for stem in coin_dataset.stems
    ]

    def scaling(images):
        return preprocess("resnet18", images)

    batches = PatchBatches(examples, 2, (96, 96), 8, "none", scaling)
    loss = loss_by_name("cross_entropy")
    network.compile(keras.optimizers.Adam(3e-3), loss)
    for images, truth in itertools.islice(batches.stream(), 60):
        network.train_on_batch(images, truth)
    while_training = float(loss(truth, network(images, training=True)))
    afterwards = float(loss(truth, network(images, training=False)))
    assert afterwards < 2 * while_training + 0.1


def test_a_model_that_is_there_already_is_set_aside(coin_dataset, tmp_path, capsys):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("an older model")
    fit_briefly(coin_dataset, tmp_path / "model", epochs=1, steps=1)
    assert (tmp_path / "model.1" / "model.json").read_text() == "an older model"
    assert ModelRecord.read(tmp_path / "model").training["epochs"] == 1
    assert "model.1" in capsys.readouterr().out


def test_a_minute_is_the_users_minute(coin_dataset):
    fitted = fit_briefly(coin_dataset, epochs=None, minutes=0.02, steps=10_000)
    assert len(fitted.history["epoch"]) == 1


def test_a_loss_that_explodes_is_explained(coin_dataset):
    with pytest.raises(TrainingError, match="lower learning_rate"):
        fit_briefly(coin_dataset, epochs=5, learning_rate=1e30)


def test_memory_that_runs_out_is_explained(coin_dataset):
    with pytest.raises(OutOfMemoryError, match="smaller patch"):
        fit_briefly(coin_dataset, patch=(2**20, 2**20))


SCRIPT = """
    import sys
    import notebook_seg as nbs

    model = nbs.train(nbs.Dataset(sys.argv[1]), sys.argv[2], epochs=500, steps=1, patch=(64, 64),
                      batch_size=2, architecture="small_unet")
    print("kept epoch", model.record.training["best_epoch"])
"""


@pytest.fixture
def training(coin_dataset, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), coin_dataset.folder, tmp_path / "model"],
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


def test_a_kill_leaves_a_model_that_loads(training, tmp_path):
    wait_for_epochs(training, 2)
    training.kill()
    training.wait()
    record = ModelRecord.read(tmp_path / "model")
    assert record.training["best_epoch"] >= 1
    assert load_model(tmp_path / "model").class_names == ("background", "coin")


def test_a_training_elsewhere_is_left_alone_and_an_interruption_keeps_its_best_epoch(
    training, coin_dataset, tmp_path
):
    wait_for_epochs(training, 2)
    out = tmp_path / "model"
    half_written = out / ".model.json.0123abcd.tmp"
    half_written.touch()
    with pytest.raises(TrainingError, match="A training is running in"):
        fit_briefly(coin_dataset, out)
    with pytest.raises(TrainingError, match="A training is running in"):
        TrainingSession.resume(coin_dataset, out)
    assert half_written.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    training.send_signal(signal.SIGINT)
    said, complaints = training.communicate(timeout=300)
    assert "kept epoch" in said, complaints
    assert np.isfinite(ModelRecord.read(out).training["best_validation_iou"])
    assert TrainingSession.resume(coin_dataset, out).history["epoch"]


KILLS = int(os.environ.get("NOTEBOOK_SEG_KILLS", "2"))
RESUMED = """
    import sys
    import notebook_seg as nbs

    nbs.train(nbs.Dataset(sys.argv[1]), sys.argv[2], resume=True, epochs=40, steps=2,
              patch=(64, 64), batch_size=2, encoder="resnet18", encoder_weights=None)
    print("done", flush=True)
"""


def go_on(dataset, out):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RESUMED), dataset.folder, out],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_for_an_epoch(process, out):
    """Return whether a process has written the state after an epoch before it ended."""
    file = checkpoint_file(out)
    before = file.stat().st_mtime_ns if file.exists() else 0
    while process.poll() is None:
        if file.exists() and file.stat().st_mtime_ns != before:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.long
def test_killed_at_random_moments_it_ends_with_all_its_epochs(coin_dataset, tmp_path):
    rng, out, after_an_epoch = np.random.default_rng(0), tmp_path / "model", 0
    for number in range(KILLS):
        process = go_on(coin_dataset, out)
        # Every other one is killed while it learns, whatever time it took to begin.
        late = number % 2 == 1 and wait_for_an_epoch(process, out)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=rng.uniform(0, 3 if late else 20))
        after_an_epoch += late and process.poll() is None
        process.kill()
        process.communicate()
    assert after_an_epoch
    if not is_finished(out):
        said, _ = go_on(coin_dataset, out).communicate(timeout=600)
        assert "done" in said
    assert load_model(out).history["epoch"] == [*range(1, 41)]
    assert not [path for path in out.iterdir() if "tmp" in path.name or "saving" in path.name]
