"""PSPNet: averages over 1, 2, 3 and 6 parts of the picture's sides join the map at stride 8.

The decoder is that of `segmentation_models`, which has to know the size of the pictures, made for
any size. As there, the encoder's stages behind stride 8 are not used: a fast network of few
parameters.

.. [1] H. Zhao et al., "Pyramid scene parsing network", CVPR 2017, doi:10.1109/CVPR.2017.660
"""

from typing import Any

import keras
from keras import KerasTensor, layers, ops

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import conv, enlarge, outputs, pointwise, resize

__all__ = ["AverageBins", "ResizeLike", "build"]

_WIDTH = 512
_BINS = (1, 2, 3, 6)


@keras.saving.register_keras_serializable("notebook_seg")
class AverageBins(layers.Layer):
    """Divide a map of any size into `bins` by `bins` parts, and average each.

    Parts overlap where a side does not divide, so that none is empty.

    Examples
    --------
    >>> row = ops.reshape(ops.arange(4, dtype="float32"), (1, 1, 4, 1))
    >>> ops.convert_to_numpy(AverageBins(2)(row))[0, 0, :, 0]
    array([0.5, 2.5], dtype=float32)
    """

    def __init__(self, bins: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bins = bins

    def call(self, inputs: Any) -> Any:
        """Average ``(N, H, W, C)`` to ``(N, bins, bins, C)``."""
        height, width = (self._weights(side, inputs.dtype) for side in ops.shape(inputs)[1:3])
        return ops.einsum("ah,bw,nhwc->nabc", height, width, inputs)

    def _weights(self, side: Any, dtype: str) -> Any:
        bin_number = ops.reshape(ops.arange(self.bins), (-1, 1))
        start = bin_number * side // self.bins
        end = -(-(bin_number + 1) * side // self.bins)
        pixel = ops.reshape(ops.arange(side), (1, -1))
        inside = ops.cast((pixel >= start) & (pixel < end), "float32")
        return ops.cast(inside / ops.sum(inside, axis=1, keepdims=True), dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return ``(N, bins, bins, C)``."""
        return (input_shape[0], self.bins, self.bins, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "bins": self.bins}


@keras.saving.register_keras_serializable("notebook_seg")
class ResizeLike(layers.Layer):
    """Resize a map bilinearly to the height and width of another.

    Examples
    --------
    >>> tuple(ResizeLike()([ops.ones((1, 2, 2, 3)), ops.ones((1, 8, 12, 5))]).shape)
    (1, 8, 12, 3)
    """

    def call(self, inputs: list[Any]) -> Any:
        """Resize the first of two maps to the size of the second."""
        image, like = inputs
        return resize(image, *ops.shape(like)[1:3])

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Return the batch and channels of the first, the sides of the second."""
        image, like = input_shape
        return (image[0], *like[1:3], image[-1])


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    x = encoder.features[2]
    x = layers.Concatenate(name="pyramid_joined")([x, *(_averaged(x, bins) for bins in _BINS)])
    x = conv(x, _WIDTH, "decoder", size=1)
    return enlarge(outputs(x, n_outputs), 8, "outputs_enlarged")


def _averaged(x: KerasTensor, bins: int) -> KerasTensor:
    averages = AverageBins(bins, name=f"pyramid_{bins}")(x)
    # No batch normalisation of so few values: over a batch of one their variance is next to zero.
    averages = pointwise(averages, _WIDTH, f"pyramid_{bins}_conv", activation="relu")
    return ResizeLike(name=f"pyramid_{bins}_enlarged")([averages, x])
