"""Distances in pixels to a class, inside the graph and so on any backend of Keras.

They are exact (Euclidean) up to `RADIUS` pixels, and `RADIUS` beyond: a loss needs to know what is
near, and the cost grows with the radius.
"""

from keras import ops

from notebook_seg.training.losses.common import Tensor

__all__ = ["RADIUS", "boundary_distance", "distance_to", "signed_distance"]

RADIUS = 16
"""The longest distance that is told apart, in pixels at the working scale."""


def distance_to(target: Tensor) -> Tensor:
    """Return for each pixel how far the nearest pixel of `target` is, at most `RADIUS`.

    Parameters
    ----------
    target : tensor (N, H, W, C)
        1 where the target is, else 0; each channel by itself.

    References
    ----------
    Felzenszwalb & Huttenlocher 2012, Distance Transforms of Sampled Functions,
    doi:10.4086/toc.2012.v008a019 (one axis after the other)

    Examples
    --------
    >>> target = ops.reshape(ops.convert_to_tensor([1.0, 0, 0, 0]), (1, 1, 4, 1))
    >>> distance_to(target).numpy().ravel().tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    squared = ops.where(target > 0.5, 0.0, float(RADIUS**2))
    return ops.sqrt(_nearest(_nearest(squared, axis=1), axis=2))


def _nearest(squared: Tensor, axis: int) -> Tensor:
    """Return the least of the squared distances of the pixels along an axis, plus the way there."""
    padding = [[0, 0]] * 4
    padding[axis] = [RADIUS, RADIUS]
    padded = ops.pad(squared, padding, constant_values=float(RADIUS**2))
    least = squared
    for shift in range(2 * RADIUS + 1):
        window = [slice(None)] * 4
        window[axis] = slice(shift, shift - 2 * RADIUS or None)
        least = ops.minimum(least, padded[tuple(window)] + float((shift - RADIUS) ** 2))
    return least


def signed_distance(truth: Tensor) -> Tensor:
    """Return the distance to each class from outside, and minus that to the others from inside.

    Unlabelled pixels belong neither to a class nor to the others.

    Examples
    --------
    >>> truth = ops.one_hot([[[0, 0, 1, 1]]], 2)
    >>> signed_distance(truth).numpy()[0, 0, :, 1].tolist()
    [2.0, 1.0, -1.0, -2.0]
    """
    labelled = ops.sum(truth, axis=-1, keepdims=True)
    return distance_to(truth) - distance_to(labelled - truth)


def boundary_distance(truth: Tensor) -> Tensor:
    """Return for each class how far its boundary is, on either side of it."""
    return ops.abs(signed_distance(truth))
