"""FastFCN: joint pyramid upsampling of the last three maps, read in four widths at stride 8.

The paper's maps are 512 channels wide and followed by an encoding head; here they are 256 wide,
which a CPU can train, and the head is the paper's plain one.

.. [1] H. Wu et al., "FastFCN: rethinking dilated convolution in the backbone for semantic
   segmentation", 2019, arXiv:1903.11816
"""

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import conv, enlarge, outputs, separable_conv

__all__ = ["build"]

_WIDTH = 256
_DILATIONS = (1, 2, 4, 8)


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    x = conv(_jointly_upsampled(encoder), _WIDTH, "decoder")
    x = layers.Dropout(0.1, name="decoder_dropout")(x)
    return enlarge(outputs(x, n_outputs, size=1), 8, "outputs_enlarged")


def _jointly_upsampled(encoder: Encoder) -> KerasTensor:
    eighth, sixteenth, deepest = (
        conv(x, _WIDTH, f"jpu_{stride}")
        for x, stride in zip(encoder.features[2:], (8, 16, 32), strict=True)
    )
    x = layers.Concatenate(name="jpu_joined")(
        [eighth, enlarge(sixteenth, 2, "jpu_16_enlarged"), enlarge(deepest, 4, "jpu_32_enlarged")]
    )
    return layers.Concatenate(name="jpu")(
        [separable_conv(x, _WIDTH, f"jpu_dilated_{rate}", dilation=rate) for rate in _DILATIONS]
    )
