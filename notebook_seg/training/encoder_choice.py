"""Which encoder an architecture is given where nobody says one, and why."""

from typing import Any

from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.networks import NO_ENCODER

__all__ = ["ENCODER", "ENCODER_WEIGHTS", "beside_encoder", "encoder_for"]

ENCODER = "mobilenetv2"
ENCODER_WEIGHTS = "imagenet"
_PRETRAINED_RATE = 0.1


def encoder_for(architecture: str) -> dict[str, tuple[Any, str]]:
    """Return the encoder and its weights, each with the reason.

    Parameters
    ----------
    architecture : str
        One that is not known is told elsewhere and is given the usual encoder.

    Examples
    --------
    >>> {name: value for name, (value, why) in encoder_for("small_unet").items()}
    {'encoder': 'none', 'encoder_weights': None}
    """
    if architecture in ARCHITECTURES and has_own_encoder(architecture):
        return {
            "encoder": (NO_ENCODER, "the architecture brings its own"),
            "encoder_weights": (None, "there are none for its encoder"),
        }
    return {
        "encoder": (ENCODER, "light, and among the fastest of the pretrained ones on a CPU"),
        "encoder_weights": (ENCODER_WEIGHTS, "edges and textures need not be learned anew"),
    }


def beside_encoder(pretrained: bool) -> dict[str, tuple[Any, str]]:
    """Return what follows from whether an encoder knows anything, each with the reason.

    Examples
    --------
    >>> {name: value for name, (value, why) in beside_encoder(pretrained=True).items()}
    {'channels': 3, 'freeze': 'nothing', 'encoder_rate': 0.1}
    """
    if pretrained:
        slowly = "slowly, so that few pictures do not wipe out what it knows"
        return {
            "channels": (3, "what the pretrained weights were learned with"),
            "freeze": (
                "nothing",
                "specimens are not what the encoder has seen: it learns them, too",
            ),
            "encoder_rate": (_PRETRAINED_RATE, slowly),
        }
    return {
        "channels": (3, "colour may tell classes apart"),
        "freeze": ("nothing", "nothing is known yet that could be kept"),
        "encoder_rate": (1.0, "nothing is known yet that could be lost"),
    }
