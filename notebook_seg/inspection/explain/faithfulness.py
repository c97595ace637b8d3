"""Whether a heatmap shows what the network looks at: hide what is hot, and see what it says."""

import cv2
import numpy as np

from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain.masking import blurred
from notebook_seg.inspection.explain.questions import Question, padded
from notebook_seg.inspection.explain.steps import Progress, Steps
from notebook_seg.inspection.explain.view import View, one_model
from notebook_seg.inspection.heat import Faithfulness, Heatmap
from notebook_seg.interruption import stoppable
from notebook_seg.prediction import Model, Predictor

__all__ = ["faithfulness"]

_NEARBY = 16  # of equally hot pixels, those nearer to heat come first


def faithfulness(
    model: Predictor,
    image: np.ndarray,
    heat: Heatmap,
    steps: int = 10,
    progress: Progress = True,
) -> Faithfulness:
    """Hide and show what is hot step by step, and measure the class's probability [1]_.

    The paper does so for the class of a whole picture. Here the class's mean probability over the
    region that the map explains is measured.

    Parameters
    ----------
    model : Model or Ensemble
        The one that the map explains.
    image : ndarray of uint8, shape (H, W, 3)
        The photograph that the map explains.
    heat : Heatmap
    steps : int
        How many parts of equal area are hidden one after the other; each takes two predictions.
    progress : bool or callable
        As of `heatmap`. Stopped early, the curves end early.

    Returns
    -------
    Faithfulness

    Raises
    ------
    ImageError
        If it is another photograph.
    OptionError
        If `steps` is not above 0.

    References
    ----------
    .. [1] V. Petsiuk, A. Das, K. Saenko, "RISE: randomized input sampling for explanation of
       black-box models", BMVC 2018, arXiv:1806.07421
    """
    if steps < 1:
        raise OptionError(f"Hide in one step at least. Received: steps={steps}")
    question = _question(one_model(model), image, heat)
    rank = _ranks(heat.values, question)
    hidden = blurred(question.pixels)
    parts = Steps(range(steps + 1), progress, "Hiding and showing", "step")
    deletion, insertion = [], []
    with stoppable():
        for part in parts:
            hot = (rank < part / steps)[..., np.newaxis]
            deleted = question.mean_probability(np.where(hot, hidden, question.pixels))
            inserted = question.mean_probability(np.where(hot, question.pixels, hidden))
            deletion.append(deleted)
            insertion.append(inserted)
    fractions = np.arange(len(deletion)) / steps
    return Faithfulness(fractions, np.array(deletion), np.array(insertion), parts.done)


def _question(model: Model, image: np.ndarray, heat: Heatmap) -> Question:
    heat.window.crop(image)
    view = View(model, model.record.plan.working_image(image), heat.window)
    pixels = view.pixels
    return Question(view, heat.label, pixels, padded(heat.region, pixels), heat.target)


def _ranks(values: np.ndarray, question: Question) -> np.ndarray:
    """Return for every pixel the share of all that are hotter, 0 to 1; padding comes last."""
    near = cv2.GaussianBlur(values, (0, 0), max(values.shape) / _NEARBY)
    coldest_last = np.lexsort((-near.ravel(), -values.ravel()))
    rank = np.empty(values.size)
    rank[coldest_last] = np.arange(values.size) / values.size
    ranks = np.ones(question.region.shape)
    ranks[question.seen] = rank.reshape(values.shape)
    return ranks
