"""FPN: every size of map is brought to one width, read by itself, and all are joined.

The decoder is that of `segmentation_models`.

.. [1] T.-Y. Lin et al., "Feature pyramid networks for object detection", CVPR 2017,
   doi:10.1109/CVPR.2017.106
"""

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import conv, enlarge, outputs, pointwise

__all__ = ["build"]

_WIDTH = 256


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    read = [_read(level, stage) for stage, level in enumerate(_pyramid(encoder))]
    x = layers.Concatenate(name="pyramid_joined")(read)
    x = conv(x, _WIDTH // 2, "decoder")
    return outputs(enlarge(x, 2, "decoder_enlarged"), n_outputs)


def _pyramid(encoder: Encoder) -> list[KerasTensor]:
    """Return the maps of one width, at strides 2, 4, 8 and 16."""
    *skips, x = encoder.features
    x = pointwise(x, _WIDTH, "pyramid_top")
    levels: list[KerasTensor] = []
    for stage, skip in reversed(list(enumerate(skips))):
        x = layers.UpSampling2D(2, name=f"pyramid_{stage}_enlarged")(x)
        x = layers.Add(name=f"pyramid_{stage}")([x, pointwise(skip, _WIDTH, f"pyramid_{stage}_in")])
        levels.insert(0, x)
    return levels


def _read(level: KerasTensor, stage: int) -> KerasTensor:
    """Return what one level says, at stride 2."""
    x = conv(level, _WIDTH // 2, f"reader_{stage}a")
    x = conv(x, _WIDTH // 2, f"reader_{stage}b")
    return layers.UpSampling2D(2**stage, name=f"reader_{stage}_enlarged")(x) if stage else x
