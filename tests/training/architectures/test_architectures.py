"""What holds for every architecture that is found in the package, a new one too."""

import keras
import numpy as np
import pytest

from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.networks import build_network, describe_architectures


def build(architecture, n_classes, channels=3):
    encoder = "none" if has_own_encoder(architecture) else "resnet18"
    return build_network(architecture, encoder, n_classes, channels=channels)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def architecture(request):
    yield request.param
    keras.backend.clear_session()


@pytest.fixture(scope="module")
def network(architecture):
    return build(architecture, n_classes=3)


@pytest.fixture(scope="module")
def binary(architecture):
    """A network of two classes for pictures of five channels."""
    return build(architecture, n_classes=2, channels=5)


def pixels(height=64, width=96, channels=3):
    return np.random.default_rng(0).uniform(0, 1, (2, height, width, channels)).astype(np.float32)


def names_of_heads(network):
    return [x.name for x in network.layers if x.name not in network.parts.encoder]


def logits_of(network, images):
    return np.asarray(network(images, training=False))


def test_photographs_of_many_sizes_follow_each_other(network):
    for sides in ((64, 96), (96, 64), (32, 128), (128, 32)):
        images = pixels(*sides)
        # After two sizes TensorFlow draws one graph for all that are to come.
        logits = network.predict_on_batch(images)
        np.testing.assert_allclose(logits, logits_of(network, images), atol=1e-4)


@pytest.mark.parametrize("sides", [(64, 96), (32, 32)])
def test_a_logit_for_every_pixel_and_class(network, sides):
    logits = logits_of(network, pixels(*sides))
    assert logits.shape == (2, *sides, 3)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert logits.std(axis=(0, 1, 2)).min() > 0


def test_weights_fit_the_network_that_is_built_again(network, architecture, tmp_path):
    network.save_weights(tmp_path / "model.weights.h5")
    rebuilt = build(architecture, n_classes=3)
    different = logits_of(rebuilt, pixels())
    assert names_of_heads(rebuilt) == names_of_heads(network)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(logits_of(rebuilt, pixels()), logits_of(network, pixels()))
    assert np.abs(different - logits_of(network, pixels())).max() > 0


def test_the_background_of_two_classes_is_zero(binary):
    logits = logits_of(binary, pixels(channels=5))
    assert logits.shape == (2, 64, 96, 2)
    assert not logits[..., 0].any()
    assert logits[..., 1].std() > 0


def test_every_channel_of_a_picture_counts(binary):
    images = pixels(channels=5)[:1].repeat(6, axis=0)
    for channel in range(5):
        images[channel, ..., channel] = 0
    *changed, unchanged = logits_of(binary, images)
    assert all(np.abs(logits - unchanged).max() > 0 for logits in changed)


def test_grey_pictures_are_taken(architecture):
    grey = build(architecture, n_classes=3, channels=1)
    assert logits_of(grey, pixels(channels=1)).shape == (2, 64, 96, 3)


def test_a_step_of_training_reaches_the_first_and_the_last_layer(network):
    kernels = [x.kernel for x in network.layers if isinstance(x, keras.layers.Conv2D)]
    before = [keras.ops.convert_to_numpy(kernel) for kernel in (kernels[0], kernels[-1])]
    network.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), run_eagerly=True)
    truth = np.eye(3, dtype=np.float32)[np.random.default_rng(1).integers(0, 3, (2, 64, 96))]
    network.train_on_batch(pixels(), truth)
    for kernel, old in zip((kernels[0], kernels[-1]), before, strict=True):
        assert np.abs(keras.ops.convert_to_numpy(kernel) - old).max() > 0
        assert np.isfinite(keras.ops.convert_to_numpy(kernel)).all()


def test_each_is_described_in_a_line():
    rows = describe_architectures()
    assert [row.name for row in rows] == list(ARCHITECTURES)
    assert all(row.description.endswith(".") for row in rows)
