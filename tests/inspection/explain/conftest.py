"""Networks whose right answer is known, and pictures of a red and a green square."""

import keras
import numpy as np
import pytest

from notebook_seg.data import ClassLabel
from notebook_seg.prediction import Model
from notebook_seg.training import Plan
from notebook_seg.training.record import ModelRecord
from notebook_seg.training.scale import WorkingScale
from tests.conftest import SMALL_NETWORK

BLACK, RED, GREEN, GREY = (0, 0, 0), (255, 0, 0), (0, 255, 0), (90, 90, 90)


def model_of(network, n_classes=3, factor=1.0, **plan):
    """A model that sees photographs at their own size, 0 to 1."""
    names = ("red", "green", "blue")[: n_classes - 1]
    colors = ("#ff0000", "#00ff00", "#0000ff")
    classes = [ClassLabel(i, n, c) for i, (n, c) in enumerate(zip(names, colors, strict=False), 1)]
    plan = SMALL_NETWORK | plan
    record = ModelRecord(
        tuple(classes),
        Plan(scale=WorkingScale(factor=factor), epochs=1, **plan),
        {"train": ["a"], "validation": [], "test": []},
    )
    return Model(network, record)


def random_model(architecture="unet", encoder="resnet18", seed=0, **plan):
    """A model as it is built, with random weights."""
    keras.utils.set_random_seed(seed)
    model = model_of(None, architecture=architecture, encoder=encoder, **plan)
    return Model(model.record.build(), model.record)


@pytest.fixture(scope="session")
def deep_model():
    return random_model()


def pointwise(x, kernel, bias, name, activation=None):
    layer = keras.layers.Conv2D(len(bias), 1, activation=activation, name=name)
    x = layer(x)
    layer.set_weights([np.array(kernel, np.float32)[None, None], np.array(bias, np.float32)])
    return x


@pytest.fixture(scope="session")
def color_model():
    """Red is 8 red - 4, green 8 green - 4, background 0; the fourth of its features is dead."""
    pixels = keras.Input((None, None, 3), name="pixels")
    colors = np.eye(3, 4)
    x = pointwise(pixels, colors, np.zeros(4), "features", "relu")
    to_classes = [[0, 8, 0], [0, 0, 8], [0, 0, 0], [0, 0, 0]]
    logits = pointwise(x, to_classes, [0, -4, -4], "outputs")
    return model_of(keras.Model(pixels, logits))


@pytest.fixture(scope="session")
def border_model():
    """Its only feature is 0 but where a picture is dark or ends, since ends are padded with 0."""
    pixels = keras.Input((None, None, 3), name="pixels")
    edges = keras.layers.Conv2D(1, 3, padding="same", activation="relu", name="features")
    x = edges(pixels)
    edges.set_weights([np.full((3, 3, 3, 1), -1 / 27, np.float32), np.array([0.9], np.float32)])
    logits = pointwise(x, [[0, 20]], [0, -1], "outputs")
    return model_of(keras.Model(pixels, logits), n_classes=2)


def square(top=16, left=24, side=16, shape=(64, 96), color=RED, ground=BLACK):
    image = np.full((*shape, 3), ground, np.uint8)
    image[top : top + side, left : left + side] = color
    return image
