"""What all losses share: the kind of tensor, and means that leave out what is unlabelled."""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

__all__ = ["Loss", "Tensor", "labelled_probabilities", "mean_of_pixels", "mean_of_present", "ones"]

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


def mean_of_pixels(values: Tensor, truth: Tensor, weights: Tensor | None) -> Tensor:
    """Return the mean over labelled pixels of values ``(N, H, W, C)`` that are 0 but at the truth.

    A pixel counts as much as its class weighs.

    Examples
    --------
    >>> truth = ops.one_hot([[[0, 1, 1]]], 2)
    >>> float(mean_of_pixels(truth * [4.0, 1.0], truth, None))
    2.0
    """
    shares = truth * ones(weights, truth)
    return ops.sum(values * shares) / ops.maximum(ops.sum(shares), _TINY)


def mean_of_present(per_class: Tensor, sizes: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean of ``(C,)`` values over the classes whose size is above 0."""
    shares = ops.cast(sizes > 0, per_class.dtype) * weights
    return ops.sum(per_class * shares) / ops.maximum(ops.sum(shares), _TINY)
