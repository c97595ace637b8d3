"""Groups of layers that several architectures share."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from notebook_seg.training.architectures import Encoder

__all__ = [
    "Enlarge",
    "atrous_pyramid",
    "centre",
    "conv",
    "deepest_at_sixteenth",
    "enlarge",
    "outputs",
    "pointwise",
    "resize",
    "separable_conv",
]


def conv(x: KerasTensor, filters: int, name: str, size: int = 3) -> KerasTensor:
    """Convolve, normalise by batch, cut off below 0."""
    x = layers.Conv2D(
        filters,
        size,
        padding="same",
        use_bias=False,
        kernel_initializer="he_uniform",
        name=f"{name}_conv",
    )(x)
    return _normalised(x, name)


def separable_conv(x: KerasTensor, filters: int, name: str, dilation: int = 1) -> KerasTensor:
    """Do as `conv`, but first each channel by itself, then all channels at each pixel."""
    x = layers.SeparableConv2D(
        filters,
        3,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        depthwise_initializer="he_uniform",
        pointwise_initializer="he_uniform",
        name=f"{name}_conv",
    )(x)
    return _normalised(x, name)


def _normalised(x: KerasTensor, name: str) -> KerasTensor:
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def pointwise(
    x: KerasTensor, filters: int, name: str, activation: str | None = None
) -> KerasTensor:
    """Combine the channels of each pixel, with a bias and without normalisation."""
    return layers.Conv2D(
        filters, 1, activation=activation, kernel_initializer="he_uniform", name=name
    )(x)


def enlarge(x: KerasTensor, factor: int, name: str) -> KerasTensor:
    """Interpolate bilinearly to `factor` times the height and width."""
    return Enlarge(factor, interpolation="bilinear", name=name)(x)


@keras.saving.register_keras_serializable("notebook_seg")
class Enlarge(layers.UpSampling2D):
    """Interpolate bilinearly, also while a graph is drawn for sides that are not known yet.

    Examples
    --------
    >>> tuple(Enlarge(2)(ops.ones((1, 2, 3, 4))).shape)
    (1, 4, 6, 4)
    """

    def call(self, inputs: Any) -> Any:
        """Turn ``(N, H, W, C)`` into a map of `size` times the height and width."""
        height, width = ops.shape(inputs)[1:3]
        return resize(inputs, height * self.size[0], width * self.size[1])


def resize(x: Any, height: Any, width: Any) -> Any:
    """Interpolate ``(N, H, W, C)`` bilinearly to another height and width, known or not.

    Keras 3.15 asks whether the sides are above 0, which TensorFlow cannot tell while it draws a
    graph for photographs of any size (mended by https://github.com/keras-team/keras/pull/23315,
    which no release has yet).
    """
    if keras.backend.backend() != "tensorflow":
        return ops.image.resize(x, (height, width), interpolation="bilinear")
    import tensorflow as tf

    return ops.cast(tf.image.resize(x, (height, width)), x.dtype)


def outputs(x: KerasTensor, n_outputs: int, size: int = 3) -> KerasTensor:
    """Convolve for the last time; the channels are the outputs."""
    return layers.Conv2D(n_outputs, size, padding="same", name="outputs")(x)


def centre(encoder: Encoder) -> KerasTensor:
    """Return the deepest feature map, with convolutions after it where it is a bare pooling."""
    x = encoder.features[-1]
    if encoder.ends_in_pooling:
        x = conv(x, 512, "centre_a")
        x = conv(x, 512, "centre_b")
    return x


def deepest_at_sixteenth(encoder: Encoder) -> KerasTensor:
    """Return what the encoder's last two stages see, together at stride 16.

    The papers dilate the last stage to keep it at stride 16, which needs an encoder that is written
    for it. Enlarging its map leaves every encoder, and its pretrained weights, as they are.
    """
    *_, sixteenth, deepest = encoder.features
    enlarged = enlarge(deepest, 2, "deepest_enlarged")
    return layers.Concatenate(name="deepest_joined")([sixteenth, enlarged])


def atrous_pyramid(
    x: KerasTensor, beside: Sequence[KerasTensor] = (), filters: int = 256
) -> KerasTensor:
    """Look at every pixel's surroundings in several widths at once, up to the whole picture.

    `beside` are further maps of the size of `x`, taken in with the branches.
    """
    branches = [
        conv(x, filters, "aspp_1", size=1),
        *(separable_conv(x, filters, f"aspp_{rate}", dilation=rate) for rate in (6, 12, 18)),
        *beside,
    ]
    joined = layers.Concatenate(name="aspp_joined")(branches)
    # No batch normalisation of one value a picture: over a batch of one its variance is zero.
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="aspp_pooling")(x)
    whole = pointwise(whole, filters, "aspp_whole", activation="relu")
    # The projection of all branches, that of the constant one added by broadcasting.
    x = layers.Add(name="aspp_sum")(
        [pointwise(joined, filters, "aspp_local"), pointwise(whole, filters, "aspp_everywhere")]
    )
    x = _normalised(x, "aspp")
    return layers.Dropout(0.1, name="aspp_dropout")(x)
