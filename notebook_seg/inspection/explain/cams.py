"""Class activation maps: how much each place of a layer adds to the scores of a class."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import cv2
import keras
import numpy as np
from keras import ops

from notebook_seg.inspection.explain.activations import layer_values, up_to
from notebook_seg.inspection.explain.gradients import value_and_gradient
from notebook_seg.inspection.explain.masking import blurred
from notebook_seg.inspection.explain.questions import Question
from notebook_seg.inspection.explain.stages import MapLayer
from notebook_seg.inspection.explain.steps import Progress, Steps
from notebook_seg.inspection.responses import stretched
from notebook_seg.interruption import stoppable

__all__ = ["Found", "grad_cam", "hires_cam", "score_cam"]

_CHANNELS = 32  # those that respond most; each takes a prediction


class Found(NamedTuple):
    """Evidence at the size of a layer ``(h, w)`` float32, and the share of the work done."""

    evidence: np.ndarray
    done: float = 1.0


def grad_cam(question: Question, layer: MapLayer, progress: Progress) -> Found:
    """Weigh each channel by the mean of its gradient, and add them up [1]_ [2]_.

    References
    ----------
    .. [1] R. R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via
       gradient-based localization", ICCV 2017, doi:10.1109/ICCV.2017.74
    .. [2] K. Vinogradova et al., "Towards interpretable semantic segmentation via
       gradient-weighted class activation mapping", AAAI 2020, doi:10.1609/aaai.v34i10.7244
    """
    values, gradient = _values_and_gradient(question, layer)
    weights = gradient.mean(axis=(0, 1), dtype=np.float64)
    return Found((values @ weights).astype(np.float32))


def hires_cam(question: Question, layer: MapLayer, progress: Progress) -> Found:
    """Weigh each value by its own gradient, and add up the channels [1]_.

    Where only linear layers follow, the sum of the map is the score, but for what the biases add.

    References
    ----------
    .. [1] R. L. Draelos, L. Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of
       convolutional neural networks", 2020, arXiv:2011.08891
    """
    values, gradient = _values_and_gradient(question, layer)
    return Found((values * gradient).sum(axis=-1))


def score_cam(question: Question, layer: MapLayer, progress: Progress) -> Found:
    """Weigh each channel by what the network says when it sees only what the channel shows [1]_.

    All else is blurred. A channel's weight is how much higher the score is than on average over
    the channels: otherwise those would weigh most that simply show most of the picture. Only the
    32 channels that respond most are asked.

    References
    ----------
    .. [1] H. Wang et al., "Score-CAM: score-weighted visual explanations for convolutional neural
       networks", CVPR workshops 2020, doi:10.1109/CVPRW50498.2020.00020
    """
    values = layer_values(up_to(question.view.model.network, layer), question.view, question.pixels)
    spread = values.std(axis=(0, 1))
    channels: Sequence[int] = np.argsort(-spread, kind="stable")[:_CHANNELS].tolist()
    hidden = blurred(question.pixels)
    scores = []
    steps = Steps(channels, progress, "Showing what channels show", "channel")
    with stoppable():
        for channel in steps:
            opacity = _enlarged(values[..., channel], question)
            scores.append(question.mean_lead(_blended(question.pixels, hidden, opacity)))
    weights = np.array(scores, np.float32) - np.mean(scores, dtype=np.float32)
    shown = [stretched(values[..., channel]) for channel in channels[: len(scores)]]
    return Found(np.tensordot(weights, shown, 1).astype(np.float32), steps.done)


def _enlarged(channel: np.ndarray, question: Question) -> np.ndarray:
    size = question.region.shape[::-1]
    return np.asarray(cv2.resize(stretched(channel), size, interpolation=cv2.INTER_LINEAR))


def _blended(pixels: np.ndarray, hidden: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    shown, rest = opacity, 1 - opacity
    return np.asarray(cv2.blendLinear(pixels, hidden, shown, rest), np.uint8)


def _values_and_gradient(question: Question, layer: MapLayer) -> tuple[np.ndarray, np.ndarray]:
    """Return what a layer gives, and the gradient of the score by it: both ``(h, w, channels)``."""
    network, view = question.view.model.network, question.view
    values = layer_values(up_to(network, layer), view, question.pixels)
    given = ops.convert_to_tensor(view.inputs(question.pixels))
    rest = _from_layer_on(network, layer)

    def score(values: Any) -> Any:
        return question.score(rest(given, values))

    _, gradient = value_and_gradient(score, values[None])
    return values, gradient[0]


def _from_layer_on(network: keras.Model, layer: MapLayer) -> Callable[[Any, Any], Any]:
    """Return what makes logits of the pixels, for what leads past the layer, and its values."""
    if layer.tensor is network.output:
        return lambda given, values: values
    if layer.tensor is network.input:
        return lambda given, values: network(values, training=False)
    rest = keras.Model([network.input, layer.tensor], network.output)
    return lambda given, values: rest([given, values], training=False)
