"""Class heatmaps: which parts of a photograph made a network say a class."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np

from notebook_seg.data import read_image
from notebook_seg.errors import OptionError, check_choice
from notebook_seg.inspection.explain.cams import Found, grad_cam, hires_cam, score_cam
from notebook_seg.inspection.explain.masking import occlusion
from notebook_seg.inspection.explain.questions import Question, ask
from notebook_seg.inspection.explain.stages import (
    MapLayer,
    map_layer,
    network_stages,
    telling_layer,
)
from notebook_seg.inspection.explain.steps import Progress
from notebook_seg.inspection.explain.view import Place, one_model
from notebook_seg.inspection.heat import METHOD_NAMES, Heatmap, share_on_border
from notebook_seg.prediction import Predictor

__all__ = ["METHODS", "METHODS_AT_A_LAYER", "heatmap"]

METHODS = tuple(METHOD_NAMES)
"""From what the network says to what it needs: scores, two by gradients, two by hiding."""

_AT_A_LAYER: dict[str, Callable[[Question, MapLayer, Progress], Found]] = {
    "grad_cam": grad_cam,
    "hires_cam": hires_cam,
    "score_cam": score_cam,
}
METHODS_AT_A_LAYER = tuple(_AT_A_LAYER)
"""Those that look at a layer inside the network, which may be chosen."""

_FAST = ("grad_cam", "hires_cam")
_MARGIN = 64  # pixels by which a picture is continued


def heatmap(
    model: Predictor | str | Path,
    image: np.ndarray | str | Path,
    label: int | str,
    method: str = "hires_cam",
    where: Place = None,
    layer: str | None = None,
    progress: Progress = True,
    border_test: bool | None = None,
) -> Heatmap:
    """Show which parts of a photograph made a network say a class.

    Parameters
    ----------
    model : Model, Ensemble or path
        Of an ensemble, the first model; a path is that of a model's folder.
    image : ndarray of uint8, shape (H, W, 3), or path
        The photograph, of any size. The network sees it at the model's working scale; where that
        is still larger than 512 pixels along a side, a window of that size around the place that
        is asked about, see `Heatmap.window`. So neither time nor memory grows with the photograph.
    label : int or str
        The class, by index or name; 0 is the background.
    method : str
        ``"scores"``: the probabilities that the last layer gives, no explanation but what is to be
        explained. ``"grad_cam"`` and ``"hires_cam"``: what each place of a layer adds, by
        gradients. ``"score_cam"`` and ``"occlusion"``: what showing or hiding parts of the picture
        changes, which takes some seconds.
    where : None, ndarray of bool with shape (H, W), or (row, column)
        The pixels to explain: all where the class is predicted, a region, or one of them.
    layer : str, optional
        Which layer the `METHODS_AT_A_LAYER` look at. If not given, the first stage on the way up
        at stride 8 or finer: deeper ones see more of the surroundings, but their maps are less
        faithful; the nearer to the outputs, the less a map tells beyond the prediction.
    progress : bool or callable
        True shows a bar where it takes long. A function is told the share done, 0 to 1, and stops
        the work by returning False; what was done is kept, as on Ctrl-C.
    border_test : bool, optional
        Whether to try if heat at the border goes away when the picture goes on beyond it, which
        doubles the time; by default with the two by gradients, which are fast.

    Returns
    -------
    Heatmap

    Raises
    ------
    ModelError
        If the folder holds no model.
    ImageError
        If the array is not an image, or the file cannot be read as one.
    OptionError
        If the class, method, place or layer is not understood.

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
    >>> heat = heatmap(model, np.zeros((32, 48, 3), np.uint8), "coin", where=(10, 20))
    >>> heat.values.shape, heat.layer, heat.target
    ((64, 96), 'decoder_1b_relu', 'at row 10, column 20')
    """
    check_choice("method", method, METHODS)
    model = one_model(model)
    looked_at = _layer(model.network, method, layer)
    pixels = read_image(image) if isinstance(image, str | Path) else image
    question = ask(model, pixels, label, where)
    values, found = _values(question, method, looked_at, progress)
    made = Heatmap(
        values,
        found.evidence,
        question.region[question.seen],
        question.target,
        question.mean_probability(question.pixels),
        question.label,
        model.class_names[question.label],
        method,
        looked_at.name,
        question.view.window,
        found.done,
    )
    wanted = method in _FAST if border_test is None else border_test
    if not wanted or made.done < 1:
        return made
    return replace(made, continued_border_share=_continued(question, method, looked_at, progress))


def _layer(network: keras.Model, method: str, layer: str | None) -> MapLayer:
    stages = network_stages(network)
    if method in _AT_A_LAYER:
        return map_layer(network, layer or telling_layer(stages))
    if layer is not None:
        raise OptionError(
            f"{method!r} looks at no layer but the last: leave `layer` out, or choose from "
            f"{', '.join(_AT_A_LAYER)}. Received: {layer!r}"
        )
    return map_layer(network, stages[-1].layer)


def _values(
    question: Question, method: str, layer: MapLayer, progress: Progress
) -> tuple[np.ndarray, Found]:
    """Return the heat of what was shown, and what it was made of."""
    if method == "scores":
        logits = question.view.logits(question.pixels)
        likely = question.view.probabilities(logits)[..., question.label]
        evidence = np.asarray(question.lead(logits), np.float32)
        return np.nan_to_num(likely[question.seen]), Found(evidence)
    if method == "occlusion":
        found = Found(*occlusion(question, progress))
    else:
        found = _AT_A_LAYER[method](question, layer, progress)
    return _heat(found.evidence, question.region.shape)[question.seen], found


def _heat(evidence: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    size = (shape[1], shape[0])
    enlarged = cv2.resize(evidence, size, interpolation=cv2.INTER_LINEAR)
    # Of broken weights there is no heat, which is not the place to say so.
    heat = np.nan_to_num(np.maximum(enlarged, 0), posinf=0.0)
    highest = heat.max()
    return np.asarray(heat / highest if highest > 0 else heat, np.float32)


def _continued(question: Question, method: str, layer: MapLayer, progress: Progress) -> float:
    """Return the share of the heat on the border when the picture goes on beyond it."""
    values, _ = _values(question.continued(_MARGIN), method, layer, progress)
    return share_on_border(values)
