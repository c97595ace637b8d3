"""Losses by name, and weighted sums of them.

A loss takes ``truth``, one-hot ``(N, H, W, C)`` with nothing hot where a pixel is unlabelled, and
``logits`` of the same shape, and returns one number. Unlabelled pixels count for nothing.
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

from notebook_seg.errors import OptionError, check_choice

__all__ = ["LOSSES", "Tensor", "cross_entropy", "dice", "focal", "loss_by_name"]

Tensor: TypeAlias = Any
"""A tensor of whichever backend Keras runs on."""

Loss = Callable[[Tensor, Tensor], Tensor]

_TERM = re.compile(r"(?:(?P<weight>\d*\.?\d+)\s*\*\s*)?(?P<name>[a-z_]+)")


def _mean_over_labelled(values: Tensor, truth: Tensor) -> Tensor:
    return ops.sum(values) / ops.maximum(ops.sum(truth), 1.0)


def cross_entropy(truth: Tensor, logits: Tensor) -> Tensor:
    """Return the mean cross-entropy of the labelled pixels, 0 (perfect) or more.

    Examples
    --------
    >>> truth = ops.one_hot([[[0, 1]]], 2)
    >>> round(float(cross_entropy(truth, 100.0 * truth)), 4)
    0.0
    """
    return _mean_over_labelled(-truth * ops.log_softmax(logits), truth)


def focal(truth: Tensor, logits: Tensor, gamma: float = 2.0) -> Tensor:
    """Return the mean focal loss: cross-entropy in which easy pixels count for less.

    References
    ----------
    Lin et al. 2017, Focal Loss for Dense Object Detection, doi:10.1109/ICCV.2017.324
    """
    log_probabilities = ops.log_softmax(logits)
    easiness = (1.0 - ops.exp(log_probabilities)) ** gamma
    return _mean_over_labelled(-truth * easiness * log_probabilities, truth)


def dice(truth: Tensor, logits: Tensor, smooth: float = 1.0) -> Tensor:
    """Return one minus the Dice overlap, averaged over the classes present in the batch; 0 to 1.

    References
    ----------
    Milletari et al. 2016, V-Net, doi:10.1109/3DV.2016.79
    """
    labelled = ops.sum(truth, axis=-1, keepdims=True)
    probabilities = ops.softmax(logits) * labelled
    overlap = ops.sum(truth * probabilities, axis=(0, 1, 2))
    truth_sizes = ops.sum(truth, axis=(0, 1, 2))
    sizes = truth_sizes + ops.sum(probabilities, axis=(0, 1, 2))
    per_class = 1.0 - (2.0 * overlap + smooth) / (sizes + smooth)
    present = ops.cast(truth_sizes > 0, per_class.dtype)
    return ops.sum(per_class * present) / ops.maximum(ops.sum(present), 1.0)


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "dice": dice, "focal": focal}


def loss_by_name(expression: str) -> Loss:
    """Return the loss that an expression such as ``"dice + 0.5*focal"`` names.

    Parameters
    ----------
    expression : str
        Names from `LOSSES`, each with an optional weight, joined by ``+``.

    Raises
    ------
    OptionError
        If a name is not known or the expression cannot be read.

    Examples
    --------
    >>> loss = loss_by_name("dice + 0.5*cross_entropy")
    >>> truth = ops.one_hot([[[0, 1]]], 2)
    >>> round(float(loss(truth, 100.0 * truth)), 4)
    0.0
    """
    terms = [_parse_term(term, expression) for term in expression.split("+")]

    def weighted_sum(truth: Tensor, logits: Tensor) -> Tensor:
        return sum(weight * loss(truth, logits) for weight, loss in terms)

    return weighted_sum


def _parse_term(term: str, expression: str) -> tuple[float, Loss]:
    match = _TERM.fullmatch(term.strip())
    if match is None:
        raise OptionError(
            "The loss is not understood: write names joined by +, each with an optional weight, "
            f"such as 'dice + 0.5*focal'. Received: {expression!r}"
        )
    name = check_choice("loss", match["name"], LOSSES)
    return float(match["weight"] or 1.0), LOSSES[name]
