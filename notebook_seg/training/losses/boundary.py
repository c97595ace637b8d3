"""Losses that judge how far from the true outline a mistake is.

Beside one that judges overlap (`"dice + 0.5*boundary"`) they sharpen outlines; alone they are slow
to find an object at all.
"""

from keras import ops

from notebook_seg.training.losses.common import Tensor, labelled_probabilities, ones
from notebook_seg.training.losses.distance import RADIUS, boundary_distance, signed_distance

__all__ = ["boundary", "hausdorff"]


def _mean_of_labelled(values: Tensor, truth: Tensor, weights: Tensor | None) -> Tensor:
    shares = ones(weights, truth)
    labelled = ops.sum(truth)
    return ops.sum(values * shares) / (ops.maximum(labelled, 1.0) * ops.sum(shares))


def boundary(truth: Tensor, logits: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean distance of what is wrong to the true outline, in `RADIUS` pixels.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) to 1.

    References
    ----------
    Kervadec et al. 2021, Boundary loss for highly unbalanced segmentation,
    doi:10.1016/j.media.2020.101851

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(RADIUS * float(boundary(truth, logits)), 4)
    0.5
    """
    wrong = labelled_probabilities(truth, logits) - truth
    return _mean_of_labelled(wrong * signed_distance(truth) / RADIUS, truth, weights)


def hausdorff(truth: Tensor, logits: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean squared error, times the squared distances to both outlines.

    The distances, in `RADIUS` pixels, are those to the outline of the truth and to that of the
    prediction.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) to 1.

    References
    ----------
    Karimi & Salcudean 2020, Reducing the Hausdorff Distance in Medical Image Segmentation With
    Convolutional Neural Networks, doi:10.1109/TMI.2019.2930068

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(hausdorff(truth, logits)), 4)
    0.0956
    """
    probabilities = labelled_probabilities(truth, logits)
    labelled = ops.sum(truth, axis=-1, keepdims=True)
    predicted = ops.one_hot(ops.argmax(logits, axis=-1), truth.shape[-1], dtype=truth.dtype)
    distances = boundary_distance(truth) ** 2 + boundary_distance(predicted * labelled) ** 2
    errors = (probabilities - truth) ** 2 * ops.stop_gradient(distances)
    return _mean_of_labelled(errors / (2 * RADIUS**2), truth, weights)
