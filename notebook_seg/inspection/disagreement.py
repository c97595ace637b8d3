"""Where a model is sure of another class than the mask: probably mislabelled.

The idea of confident learning [1]_, counted by picture: near outlines a model is unsure, so that
what it is sure of is seldom a matter of a pixel more or less.

References
----------
.. [1] Northcutt et al. 2021, Confident Learning: Estimating Uncertainty in Dataset Labels,
   doi:10.1613/jair.1.12125
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from notebook_seg.data import BACKGROUND, UNLABELLED
from notebook_seg.data.overlays import Mask
from notebook_seg.errors import MaskError
from notebook_seg.inspection.confusion import confusion_matrix

__all__ = ["SURE", "Disagreement", "compare_confident", "sure_after", "suspicious"]

SURE = 0.8
"""The probability from which on a model counts as sure."""

# A share of what is drawn or found in a picture, and against the shares of the other pictures.
_CONSPICUOUS, _TIMES_TYPICAL, _MODEL_ERRS = 0.3, 3.0, 0.2
_FEWEST = 4  # pictures, to know what is typical


@dataclass(frozen=True, eq=False)
class Disagreement:
    """What a model that is sure says against a mask.

    Parameters
    ----------
    counts : (C, C) int64 array
        Pixels that the model is sure of: rows are the mask, columns the model.
    unsure : (C,) int64 array
        Pixels of each class of the mask that it is unsure of.

    Examples
    --------
    >>> Disagreement(np.array([[80, 5], [10, 5]]), np.array([0, 0])).share
    0.75
    """

    counts: npt.NDArray[np.int64]
    unsure: npt.NDArray[np.int64]

    @property
    def share(self) -> float:
        """How much of what is drawn or surely found is surely another class, 0 to 1.

        0 where nothing is drawn or found.
        """
        wrong = int(self.counts.sum() - np.trace(self.counts))
        foreground = int(self.counts.sum() - self.counts[BACKGROUND, BACKGROUND])
        total = foreground + int(self.unsure[BACKGROUND + 1 :].sum())
        return wrong / total if total else 0.0

    @property
    def strongest(self) -> tuple[int, int]:
        """The class that was drawn and the one that the model is sure of, where they differ most.

        Twice the background if they differ nowhere.
        """
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        drawn, found = divmod(int(wrong.argmax()), len(wrong))
        return (drawn, found) if wrong.any() else (BACKGROUND, BACKGROUND)


def sure_after(temperature: float, n_classes: int) -> float:
    """Return from which probability on a model counts as sure once a temperature was applied.

    A temperature that was fitted on wrong masks is high, and then no pixel would ever reach
    `SURE`: the very masks that are looked for would hide themselves.

    Parameters
    ----------
    temperature : float
        By which the logits of the model are divided.
    n_classes : int
        Background included.

    Returns
    -------
    float
        What `SURE` became, if the other classes share the rest; `SURE` itself for temperatures
        below 1, which make a model surer.

    Examples
    --------
    >>> round(sure_after(5, 2), 3), sure_after(0.7, 2)
    (0.569, 0.8)
    """
    others = n_classes - 1
    odds = SURE * others / (1 - SURE)
    return float(min(SURE, 1 / (1 + others * odds ** (-1 / temperature))))


def compare_confident(
    truth: Mask, probabilities: npt.NDArray[np.float32], sure: float = SURE
) -> Disagreement:
    """Count where a model that is sure agrees with a mask, and where not.

    Parameters
    ----------
    truth : (h, w) uint8 array
        Class indexes; 255 is unlabelled and not counted.
    probabilities : (h, w, C) float32 array
        0 to 1.
    sure : float
        From which probability on a pixel counts.

    Raises
    ------
    MaskError
        If the mask has another size, or a value that is not a class.

    Examples
    --------
    >>> probabilities = np.float32([[[0.1, 0.9], [0.1, 0.9], [0.5, 0.5]]])
    >>> found = compare_confident(np.array([[0, 1, 1]], np.uint8), probabilities)
    >>> found.counts.tolist(), found.unsure.tolist(), found.share
    ([[0, 1], [0, 1]], [0, 1], 0.3333333333333333)
    """
    if truth.shape != probabilities.shape[:2]:
        raise MaskError(
            "The mask and the probabilities must have the same height and width. "
            f"Received: {truth.shape} and {probabilities.shape[:2]}"
        )
    n_classes = probabilities.shape[-1]
    best = probabilities.argmax(-1).astype(np.uint8)
    is_sure = probabilities.max(-1) >= sure
    # Masked rather than picked out, so that no copy of picture and mask is made.
    of_sure = np.where(is_sure, truth, UNLABELLED).astype(np.uint8)
    of_unsure = np.where(is_sure, UNLABELLED, truth).astype(np.uint8)
    counts = confusion_matrix(of_sure, best, n_classes)
    unsure = confusion_matrix(of_unsure, best, n_classes).sum(axis=1)
    return Disagreement(counts, unsure)


def suspicious(found: Mapping[str, Disagreement]) -> tuple[str, ...]:
    """Name the pictures whose masks are probably wrong, the worst first.

    Parameters
    ----------
    found : mapping of str to Disagreement
        Of every labelled picture.

    Notes
    -----
    A picture stands out where at least 0.3 of what is drawn or found in it is surely another
    class, and three times as much as in the typical picture. Where even the typical picture has
    more than 0.2 it is the model that errs; of fewer than four pictures none is typical.

    Examples
    --------
    >>> right = Disagreement(np.array([[50, 1], [1, 48]]), np.zeros(2, int))
    >>> wrong = Disagreement(np.array([[30, 20], [30, 20]]), np.zeros(2, int))
    >>> suspicious({"pike": right, "perch": right, "eel": wrong, "bream": right})
    ('eel',)
    """
    shares = {stem: disagreement.share for stem, disagreement in found.items()}
    typical = float(np.median(list(shares.values()))) if len(shares) >= _FEWEST else 1.0
    if typical > _MODEL_ERRS:
        return ()
    limit = max(_CONSPICUOUS, _TIMES_TYPICAL * typical)
    return tuple(sorted((s for s in shares if shares[s] >= limit), key=lambda s: -shares[s]))
