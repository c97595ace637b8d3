import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from notebook_seg.data import UNLABELLED
from notebook_seg.training.calibration import best_temperature, fit_temperature, surprise


@pytest.fixture
def honest():
    """Logits of three pictures, and masks that are drawn from just the probabilities they give."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (3, 120, 150, 3))
    chosen = (softmax(logits, -1).cumsum(-1) < rng.random((3, 120, 150, 1))).sum(-1)
    return logits, np.minimum(chosen, 2).astype(np.uint8)


@pytest.mark.parametrize("too_sure", [0.5, 1, 4])
def test_the_temperature_takes_back_how_much_too_sure_a_network_is(honest, too_sure):
    logits, masks = honest
    assert fit_temperature(zip(logits * too_sure, masks, strict=True)) == pytest.approx(
        too_sure, rel=0.05
    )


def test_a_temperature_makes_the_truth_more_likely(honest):
    logits, masks = honest
    sure = logits * 3
    temperature = fit_temperature(zip(sure, masks, strict=True))

    def likelihood(values):
        return np.take_along_axis(log_softmax(values, -1), masks[..., None].astype(int), -1).mean()

    assert likelihood(sure / temperature) > likelihood(sure) + 0.1


def test_what_pictures_tell_adds_up_and_may_be_told_as_probabilities(honest):
    logits, masks = honest
    sure = np.maximum(softmax(logits * 3, -1).astype(np.float32), np.finfo(np.float32).tiny)
    known = [surprise(np.log(p), mask) for p, mask in zip(sure, masks, strict=True)]
    assert best_temperature(known) == pytest.approx(
        fit_temperature(zip(logits * 3, masks, strict=True)), rel=1e-3
    )
    assert best_temperature([sum(known)]) == pytest.approx(best_temperature(known))


def test_unlabelled_pixels_do_not_count(honest):
    logits, masks = honest
    logits, masks = logits[..., :60, :], masks[..., :60]
    nonsense = np.full_like(logits, 50.0)
    both = np.concatenate([logits, nonsense], axis=2)
    partly = np.concatenate([masks, np.full_like(masks, UNLABELLED)], axis=2)
    assert fit_temperature(zip(both, partly, strict=True)) == pytest.approx(
        fit_temperature(zip(logits, masks, strict=True))
    )


def test_nothing_labelled_leaves_the_logits_as_they_are():
    nothing = np.full((5, 4), UNLABELLED, np.uint8)
    assert fit_temperature([(np.zeros((5, 4, 2)), nothing)]) == 1


def test_a_network_that_is_always_right_is_believed_within_reason():
    logits = np.zeros((1, 8, 8, 2))
    logits[..., 1] = 1
    assert fit_temperature(zip(logits, np.ones((1, 8, 8), np.uint8), strict=True)) == pytest.approx(
        0.1, rel=0.01
    )
