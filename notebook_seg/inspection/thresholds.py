r"""The scores of one class at every threshold of its probability, from one pass over the pixels.

Notes
-----
The probabilities of a class are counted in two histograms, one for the pixels that are of the class
and one for the others. From the upper end their sums are what would be found, rightly and wrongly,
if every pixel was taken for the class whose probability is at or above a threshold; all scores
follow from them, for each of 257 thresholds :math:`i / 256`. Those are numbers without a rounding
error, so that the counts are exact. Precision, recall, Dice and IoU are those of
`notebook_seg.inspection.metrics`, and so is what happens where one does not exist: pixels that are
unlabelled (255) in the truth count nowhere, and precision is NaN where nothing is found.

Where there are several classes the map of labels takes for each pixel the most probable one. A
threshold says instead how probable a single class has to be, whatever the others are.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notebook_seg.errors import OptionError, check_choice
from notebook_seg.inspection.labelled_pixels import labelled_pixels
from notebook_seg.inspection.ratios import ratio

__all__ = ["THRESHOLD_SCORES", "ThresholdPoint", "ThresholdScores"]

THRESHOLD_SCORES = ("precision", "recall", "dice", "iou")
# A power of two: multiplying by it rounds nothing.
_STEPS = 256
_DEFAULT = 0.5
_EQUAL = 1e-12


class ThresholdPoint(NamedTuple):
    """The scores of a class at one threshold, each 0 to 1, or NaN where there is none."""

    threshold: float
    precision: float
    recall: float
    dice: float
    iou: float


@dataclass(frozen=True, eq=False, repr=False)
class ThresholdScores:
    """The scores of a class at every threshold; adds up over pictures.

    Parameters
    ----------
    of_class, of_others : (257,) int64 arrays
        Of the pixels of the class, and of all others, those whose probability is from ``i / 256``
        to just below ``(i + 1) / 256``; the last entry those of probability 1.

    Examples
    --------
    >>> probability, truth = np.array([[0.1, 0.3, 0.4, 0.9]]), np.array([[0, 1, 1, 1]], np.uint8)
    >>> scores = ThresholdScores.from_probability(probability, truth, label=1)
    >>> scores.at(0.5)
    ThresholdPoint(threshold=0.5, precision=1.0, recall=0.333..., dice=0.5, iou=0.333...)
    >>> scores.best("dice").dice
    1.0
    """

    of_class: NDArray[np.int64]
    of_others: NDArray[np.int64]

    @classmethod
    def from_probability(
        cls, probability: NDArray[np.floating], truth: NDArray[np.uint8], label: int
    ) -> "ThresholdScores":
        """Compare the probability of one class with the truth of a picture.

        Parameters
        ----------
        probability : (h, w) float array
            Of the class, 0 to 1; of the picture's size or of the smaller one that the network
            worked at, such as ``prediction.working_probabilities[..., label]``.
        truth : (H, W) uint8 array
            Class indexes; 255 is unlabelled and counts nowhere.
        label : int
            Index of the class in `truth`.

        Raises
        ------
        MaskError
            If the shapes do not fit.
        OptionError
            If a probability is not between 0 and 1.
        """
        if probability.ndim != 2:
            raise OptionError(
                "The probability of one class is an (H, W) array, such as probabilities[..., 1]. "
                f"Received: shape {probability.shape}"
            )
        counts = np.zeros((2, _STEPS + 1), np.int64)
        for found, true in labelled_pixels(probability, truth):
            steps = (found * _STEPS).astype(np.intp)
            for count, here in zip(counts, (true == label, true != label), strict=True):
                count += np.bincount(steps[here], minlength=_STEPS + 1)
        return cls(*counts)

    def __add__(self, other: "ThresholdScores") -> "ThresholdScores":
        if not isinstance(other, ThresholdScores):
            return NotImplemented
        return ThresholdScores(self.of_class + other.of_class, self.of_others + other.of_others)

    def __repr__(self) -> str:
        return (
            f"ThresholdScores({self.of_class.sum():,} pixels of the class, "
            f"{self.of_others.sum():,} others)"
        )

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """The thresholds, from 0 to 1, shape (257,)."""
        return np.arange(_STEPS + 1) / _STEPS

    @property
    def hits(self) -> NDArray[np.int64]:
        """Pixels of the class that are found at each threshold, shape (257,)."""
        return _at_or_above(self.of_class)

    @property
    def false_alarms(self) -> NDArray[np.int64]:
        """Other pixels that are taken for the class at each threshold, shape (257,)."""
        return _at_or_above(self.of_others)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of what is found that is of the class, at each threshold."""
        return ratio(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of the class that is found, at each threshold."""
        return ratio(self.hits, np.full(_STEPS + 1, self.of_class.sum()))

    @property
    def dice(self) -> NDArray[np.float64]:
        """Dice coefficient at each threshold."""
        return ratio(2 * self.hits, self.hits + self.false_alarms + self.of_class.sum())

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union at each threshold."""
        return ratio(self.hits, self.false_alarms + self.of_class.sum())

    def at(self, threshold: float) -> ThresholdPoint:
        """Return the scores at the nearest of the thresholds.

        Raises
        ------
        OptionError
            If the threshold is not between 0 and 1.
        """
        if not 0 <= threshold <= 1:
            raise OptionError(f"A threshold is a probability, 0 to 1. Received: {threshold}")
        return self._point(round(threshold * _STEPS))

    def best(self, score: str = "dice") -> ThresholdPoint:
        """Return the scores at the threshold where one of them is highest.

        Parameters
        ----------
        score : {"dice", "iou", "precision", "recall"}
            Dice and IoU are highest at the same threshold; precision and recall by themselves are
            won by finding next to nothing, or everything.

        Returns
        -------
        ThresholdPoint
            Of equally good thresholds the one next to 0.5.

        Raises
        ------
        OptionError
            If the score is not known, or no pixel of the class is labelled.
        """
        check_choice("score", score, THRESHOLD_SCORES)
        if not self.of_class.any():
            raise OptionError(
                "No threshold is the best for a class that the truth does not hold: label a "
                "picture with it. Received: no pixel of the class"
            )
        values = np.nan_to_num(getattr(self, score), nan=-1.0)
        equally_good = np.flatnonzero(values >= values.max() - _EQUAL)
        return self._point(int(min(equally_good, key=lambda i: abs(i / _STEPS - _DEFAULT))))

    def _point(self, index: int) -> ThresholdPoint:
        scores = (getattr(self, name)[index] for name in THRESHOLD_SCORES)
        return ThresholdPoint(float(index / _STEPS), *map(float, scores))


def _at_or_above(histogram: NDArray[np.int64]) -> NDArray[np.int64]:
    return histogram[::-1].cumsum()[::-1]
