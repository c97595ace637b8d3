"""What tests of the workflow share."""

import keras
import numpy as np

from notebook_seg.data import ClassLabel
from notebook_seg.prediction import Model
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.scale import WorkingScale
from tests.conftest import SMALL_NETWORK


def broken(model):
    """Let the last weights of a model be no numbers."""
    *_, last = (layer for layer in model.network.layers if layer.get_weights())
    last.set_weights([np.full_like(weights, np.nan) for weights in last.get_weights()])
    return model


def untrained(split, history, class_name="coin"):
    """Return a small network that has learned nothing, with the record of a training."""
    plan = Plan(
        **SMALL_NETWORK,
        patch=(64, 64),
        scale=WorkingScale(long_side=64),
        epochs=1,
    )
    # Many random weights see one class everywhere; these see some of both.
    keras.utils.set_random_seed(4)
    record = ModelRecord((ClassLabel(1, class_name, "#e6194b"),), plan, split)
    return Model(record.build(), record, history)
