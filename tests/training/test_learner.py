import numpy as np
import pytest

from notebook_seg.training import Plan
from notebook_seg.training.learner import Learner
from tests.conftest import SMALL_NETWORK

pytestmark = pytest.mark.usefixtures("eager")

PLAN = Plan(epochs=1, **{**SMALL_NETWORK, "architecture": "plain_unet"})
"""Of a network that drops activations at random while it learns."""


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=(2, 32, 32))
    return rng.random((2, 32, 32, 3), np.float32), np.eye(2, dtype=np.float32)[labels]


def learner():
    one = Learner(PLAN, n_classes=2)
    one.prepare(PLAN, "all")
    return one


def step(one, batch):
    one.reset()
    return one.step(batch, 1e-3)["loss"]


@pytest.mark.long
def test_a_learner_that_is_restored_takes_the_same_steps(batch):
    one, other = learner(), learner()
    step(one, batch)
    states = one.network.get_weights(), one.optimizer_state(), one.random_state()
    expected = [step(one, batch) for _ in range(2)]
    assert other.restore(*states)
    np.testing.assert_array_equal(other.random_state(), states[2])
    assert [step(other, batch) for _ in range(2)] == pytest.approx(expected, rel=1e-3)
    assert (np.array(other.random_state()) != states[2]).any()


def test_what_is_learned_by_is_restored_in_full(batch):
    plan = PLAN.replace(architecture="small_unet")
    one = Learner(plan, n_classes=2)
    one.prepare(plan, "all")
    step(one, batch)
    kept = one.network.get_weights(), one.optimizer_state()
    step(one, batch)
    assert any((a != b).any() for a, b in zip(kept[1], one.optimizer_state(), strict=True))
    one.restore(*kept)
    for before, after in zip(kept[1], one.optimizer_state(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_loss_is_the_mean_since_the_epoch_began(batch):
    plan = PLAN.replace(architecture="small_unet")
    one = Learner(plan, n_classes=2)
    one.prepare(plan, "all")
    first = one.step(batch, 0.0)
    second = one.step(batch, 0.0)
    images, truth = batch
    third = one.step((images, np.roll(truth, 1, axis=-1)), 0.0)
    assert second["loss"] == pytest.approx(first["loss"], rel=1e-3)
    alone = step(one, (images, np.roll(truth, 1, axis=-1)))
    assert third["loss"] == pytest.approx((2 * first["loss"] + alone) / 3, rel=1e-3)
