r"""Whether a model is as often right as it is sure: calibration curve and calibration error.

Notes
-----
The pixels are sorted into :math:`M` bins of equal width by how sure the model was of them. In bin
:math:`m` are :math:`n_m` of :math:`n` pixels; the model was sure of them by :math:`c_m` on average,
and :math:`a_m` of them were right. The expected calibration error is [1]_

.. math::

    \text{ECE} = \textstyle \sum_m \frac{n_m}{n} |a_m - c_m|

and overconfidence the mean of :math:`c_m - a_m` in its place: above 0 where the model is too sure.
A bin holds what is above its lower end, up to and with its upper end; the first holds 0, too.
Pixels that are unlabelled (255) in the truth count nowhere; a bin without a pixel has neither mean
nor share (NaN), and without any pixel the errors are NaN.

References
----------
.. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks",
   ICML 2017. :doi:`10.48550/arXiv.1706.04599`
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.labelled_pixels import labelled_pixels
from notebook_seg.inspection.ratios import ratio

__all__ = ["Reliability"]

_BINS = 15
# An error that nobody would notice in a map of probabilities.
_HONEST = 0.03


@dataclass(frozen=True, eq=False, repr=False)
class Reliability:
    """How sure a model was of its pixels, and how many of them were right; adds up over pictures.

    Parameters
    ----------
    pixels : (M,) int64 array
        Pixels in each bin.
    right : (M,) int64 array
        Those of them that were right.
    sureness : (M,) float64 array
        Sum of the probabilities of the pixels in each bin.

    Examples
    --------
    A model that is always sure by 0.9, and right in one pixel of two:

    >>> probabilities = np.tile(np.array([0.1, 0.9]), (1, 4, 1))
    >>> truth = np.array([[1, 1, 0, 0]], np.uint8)
    >>> reliability = Reliability.from_probabilities(probabilities, truth, bins=10)
    >>> reliability
    Reliability(4 pixels, right 0.500, sure 0.900, expected calibration error 0.400)
    >>> (reliability + reliability).summary
    'The model is too sure: of the pixels that it gives 90% on average, 50% are right.'
    """

    pixels: NDArray[np.int64]
    right: NDArray[np.int64]
    sureness: NDArray[np.float64]

    @classmethod
    def from_probabilities(
        cls,
        probabilities: NDArray[np.floating],
        truth: NDArray[np.uint8],
        label: int | None = None,
        bins: int = _BINS,
    ) -> "Reliability":
        """Compare the probabilities of a picture with its truth.

        Parameters
        ----------
        probabilities : (h, w, C) float array
            0 to 1, of the picture's size or of the smaller one that the network worked at.
        truth : (H, W) uint8 array
            Class indexes; 255 is unlabelled and counts nowhere.
        label : int, optional
            The class whose probability is looked at, right where the truth is that class. If it
            is not given, the probability of the most probable class of each pixel, right where the
            truth is that one.
        bins : int, default 15

        Raises
        ------
        MaskError
            If the shapes do not fit, or the truth holds a value that is not a class.
        OptionError
            If there is no such class, no bin, or a probability is not between 0 and 1.
        """
        _check(probabilities, label, bins)
        edges = np.linspace(0, 1, bins + 1)[1:-1]
        pixels, right, sureness = np.zeros((3, bins))
        seen = probabilities if label is None else probabilities[..., label]
        for found, true in labelled_pixels(seen, truth):
            _check_classes(true, probabilities.shape[-1])
            best = found.argmax(axis=1) if label is None else label
            sure = (found.max(axis=1) if label is None else found).astype(np.float64)
            place = np.searchsorted(edges, sure)
            for sums, weights in ((pixels, None), (right, best == true), (sureness, sure)):
                sums += np.bincount(place, weights, minlength=bins)
        return cls(pixels.astype(np.int64), right.astype(np.int64), sureness)

    def __add__(self, other: "Reliability") -> "Reliability":
        if not isinstance(other, Reliability):
            return NotImplemented
        if len(self.pixels) != len(other.pixels):
            raise OptionError(
                "Calibration curves add up only over the same number of bins. "
                f"Received: {len(self.pixels)} and {len(other.pixels)}"
            )
        return Reliability(
            self.pixels + other.pixels, self.right + other.right, self.sureness + other.sureness
        )

    def __repr__(self) -> str:
        return (
            f"Reliability({self.pixels.sum():,} pixels, right {self.accuracy:.3f}, sure "
            f"{self.confidence:.3f}, expected calibration error {self.expected_error:.3f})"
        )

    @property
    def shares_right(self) -> NDArray[np.float64]:
        """Share of the pixels of each bin that were right, shape (M,); NaN without a pixel."""
        return ratio(self.right, self.pixels)

    @property
    def mean_sureness(self) -> NDArray[np.float64]:
        """Mean probability of the pixels of each bin, shape (M,); NaN without a pixel."""
        return ratio(self.sureness, self.pixels)

    @property
    def accuracy(self) -> float:
        """Share of all pixels that were right."""
        return float(ratio(self.right.sum(), self.pixels.sum()))

    @property
    def confidence(self) -> float:
        """Mean probability of all pixels."""
        return float(ratio(self.sureness.sum(), self.pixels.sum()))

    @property
    def expected_error(self) -> float:
        """Expected calibration error, 0 to 1; 0 is perfect."""
        return float(ratio(np.abs(self.sureness - self.right).sum(), self.pixels.sum()))

    @property
    def overconfidence(self) -> float:
        """By how much the model is surer than it is right, -1 to 1; below 0 it is too modest."""
        return self.confidence - self.accuracy

    @property
    def summary(self) -> str:
        """The result in a plain sentence."""
        if not self.pixels.any():
            return "No pixel is labelled, so there is nothing to compare the probabilities with."
        found = (
            f"of the pixels that it gives {self.confidence:.0%} on average, "
            f"{self.accuracy:.0%} are right."
        )
        if self.expected_error < _HONEST:
            return f"The probabilities can be trusted: {found}"
        if abs(self.overconfidence) < self.expected_error / 2:
            return (
                "The model is too sure of some pixels and not sure enough of others: its "
                f"probabilities are off by {self.expected_error:.0%} on average."
            )
        wrong = "too sure" if self.overconfidence > 0 else "not sure enough"
        return f"The model is {wrong}: {found}"


def _check(probabilities: NDArray[np.floating], label: int | None, bins: int) -> None:
    if probabilities.ndim != 3:
        raise OptionError(
            "Probabilities are an (H, W, C) array, C counting the background. "
            f"Received: shape {probabilities.shape}"
        )
    if label is not None and not 0 <= label < probabilities.shape[2]:
        raise OptionError(
            f"There are probabilities of the classes 0 to {probabilities.shape[2] - 1}. "
            f"Received: class {label}"
        )
    if bins < 1:
        raise OptionError(f"A calibration curve has a bin at least. Received: {bins}")


def _check_classes(truth: NDArray[np.uint8], n_classes: int) -> None:
    highest = int(truth.max(initial=0))
    if highest >= n_classes:
        raise MaskError(
            f"The truth holds a value that is not one of the {n_classes} classes (0 to "
            f"{n_classes - 1}) that there are probabilities of. Received: {highest}"
        )
