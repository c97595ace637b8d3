import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.calibration import calibration_curve

from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.reliability import Reliability


def binary(probability):
    """Return the probabilities of two classes, the second of them given."""
    probability = np.asarray(probability, np.float64)
    return np.stack([1 - probability, probability], axis=-1)


def drawn(shape, temperature=1.0, seed=0):
    """Return probabilities, honest at a temperature of 1, and a truth."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=shape)
    honest = 1 / (1 + np.exp(-logits))
    truth = (rng.random(shape) < honest).astype(np.uint8)
    return binary(1 / (1 + np.exp(-logits / temperature))), truth


pictures = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float32, (1, n), elements=st.floats(0, 1, width=32)),
        hnp.arrays(np.uint8, (1, n), elements=st.sampled_from([0, 1, 255])),
    )
)


@settings(max_examples=50)
@given(pictures, st.integers(1, 20))
def test_the_curve_of_a_class_agrees_with_scikit_learn(picture, bins):
    probability, truth = picture
    known = truth != 255
    if not known.any():
        return
    found = Reliability.from_probabilities(binary(probability), truth, label=1, bins=bins)
    of_class = binary(probability)[..., 1][known]
    right, sure = calibration_curve(truth[known], of_class, n_bins=bins)
    filled = found.pixels > 0
    np.testing.assert_allclose(found.shares_right[filled], right)
    np.testing.assert_allclose(found.mean_sureness[filled], sure)
    error = (found.pixels[filled] * np.abs(right - sure)).sum() / known.sum()
    assert found.expected_error == pytest.approx(error)


def test_the_curve_of_the_most_probable_class_worked_by_hand():
    probabilities = np.array([[[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4], [0, 0.9, 0.1]]])
    truth = np.array([[0, 2, 2, 255]], np.uint8)
    found = Reliability.from_probabilities(probabilities, truth, bins=10)
    assert found.pixels.nonzero()[0].tolist() == [3, 6, 8]
    assert found.right[[3, 6, 8]].tolist() == [1, 0, 1]
    assert found.expected_error == pytest.approx((0.6 + 0.7 + 0.1) / 3)
    assert found.overconfidence == pytest.approx((0.4 - 1 + 0.7 + 0.9 - 1) / 3)
    assert np.isnan(found.shares_right[0])


def test_honest_probabilities_have_next_to_no_error():
    probabilities, truth = drawn((300, 300))
    found = Reliability.from_probabilities(probabilities, truth)
    assert found.expected_error < 0.01
    assert found.summary.startswith("The probabilities can be trusted")


def test_a_model_that_is_too_sure_is_told_from_one_that_is_not_sure_enough():
    sure, modest = (
        Reliability.from_probabilities(*drawn((200, 200), temperature)) for temperature in (0.3, 3)
    )
    assert sure.overconfidence > 0.05
    assert sure.summary.startswith("The model is too sure: of the pixels that it gives")
    assert modest.overconfidence < -0.05
    assert modest.summary.startswith("The model is not sure enough")


def test_errors_that_make_up_for_each_other_are_told():
    probabilities = binary([[0.99] * 10 + [0.7] * 10])
    truth = np.array([[1] * 7 + [0] * 3 + [1] * 10], np.uint8)
    found = Reliability.from_probabilities(probabilities, truth)
    assert "too sure of some pixels and not sure enough of others" in found.summary
    assert "29%" in found.summary or "30%" in found.summary


def test_pictures_add_up_to_one_large_picture():
    halves = [drawn((40, 50), seed=seed) for seed in (1, 2)]
    together = Reliability.from_probabilities(
        *(np.concatenate(part) for part in zip(*halves, strict=True))
    )
    added = Reliability.from_probabilities(*halves[0]) + Reliability.from_probabilities(*halves[1])
    np.testing.assert_array_equal(added.pixels, together.pixels)
    np.testing.assert_array_equal(added.right, together.right)
    assert added.expected_error == pytest.approx(together.expected_error)


def test_without_a_labelled_pixel_there_is_nothing_to_tell():
    probabilities, truth = drawn((4, 4))
    found = Reliability.from_probabilities(probabilities, np.full_like(truth, 255))
    assert np.isnan([found.expected_error, found.accuracy, found.confidence]).all()
    assert found.summary.startswith("No pixel is labelled")


def test_what_does_not_fit_is_an_error():
    probabilities, truth = drawn((4, 4))
    with pytest.raises(OptionError, match=r"classes 0 to 1. Received: class 2"):
        Reliability.from_probabilities(probabilities, truth, label=2)
    with pytest.raises(OptionError, match=r"a bin at least. Received: 0"):
        Reliability.from_probabilities(probabilities, truth, bins=0)
    with pytest.raises(OptionError, match=r"Received: shape \(4, 4\)"):
        Reliability.from_probabilities(probabilities[..., 0], truth)
    with pytest.raises(MaskError, match=r"one of the 2 classes.*Received: 7"):
        Reliability.from_probabilities(probabilities, np.full_like(truth, 7))
    with pytest.raises(OptionError, match=r"number of bins. Received: 15 and 10"):
        Reliability.from_probabilities(probabilities, truth) + Reliability.from_probabilities(
            probabilities, truth, bins=10
        )
