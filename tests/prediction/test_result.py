import numpy as np
import pytest
from scipy.stats import entropy

from notebook_seg.errors import OptionError
from notebook_seg.prediction import Prediction

NAMES, COLORS = ("background", "leaf", "symptom"), ("#000000", "#ff0000", "#00ff00")


@pytest.fixture
def prediction():
    rng = np.random.default_rng(0)
    working = rng.random((25, 30, 3), dtype=np.float32)
    working /= working.sum(-1, keepdims=True)
    return Prediction(rng.integers(0, 255, (100, 120, 3), np.uint8), working, NAMES, COLORS)


def test_labels_are_the_most_probable_classes_at_the_photographs_size(prediction):
    assert prediction.labels.shape == (100, 120)
    assert prediction.labels.dtype == np.uint8
    np.testing.assert_array_equal(prediction.labels, prediction.probabilities.argmax(-1))


def test_probabilities_sum_to_one(prediction):
    assert prediction.probabilities.dtype == np.float32
    np.testing.assert_allclose(prediction.probabilities.sum(-1), 1, rtol=1e-5)


def test_an_overlay_leaves_the_photograph_as_it_is(prediction):
    before = prediction.image.copy()
    overlay = prediction.overlay()
    assert overlay.shape == prediction.image.shape
    assert (overlay != before).any()
    np.testing.assert_array_equal(prediction.image, before)


def test_a_cutout_is_transparent_where_the_background_is(prediction):
    cutout = prediction.cutout()
    np.testing.assert_array_equal(cutout[..., 3] == 0, prediction.labels == 0)
    np.testing.assert_array_equal(cutout[..., :3], prediction.image)


def test_a_cutout_can_keep_some_classes_only(prediction):
    opaque = prediction.cutout(["symptom"])[..., 3] == 255
    np.testing.assert_array_equal(opaque, prediction.labels == 2)


def test_an_unknown_class_is_told(prediction):
    with pytest.raises(OptionError, match="background, leaf, symptom"):
        prediction.cutout(["stem"])


def test_uncertainty_is_the_entropy_at_the_photographs_size(prediction):
    working = prediction.working_probabilities
    assert prediction.uncertainty.shape == (100, 120)
    assert prediction.uncertainty.dtype == np.float32
    assert prediction.uncertainty.min() >= 0
    assert prediction.uncertainty.max() <= 1
    same_size = Prediction(prediction.image[:25, :30], working, NAMES, COLORS)
    expected = entropy(working, axis=-1) / np.log(3)
    np.testing.assert_allclose(same_size.uncertainty, expected, rtol=1e-4)


def test_only_what_is_uncertain_shines():
    working = np.tile(np.float32([1, 0, 0]), (8, 8, 1))
    working[:, 4:] = 1 / 3
    image = np.full((8, 8, 3), 100, np.uint8)
    shown = Prediction(image, working, NAMES, COLORS).uncertainty_overlay()
    np.testing.assert_array_equal(shown[:, :4], 100)
    assert (np.abs(shown[:, 4:].astype(int) - 100).max(-1) > 50).all()
    with pytest.raises(OptionError, match="opacity"):
        Prediction(image, working, NAMES, COLORS).uncertainty_overlay(opacity=2)
