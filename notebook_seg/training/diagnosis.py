"""What went wrong with a training, in plain words."""

from collections.abc import Mapping

import keras
import numpy as np

from notebook_seg.training.networks import NO_ENCODER
from notebook_seg.training.plan import BALANCED_LOSS, Plan
from notebook_seg.wording import counted

__all__ = ["explain_infinite_loss", "explain_only_background", "sees_only_background"]


def explain_infinite_loss(network: keras.Model, plan: Plan, batches: int, rate: float) -> str:
    """Say where numbers broke, and what to try.

    Parameters
    ----------
    network : keras.Model
        As it is after the batch that broke it.
    plan : Plan
    batches : int
        How many batches it had learned from.
    rate : float
        The learning rate of the last one.
    """
    broken = _first_broken_layer(network)
    where = "the loss alone" if broken is None else f"the weights from the layer {broken!r} on"
    other = f", or with the loss {Plan.loss!r}" if plan.loss != Plan.loss else ""
    return (
        f"The loss became infinite after {counted(batches, 'batch')}, at a learning rate of "
        f"{rate:.2g}; it broke {where}. Train again with a lower learning_rate, such as "
        f"{plan.learning_rate / 10:.1g}{other}. "
        f"Received: learning_rate={plan.learning_rate}, loss={plan.loss!r}"
    )


def _first_broken_layer(network: keras.Model) -> str | None:
    for layer in network.layers:
        if not all(np.isfinite(weights).all() for weights in layer.get_weights()):
            return layer.name
    return None


def sees_only_background(confusion: np.ndarray) -> bool:
    """Return whether a class was there, and none was predicted.

    Parameters
    ----------
    confusion : ndarray, shape (C, C)
        Pixels by their true class (rows) and the predicted one, background first.

    Examples
    --------
    >>> sees_only_background(np.array([[90, 0], [10, 0]]))
    True
    >>> sees_only_background(np.array([[90, 0], [9, 1]]))
    False
    """
    return bool(confusion[1:].sum() > 0 and confusion[:, 1:].sum() == 0)


def explain_only_background(plan: Plan, shares: Mapping[str, float]) -> str:
    """Say why a network may call everything background, and what to try.

    Parameters
    ----------
    plan : Plan
    shares : mapping of str to float
        The part of what it looked at that each class covers, 0 to 1.

    Examples
    --------
    >>> explain_only_background(Plan(minutes=1, loss="cross_entropy"), {"spot": 0.002})
    "So far the network calls everything background (spot covers 0.2 % of what it looked at). If \
that stays so: try the loss 'weighted_cross_entropy + dice', train longer, or label more pictures."
    """
    covers = ", ".join(f"{name} covers {100 * share:.2g} %" for name, share in shares.items())
    is_balanced = "weighted_cross_entropy" in plan.loss or plan.class_weights is not None
    advice = [] if is_balanced else [f"try the loss {BALANCED_LOSS!r}"]
    if plan.freeze == "encoder":
        advice.append("let the whole network learn (freeze='nothing')")
    if plan.encoder_weights is None:
        network = "architecture='unet', encoder='mobilenetv2', "
        own = network if plan.encoder == NO_ENCODER else ""
        advice.append(f"start from pretrained weights ({own}encoder_weights='imagenet')")
    advice += ["train longer", "or label more pictures"]
    return (
        f"So far the network calls everything background ({covers} of what it looked at). If that "
        f"stays so: {', '.join(advice)}."
    )
