"""What is asked of a network: why it says a class in some of the pixels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from notebook_seg.data.overlays import check_image
from notebook_seg.errors import OptionError, check_choice
from notebook_seg.inspection.explain.view import Place, View, view_of
from notebook_seg.prediction import Model
from notebook_seg.training.scale import WorkingScale

__all__ = ["Question", "ask", "class_index", "padded"]


@dataclass(frozen=True, eq=False)
class Question:
    """Why a network says a class in a region of what it is shown.

    Parameters
    ----------
    view : View
    label : int
        Index of the class.
    pixels : ndarray of uint8, shape (h, w, 3)
        What the network is shown, padded to the stride.
    region : ndarray of bool, shape (h, w)
        Of the pixels.
    target : str
        The region in words.
    margin : int
        By how many pixels the picture was continued on each side.
    """

    view: View
    label: int
    pixels: np.ndarray
    region: np.ndarray
    target: str
    margin: int = 0

    @property
    def seen(self) -> tuple[slice, slice]:
        """What of the pixels is the window, neither margin nor padding."""
        height, width = self.view.window.shape
        return slice(self.margin, self.margin + height), slice(self.margin, self.margin + width)

    def lead(self, logits: Any) -> Any:
        """Return how far the class is ahead of the mean of the others, ``(..., h, w)``.

        Softmax knows only differences of logits. This one is linear in them, which conservation
        needs, and holds for the background too, whose logit beside a single class is always 0.
        """
        own = logits[..., self.label]
        others = (ops.sum(logits, axis=-1) - own) / (logits.shape[-1] - 1)
        return own - others

    def score(self, logits: Any) -> Any:
        """Return the mean lead over the region, of logits ``(1, h, w, C)``: a scalar tensor."""
        weights = (self.region / self.region.sum()).astype(np.float32)
        return ops.sum(self.lead(logits)[0] * weights)

    def mean_lead(self, pixels: np.ndarray) -> float:
        """Return the mean lead over the region when the network is shown these pixels."""
        return float(np.mean(np.asarray(self.lead(self.view.logits(pixels)))[self.region]))

    def mean_probability(self, pixels: np.ndarray) -> float:
        """Return the mean probability of the class over the region, shown these pixels."""
        said = self.view.probabilities(self.view.logits(pixels))
        return float(said[..., self.label][self.region].mean())

    def continued(self, margin: int) -> "Question":
        """Return the same question about a picture that goes on beyond its border."""
        return Question(
            self.view,
            self.label,
            self.view.continued(margin),
            np.pad(self.region, margin),
            self.target,
            margin,
        )


def class_index(model: Model, label: int | str) -> int:
    """Return the index of a class by its index or its name.

    Raises
    ------
    OptionError
        If the model does not know it.
    """
    names = model.class_names
    if isinstance(label, str):
        return names.index(check_choice("class", label, names))
    if not 0 <= label < len(names):
        raise OptionError(
            f"The classes of this model are 0 to {len(names) - 1} ({', '.join(names)}). "
            f"Received: {label}"
        )
    return int(label)


def ask(model: Model, image: np.ndarray, label: int | str, where: Place) -> Question:
    """Ask why a model says a class at a place of a photograph.

    Raises
    ------
    ImageError
        If the array is not an image.
    OptionError
        If the class or the place is not understood.
    """
    index = class_index(model, label)
    check_image(image)
    if where is None:
        view = view_of(model, image, label=index)
        region, target = _predicted(view, index)
    else:
        wanted, target = _wanted(where, (image.shape[0], image.shape[1]), model.record.plan.scale)
        view = view_of(model, image, wanted)
        region = wanted[view.window.box.slices]
    pixels = view.pixels
    return Question(view, index, pixels, padded(region, pixels), target)


def padded(region: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return a region ``(h, w)`` with nothing added at the bottom and right, as large as pixels."""
    missing = (have - want for have, want in zip(pixels.shape[:2], region.shape, strict=True))
    return np.pad(region, [(0, more) for more in missing])


def _predicted(view: View, label: int) -> tuple[np.ndarray, str]:
    height, width = view.window.shape
    labels = view.logits(view.pixels)[:height, :width].argmax(axis=-1)
    region = labels == label
    name = view.model.class_names[label]
    shown = "the picture" if view.window.is_whole else "a window"
    if region.any():
        return region, f"where it is predicted ({region.mean():.0%} of {shown})"
    return np.ones_like(region), f"over all of {shown}, since {name} is predicted nowhere"


def _wanted(
    where: np.ndarray | tuple[int, int], shape: tuple[int, int], scale: WorkingScale
) -> tuple[np.ndarray, str]:
    """Return the place at the working scale, ``(h, w)`` bool, and the place in words."""
    if not isinstance(where, np.ndarray):
        row, column = where
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise OptionError(
                f"The pixel lies outside the photograph of {shape[0]} x {shape[1]} pixels. "
                f"Received: row {row}, column {column}"
            )
        return _scaled(np.array([where]), shape, scale), f"at row {row}, column {column}"
    if where.shape != shape or where.dtype != bool:
        raise OptionError(
            f"A region is a mask of bool and of the photograph's size {shape}, or a (row, column). "
            f"Received: {where.dtype} of shape {where.shape}"
        )
    if not where.any():
        raise OptionError("The region is empty: draw around a pixel at least. Received: no pixel")
    wanted = scale.mask(where.astype(np.uint8)) > 0
    if not wanted.any():
        # Thinner than a pixel of the working scale.
        wanted = _scaled(np.argwhere(where), shape, scale)
    return wanted, f"in a region of {where.mean():.1%} of the photograph"


def _scaled(places: np.ndarray, shape: tuple[int, int], scale: WorkingScale) -> np.ndarray:
    """Return which pixels at the working scale hold one of some ``(row, column)``."""
    wanted = np.zeros(scale.size(*shape), bool)
    rows, columns = (places * wanted.shape // shape).T
    wanted[rows, columns] = True
    return wanted
