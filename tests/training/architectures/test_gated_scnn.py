import keras
import numpy as np
import pytest

from notebook_seg.training.architectures.gated_scnn import ImageGradient
from notebook_seg.training.device import precision
from notebook_seg.training.networks import build_network


def test_the_gradient_of_a_picture_is_that_of_its_mean_channel():
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 9, 12, 3)).astype(np.float32)
    grey = pixels.mean(axis=-1)
    down, right = np.zeros_like(grey), np.zeros_like(grey)
    down[:, :-1], right[:, :, :-1] = np.diff(grey, axis=1), np.diff(grey, axis=2)
    expected = np.hypot(down, right)[..., None]
    np.testing.assert_allclose(ImageGradient()(pixels), expected, rtol=1e-3, atol=1e-2)


@pytest.fixture(scope="module")
def network():
    yield build_network("gated_scnn", "resnet18", 3)
    keras.backend.clear_session()


def test_outlines_are_likelihoods_that_the_outputs_depend_on(network):
    seen = keras.Model(network.input, [network.get_layer("outlines").output, network.output])
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 64, 96, 3)).astype(np.float32)
    likelihood, logits = (np.asarray(x) for x in seen(pixels, training=False))
    assert likelihood.shape == (2, 32, 48, 1)
    assert likelihood.min() >= 0
    assert likelihood.max() <= 1
    network.get_layer("outlines_bn").gamma.assign([0])  # now each pixel is one as likely as not
    flat, changed = (np.asarray(x) for x in seen(pixels, training=False))
    assert (flat == 0.5).all()
    assert np.abs(changed - logits).max() > 0


def test_the_steepest_pixels_are_numbers_in_half_precision(network):
    pixels = np.zeros((1, 32, 32, 3), np.float32)
    pixels[:, 8, 8] = 255
    with precision("mixed_float16"):
        half = build_network("gated_scnn", "resnet18", 3)
    steepness = keras.Model(half.input, half.get_layer("image_gradient").output)(pixels)
    assert np.asarray(steepness).max() == pytest.approx(np.hypot(255, 255), rel=1e-3)


def test_while_it_learns_the_outlines_are_not_saturated():
    network = build_network("gated_scnn", "resnet18", 3)
    seen = keras.Model(network.input, network.get_layer("outlines").output)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 64, 96, 3)).astype(np.float32)
    likelihood = np.asarray(seen(pixels, training=True))
    assert ((likelihood > 0.05) & (likelihood < 0.95)).mean() > 0.5
