"""Gradients, the one thing for which Keras has no word of its own.

Keras runs on several libraries and hides them; only when it trains does it take gradients, and
then of a loss by weights. What is wanted here is the gradient of any number by any array, so the
library beneath is asked itself, in this module alone, and imported when it is.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from notebook_seg.errors import OptionError

__all__ = ["value_and_gradient"]


def value_and_gradient(function: Callable[[Any], Any], at: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the value of a function and its gradient.

    Parameters
    ----------
    function : callable
        From a tensor to a scalar tensor, made of `keras.ops` and Keras layers.
    at : ndarray of float32
        Where.

    Returns
    -------
    float, ndarray of float32 of the shape of `at`

    Raises
    ------
    OptionError
        If Keras runs on something else than TensorFlow or JAX.

    Examples
    --------
    >>> value_and_gradient(lambda x: keras.ops.sum(x * x), np.float32([1, 3]))
    (10.0, array([2., 6.], dtype=float32))
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _by_tensorflow(function, at)
    if backend == "jax":
        return _by_jax(function, at)
    raise OptionError(
        "Gradients need Keras on TensorFlow or JAX: set KERAS_BACKEND to one of them, or ask for "
        f"'occlusion', which needs none. Received: {backend}"
    )


def _by_tensorflow(function: Callable[[Any], Any], at: np.ndarray) -> tuple[float, np.ndarray]:
    import tensorflow as tf

    point = tf.convert_to_tensor(at)
    # Only what depends on the point is kept for the way back, not what depends on weights.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(point)
        value = function(point)
    gradient = tape.gradient(value, point, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return float(value), np.asarray(gradient, np.float32)


def _by_jax(function: Callable[[Any], Any], at: np.ndarray) -> tuple[float, np.ndarray]:
    import jax

    value, gradient = jax.value_and_grad(function)(jax.numpy.asarray(at))
    return float(value), np.asarray(gradient, np.float32)
