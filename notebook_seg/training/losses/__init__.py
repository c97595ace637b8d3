"""Losses by name, and weighted sums of them.

All losses take the same and return one number, the smaller the better:

- ``truth`` is ``(N, H, W, C)`` float32, one-hot over the classes, background first; where a pixel
  is unlabelled nothing is hot, and it counts for nothing;
- ``logits`` are ``(N, H, W, C)`` float32, any numbers, of which the softmax is taken;
- ``weights`` are ``(C,)``, how much each class counts, 0 or more; without them all count alike.

What else a loss takes has a default, which `loss_by_name` leaves as it is.
"""

import re
from collections.abc import Callable, Sequence

from notebook_seg.errors import OptionError, check_choice
from notebook_seg.training.losses.boundary import boundary, hausdorff
from notebook_seg.training.losses.common import Loss, Tensor
from notebook_seg.training.losses.overlap import (
    dice,
    jaccard,
    lovasz_softmax,
    sensitivity_specificity,
    tversky,
)
from notebook_seg.training.losses.pixelwise import (
    cross_entropy,
    distance_penalised_cross_entropy,
    focal,
    iou_balanced,
    top_k,
    weighted_cross_entropy,
)

__all__ = ["LOSSES", "Tensor", "loss_by_name"]

_TERM = re.compile(r"(?:(?P<weight>\d*\.?\d+)\s*\*\s*)?(?P<name>[a-z_]+)")

LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (
        cross_entropy,
        weighted_cross_entropy,
        focal,
        top_k,
        distance_penalised_cross_entropy,
        iou_balanced,
        dice,
        jaccard,
        tversky,
        lovasz_softmax,
        sensitivity_specificity,
        boundary,
        hausdorff,
    )
}


def loss_by_name(
    expression: str, class_weights: Sequence[float] | None = None
) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss that an expression such as ``"dice + 0.5*focal"`` names.

    Parameters
    ----------
    expression : str
        Names from `LOSSES`, each with an optional weight, joined by ``+``.
    class_weights : sequence of float, optional
        How much each class counts, background first; without them all count alike.

    Raises
    ------
    OptionError
        If a name is not known or the expression cannot be read.

    Examples
    --------
    >>> from keras import ops
    >>> loss = loss_by_name("dice + 0.5*cross_entropy")
    >>> truth = ops.one_hot([[[0, 1]]], 2)
    >>> round(float(loss(truth, 100.0 * truth)), 4)
    0.0
    """
    terms = [_parse_term(term, expression) for term in expression.split("+")]

    def weighted_sum(truth: Tensor, logits: Tensor) -> Tensor:
        return sum(weight * loss(truth, logits, class_weights) for weight, loss in terms)

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
