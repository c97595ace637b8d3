"""Networks by name: the one door to `segmentation_models`, and where encoder weights come from.

`segmentation_models` is handed Keras as an argument, so everything here runs on every backend of
Keras 3. A network is always rebuilt from its names and then given its weights: whole-model files
of these networks cannot be trusted to load again.
"""

import contextlib
import functools
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import keras
import numpy as np

from notebook_seg.errors import WeightsError, check_choice
from notebook_seg.training.quiet import quiet_stderr
from notebook_seg.training.weights import find_weights

__all__ = ["ARCHITECTURES", "ENCODERS", "STRIDE", "build_network", "preprocess"]

ARCHITECTURES = ("unet", "fpn", "linknet")

ENCODERS = (
    "mobilenet",
    "mobilenetv2",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50",
    "seresnet18",
    "seresnet34",
    "seresnet50",
    "seresnext50",
    "vgg16",
    "vgg19",
    "inceptionv3",
    "inceptionresnetv2",
    "efficientnetb0",
    "efficientnetb1",
    "efficientnetb2",
    "efficientnetb3",
    "efficientnetb4",
)

STRIDE = 32
"""Sides of what a network is given must divide by this number of pixels."""

_BATCHNORM_MOMENTUM = 0.9

_DECODER_NAMES = ("center_", "decoder_", "final_", "fpn_", "segm_")


@functools.cache
def _segmentation_models() -> ModuleType:
    # Its import wants `efficientnet.keras`, which wants a part of Keras that Keras 3 has dropped
    # and that only whole-model files need; an empty module in that place lets it import.
    sys.modules.setdefault("efficientnet.keras", ModuleType("efficientnet.keras"))
    with contextlib.redirect_stdout(io.StringIO()):
        import segmentation_models
    return segmentation_models


def _keras_for(get_file: Callable[..., str] = keras.utils.get_file) -> dict[str, object]:
    backend = SimpleNamespace(**vars(keras.backend))
    # What these libraries still look for in `keras.backend` lives elsewhere in Keras 3.
    backend.int_shape, backend.sigmoid, backend.shape = (
        _int_shape,
        keras.ops.sigmoid,
        keras.ops.shape,
    )
    utils = SimpleNamespace(**vars(keras.utils))
    utils.get_file = get_file
    return {
        "backend": backend,
        "layers": keras.layers,
        "models": keras.models,
        "utils": utils,
    }


def _int_shape(tensor: keras.KerasTensor) -> tuple[int | None, ...]:
    return tuple(tensor.shape)


def _constructor(architecture: str) -> Callable[..., keras.Model]:
    models = _segmentation_models().models
    constructors = {
        "unet": models.unet.Unet,
        "fpn": models.fpn.FPN,
        "linknet": models.linknet.Linknet,
    }
    return constructors[architecture]


def _batchnorms(network: keras.Model) -> Iterator[keras.layers.BatchNormalization]:
    return (n for n in network.layers if isinstance(n, keras.layers.BatchNormalization))


def _settle_batchnorms(network: keras.Model, pretrained: bool) -> None:
    for layer in _batchnorms(network):
        # With Keras' default of 0.99 the running statistics lag for several hundred steps, which
        # is longer than a dozen photographs take to train.
        layer.momentum = _BATCHNORM_MOMENTUM
        # Statistics of a million photographs are better than those of a few patches.
        layer.trainable = not pretrained or layer.name.startswith(_DECODER_NAMES)


def build_network(
    architecture: str,
    encoder: str,
    n_classes: int,
    encoder_weights: str | Path | None = None,
) -> keras.Model:
    """Build a network that maps preprocessed images to class logits.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`.
    encoder : str
        One of `ENCODERS`.
    n_classes : int
        Number of classes, background included: the channels of the output.
    encoder_weights : {"imagenet"}, path or None
        ``"imagenet"`` takes the file from Keras' cache or fetches it; a path names a weights file
        (``.h5``, without the classification head) or a folder of them; None starts from random.

    Returns
    -------
    keras.Model
        ``(N, H, W, 3)`` float32 to ``(N, H, W, n_classes)`` float32 logits, H and W multiples
        of `STRIDE`.

    Raises
    ------
    OptionError
        If the architecture or the encoder is not known.
    WeightsError
        If the weights are not to be had.

    Examples
    --------
    >>> network = build_network("unet", "mobilenetv2", n_classes=2)
    >>> network.output_shape
    (None, None, None, 2)
    """
    check_choice("architecture", architecture, ARCHITECTURES)
    check_choice("encoder", encoder, ENCODERS)
    with quiet_stderr(), _weights_advice(encoder, encoder_weights):
        network = _assemble(architecture, encoder, n_classes, encoder_weights)
    _settle_batchnorms(network, pretrained=encoder_weights is not None)
    logits = keras.layers.Activation("linear", dtype="float32", name="logits")(network.output)
    return keras.Model(network.input, logits, name=f"{architecture}-{encoder}")


@contextlib.contextmanager
def _weights_advice(encoder: str, encoder_weights: str | Path | None) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        if encoder_weights is None:
            raise
        raise WeightsError(
            f"The weights do not fit the encoder {encoder}, or the file is damaged: fetch "
            f"it again, or choose the encoder it belongs to. Received: {str(encoder_weights)!r}"
        ) from error


def _assemble(
    architecture: str, encoder: str, n_classes: int, encoder_weights: str | Path | None
) -> keras.Model:
    get_file = functools.partial(find_weights, source=encoder_weights or "imagenet")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`input_shape` is undefined or non-square")
        return _constructor(architecture)(
            encoder,
            input_shape=(None, None, 3),
            classes=n_classes,
            activation="linear",
            encoder_weights=None if encoder_weights is None else "imagenet",
            **_keras_for(get_file),
        )


def preprocess(encoder: str, images: np.ndarray) -> np.ndarray:
    """Scale pixel values as the encoder's weights expect them.

    Parameters
    ----------
    encoder : str
        One of `ENCODERS`.
    images : ndarray of uint8, shape (..., H, W, 3)

    Returns
    -------
    ndarray of float32, same shape

    Examples
    --------
    >>> preprocess("mobilenetv2", np.array([[[0, 51, 255]]], np.uint8)).round(2)
    array([[[-1. , -0.6,  1. ]]], dtype=float32)
    """
    function = _segmentation_models().Backbones.get_preprocessing(encoder)
    scaled = function(images.astype(np.float32), **_keras_for())
    return np.asarray(scaled, np.float32)
