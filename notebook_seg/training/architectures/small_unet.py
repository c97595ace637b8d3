"""Small U-Net: 16 filters and batch normalisation, learned from nothing; no encoder.

A sixteenth of the plain U-Net: for machines without a GPU, where no pretrained weights are to be
had, and objects that look much alike.

.. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net: convolutional networks for biomedical image
   segmentation", MICCAI 2015, doi:10.1007/978-3-319-24574-4_28
.. [2] S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing
   internal covariate shift", ICML 2015, arXiv:1502.03167
"""

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder
from notebook_seg.training.architectures._blocks import conv, enlarge, outputs

__all__ = ["HAS_OWN_ENCODER", "build"]

HAS_OWN_ENCODER = True

_FILTERS = (16, 32, 64, 128)
_DEEPEST_FILTERS = 256


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    x, skips = encoder.input, []
    for filters in _FILTERS:
        skips.append(_twice(x, filters, f"down_{filters}"))
        x = layers.MaxPooling2D(name=f"down_{filters}_pooling")(skips[-1])
    x = _twice(x, _DEEPEST_FILTERS, "deepest")
    for filters, skip in zip(reversed(_FILTERS), reversed(skips), strict=True):
        x = enlarge(x, 2, f"up_{filters}_enlarged")
        x = layers.Concatenate(name=f"up_{filters}_joined")([skip, x])
        x = _twice(x, filters, f"up_{filters}")
    return outputs(x, n_outputs, size=1)


def _twice(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    return conv(conv(x, filters, f"{name}a"), filters, f"{name}b")
