"""What all losses share: the kind of tensor, and means that leave out what is unlabelled."""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

__all__ = [
    "Loss",
    "Tensor",
    "labelled_probabilities",
    "mean_of_pixels",
    "mean_of_present",
    "ones",
    "weighted_mean",
]

Tensor: TypeAlias = Any
"""A tensor of whichever backend Keras runs on."""

Loss: TypeAlias = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""Takes truth, logits and class weights, and returns one number."""

_TINY = 1e-7


def ones(weights: Tensor | None, truth: Tensor) -> Tensor:
    """Return the class weights ``(C,)``, all 1 where none are given.

    Examples
    --------
    >>> ones(None, ops.zeros((1, 2, 2, 3))).shape
    TensorShape([3])
    """
    if weights is None:
        return ops.ones((truth.shape[-1],), truth.dtype)
    return ops.convert_to_tensor(weights, truth.dtype)


def labelled_probabilities(truth: Tensor, logits: Tensor) -> Tensor:
    """Return the probabilities of the classes, 0 for all of them where a pixel is unlabelled."""
    return ops.softmax(logits) * ops.sum(truth, axis=-1, keepdims=True)


def weighted_mean(values: Tensor, weights: Tensor, axis: tuple[int, ...] | None = None) -> Tensor:
    """Return the mean over some axes, or all, of values that count as much as they weigh.

    Where nothing weighs anything it is 0.

    Examples
    --------
    >>> float(weighted_mean(ops.array([1.0, 5.0]), ops.array([3.0, 1.0])))
    2.0
    """
    total = ops.maximum(ops.sum(weights, axis=axis), _TINY)
    return ops.sum(values * weights, axis=axis) / total


def mean_of_pixels(values: Tensor, truth: Tensor, weights: Tensor | None) -> Tensor:
    """Return the mean over labelled pixels of values ``(N, H, W, C)`` that are 0 but at the truth.

    A pixel counts as much as its class weighs.

    Examples
    --------
    >>> truth = ops.one_hot([[[0, 1, 1]]], 2)
    >>> float(mean_of_pixels(truth * [4.0, 1.0], truth, None))
    2.0
    """
    return weighted_mean(values, truth * ones(weights, truth))


def mean_of_present(per_class: Tensor, sizes: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean of ``(C,)`` values over the classes whose size is above 0."""
    return weighted_mean(per_class, ops.cast(sizes > 0, per_class.dtype) * weights)
