"""LinkNet: a light U-Net that adds the encoder's maps instead of joining them.

The decoder is that of `segmentation_models`.

.. [1] A. Chaurasia, E. Culurciello, "LinkNet: exploiting encoder representations for efficient
   semantic segmentation", VCIP 2017, doi:10.1109/VCIP.2017.8305148
"""

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import centre, conv, outputs

__all__ = ["build"]

_LAST_FILTERS = 16


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    x = centre(encoder)
    for stage, skip in enumerate(encoder.features[-2::-1]):
        x = _doubled(x, skip.shape[-1], f"decoder_{stage}")
        x = layers.Add(name=f"decoder_{stage}_sum")([x, skip])
    return outputs(_doubled(x, _LAST_FILTERS, "decoder_4"), n_outputs)


def _doubled(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    narrow = x.shape[-1] // 4
    x = conv(x, narrow, f"{name}a", size=1)
    x = layers.UpSampling2D(2, name=f"{name}_enlarged")(x)
    x = conv(x, narrow, f"{name}b")
    return conv(x, filters, f"{name}c", size=1)
