"""Plain U-Net: the original design with transposed convolutions, learned from nothing; no encoder.

64 filters, 4 levels, dropout of 0.5 before the deepest one, no batch normalisation: 31,031,745
parameters for three channels and one output, the network of the widely copied Carvana example.

.. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net: convolutional networks for biomedical image
   segmentation", MICCAI 2015, doi:10.1007/978-3-319-24574-4_28
"""

from keras import KerasTensor, layers

from notebook_seg.training.architectures import Encoder

__all__ = ["HAS_OWN_ENCODER", "build"]

HAS_OWN_ENCODER = True

_FILTERS = (64, 128, 256, 512)
_DEEPEST_FILTERS = 1024
_DROPOUT = 0.5


def build(encoder: Encoder, n_outputs: int) -> KerasTensor:
    """Return ``(N, H, W, n_outputs)``."""
    x, skips = encoder.input, []
    for filters in _FILTERS:
        skips.append(_twice(x, filters, f"down_{filters}"))
        x = layers.MaxPooling2D(name=f"down_{filters}_pooling")(skips[-1])
    x = layers.Dropout(_DROPOUT, name="deepest_dropout")(x)
    x = _twice(x, _DEEPEST_FILTERS, "deepest")
    for filters, skip in zip(reversed(_FILTERS), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"up_{filters}_enlarged")(x)
        x = layers.Concatenate(name=f"up_{filters}_joined")([skip, x])
        x = _twice(x, filters, f"up_{filters}")
    return layers.Conv2D(n_outputs, 1, name="outputs")(x)


def _twice(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    for letter in "ab":
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"{name}{letter}",
        )(x)
    return x
