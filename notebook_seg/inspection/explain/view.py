"""What a network is given of a photograph: the working picture, or where that is large a window.

Explanations need much more memory than predictions, since everything between the layer that is
looked at and the scores is kept. A window bounds it, whatever the size of the photograph.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.data.overlays import check_image
from notebook_seg.errors import OptionError
from notebook_seg.inspection.windows import Window
from notebook_seg.prediction import Ensemble, Model, Predictor, load_model
from notebook_seg.training.batches import as_channels
from notebook_seg.training.networks import STRIDE, preprocess, up_to_stride
from notebook_seg.training.quiet import quiet_retracing

__all__ = ["WINDOW", "Place", "View", "one_model", "view_of", "windows_of"]

WINDOW = 512
"""Pixels of the working picture along a side that are shown at most."""

Place = np.ndarray | tuple[int, int] | None
"""A bool mask (H, W) of the photograph's size, a (row, column) of it, or None for all of it."""


def one_model(model: Predictor | str | Path) -> Model:
    """Return the model to explain: of an ensemble the first, read if a folder is given."""
    if isinstance(model, str | Path):
        model = load_model(model)
    if isinstance(model, Ensemble):
        return model.models[0]
    if isinstance(model, Model):
        return model
    raise OptionError(
        f"A model is explained, such as load_model() returns. Received: {type(model).__name__}"
    )


@dataclass(frozen=True, eq=False)
class View:
    """A window of a working picture, and how a network sees it.

    Parameters
    ----------
    model : Model
    working : ndarray of uint8, shape (h, w, 3)
        The whole photograph at the scale the network works at.
    window : Window
    """

    model: Model
    working: np.ndarray
    window: Window

    @property
    def pixels(self) -> np.ndarray:
        """What the network is given: ``(h, w, 3)`` uint8, its sides rounded up to the stride."""
        rows, columns = self._padded(0)
        rows = np.minimum(rows, self.working.shape[0] - 1)
        columns = np.minimum(columns, self.working.shape[1] - 1)
        return self.working[np.ix_(rows, columns)]

    def continued(self, margin: int) -> np.ndarray:
        """Return the same with what lies around it, beyond the picture's edge its mirror image.

        Parameters
        ----------
        margin : int
            Pixels on each side, a multiple of the stride.
        """
        rows, columns = self._padded(margin)
        height, width = self.working.shape[:2]
        return self.working[np.ix_(_mirrored(rows, height), _mirrored(columns, width))]

    def _padded(self, margin: int) -> tuple[np.ndarray, np.ndarray]:
        box = self.window.box
        height, width = map(up_to_stride, box.shape)
        return (
            np.arange(box.top - margin, box.top + height + margin),
            np.arange(box.left - margin, box.left + width + margin),
        )

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """Return what the network says of pixels ``(h, w, 3)``: ``(h, w, C)`` float32."""
        with quiet_retracing():
            said = self.model.network.predict_on_batch(self.inputs(pixels))
        return np.asarray(said, np.float32)[0]

    def inputs(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels ``(h, w, 3)`` uint8 as the network takes them: ``(1, h, w, channels)``."""
        plan = self.model.record.plan
        return preprocess(plan.encoder, as_channels(pixels[None], plan.channels))

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return logits ``(h, w, C)`` as probabilities, float32."""
        return np.asarray(keras.ops.softmax(logits / self.model.temperature), np.float32)


def _mirrored(at: np.ndarray, side: int) -> np.ndarray:
    period = max(1, 2 * (side - 1))
    within = at % period
    return np.minimum(within, period - within)


def view_of(
    model: Model, image: np.ndarray, weights: np.ndarray | None = None, label: int | None = None
) -> View:
    """Return what is shown of a photograph: all of it, or the window that holds most of something.

    Parameters
    ----------
    model : Model
    image : ndarray of uint8, shape (H, W, 3)
    weights : ndarray of bool, shape (h, w), optional
        What it is to hold, at the working scale.
    label : int, optional
        Without weights, the class it is to hold most of. Where that is, the network says after
        a glance at the whole picture, shrunk to the size of a window. Without either, the window
        is the middle of the picture.
    """
    check_image(image)
    working = model.record.plan.working_image(image)
    shape = (working.shape[0], working.shape[1])
    whole = Window((image.shape[0], image.shape[1]), shape, Box.whole(shape))
    view = View(model, working, whole)
    if max(shape) <= WINDOW:
        return view
    if weights is None and label is not None:
        weights = _glance(view, label)
    box = _best_window(shape, weights)
    return View(model, working, Window(whole.photograph, shape, box))


def _glance(view: View, label: int) -> np.ndarray:
    height, width = view.working.shape[:2]
    scale = WINDOW / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(view.working, size, interpolation=cv2.INTER_AREA)
    shape = (small.shape[0], small.shape[1])
    seen = View(view.model, small, Window(shape, shape, Box.whole(shape)))
    likely = seen.probabilities(seen.logits(seen.pixels))[: shape[0], : shape[1], label]
    return np.asarray(cv2.resize(np.ascontiguousarray(likely), (width, height)), np.float32)


def _best_window(shape: tuple[int, int], weights: np.ndarray | None) -> Box:
    """Return the window with most weight in it; of several such the most central one."""
    tops, lefts = (_starts(side) for side in shape)
    if weights is None:
        weights = np.ones(shape, bool)
    down = _sums_between(weights.sum(axis=1, dtype=np.float64), tops, shape[0])
    top = tops[_middle_of_best(down)]
    rows = weights[top : top + WINDOW]
    across = _sums_between(rows.sum(axis=0, dtype=np.float64), lefts, shape[1])
    left = lefts[_middle_of_best(across)]
    return Box(top, left, top + WINDOW, left + WINDOW).clip(shape)


def _starts(side: int) -> list[int]:
    # In steps of the stride, so that pixels meet the network's grid as in the whole picture.
    last = max(0, side - WINDOW)
    return [*range(0, last, STRIDE), last]


def _sums_between(values: np.ndarray, starts: list[int], side: int) -> np.ndarray:
    summed = np.concatenate([[0.0], np.cumsum(values)])
    return np.array([summed[min(start + WINDOW, side)] - summed[start] for start in starts])


def _middle_of_best(sums: np.ndarray) -> int:
    best = np.flatnonzero(sums >= sums.max() * (1 - 1e-9))
    return int(best[len(best) // 2])


def windows_of(model: Model, image: np.ndarray) -> list[View]:
    """Return views that together show all of a photograph, side by side.

    Parameters
    ----------
    model : Model
    image : ndarray of uint8, shape (H, W, 3)
    """
    check_image(image)
    working = model.record.plan.working_image(image)
    shape = (working.shape[0], working.shape[1])
    photograph = (image.shape[0], image.shape[1])
    corners = [(t, le) for t in range(0, shape[0], WINDOW) for le in range(0, shape[1], WINDOW)]
    boxes = [Box(top, left, top + WINDOW, left + WINDOW).clip(shape) for top, left in corners]
    return [View(model, working, Window(photograph, shape, box)) for box in boxes]
