"""Losses that judge how well whole classes overlap, so that small ones count as much as large."""

from keras import ops

from notebook_seg.training.losses.common import (
    Tensor,
    labelled_probabilities,
    mean_of_present,
    ones,
    weighted_mean,
)

__all__ = ["dice", "jaccard", "lovasz_softmax", "sensitivity_specificity", "tversky"]

_PIXELS = (0, 1, 2)


def tversky(
    truth: Tensor,
    logits: Tensor,
    weights: Tensor | None = None,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
) -> Tensor:
    """Return one minus the Tversky index, averaged over the classes present in the batch.

    What is found wrongly costs `alpha`, what is missed `beta`: more than one half finds more of a
    rare class, at the price of false alarms.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    alpha, beta : float
        0 or more, and not both 0: what a pixel found wrongly costs, and one that is missed.
    smooth : float
        Above 0: pixels added to both sides of the fraction, so that nothing is divided by 0.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) to 1.

    References
    ----------
    Salehi et al. 2017, Tversky loss function for image segmentation using 3D fully convolutional
    deep networks, doi:10.1007/978-3-319-67389-9_44

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(tversky(truth, logits)), 4)
    0.272
    """
    probabilities = labelled_probabilities(truth, logits)
    found = ops.sum(truth * probabilities, axis=_PIXELS)
    sizes = ops.sum(truth, axis=_PIXELS)
    wrong, missed = ops.sum(probabilities, axis=_PIXELS) - found, sizes - found
    index = (found + smooth) / (found + alpha * wrong + beta * missed + smooth)
    return mean_of_present(1.0 - index, sizes, ones(weights, truth))


def dice(
    truth: Tensor, logits: Tensor, weights: Tensor | None = None, smooth: float = 1.0
) -> Tensor:
    """Return one minus the Dice overlap, averaged over the classes present in the batch.

    What is found, twice, is divided by the plain sum of probabilities and truth. The Dice loss of
    V-Net (doi:10.1109/3DV.2016.79) sums their squares instead.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    smooth : float
        Above 0: pixels added to both sides of the fraction, so that nothing is divided by 0.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) to 1.

    References
    ----------
    Drozdzal et al. 2016, The Importance of Skip Connections in Biomedical Image Segmentation,
    doi:10.1007/978-3-319-46976-8_19

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(dice(truth, logits)), 4)
    0.3472
    """
    return tversky(truth, logits, weights, alpha=0.5, beta=0.5, smooth=smooth / 2)


def jaccard(
    truth: Tensor, logits: Tensor, weights: Tensor | None = None, smooth: float = 1.0
) -> Tensor:
    """Return one minus the intersection over union, averaged over the classes present.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    smooth : float
        As for `tversky`.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) to 1.

    References
    ----------
    Rahman & Wang 2016, Optimizing Intersection-Over-Union in Deep Neural Networks for Image
    Segmentation, doi:10.1007/978-3-319-50835-1_22

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(jaccard(truth, logits)), 4)
    0.4151
    """
    return tversky(truth, logits, weights, alpha=1.0, beta=1.0, smooth=smooth)


def sensitivity_specificity(
    truth: Tensor, logits: Tensor, weights: Tensor | None = None, share: float = 0.5
) -> Tensor:
    """Return the mean squared errors inside and outside of each class, `share` being that inside.

    Background has no part of its own, as in the paper, which has one class: what is wrong inside
    of the one is wrong outside of the other, so that both together would count alike whatever the
    share. The paper takes shares of 0.01 to 0.1, for lesions that are rare; here both errors count
    alike. What is missed of a class counts as much as it weighs, what is found wrongly as much as
    the classes weigh that are there, so that the weight of background is that of false alarms.

    Parameters
    ----------
    truth, logits : tensor of float32, shape (N, H, W, C)
    weights : sequence of float, shape (C,), optional
        As `notebook_seg.training.losses` tells.
    share : float
        0 to 1: how much of the loss is what is missed; the rest is what is found wrongly.

    Returns
    -------
    tensor of float32, shape ()
        0 (perfect) to 1.

    References
    ----------
    Brosch et al. 2015, Deep Convolutional Encoder Networks for Multiple Sclerosis Lesion
    Segmentation, doi:10.1007/978-3-319-24574-4_1

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(sensitivity_specificity(truth, logits, share=0.1)), 4)
    0.1
    """
    of_class = ones(weights, truth)
    of_others = (ops.sum(of_class) - of_class) / (truth.shape[-1] - 1)
    outside = ops.sum(truth * of_class, axis=-1, keepdims=True) - truth * of_class
    squares = (truth - labelled_probabilities(truth, logits)) ** 2
    # What is found of a class that is nowhere in the batch is wrong, too.
    errors = ops.stack([weighted_mean(squares, where, _PIXELS) for where in (truth, outside)])
    counts = ops.stack([share * of_class, (1.0 - share) * of_others])
    return weighted_mean(errors[:, 1:], counts[:, 1:])


def lovasz_softmax(truth: Tensor, logits: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the Lovász extension of one minus the IoU, averaged over the classes present.

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
    Berman et al. 2018, The Lovász-Softmax loss, doi:10.1109/CVPR.2018.00464

    Examples
    --------
    >>> truth, logits = ops.one_hot([[[0, 0, 0, 1]]], 2), ops.log([[[[0.8, 0.2]] * 4]])
    >>> round(float(lovasz_softmax(truth, logits)), 4)
    0.575
    """
    probabilities = labelled_probabilities(truth, logits)
    sizes = ops.sum(truth, axis=_PIXELS)
    n_classes = truth.shape[-1]
    flat_truth = ops.reshape(truth, (-1, n_classes))
    errors = ops.abs(flat_truth - ops.reshape(probabilities, (-1, n_classes)))
    order = ops.argsort(-errors, axis=0)
    sorted_errors = ops.take_along_axis(errors, order, axis=0)
    steps = ops.stop_gradient(_jaccard_steps(ops.take_along_axis(flat_truth, order, axis=0)))
    return mean_of_present(ops.sum(sorted_errors * steps, axis=0), sizes, ones(weights, truth))


def _jaccard_steps(sorted_truth: Tensor) -> Tensor:
    """Return by how much the Jaccard loss grows with each further pixel that is wrong."""
    sizes = ops.sum(sorted_truth, axis=0)
    missed = ops.cumsum(sorted_truth, axis=0)
    wrong = ops.cumsum(1.0 - sorted_truth, axis=0)
    losses = 1.0 - (sizes - missed) / ops.maximum(sizes + wrong, 1.0)
    return ops.concatenate([losses[:1], losses[1:] - losses[:-1]], axis=0)
