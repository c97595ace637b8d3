"""Which encoder an architecture is given where nobody says one, and why."""

from typing import Any

from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.networks import NO_ENCODER

__all__ = ["ENCODER", "ENCODER_WEIGHTS", "encoder_for"]

ENCODER = "mobilenetv2"
ENCODER_WEIGHTS = "imagenet"


def encoder_for(architecture: str | None) -> dict[str, tuple[Any, str]]:
    """Return the encoder and its weights, each with the reason.

    Parameters
    ----------
    architecture : str or None
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
        "encoder": (ENCODER, "the fastest of the pretrained ones on a CPU"),
        "encoder_weights": (ENCODER_WEIGHTS, "edges and textures need not be learned anew"),
    }
