"""How a network takes colours, as arithmetic that gradients can go through."""

import numpy as np

from notebook_seg.prediction import Model
from notebook_seg.training.batches import as_channels
from notebook_seg.training.networks import preprocess

__all__ = ["network_colors"]

_PRIMARIES = np.array([[[0, 0, 0]], [[255, 0, 0]], [[0, 255, 0]], [[0, 0, 255]]], np.uint8)


def network_colors(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Return what turns colours from 0 to 1 into what the network takes: matrix and offset.

    Encoders want colours scaled, shifted or in another order, and all that is linear: it is read
    off black, red, green and blue.

    Returns
    -------
    ndarray of float32, shape (3, channels)
        What each of red, green and blue adds.
    ndarray of float32, shape (channels,)
        What black is.

    Examples
    --------
    >>> from notebook_seg.data import ClassLabel
    >>> from notebook_seg.training import Plan
    >>> from notebook_seg.training.record import ModelRecord
    >>> split = {"train": ["coin_01"], "validation": [], "test": []}
    >>> plan = Plan(encoder="mobilenetv2", epochs=1)
    >>> record = ModelRecord((ClassLabel(1, "coin", "#e6194b"),), plan, split)
    >>> matrix, offset = network_colors(Model(record.build(), record))
    >>> matrix.round(3).tolist(), offset.tolist()
    ([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]], [-1.0, -1.0, -1.0])
    """
    plan = model.record.plan
    given = preprocess(plan.encoder, as_channels(_PRIMARIES, plan.channels))[:, 0]
    return given[1:] - given[0], given[0]
