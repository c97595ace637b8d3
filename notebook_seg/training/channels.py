"""Pictures of other than three channels, and encoders that were pretrained on three."""

from collections.abc import Callable

import keras
import numpy as np

__all__ = ["COLORS", "copy_weights", "scale_channels"]

COLORS = 3


def copy_weights(pretrained: keras.Model, encoder: keras.Model) -> None:
    """Give an encoder of any number of channels the weights of the same one for three.

    All but the first layers take the weights as they are. In the first, one or two channels take
    the mean of the three colours, more channels take the colours in turn; kernels are scaled by
    3 / channels, so that what follows is excited as before. For one channel that is the sum over
    the colours: the encoder sees a grey picture as it would see it in three equal colours.

    Parameters
    ----------
    pretrained : keras.Model
        For ``(N, H, W, 3)``.
    encoder : keras.Model
        The same for ``(N, H, W, channels)``; its weights are overwritten.

    Examples
    --------
    >>> colored, grey = (keras.Sequential([keras.Input((None, None, n)),
    ...                                    keras.layers.Conv2D(4, 3)]) for n in (3, 1))
    >>> copy_weights(colored, grey)
    >>> bool(np.allclose(colored.get_weights()[0].sum(axis=2), grey.get_weights()[0][:, :, 0]))
    True
    """
    shapes = [tuple(w.shape) for w in encoder.weights]
    given = pretrained.get_weights()
    encoder.set_weights([_fitted(w, shape) for w, shape in zip(given, shapes, strict=True)])


def _fitted(weights: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if weights.shape == shape:
        return weights
    is_kernel = weights.ndim > 1
    axis = weights.ndim - 2 if is_kernel else 0
    channels = shape[axis]
    if channels < COLORS:
        spread = weights.mean(axis=axis, keepdims=True).repeat(channels, axis)
    else:
        spread = weights.take(np.arange(channels) % COLORS, axis)
    return spread * (COLORS / channels) if is_kernel else spread


def scale_channels(images: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Scale channels that are no colours, each as grey would be on the mean of the three colours.

    Parameters
    ----------
    images : ndarray of uint8, shape (..., channels)
    function : callable
        Scales ``(..., 3)`` float32, the colours each in its way.

    Returns
    -------
    ndarray of float32, same shape

    Examples
    --------
    >>> scale_channels(np.array([[0, 255]], np.uint8), lambda colors: colors / 255)
    array([[0., 1.]], dtype=float32)
    """
    every_value = np.arange(256, dtype=np.float32)[:, None].repeat(COLORS, axis=1)
    table = np.asarray(function(every_value), np.float32).mean(axis=1)
    return table[images]
