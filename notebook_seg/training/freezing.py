"""Which parts of a network learn: the heads alone, the upper encoder with them, or all."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from notebook_seg.errors import check_choice

__all__ = ["FREEZES", "PARTS", "Parts", "part_that_learns", "set_trainable"]

PARTS = ("heads", "upper", "all")
"""From the least that can learn to the most."""
_HEADS_UNTIL, _UPPER_UNTIL = 0.2, 0.5


@dataclass(frozen=True)
class Parts:
    """What of a network is its encoder; noted on it as `network.parts`.

    Parameters
    ----------
    encoder : frozenset of str
        Names of the encoder's layers. All other layers are the heads.
    upper : frozenset of str
        Those of them that lie behind stride 8 and see objects rather than edges and textures.
    pretrained : bool
        Whether the encoder started from given weights.
    """

    encoder: frozenset[str]
    upper: frozenset[str]
    pretrained: bool


def _all(fraction: float) -> str:
    return "all"


def _heads(fraction: float) -> str:
    return "heads"


def _more_and_more(fraction: float) -> str:
    if fraction < _HEADS_UNTIL:
        return "heads"
    return "upper" if fraction < _UPPER_UNTIL else "all"


_COURSES: dict[str, Callable[[float], str]] = {
    "nothing": _all,
    "encoder": _heads,
    "staged": _more_and_more,
}
FREEZES = tuple(_COURSES)
"""What may keep its weights: nothing, the encoder, or in stages ever less of it."""


def part_that_learns(freeze: str, fraction: float) -> str:
    """Return which part of the network learns at a point of the training.

    Parameters
    ----------
    freeze : {"nothing", "encoder", "staged"}
    fraction : float
        How much of the training is done, 0 to 1.

    Returns
    -------
    {"all", "upper", "heads"}

    Examples
    --------
    >>> [part_that_learns("staged", done) for done in (0, 0.3, 0.9)]
    ['heads', 'upper', 'all']
    """
    return _COURSES[freeze](fraction)


def set_trainable(network: keras.Model, part: str) -> None:
    """Let one part of a network learn, and freeze the rest.

    Frozen layers keep their weights, and their batch normalisation its statistics. The batch
    normalisation of a pretrained encoder stays as it is whatever learns, its scale and offset,
    too. Compile the network afterwards.

    Parameters
    ----------
    network : keras.Model
        From `notebook_seg.training.networks.build_network`.
    part : {"heads", "upper", "all"}
        ``"heads"`` is everything but the encoder; ``"upper"`` adds the encoder's layers behind
        stride 8. An architecture without an encoder is all heads.

    Raises
    ------
    OptionError
        If there is no such part.

    Examples
    --------
    >>> from notebook_seg.training.networks import build_network
    >>> network = build_network("unet", "mobilenetv2", n_classes=2)
    >>> set_trainable(network, "heads")
    >>> network.get_layer("Conv1").trainable
    False
    """
    check_choice("part of a network", part, PARTS)
    for layer in network.layers:
        layer.trainable = _learns(layer, part, network.parts)


def _learns(layer: keras.layers.Layer, part: str, parts: Parts) -> bool:
    if layer.name not in parts.encoder:
        return True
    # Statistics of a million photographs are better than those of a few patches, and what follows
    # was learned for their scale and offset.
    if parts.pretrained and isinstance(layer, keras.layers.BatchNormalization):
        return False
    return part == "all" or (part == "upper" and layer.name in parts.upper)
