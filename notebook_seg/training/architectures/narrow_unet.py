"""Narrow U-Net: the U-Net with half the filters in its decoder, for CPUs and small objects.

Over a light encoder nearly all that a U-Net computes is its decoder.

.. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net: convolutional networks for biomedical image
   segmentation", MICCAI 2015, doi:10.1007/978-3-319-24574-4_28
"""

from keras import KerasTensor

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures.unet import decode

__all__ = ["build"]

_FILTERS = (128, 64, 32, 16, 8)


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    return decode(encoder, n_outputs, _FILTERS)
