"""DeepLabV3+: an atrous pyramid sees wide surroundings, the map at stride 4 sharpens outlines.

.. [1] L.-C. Chen et al., "Encoder-decoder with atrous separable convolution for semantic image
   segmentation", ECCV 2018, doi:10.1007/978-3-030-01234-2_49
"""

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import (
    atrous_pyramid,
    conv,
    deepest_at_sixteenth,
    enlarge,
    outputs,
    separable_conv,
)

__all__ = ["build"]

_LOW_FILTERS = 48  # few, so that they do not outweigh the pyramid
_FILTERS = 256


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    pyramid = enlarge(atrous_pyramid(deepest_at_sixteenth(encoder)), 4, "aspp_enlarged")
    low = conv(encoder.features[1], _LOW_FILTERS, "low", size=1)
    x = layers.Concatenate(name="decoder_joined")([pyramid, low])
    x = separable_conv(x, _FILTERS, "decoder_a")
    x = separable_conv(x, _FILTERS, "decoder_b")
    return enlarge(outputs(x, n_outputs, size=1), 4, "outputs_enlarged")
