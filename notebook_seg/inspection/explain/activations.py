"""What the channels of a layer make of a photograph."""

import keras
import numpy as np
from keras import ops

from notebook_seg.inspection.explain.stages import MapLayer, map_layer
from notebook_seg.inspection.explain.view import View, one_model, view_of
from notebook_seg.inspection.responses import Activations
from notebook_seg.prediction import Predictor

__all__ = ["activations", "layer_values", "up_to"]


def activations(model: Predictor, image: np.ndarray, layer: str) -> Activations:
    """Return what each channel of a layer says of a photograph.

    Parameters
    ----------
    model : Model or Ensemble
        Of an ensemble, the first model.
    image : ndarray of uint8, shape (H, W, 3)
        The photograph. The network sees it at the working scale; where it is still larger than
        512 pixels along a side, its middle.
    layer : str
        See `network_stages` for the ones that matter, `layer_names` for all.

    Returns
    -------
    Activations

    Raises
    ------
    ImageError
        If the array is not an image.
    OptionError
        If no layer of that name gives a map.

    Examples
    --------
    >>> from notebook_seg.data import ClassLabel
    >>> from notebook_seg.prediction import Model
    >>> from notebook_seg.training import Plan
    >>> from notebook_seg.training.record import ModelRecord
    >>> split = {"train": ["coin_01"], "validation": [], "test": []}
    >>> plan = Plan(encoder="resnet18", epochs=1)
    >>> record = ModelRecord((ClassLabel(1, "coin", "#e6194b"),), plan, split)
    >>> model = Model(record.build(), record)
    >>> activations(model, np.zeros((60, 90, 3), np.uint8), "decoder_4b_relu").values.shape
    (128, 192, 16)
    """
    model = one_model(model)
    found = map_layer(model.network, layer)
    view = view_of(model, image)
    values = layer_values(up_to(model.network, found), view, view.pixels)
    return Activations(layer, found.stride, values, view.window)


def up_to(network: keras.Model, layer: MapLayer) -> keras.Model:
    """Return the network from the pixels to a layer."""
    return keras.Model(network.input, layer.tensor)


def layer_values(head: keras.Model, view: View, pixels: np.ndarray) -> np.ndarray:
    """Return what a layer gives, ``(h, w, channels)`` float32, of pixels ``(h, w, 3)``.

    Parameters
    ----------
    head : keras.Model
        From `up_to`.
    view : View
    pixels : ndarray of uint8, shape (h, w, 3)
    """
    given = ops.convert_to_tensor(view.inputs(pixels))
    return np.asarray(ops.convert_to_numpy(head(given, training=False))[0], np.float32)
