"""What tests of prediction share."""

import numpy as np
import pytest

from notebook_seg.data import ClassLabel
from notebook_seg.prediction import Model
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.scale import WorkingScale
from tests.conftest import SMALL_NETWORK


def small_network(bias=0.0):
    """Return a small network of two classes that has learned nothing, the same each time."""
    plan = Plan(
        **SMALL_NETWORK,
        scale=WorkingScale(long_side=64),
        epochs=1,
    )
    classes = (ClassLabel(1, "coin", "#e6194b"), ClassLabel(2, "rim", "#3cb44b"))
    record = ModelRecord(classes, plan, {"train": [], "validation": [], "test": []})
    network = record.build()
    rng = np.random.default_rng(0)
    for weight in network.trainable_weights:
        if weight.shape[0] > 1 and len(weight.shape) > 1:
            weight.assign(rng.normal(bias, 0.2, weight.shape))
    return Model(network, record)


@pytest.fixture(scope="session")
def quick_model():
    return small_network()


@pytest.fixture(scope="session")
def another_model():
    return small_network(bias=0.01)
