import contextlib
import logging
import os
from threading import Event, Thread

import keras
import numpy as np
import pytest

from notebook_seg.data import ClassLabel
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.learner import Learner
from notebook_seg.training.quiet import quiet_retracing, quiet_stderr
from tests.conftest import SMALL_NETWORK


class Quiet(Thread):
    """Wants standard error quiet, says something meanwhile, and ends when it is told."""

    def __init__(self, error=None):
        super().__init__()
        self.error, self.began, self.leave = error, Event(), Event()
        self.start()
        assert self.began.wait(60)

    def run(self):
        with contextlib.suppress(ZeroDivisionError), quiet_stderr():
            os.write(2, b"chatter of a library\n")
            self.began.set()
            self.leave.wait(60)
            if self.error:
                raise self.error

    def end(self):
        self.leave.set()
        self.join()


def test_standard_error_is_back_after_two_threads_have_held_it_back(capfd):
    first, second = Quiet(), Quiet()
    first.end()
    os.write(2, b"while one of them goes on\n")
    second.end()
    os.write(2, b"the disk is full\n")
    assert capfd.readouterr().err == "the disk is full\n"


def test_what_fails_in_one_thread_is_told_while_another_is_quiet(capfd):
    quiet, failing = Quiet(), Quiet(ZeroDivisionError())
    failing.end()
    assert capfd.readouterr().err == 2 * "chatter of a library\n"
    quiet.end()
    assert capfd.readouterr().err == ""


def test_what_a_library_said_before_it_failed_is_told(capfd):
    failing = Quiet(ZeroDivisionError())
    failing.end()
    assert capfd.readouterr().err == "chatter of a library\n"


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


@pytest.mark.long
def test_a_network_that_is_made_ready_many_times_learns_in_silence(caplog):
    plan = Plan(**SMALL_NETWORK, epochs=1)
    learner = Learner(plan, n_classes=2)
    nothing = np.zeros((1, 32, 32, 3), np.float32), np.zeros((1, 32, 32, 2), np.float32)
    with caplog.at_level(logging.WARNING):
        for _ in range(7):
            learner.prepare(plan, "all")
            learner.step(nothing, 1e-3)
    assert caplog.messages == []
