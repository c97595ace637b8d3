"""What tests of sharing have in common: a small model, and its bundle."""

from pathlib import Path

import keras
import pytest

from notebook_seg.data import ClassLabel
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.sharing import share
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.scale import WorkingScale

SPLIT = {
    "train": ("coin_01", "coin_02"),
    "validation": ("coin_03",),
    "test": ("coin_04", "coin_05"),
}
SMALL = Plan(
    architecture="pspnet",
    encoder_weights=None,
    patch=(64, 64),
    scale=WorkingScale(long_side=64),
    epochs=1,
)


def small_model(plan: Plan = SMALL, seed: int = 0, **training: object) -> Model:
    """Return a network with random weights, whose label maps show both classes."""
    keras.utils.set_random_seed(seed)
    classes = (ClassLabel(1, "coin", "#e6194b"),)
    record = ModelRecord(classes, plan, SPLIT, {"epochs": 3, "seconds": 60, **training})
    network = record.build()
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    # So that activations are spread as after a training, and not all alike.
    network(keras.random.uniform((4, 64, 64, plan.channels), -1, 1, seed=seed), training=True)
    return Model(network, record, {"epoch": [1.0], "loss": [0.5]})


@pytest.fixture(scope="session")
def model() -> Model:
    return small_model(best_validation_iou=0.75)


@pytest.fixture(scope="session")
def ensemble(model) -> Ensemble:
    return Ensemble([model, small_model(seed=1)])


@pytest.fixture(scope="session")
def bundle(model, tmp_path_factory) -> Path:
    """A shared model, never to be written to."""
    return share(
        model,
        tmp_path_factory.mktemp("shared") / "coins.nbseg.zip",
        name="coins",
        description="Ancient coins on grey.",
        authors=["A. Curator"],
        licence="CC-BY-4.0",
        citation="Curator 2026, Coins",
        limits="Whole coins only.",
        progress=False,
    )


@pytest.fixture(scope="session")
def ensemble_bundle(ensemble, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("shared") / "several.nbseg.zip"
    return share(ensemble, out, name="several", progress=False)
