"""Which encoder an architecture is given where nobody says one, and why."""

from typing import Any

from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.networks import NO_ENCODER

__all__ = ["ENCODER", "ENCODER_WEIGHTS", "encoder_for", "encoder_rate_for"]

ENCODER = "mobilenetv2"
ENCODER_WEIGHTS = "imagenet"
_PRETRAINED_RATE = 0.1


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


def encoder_rate_for(pretrained: bool) -> tuple[float, str]:
    """Return the share of the learning rate that an encoder learns at, and the reason.

    Examples
    --------
    >>> encoder_rate_for(pretrained=True)[0], encoder_rate_for(pretrained=False)[0]
    (0.1, 1.0)
    """
    if pretrained:
        return _PRETRAINED_RATE, "slowly, so that few pictures do not wipe out what it knows"
    return 1.0, "nothing is known yet that could be lost"
