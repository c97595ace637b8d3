"""Losses that judge each pixel by itself, and differ in how much which pixel counts."""

from keras import ops

from notebook_seg.training.losses.common import (
    Tensor,
    labelled_probabilities,
    mean_of_pixels,
    ones,
    weighted_mean,
)
from notebook_seg.training.losses.distance import RADIUS, boundary_distance

__all__ = [
    "cross_entropy",
    "distance_penalised_cross_entropy",
    "focal",
    "iou_balanced",
    "top_k",
    "weighted_cross_entropy",
]

_TINY = 1e-7
_LEAST_SHARE = 1e-3  # of what is labelled: smaller classes count as if they had as much


def _surprise(logits: Tensor) -> Tensor:
    return -ops.log_softmax(logits)


def cross_entropy(truth: Tensor, logits: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean cross-entropy of the labelled pixels.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) or more.

    References
    ----------
    Ronneberger et al. 2015, U-Net, doi:10.1007/978-3-319-24574-4_28 (pixel by pixel, over the
    softmax of the last map)

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(cross_entropy(truth, logits)), 4)
    0.5697
    """
    return mean_of_pixels(_surprise(logits), truth, weights)


def weighted_cross_entropy(truth: Tensor, logits: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the cross-entropy in which all classes present in the batch count alike.

    The paper balances the classes of all pictures, here it is those of each batch. A class of less
    than a thousandth of the labelled pixels counts for less than the others, in proportion, so that
    the tip of an object at the border of a patch does not outweigh the rest.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) or more.

    References
    ----------
    Ronneberger et al. 2015, U-Net, doi:10.1007/978-3-319-24574-4_28 (weights that balance the
    frequencies of the classes)

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(weighted_cross_entropy(truth, logits)), 4)
    0.9163
    """
    sizes = ops.sum(truth, axis=(0, 1, 2))
    least = ops.maximum(_LEAST_SHARE * ops.sum(sizes), 1.0)
    rarity = ops.where(sizes > 0, 1.0 / ops.maximum(sizes, least), 0.0)
    return mean_of_pixels(_surprise(logits), truth, ones(weights, truth) * rarity)


def focal(
    truth: Tensor, logits: Tensor, weights: Tensor | None = None, gamma: float = 2.0
) -> Tensor:
    """Return the mean focal loss: cross-entropy in which easy pixels count for less.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    gamma : float
        1 or more: how much less an easy pixel counts. Below 1 the gradient is no number where the
        network is sure.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) or more.

    References
    ----------
    Lin et al. 2017, Focal Loss for Dense Object Detection, doi:10.1109/ICCV.2017.324

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(focal(truth, logits)), 4)
    0.2642
    """
    surprise = _surprise(logits)
    easiness = (1.0 - ops.exp(-surprise)) ** gamma
    return mean_of_pixels(easiness * surprise, truth, weights)


def top_k(truth: Tensor, logits: Tensor, weights: Tensor | None = None, k: float = 0.2) -> Tensor:
    """Return the mean cross-entropy of the hardest pixels alone, a share `k` of the labelled ones.

    Hardest is what costs most, times the weight of its class; what weighs nothing is not counted.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    k : float
        Above 0, up to 1: the share of the labelled pixels, rounded up to whole ones.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) or more.

    References
    ----------
    Wu et al. 2016, Bridging Category-level and Instance-level Semantic Image Segmentation,
    doi:10.48550/arXiv.1605.06885

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(top_k(truth, logits, k=0.5)), 4)
    0.9163
    """
    weight = ops.reshape(ops.sum(truth * ones(weights, truth), axis=-1), (-1,))
    surprise = ops.reshape(ops.sum(_surprise(logits) * truth, axis=-1), (-1,))
    count = ops.ceil(k * ops.sum(ops.cast(weight > 0, weight.dtype)))
    hardest_first = ops.argsort(-ops.where(weight > 0, surprise * weight, -1.0))
    kept = ops.cast(ops.arange(ops.size(weight), dtype=weight.dtype) < count, weight.dtype)
    return weighted_mean(ops.take(surprise, hardest_first), kept * ops.take(weight, hardest_first))


def distance_penalised_cross_entropy(
    truth: Tensor, logits: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Return the cross-entropy in which pixels count more, up to twice, the nearer a boundary.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) or more.

    References
    ----------
    Caliva et al. 2019, Distance Map Loss Penalty Term for Semantic Segmentation,
    doi:10.48550/arXiv.1908.03679

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(distance_penalised_cross_entropy(truth, logits)), 4)
    1.0934
    """
    nearness = 1.0 - ops.min(boundary_distance(truth), axis=-1, keepdims=True) / RADIUS
    return mean_of_pixels((1.0 + nearness) * _surprise(logits), truth, weights)


def iou_balanced(
    truth: Tensor, logits: Tensor, weights: Tensor | None = None, eta: float = 1.5
) -> Tensor:
    """Return the cross-entropy whose gradient favours the pictures where a class is found well.

    A class counts in each picture as much as its soft IoU there to the power `eta`, and in all
    pictures together as much as without these shares, so that the value is that of
    `cross_entropy`. The paper, which finds objects, has one sum over all of them: pixels of a class
    that is not found yet would then count for nothing. Background, which is no object, counts as
    it is.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    eta : float
        0 or more: how much more what is found well counts; at 0 all counts alike.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) or more.

    References
    ----------
    Wu et al. 2022, IoU-balanced loss functions for single-stage object detection,
    doi:10.1016/j.patrec.2022.01.021

    Examples
    --------
    Of two pictures of one pixel each, the class is found well in the first, and badly in the other.
    The gradient of `cross_entropy` is nine times smaller in the first, this one three times larger.

    >>> import tensorflow as tf
    >>> truth = ops.one_hot([[[1]], [[1]]], 2)
    >>> logits = ops.log([[[[0.1, 0.9]]], [[[0.9, 0.1]]]])
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(logits)
    ...     loss = iou_balanced(truth, logits)
    >>> first, second = tape.gradient(loss, logits)[:, 0, 0, 1]
    >>> round(float(loss), 4), round(float(first / second), 3)
    (1.204, 3.0)
    """
    probabilities = labelled_probabilities(truth, logits)
    overlap = ops.sum(truth * probabilities, axis=(1, 2), keepdims=True)
    union = ops.sum(truth + probabilities, axis=(1, 2), keepdims=True) - overlap
    shares = _relative_to_largest(((overlap + _TINY) / (union + _TINY)) ** eta, truth)
    plain = truth * _surprise(logits)
    with_shares = ops.sum(shares * plain, axis=(0, 1, 2))
    scale = ops.sum(plain, axis=(0, 1, 2)) / ops.maximum(with_shares, _TINY)
    is_foreground = ops.arange(truth.shape[-1]) > 0
    balance = ops.where(is_foreground, shares * scale, 1.0)
    return mean_of_pixels(ops.stop_gradient(balance) * plain, truth, weights)


def _relative_to_largest(shares: Tensor, truth: Tensor) -> Tensor:
    """Divide the shares of each class by its largest, of the pictures that it is drawn in."""
    is_drawn = ops.any(truth > 0, axis=(1, 2), keepdims=True)
    largest = ops.max(ops.where(is_drawn, shares, 0.0), axis=0, keepdims=True)
    return ops.where(is_drawn, shares / ops.where(largest > 0, largest, 1.0), 0.0)
