import keras
import numpy as np
import pytest

from notebook_seg.training.channels import copy_weights, scale_channels


def small_encoder(channels):
    """An encoder that begins as ResNets do, with statistics of the pixels themselves."""
    return keras.Sequential(
        [
            keras.Input((None, None, channels)),
            keras.layers.BatchNormalization(scale=False),
            keras.layers.Conv2D(4, 3, name="first"),
            keras.layers.Conv2D(3, 3, name="second"),
        ]
    )


@pytest.fixture(scope="module")
def pretrained():
    network = small_encoder(3)
    random = np.random.default_rng(0)
    network.set_weights([random.uniform(0.5, 1, w.shape) for w in network.get_weights()])
    return network


def copied(pretrained, channels):
    network = small_encoder(channels)
    copy_weights(pretrained, network)
    return network


def test_more_channels_take_the_colours_in_turn(pretrained):
    network = copied(pretrained, 5)
    theirs, ours = (n.get_layer("first").kernel.numpy() for n in (pretrained, network))
    np.testing.assert_allclose(ours, theirs[:, :, [0, 1, 2, 0, 1]] * 3 / 5, rtol=1e-6)
    np.testing.assert_array_equal(
        network.layers[0].moving_mean, pretrained.layers[0].moving_mean.numpy()[[0, 1, 2, 0, 1]]
    )


@pytest.mark.parametrize("channels", [1, 2])
def test_fewer_channels_take_the_mean_of_the_colours(pretrained, channels):
    network = copied(pretrained, channels)
    theirs, ours = (n.get_layer("first").kernel.numpy() for n in (pretrained, network))
    for channel in range(channels):
        np.testing.assert_allclose(ours[:, :, channel] * channels, theirs.sum(axis=2), rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_what_follows_is_excited_as_before(pretrained, channels):
    network = copied(pretrained, channels)
    ones = [np.ones((1, 3, 3, n), np.float32) for n in (3, channels)]
    responses = [
        np.asarray(n.get_layer("first")(x))
        for n, x in zip((pretrained, network), ones, strict=True)
    ]
    np.testing.assert_allclose(*responses, rtol=1e-5)


def test_layers_behind_the_first_are_kept(pretrained):
    network = copied(pretrained, 4)
    np.testing.assert_array_equal(
        *(n.get_layer("second").kernel.numpy() for n in (pretrained, network))
    )


def test_each_channel_is_scaled_by_the_mean_of_the_colours():
    def shifted(colors):
        return colors - np.array([10, 20, 60], np.float32)

    images = np.array([[0, 30, 90, 255]], np.uint8)
    np.testing.assert_allclose(scale_channels(images, shifted), [[-30, 0, 60, 225]])
