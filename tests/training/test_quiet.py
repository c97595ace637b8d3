import logging

import keras
import numpy as np

from notebook_seg.data import ClassLabel
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.learner import Learner
from notebook_seg.training.quiet import quiet_retracing
from tests.conftest import SMALL_NETWORK


def test_only_the_warning_of_retracing_is_left_out(caplog):
    logger = logging.getLogger("tensorflow")
    with caplog.at_level(logging.WARNING, "tensorflow"):
        with quiet_retracing():
            logger.warning("5 out of the last 5 calls triggered tf.function retracing.")
            logger.warning("the disk is full")
        logger.warning("6 out of the last 6 calls triggered tf.function retracing.")
    assert [message.split()[0] for message in caplog.messages] == ["the", "6"]


def test_an_ensemble_of_many_networks_predicts_in_silence(caplog):
    coin = ClassLabel(1, "coin", "#e6194b")
    split = {"train": (), "validation": (), "test": ()}
    record = ModelRecord((coin,), Plan(epochs=1), split)

    def small():
        layers = [keras.Input((None, None, 3)), keras.layers.Conv2D(2, 1)]
        return Model(keras.Sequential(layers), record)

    with caplog.at_level(logging.WARNING):
        Ensemble(small() for _ in range(7)).predict(np.zeros((64, 96, 3), np.uint8))
    assert caplog.messages == []


def test_a_network_that_is_made_ready_many_times_learns_in_silence(caplog):
    plan = Plan(**SMALL_NETWORK, epochs=1)
    learner = Learner(plan, n_classes=2)
    nothing = np.zeros((1, 32, 32, 3), np.float32), np.zeros((1, 32, 32, 2), np.float32)
    with caplog.at_level(logging.WARNING):
        for _ in range(7):
            learner.prepare(plan, "all")
            learner.step(nothing, 1e-3)
    assert caplog.messages == []
