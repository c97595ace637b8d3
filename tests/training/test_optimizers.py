from dataclasses import replace

import keras
import numpy as np
import pytest

from notebook_seg.training.freezing import set_trainable
from notebook_seg.training.networks import build_network
from notebook_seg.training.optimizers import OPTIMIZERS, optimizer_for


def moved(name, encoder_rate, pretrained=True):
    """Return how far a step moves a kernel of the encoder and one of the decoder."""
    keras.utils.set_random_seed(0)
    network = build_network("unet", "resnet18", n_classes=2)
    network.parts = replace(network.parts, pretrained=pretrained)
    optimizer = optimizer_for(name, 1e-3, network, encoder_rate)
    network.compile(optimizer, "mse", run_eagerly=True)
    kernels = [
        network.get_layer(layer).kernel for layer in ("stage1_unit1_conv1", "decoder_4b_conv")
    ]
    before = [keras.ops.convert_to_numpy(kernel) for kernel in kernels]
    rng = np.random.default_rng(0)
    network.train_on_batch(rng.random((1, 32, 32, 3)), rng.random((1, 32, 32, 2)))
    after = [keras.ops.convert_to_numpy(kernel) for kernel in kernels]
    return [np.abs(a - b).mean() for a, b in zip(after, before, strict=True)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_encoder_learns_at_its_share_of_the_rate_and_the_rest_at_all_of_it(name):
    (encoder, decoder), (slow, same) = moved(name, 1.0), moved(name, 0.1)
    assert slow / encoder == pytest.approx(0.1, rel=0.02)
    assert same / decoder == pytest.approx(1, rel=0.02)


def test_an_encoder_that_knows_nothing_yet_learns_as_fast_as_the_rest():
    assert moved("adam", 0.1, pretrained=False) == pytest.approx(moved("adam", 1.0), rel=0.02)


def test_what_is_frozen_has_no_rate():
    network = build_network("unet", "resnet18", n_classes=2)
    set_trainable(network, "heads")
    optimizer = optimizer_for("adamw", 1e-3, network, 0.1)
    network.compile(optimizer, "mse", run_eagerly=True)
    image = np.ones((1, 32, 32, 3))
    before = keras.ops.convert_to_numpy(network.get_layer("stage1_unit1_conv1").kernel)
    network.train_on_batch(image, np.zeros((1, 32, 32, 2)))
    assert (
        keras.ops.convert_to_numpy(network.get_layer("stage1_unit1_conv1").kernel) == before
    ).all()
