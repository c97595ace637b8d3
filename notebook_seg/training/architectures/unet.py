"""U-Net: doubles the deepest map five times, joined with the encoder's map of each size.

The decoder is that of `segmentation_models`.

.. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net: convolutional networks for biomedical image
   segmentation", MICCAI 2015, doi:10.1007/978-3-319-24574-4_28
"""

from collections.abc import Sequence
from itertools import zip_longest

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import centre, conv, outputs

__all__ = ["build", "decode"]

_FILTERS = (256, 128, 64, 32, 16)


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    return decode(encoder, n_outputs, _FILTERS)


def decode(encoder: Encoder, n_outputs: int, widths: Sequence[int]) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``, with a number of filters for each doubling."""
    x = centre(encoder)
    skips = encoder.features[-2::-1]
    for stage, (filters, skip) in enumerate(zip_longest(widths, skips)):
        x = layers.UpSampling2D(2, name=f"decoder_{stage}_enlarged")(x)
        if skip is not None:
            x = layers.Concatenate(name=f"decoder_{stage}_joined")([x, skip])
        x = conv(x, filters, f"decoder_{stage}a")
        x = conv(x, filters, f"decoder_{stage}b")
    return outputs(x, n_outputs)
