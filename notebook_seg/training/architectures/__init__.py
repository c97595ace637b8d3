"""The architectures, a file each: what turns an encoder's feature maps into a map of outputs.

A file's name is the architecture's name, the first line of its docstring says what it is, and its
`build` makes it. Files that begin with an underscore are what several of them share.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType

import keras

__all__ = ["ARCHITECTURES", "Encoder", "architecture_module", "has_own_encoder"]

ARCHITECTURES = tuple(
    sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name[0] != "_")
)


@dataclass(frozen=True)
class Encoder:
    """What an architecture builds on.

    Parameters
    ----------
    input : keras.KerasTensor
        ``(N, H, W, channels)``, preprocessed pixels; H and W are not known when a network is built.
    features : tuple of keras.KerasTensor
        Feature maps at strides 2, 4, 8, 16 and 32; none for an architecture without an encoder.
    ends_in_pooling : bool
        Whether no convolution follows the last pooling, as in VGG.
    """

    input: keras.KerasTensor
    features: tuple[keras.KerasTensor, ...] = ()
    ends_in_pooling: bool = False


def architecture_module(name: str) -> ModuleType:
    """Return the module of an architecture.

    Examples
    --------
    >>> architecture_module("unet").__doc__.partition(":")[0]
    'U-Net'
    """
    return importlib.import_module(f"{__name__}.{name}")


def has_own_encoder(name: str) -> bool:
    """Tell whether an architecture brings its own encoder, so that none may be chosen.

    Examples
    --------
    >>> has_own_encoder("plain_unet"), has_own_encoder("unet")
    (True, False)
    """
    return getattr(architecture_module(name), "HAS_OWN_ENCODER", False)
