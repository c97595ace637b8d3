import numpy as np
import pytest

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
