"""Gated-SCNN: a stream of its own follows outlines at stride 2, gated by what the encoder sees.

The paper also trains its outlines against true ones. Here the outputs are the only thing learned
from, so that every loss works; therefore the outlines join the decoder too, where the outputs' own
error reaches them directly.

.. [1] T. Takikawa et al., "Gated-SCNN: gated shape CNNs for semantic segmentation", ICCV 2019,
   doi:10.1109/ICCV.2019.00533
"""

from typing import Any

import keras
from keras import KerasTensor, layers, ops

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import (
    atrous_pyramid,
    conv,
    deepest_at_sixteenth,
    enlarge,
    outputs,
    pointwise,
    separable_conv,
)

__all__ = ["ImageGradient", "build"]

_SHAPE_FILTERS = (32, 16, 8)
_LOW_FILTERS = 48
_FILTERS = 256


@keras.saving.register_keras_serializable("notebook_seg")
class ImageGradient(layers.Layer):
    """How steeply the brightness of a picture changes at each pixel.

    Examples
    --------
    >>> step = ops.reshape(ops.array([0.0, 0.0, 1.0, 1.0]), (1, 1, 4, 1))
    >>> ops.convert_to_numpy(ImageGradient()(step)).ravel().round(2)
    array([0., 1., 0., 0.], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        """Turn ``(N, H, W, C)`` into ``(N, H, W, 1)``, 0 or above."""
        grey = ops.mean(inputs, axis=-1, keepdims=True)
        down = ops.pad(grey[:, 1:] - grey[:, :-1], ((0, 0), (0, 1), (0, 0), (0, 0)))
        right = ops.pad(grey[:, :, 1:] - grey[:, :, :-1], ((0, 0), (0, 0), (0, 1), (0, 0)))
        # Without the small number the slope of the root is infinite on an even ground.
        return ops.sqrt(ops.square(down) + ops.square(right) + 1e-6)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return ``(N, H, W, 1)``."""
        return (*input_shape[:-1], 1)


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    outlines = _outlines(encoder)
    at_sixteenth = layers.AveragePooling2D(8, name="outlines_16")(outlines)
    beside = pointwise(at_sixteenth, _FILTERS, "aspp_outlines", activation="relu")
    pyramid = atrous_pyramid(deepest_at_sixteenth(encoder), beside=[beside])
    low = conv(encoder.features[1], _LOW_FILTERS, "low", size=1)
    at_fourth = layers.AveragePooling2D(2, name="outlines_4")(outlines)
    x = layers.Concatenate(name="decoder_joined")(
        [enlarge(pyramid, 4, "aspp_enlarged"), low, at_fourth]
    )
    x = separable_conv(x, _FILTERS, "decoder_a")
    x = separable_conv(x, _FILTERS, "decoder_b")
    return enlarge(outputs(x, n_outputs, size=1), 4, "outputs_enlarged")


def _outlines(encoder: Encoder) -> KerasTensor:
    """Return how likely each pixel at stride 2 lies on an outline, 0 to 1."""
    half, _, *guides = encoder.features
    x = conv(half, _SHAPE_FILTERS[0], "shape", size=1)
    for stage, (filters, guide) in enumerate(zip(_SHAPE_FILTERS, guides, strict=True)):
        x = _residual(x, filters, f"shape_{stage}")
        guide = enlarge(pointwise(guide, 1, f"guide_{stage}"), 4 * 2**stage, f"guide_{stage}_2")
        x = _gated(x, guide, f"gate_{stage}")
    # The squares of pixels to 255 are more than half a float holds.
    steepness = ImageGradient(name="image_gradient", dtype="float32")(encoder.input)
    steepness = layers.AveragePooling2D(2, name="image_gradient_2")(steepness)
    # Pixels come in the range of each encoder, some to 1 and some to 255.
    steepness = layers.BatchNormalization(name="image_gradient_bn")(steepness)
    both = layers.Concatenate(name="outlines_joined")([_likelihood(x, "shape_end"), steepness])
    return _likelihood(both, "outlines")


def _residual(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    x = conv(x, filters, f"{name}_in", size=1)
    change = conv(x, filters, f"{name}_a")
    change = conv(change, filters, f"{name}_b")
    return layers.Add(name=f"{name}_sum")([x, change])


def _gated(x: KerasTensor, guide: KerasTensor, name: str) -> KerasTensor:
    """Raise what lies where the encoder, deeper down, sees something that matters."""
    both = layers.Concatenate(name=f"{name}_joined")([x, guide])
    both = layers.BatchNormalization(name=f"{name}_bn")(both)
    gate = pointwise(both, x.shape[-1] + 1, f"{name}_a", activation="relu")
    raised = layers.Multiply(name=f"{name}_raised")([x, _likelihood(gate, f"{name}_b")])
    return layers.Add(name=f"{name}_sum")([x, raised])


def _likelihood(x: KerasTensor, name: str) -> KerasTensor:
    # Normalised, since a sigmoid passes no gradient on where what it is given is large.
    x = layers.BatchNormalization(name=f"{name}_bn")(pointwise(x, 1, f"{name}_conv"))
    return layers.Activation("sigmoid", name=name)(x)
