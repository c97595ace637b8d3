"""Networks by name: the one door to `segmentation_models`, and where encoder weights come from.

`segmentation_models` is handed Keras as an argument, so everything here runs on every backend of
Keras 3. Its encoders are used; what is built on them lies in `architectures`. A network is always
rebuilt from its names and then given its weights: whole-model files of these networks cannot be
trusted to load again.
"""

import contextlib
import functools
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from notebook_seg.errors import OptionError, WeightsError, check_choice
from notebook_seg.training.architectures import (
    ARCHITECTURES,
    Encoder,
    architecture_module,
    has_own_encoder,
)
from notebook_seg.training.channels import COLORS, copy_weights, scale_channels
from notebook_seg.training.freezing import Parts, set_trainable
from notebook_seg.training.quiet import quiet_stderr
from notebook_seg.training.weights import find_weights

__all__ = [
    "ARCHITECTURES",
    "ENCODERS",
    "NO_ENCODER",
    "REFUSED_ENCODERS",
    "STRIDE",
    "build_network",
    "check_encoder_weights",
    "check_network",
    "describe_architectures",
    "describe_encoders",
    "preprocess",
    "up_to_stride",
]

NO_ENCODER = "none"
"""The encoder's name for an architecture that brings its own."""

ENCODERS = (
    "mobilenet",
    "mobilenetv2",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50",
    "resnext101",
    "seresnet18",
    "seresnet34",
    "seresnet50",
    "seresnet101",
    "seresnet152",
    "seresnext50",
    "seresnext101",
    "senet154",
    "vgg16",
    "vgg19",
    "inceptionv3",
    "inceptionresnetv2",
    "efficientnetb0",
    "efficientnetb1",
    "efficientnetb2",
    "efficientnetb3",
    "efficientnetb4",
    "efficientnetb5",
    "efficientnetb6",
    "efficientnetb7",
    NO_ENCODER,
)

REFUSED_ENCODERS = MappingProxyType(
    dict.fromkeys(
        ("densenet121", "densenet169", "densenet201"),
        "the names of its layers hold a slash, which Keras 3 does not allow",
    )
)
"""Encoders of `segmentation_models` that do not build, and why."""

STRIDE = 32
"""Sides of what a network is given must divide by this number of pixels."""

_BATCHNORM_MOMENTUM = 0.9

_EIGHTH = 2  # which of the feature maps has stride 8


def up_to_stride(side: int) -> int:
    """Return the shortest side, in pixels, that is no shorter and that divides by `STRIDE`.

    Examples
    --------
    >>> up_to_stride(32), up_to_stride(33)
    (32, 64)
    """
    return -(-side // STRIDE) * STRIDE


@functools.cache
def _segmentation_models() -> ModuleType:
    # Its import wants `efficientnet.keras`, which wants a part of Keras that Keras 3 has dropped
    # and that only whole-model files need; an empty module in that place lets it import.
    sys.modules.setdefault("efficientnet.keras", ModuleType("efficientnet.keras"))
    with contextlib.redirect_stdout(io.StringIO()):
        import segmentation_models
    return segmentation_models


def _backbones() -> Any:
    return _segmentation_models().Backbones


def _keras_for(get_file: Callable[..., str] = keras.utils.get_file) -> dict[str, object]:
    backend = SimpleNamespace(**vars(keras.backend))
    # What these libraries still look for in `keras.backend` lives elsewhere in Keras 3.
    backend.int_shape, backend.sigmoid, backend.shape = _int_shape, ops.sigmoid, ops.shape
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


@keras.saving.register_keras_serializable("notebook_seg")
class ZeroBackground(keras.layers.Layer):
    """Put a background whose logit is always 0 before the only class.

    Softmax over the two is then the sigmoid of the class.

    Examples
    --------
    >>> ops.convert_to_numpy(ZeroBackground()(ops.ones((1, 1, 1, 1)))).ravel()
    array([0., 1.], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        """Turn ``(N, H, W, 1)`` into ``(N, H, W, 2)``."""
        return ops.concatenate([ops.zeros_like(inputs), inputs], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return ``(N, H, W, 2)``."""
        return (*input_shape[:-1], 2)


def build_network(
    architecture: str,
    encoder: str,
    n_classes: int,
    encoder_weights: str | Path | None = None,
    channels: int = COLORS,
) -> keras.Model:
    """Build a network that maps preprocessed images to class logits.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`.
    encoder : str
        One of `ENCODERS`; ``"none"`` for an architecture that brings its own.
    n_classes : int
        Number of classes, background included: the channels of the output. The background of two
        classes is always 0, so that the network has one output and softmax is its sigmoid.
    encoder_weights : {"imagenet"}, path or None
        ``"imagenet"`` takes the file from Keras' cache or fetches it; a path names a weights file
        (``.h5``, without the classification head) or a folder of them; None starts from random.
    channels : int
        Of the images. Pretrained weights are for three colours; see
        `notebook_seg.training.channels.copy_weights` for what other channels are given of them.

    Returns
    -------
    keras.Model
        ``(N, H, W, channels)`` float32 to ``(N, H, W, n_classes)`` float32 logits, H and W
        multiples of `STRIDE`. Its `parts` tells encoder from heads; see `set_trainable`.

    Raises
    ------
    OptionError
        If the architecture or the encoder is not known, or they do not go together.
    WeightsError
        If the weights are not to be had.

    Examples
    --------
    >>> network = build_network("unet", "mobilenetv2", n_classes=2)
    >>> network.output_shape
    (None, None, None, 2)
    """
    check_network(architecture, encoder)
    _check_at_least("n_classes", n_classes, 2)
    _check_at_least("channels", channels, 1)
    with quiet_stderr():
        base, parts = _encoder(encoder, encoder_weights, channels)
        outputs = architecture_module(architecture).build(base, 1 if n_classes == 2 else n_classes)
        logits = _logits(outputs, n_classes)
    network = keras.Model(base.input, logits, name=f"{architecture}-{encoder}")
    network.parts = parts
    _settle_batchnorms(network)
    return network


def check_network(architecture: str, encoder: str) -> None:
    """Check that an architecture and an encoder are known and go together.

    Raises
    ------
    OptionError
        If they do not, or the encoder is one that does not work; with the reason.

    Examples
    --------
    >>> check_network("unet", "none")
    Traceback (most recent call last):
    notebook_seg.errors.OptionError: The architecture unet needs an encoder, such as \
'mobilenetv2'. Received: 'none'
    """
    check_choice("architecture", architecture, ARCHITECTURES)
    if encoder in REFUSED_ENCODERS:
        raise OptionError(
            f"The encoder {encoder} does not work: {REFUSED_ENCODERS[encoder]}. Choose from: "
            f"{', '.join(ENCODERS)}. Received: {encoder!r}"
        )
    check_choice("encoder", encoder, ENCODERS)
    if has_own_encoder(architecture) != (encoder == NO_ENCODER):
        advice = (
            f"brings its own encoder: pass encoder={NO_ENCODER!r}"
            if has_own_encoder(architecture)
            else "needs an encoder, such as 'mobilenetv2'"
        )
        raise OptionError(f"The architecture {architecture} {advice}. Received: {encoder!r}")


def check_encoder_weights(encoder: str, encoder_weights: str | Path | None) -> None:
    """Check that there is an encoder for the weights that are asked for.

    Raises
    ------
    OptionError
        If there is none.

    Examples
    --------
    >>> check_encoder_weights("none", None)
    """
    if encoder == NO_ENCODER and encoder_weights is not None:
        raise OptionError(
            "There are no pretrained weights without an encoder: pass encoder_weights=None. "
            f"Received: {str(encoder_weights)!r}"
        )


def _check_at_least(name: str, received: int, least: int) -> None:
    if received < least:
        raise OptionError(f"{name} must be {least} or more. Received: {received!r}")


def _encoder(name: str, weights: str | Path | None, channels: int) -> tuple[Encoder, Parts]:
    check_encoder_weights(name, weights)
    if name == NO_ENCODER:
        pixels = keras.Input((None, None, channels), name="pixels")
        return Encoder(pixels), Parts(frozenset(), frozenset(), pretrained=False)
    backbone = _backbone(name, weights, channels)
    taps = _feature_layers(name, backbone)
    names = [layer.name for layer in backbone.layers]
    upper = names[names.index(taps[_EIGHTH].name) + 1 :]
    parts = Parts(frozenset(names), frozenset(upper), pretrained=weights is not None)
    ends_in_pooling = isinstance(taps[-1], keras.layers.MaxPooling2D)
    return Encoder(backbone.input, tuple(t.output for t in taps), ends_in_pooling), parts


def _feature_layers(name: str, backbone: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers whose outputs have strides 2, 4, 8, 16 and 32."""
    deepest_first = [
        backbone.get_layer(key) if isinstance(key, str) else backbone.layers[key]
        for key in _backbones().get_feature_layers(name, n=4)
    ]
    return [*reversed(deepest_first), backbone.layers[-1]]


def _backbone(name: str, weights: str | Path | None, channels: int) -> keras.Model:
    if weights is None:
        return _unweighted(name, channels)
    with _weights_advice(name, weights):
        get_file = functools.partial(find_weights, source=weights)
        pretrained = _from_library(name, COLORS, "imagenet", get_file)
    if channels == COLORS:
        return pretrained
    backbone = _unweighted(name, channels)
    copy_weights(pretrained, backbone)
    return backbone


def _unweighted(name: str, channels: int) -> keras.Model:
    return _from_library(name, channels, None, find_weights)


def _from_library(
    name: str, channels: int, weights: str | None, get_file: Callable[..., str]
) -> keras.Model:
    with warnings.catch_warnings():
        # They are about sizes and channels that a classifier of ImageNet would not expect.
        warnings.simplefilter("ignore", UserWarning)
        return _backbones().get_backbone(
            name,
            input_shape=(None, None, channels),
            weights=weights,
            include_top=False,
            **_keras_for(get_file),
        )


@contextlib.contextmanager
def _weights_advice(encoder: str, encoder_weights: str | Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"The weights do not fit the encoder {encoder}, or the file is damaged: fetch "
            f"it again, or choose the encoder it belongs to. Received: {str(encoder_weights)!r}"
        ) from error


def _logits(outputs: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    if n_classes == 2:
        return ZeroBackground(dtype="float32", name="logits")(outputs)
    return keras.layers.Activation("linear", dtype="float32", name="logits")(outputs)


def _settle_batchnorms(network: keras.Model) -> None:
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # With Keras' default of 0.99 the running statistics lag for several hundred steps,
            # which is longer than a dozen photographs take to train.
            layer.momentum = _BATCHNORM_MOMENTUM
    set_trainable(network, "all")


def preprocess(encoder: str, images: np.ndarray) -> np.ndarray:
    """Scale pixel values as the encoder's weights expect them.

    Parameters
    ----------
    encoder : str
        One of `ENCODERS`; ``"none"`` scales to 0..1.
    images : ndarray of uint8, shape (..., H, W, channels)
        Three channels are red, green and blue. Others are scaled each as grey would be.

    Returns
    -------
    ndarray of float32, same shape

    Examples
    --------
    >>> preprocess("mobilenetv2", np.array([[[0, 51, 255]]], np.uint8)).round(2)
    array([[[-1. , -0.6,  1. ]]], dtype=float32)
    """
    if images.shape[-1] != COLORS:
        return scale_channels(images, functools.partial(_scaled, encoder))
    return _scaled(encoder, images.astype(np.float32))


def _scaled(encoder: str, colors: np.ndarray) -> np.ndarray:
    if encoder == NO_ENCODER:
        return colors / np.float32(255)
    function = _backbones().get_preprocessing(encoder)
    return np.asarray(function(colors, **_keras_for()), np.float32)


class ArchitectureRow(NamedTuple):
    """An architecture: its name, what it is, and whether its encoder must be ``"none"``."""

    name: str
    description: str
    has_own_encoder: bool


def describe_architectures() -> tuple[ArchitectureRow, ...]:
    """Say what each architecture is.

    Examples
    --------
    >>> describe_architectures()[-1].name
    'unet'
    """
    return tuple(
        ArchitectureRow(
            name,
            (architecture_module(name).__doc__ or "").partition("\n")[0],
            has_own_encoder(name),
        )
        for name in ARCHITECTURES
    )


class EncoderRow(NamedTuple):
    """An encoder: its name, millions of parameters, and "works" or the reason why it does not.

    The number is None where it does not build.
    """

    name: str
    millions: float | None
    status: str


def describe_encoders(
    names: tuple[str, ...] = (*ENCODERS, *REFUSED_ENCODERS),
) -> tuple[EncoderRow, ...]:
    """Build encoders and say how large they are; all of them take a minute.

    Examples
    --------
    >>> describe_encoders(("resnet18", "densenet121"))[0]
    EncoderRow(name='resnet18', millions=11.2, status='works')
    """
    return tuple(_described(name) for name in names if name != NO_ENCODER)


def _described(name: str) -> EncoderRow:
    if name in REFUSED_ENCODERS:
        return EncoderRow(name, None, REFUSED_ENCODERS[name])
    with quiet_stderr():
        backbone = _unweighted(name, COLORS)
    return EncoderRow(name, round(backbone.count_params() / 1e6, 1), "works")
