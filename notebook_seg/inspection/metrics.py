r"""How well two masks agree: confusion counts first, every score a small function of them.

Notes
-----
Let :math:`n_{ij}` be the number of pixels of class :math:`i` in the truth that were predicted as
class :math:`j`, :math:`t_i = \sum_j n_{ij}` the pixels of class :math:`i` in the truth and
:math:`p_i = \sum_j n_{ji}` those predicted as it. Then [1]_ [2]_ [3]_

.. math::

    \text{pixel accuracy} &= \textstyle\sum_i n_{ii} / \sum_i t_i \\
    \text{recall}_i &= n_{ii} / t_i  \qquad  \text{precision}_i = n_{ii} / p_i \\
    \text{IoU}_i &= n_{ii} / (t_i + p_i - n_{ii}) \\
    \text{Dice}_i &= 2 n_{ii} / (t_i + p_i) = 2\,\text{IoU}_i / (1 + \text{IoU}_i) \\
    \text{frequency-weighted IoU} &= \textstyle\sum_i t_i\,\text{IoU}_i / \sum_i t_i

Mean accuracy is the mean of recall, mean IoU that of IoU. What is done where a score does not
exist:

- A pixel that is unlabelled (255) in the truth counts nowhere, whatever was predicted there.
- A class in neither truth nor prediction is *absent*: its IoU and Dice are NaN, it is left out of
  every mean, and `Scores.absent` names it. It is neither a success (1) nor a failure (0).
- A class that was predicted but is not in the truth is a failure: IoU and Dice 0. It has no recall
  (NaN), so it does not enter the mean accuracy.
- A class that is in the truth and was never predicted has recall, IoU and Dice 0, precision NaN.
- A mean over nothing is NaN.

References
----------
.. [1] J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic
   segmentation", CVPR 2015, 3431-3440. :doi:`10.1109/CVPR.2015.7298965` (pixel accuracy, mean
   accuracy, mean IoU and frequency-weighted IoU)
.. [2] P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11 (1912)
   37-50. :doi:`10.1111/j.1469-8137.1912.tb05611.x` (IoU)
.. [3] L. R. Dice, "Measures of the amount of ecologic association between species", Ecology 26
   (1945) 297-302. :doi:`10.2307/1932409` (Dice)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notebook_seg.errors import OptionError
from notebook_seg.inspection.confusion import confusion_matrix
from notebook_seg.inspection.ratios import mean_of_known, ratio

__all__ = ["Scores", "confusion_matrix"]


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """The scores of one picture, or of several together.

    The module's notes tell the formulae and what happens to classes that are absent.

    Parameters
    ----------
    counts : (n, n) integer array
        Pixels of every pair of class, rows truth and columns prediction.
    class_names : sequence of str
        The n names, background first.

    Raises
    ------
    OptionError
        If `counts` is not square, is negative, or does not fit `class_names`.

    Examples
    --------
    >>> scores = Scores([[90, 10, 0], [0, 40, 0], [0, 0, 0]], ["background", "leaf", "rust"])
    >>> scores
    Scores(background 0.900, leaf 0.800, rust not present; foreground mean IoU 0.800)
    >>> scores.dice.round(3)
    array([0.947, 0.889,   nan])
    >>> scores.absent
    ('rust',)
    >>> (scores + scores).pixels
    280
    """

    counts: NDArray[np.int64]
    class_names: Sequence[str]

    def __post_init__(self) -> None:
        counts = np.array(self.counts, np.int64)
        names = tuple(self.class_names)
        if counts.shape != (len(names), len(names)) or counts.size == 0 or counts.min() < 0:
            raise OptionError(
                "Scores need a square table of pixel counts, none negative, with a row for each "
                f"class name. Received: shape {counts.shape} for {len(names)} names"
            )
        counts.flags.writeable = False
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "class_names", names)

    @classmethod
    def from_masks(
        cls,
        truth: NDArray[np.integer],
        prediction: NDArray[np.integer],
        class_names: Sequence[str],
    ) -> "Scores":
        """Compare a prediction with the truth; see `confusion_matrix`.

        Examples
        --------
        >>> mask = np.array([[0, 1], [1, 1]], np.uint8)
        >>> Scores.from_masks(mask, mask, ["background", "fish"]).mean_iou
        1.0
        """
        return cls(confusion_matrix(truth, prediction, len(class_names)), class_names)

    def __add__(self, other: "Scores") -> "Scores":
        if not isinstance(other, Scores):
            return NotImplemented
        if self.class_names != other.class_names:
            raise OptionError(
                "Scores add up only over the same classes. Received: "
                f"{', '.join(self.class_names)} and {', '.join(other.class_names)}"
            )
        return Scores(self.counts + other.counts, self.class_names)

    def __repr__(self) -> str:
        classes = (
            f"{name} not present" if np.isnan(iou) else f"{name} {iou:.3f}"
            for name, iou in zip(self.class_names, self.iou, strict=True)
        )
        mean = self.foreground_mean_iou
        return f"Scores({', '.join(classes)}; foreground mean IoU {mean:.3f})"

    @property
    def pixels(self) -> int:
        """Number of labelled pixels."""
        return int(self.counts.sum())

    @property
    def pixels_truth(self) -> NDArray[np.int64]:
        """Pixels of each class in the truth, shape (n,)."""
        return self.counts.sum(axis=1)

    @property
    def pixels_predicted(self) -> NDArray[np.int64]:
        """Pixels predicted as each class, unlabelled ones left out, shape (n,)."""
        return self.counts.sum(axis=0)

    @property
    def pixels_right(self) -> NDArray[np.int64]:
        """Pixels of each class that were predicted as that class, shape (n,)."""
        return np.diagonal(self.counts)

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of the classes in neither truth nor prediction."""
        present = self.pixels_truth + self.pixels_predicted > 0
        return tuple(name for name, here in zip(self.class_names, present, strict=True) if not here)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of each class that was found, also called class accuracy; NaN if not in truth."""
        return ratio(self.pixels_right, self.pixels_truth)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of what was predicted as each class that is it; NaN if never predicted."""
        return ratio(self.pixels_right, self.pixels_predicted)

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each class, 0 to 1; NaN if absent."""
        union = self.pixels_truth + self.pixels_predicted - self.pixels_right
        return ratio(self.pixels_right, union)

    @property
    def dice(self) -> NDArray[np.float64]:
        """Dice coefficient of each class, 0 to 1; NaN if absent."""
        return ratio(2 * self.pixels_right, self.pixels_truth + self.pixels_predicted)

    @property
    def pixel_accuracy(self) -> float:
        """Share of the labelled pixels that got their right class."""
        return float(ratio(self.pixels_right.sum(), self.counts.sum()))

    @property
    def mean_accuracy(self) -> float:
        """Mean of `recall` over the classes that are in the truth."""
        return mean_of_known(self.recall)

    @property
    def mean_iou(self) -> float:
        """Mean of `iou` over the classes that are present, background included."""
        return mean_of_known(self.iou)

    @property
    def foreground_mean_iou(self) -> float:
        """Mean of `iou` over the classes that are present, background left out."""
        return mean_of_known(self.iou[1:])

    @property
    def frequency_weighted_iou(self) -> float:
        """Mean of `iou` weighted by each class' pixels in the truth."""
        weighted = np.nansum(self.pixels_truth * self.iou)
        return float(ratio(weighted, self.counts.sum()))
