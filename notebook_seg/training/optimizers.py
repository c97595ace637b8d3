"""Optimisers by name, and a lower learning rate for the encoder than for what is built on it."""

from typing import Any

import keras

__all__ = ["OPTIMIZERS", "optimizer_for"]

_KINDS: dict[str, tuple[Any, dict[str, float]]] = {
    "adamw": (keras.optimizers.AdamW, {"weight_decay": 1e-4}),
    "adam": (keras.optimizers.Adam, {}),
    "rmsprop": (keras.optimizers.RMSprop, {}),
}
OPTIMIZERS = tuple(_KINDS)


def optimizer_for(
    name: str, learning_rate: float, network: keras.Model, encoder_rate: float = 1.0
) -> keras.Optimizer:
    """Return an optimiser for what of a network is trainable now.

    A decoder begins with random weights and wants large steps; the weights of a pretrained encoder
    are lost by the same steps before there is anything to correct them by. Layers that learn at
    rates of their own are the "discriminative fine-tuning" of Howard and Ruder [1]_.

    Parameters
    ----------
    name : {"adamw", "adam", "rmsprop"}
    learning_rate : float
    network : keras.Model
        From `notebook_seg.training.networks.build_network`: its `parts` tell the encoder.
    encoder_rate : float
        Learning rate of a pretrained encoder, as a share of the other.

    References
    ----------
    .. [1] J. Howard, S. Ruder 2018, "Universal language model fine-tuning for text
       classification", doi:10.18653/v1/P18-1031

    Examples
    --------
    >>> from notebook_seg.training.networks import build_network
    >>> network = build_network("unet", "mobilenetv2", n_classes=2)
    >>> optimizer_for("adamw", 1e-3, network, encoder_rate=0.1).weight_decay
    0.0001
    """
    kind, options = _KINDS[name]
    rates = _rates(network, encoder_rate)
    return _own_rates(kind)(rates, learning_rate=learning_rate, **options)


def _rates(network: keras.Model, encoder_rate: float) -> list[float]:
    """Return a share of the learning rate for each of the trainable variables."""
    slower = network.parts.encoder if network.parts.pretrained else ()
    layers = [layer for layer in network.layers if layer.name in slower]
    of_them = {id(variable) for layer in layers for variable in layer.trainable_variables}
    return [encoder_rate if id(v) in of_them else 1.0 for v in network.trainable_variables]


def _own_rates(kind: Any) -> Any:
    """Return a kind of optimiser whose variables each learn at a share of the learning rate."""

    class OwnRates(kind):
        def __init__(self, rates: list[float], *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._rates = rates

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            rate = self._rates[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * rate)

    OwnRates.__name__ = kind.__name__
    return OwnRates
