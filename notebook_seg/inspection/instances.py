r"""How well single objects are found: F1 and panoptic quality of matched instances.

Notes
-----
An instance of the truth and one of the prediction *match* if their IoU is above a threshold, 0.5
as a rule. Above 0.5 no instance can have two partners; below, those pairs are chosen that are most
in number and, among as many, overlap most. With TP pairs that match, FP predicted instances and FN
true ones without a partner [1]_

.. math::

    \text{F1} &= \text{TP} / (\text{TP} + \tfrac12 \text{FP} + \tfrac12 \text{FN}) \\
    \text{segmentation quality} &= \textstyle \sum_\text{pairs} \text{IoU} / \text{TP} \\
    \text{panoptic quality} &= \text{segmentation quality} \times \text{F1}

[1]_ calls the F1 of instances recognition quality. What is done where a score does not exist:

- Without an instance in truth and prediction every score is NaN.
- Without an instance in the truth recall is NaN, without one in the prediction precision is; F1 and
  panoptic quality are then 0. Without a pair segmentation quality is NaN.
- Pixels that nobody labelled count in no overlap. An instance that was predicted on them, by a
  share above the threshold, is no false alarm.

References
----------
.. [1] A. Kirillov, K. He, R. Girshick, C. Rother, P. Dollár, "Panoptic segmentation", CVPR 2019,
   9396-9405. :doi:`10.1109/CVPR.2019.00963`
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from notebook_seg.data import UNLABELLED
from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.confusion import confusion_matrix
from notebook_seg.inspection.pairs import MaskPairs, compare_each
from notebook_seg.inspection.ratios import ratio
from notebook_seg.inspection.rows import Row
from notebook_seg.inspection.tables import ALL_PICTURES

__all__ = [
    "InstanceMatches",
    "InstanceScores",
    "class_instances",
    "instance_rows",
    "match_instances",
]

Instances = NDArray[np.integer]
Numbers = NDArray[np.int64]

_THRESHOLD = 0.5
# Pixels that are counted at once.
_CHUNK = 1 << 20
_HIGHEST = 2**31 - 2
# What unlabelled pixels are in the truth; the background is 0.
_UNKNOWN = -1


@dataclass(frozen=True)
class InstanceScores:
    """How many objects were found, and how well; adds up over pictures.

    Parameters
    ----------
    matched, missed, extra : int
        Instances of truth and prediction that are partners, those of the truth that have none, and
        those of the prediction.
    overlap : float
        Sum of the IoU of the partners.
    threshold : float
        IoU above which two instances are partners.

    Examples
    --------
    >>> scores = InstanceScores(matched=8, missed=2, extra=0, overlap=6.4)
    >>> round(scores.f1, 3), round(scores.panoptic_quality, 3)
    (0.889, 0.711)
    >>> (scores + scores).matched
    16
    """

    matched: int
    missed: int
    extra: int
    overlap: float
    threshold: float = _THRESHOLD

    def __add__(self, other: "InstanceScores") -> "InstanceScores":
        if not isinstance(other, InstanceScores):
            return NotImplemented
        if self.threshold != other.threshold:
            raise OptionError(
                "Scores of instances add up only at the same threshold. "
                f"Received: {self.threshold} and {other.threshold}"
            )
        return InstanceScores(
            self.matched + other.matched,
            self.missed + other.missed,
            self.extra + other.extra,
            self.overlap + other.overlap,
            self.threshold,
        )

    @property
    def in_truth(self) -> int:
        """Number of instances in the truth."""
        return self.matched + self.missed

    @property
    def in_prediction(self) -> int:
        """Number of instances in the prediction."""
        return self.matched + self.extra

    @property
    def recall(self) -> float:
        """Share of the instances that were found; NaN if there is none."""
        return float(ratio(self.matched, self.in_truth))

    @property
    def precision(self) -> float:
        """Share of what was predicted that is an instance; NaN if nothing was."""
        return float(ratio(self.matched, self.in_prediction))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, also called recognition quality; 0 to 1."""
        return float(ratio(2 * self.matched, self.in_truth + self.in_prediction))

    @property
    def segmentation_quality(self) -> float:
        """Mean IoU of the partners; NaN if there is none."""
        return float(ratio(self.overlap, self.matched))

    @property
    def panoptic_quality(self) -> float:
        """Product of `segmentation_quality` and `f1`, 0 to 1; 0 if nothing matches."""
        return float(ratio(2 * self.overlap, self.in_truth + self.in_prediction))


@dataclass(frozen=True, eq=False)
class InstanceMatches:
    """Which instance of the prediction is which of the truth.

    Parameters
    ----------
    pairs : (n, 2) int64 array
        Numbers of the partners, truth first, by rising number in the truth.
    iou : (n,) float64 array
        IoU of each pair.
    missed, extra : int64 arrays
        Numbers of the instances of the truth, and of the prediction, that have no partner.
    threshold : float
        IoU above which two instances are partners.
    """

    pairs: Numbers
    iou: NDArray[np.float64]
    missed: Numbers
    extra: Numbers
    threshold: float = _THRESHOLD

    @property
    def scores(self) -> InstanceScores:
        """The counts, which add up over pictures."""
        return InstanceScores(
            len(self.pairs),
            len(self.missed),
            len(self.extra),
            float(self.iou.sum()),
            self.threshold,
        )


def class_instances(mask: NDArray[np.uint8], label: int, smallest: int = 1) -> NDArray[np.int32]:
    """Give each connected piece of a class a number.

    Parameters
    ----------
    mask : (H, W) uint8 array
        Class indexes.
    label : int
        The class.
    smallest : int, default 1
        Pieces of fewer pixels are left out, such as specks of a prediction.

    Returns
    -------
    (H, W) int32 array
        0 where there is none, else the number of the piece from 1 on. Pixels that touch at a corner
        are of one piece.

    Examples
    --------
    >>> class_instances(np.array([[1, 0, 1, 1], [1, 0, 0, 2]], np.uint8), 1)
    array([[1, 0, 2, 2],
           [1, 0, 0, 0]], dtype=int32)
    """
    region = (np.asarray(mask) == label).view(np.uint8)
    if not region.size:
        return region.astype(np.int32)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(region, ltype=cv2.CV_32S)
    kept = stats[:, cv2.CC_STAT_AREA] >= smallest
    if kept.all():
        return np.asarray(pieces, np.int32)
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0).astype(np.int32)[pieces]


def match_instances(
    truth: Instances,
    prediction: Instances,
    threshold: float = _THRESHOLD,
    labelled: NDArray[np.bool_] | None = None,
) -> InstanceMatches:
    """Find for each object in the truth the one in the prediction that it is.

    Parameters
    ----------
    truth, prediction : (H, W) integer arrays
        0 for the background, else the number of an instance; the numbers need not be consecutive,
        and those of truth and prediction have nothing to do with each other.
    threshold : float, default 0.5
        IoU above which two instances are partners, from 0 to below 1.
    labelled : (H, W) bool array, optional
        Where the truth is known; everywhere if not given.

    Raises
    ------
    MaskError
        If the arrays do not have one shape, or hold anything but numbers from 0 on.
    OptionError
        If the threshold is out of range.

    Notes
    -----
    Memory beyond the arrays grows with the number of instances that overlap, not with their
    product.

    Examples
    --------
    >>> truth = np.array([[1, 1, 1, 0, 2, 2]])
    >>> prediction = np.array([[0, 7, 7, 0, 0, 8]])
    >>> matches = match_instances(truth, prediction)
    >>> matches.pairs, matches.missed, matches.extra
    (array([[1, 7]]), array([2]), array([8]))
    >>> round(matches.scores.panoptic_quality, 3)
    0.333
    """
    if not 0 <= threshold < 1:
        raise OptionError(
            f"The IoU above which instances match is 0 or more, and below 1. Received: {threshold}"
        )
    known = np.ones(np.shape(truth), np.bool_) if labelled is None else labelled
    _check_instances(truth, prediction, known)
    overlaps = _overlaps(truth, prediction, known)
    of_truth, of_prediction, iou = overlaps.pairs()
    chosen = iou > threshold
    chosen[chosen] = _best_partners(of_truth[chosen], of_prediction[chosen], iou[chosen])
    pairs = np.stack([of_truth[chosen], of_prediction[chosen]], axis=1)
    return InstanceMatches(
        pairs,
        iou[chosen],
        np.setdiff1d(overlaps.truth[overlaps.truth > 0], pairs[:, 0]),
        np.setdiff1d(overlaps.predicted_on_labelled(threshold), pairs[:, 1]),
        threshold,
    )


class _Overlaps(NamedTuple):
    """How many pixels each instance of the truth shares with each of the prediction.

    One entry for each two that share any, the background (0) and what is unlabelled (-1) included,
    in rising order of truth and then prediction.
    """

    truth: Numbers
    prediction: Numbers
    pixels: Numbers

    def pairs(self) -> tuple[Numbers, Numbers, NDArray[np.float64]]:
        """Return the instances that overlap, and their IoU."""
        known = self.truth != _UNKNOWN
        of_truth, of_prediction = (
            _sums(numbers[known], self.pixels[known]) for numbers in (self.truth, self.prediction)
        )
        both = (self.truth > 0) & (self.prediction > 0)
        truth, prediction, shared = (column[both] for column in self)
        union = _looked_up(truth, of_truth) + _looked_up(prediction, of_prediction) - shared
        return truth, prediction, shared / union

    def predicted_on_labelled(self, threshold: float) -> Numbers:
        """Return the predicted instances but those of which a larger share is not labelled."""
        found, pixels = _sums(self.prediction, self.pixels)
        unknown = self.truth == _UNKNOWN
        lost = np.zeros(len(found), np.int64)
        lost[np.searchsorted(found, self.prediction[unknown])] = self.pixels[unknown]
        return found[(found > 0) & (lost <= threshold * pixels)]


def _overlaps(truth: Instances, prediction: Instances, known: NDArray[np.bool_]) -> _Overlaps:
    count = int(prediction.max(initial=0)) + 1
    parts = [
        _counted(truth[rows], prediction[rows], known[rows], count) for rows in _strips(truth.shape)
    ]
    codes, pixels = (np.concatenate(column) for column in zip(*parts, strict=True))
    codes, pixels = _sums(codes, pixels)
    return _Overlaps(codes // count + _UNKNOWN, codes % count, pixels)


def _strips(shape: tuple[int, ...]) -> Iterator[slice]:
    rows = max(1, _CHUNK // max(shape[1], 1))
    return (slice(top, top + rows) for top in range(0, max(shape[0], 1), rows))


def _counted(
    truth: Instances, prediction: Instances, known: NDArray[np.bool_], count: int
) -> tuple[Numbers, Numbers]:
    # One number for each pair of instances; runs of equal ones are few, and sorted in no time.
    codes = np.where(known, truth.astype(np.int64) - _UNKNOWN, 0) * count
    codes = (codes + prediction.astype(np.int64)).ravel()
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return _sums(codes[starts], np.diff(starts, append=codes.size))


def _sums(numbers: Numbers, pixels: Numbers) -> tuple[Numbers, Numbers]:
    """Add up the pixels of each number, and return the numbers in rising order with theirs."""
    found, place = np.unique(numbers, return_inverse=True)
    return found, np.bincount(place, pixels, minlength=len(found)).astype(np.int64)


def _looked_up(numbers: Numbers, table: tuple[Numbers, Numbers]) -> Numbers:
    found, values = table
    return values[np.searchsorted(found, numbers)]


def _best_partners(
    truth: Numbers, prediction: Numbers, iou: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which of the pairs that may match are chosen: as many as can be, the best of them."""
    if not len(iou):
        return np.zeros(0, np.bool_)
    rows, columns = (np.unique(n, return_inverse=True)[1] for n in (truth, prediction))
    size = len(rows) + len(columns)
    graph = coo_array((np.ones(len(iou)), (rows, columns + len(rows))), shape=(size, size))
    group = connected_components(graph, directed=False)[1][rows]
    chosen = np.bincount(group)[group] == 1
    if chosen.all():
        return chosen
    # Whose partner is not beyond doubt: a few rivals each, so that their tables stay small.
    doubtful = np.flatnonzero(~chosen)
    doubtful = doubtful[np.argsort(group[doubtful], kind="stable")]
    for rivals in np.split(doubtful, np.flatnonzero(np.diff(group[doubtful])) + 1):
        chosen[rivals[_assigned(rows[rivals], columns[rivals], iou[rivals])]] = True
    return chosen


def _assigned(rows: Numbers, columns: Numbers, iou: NDArray[np.float64]) -> NDArray[np.bool_]:
    (_, rows), (_, columns) = (np.unique(n, return_inverse=True) for n in (rows, columns))
    gain = np.zeros((rows.max() + 1, columns.max() + 1))
    # One more pair is worth more than any overlap of all the others.
    gain[rows, columns] = 1 + iou / (2 * min(gain.shape))
    best = np.zeros(gain.shape, np.bool_)
    best[linear_sum_assignment(gain, maximize=True)] = True
    return best[rows, columns]


def _check_instances(truth: Instances, prediction: Instances, known: NDArray[np.bool_]) -> None:
    shapes = [array.shape for array in (truth, prediction, known)]
    if len(set(shapes)) > 1 or truth.ndim != 2:
        raise MaskError(
            "Truth and prediction, and where something is labelled, must be (H, W) arrays of one "
            f"shape. Received: {', '.join(map(str, shapes))}"
        )
    for name, numbers in (("truth", truth), ("prediction", prediction)):
        if numbers.dtype.kind not in "bui":
            raise MaskError(
                f"The instances of the {name} are numbered by integers. Received: {numbers.dtype}"
            )
        low, high = int(numbers.min(initial=0)), int(numbers.max(initial=0))
        if low < 0 or high > _HIGHEST:
            raise MaskError(
                f"The instances of the {name} have numbers from 0, the background, to {_HIGHEST}. "
                f"Received: {low if low < 0 else high}"
            )


def instance_rows(
    pairs: MaskPairs,
    class_names: Sequence[str],
    threshold: float = _THRESHOLD,
    smallest: int = 1,
) -> list[Row]:
    """Return a row for each picture and class with how its objects were found.

    An object is a connected piece of a class; objects that touch are one. Where they are known one
    by one, `match_instances` compares them.

    Parameters
    ----------
    pairs : iterable of (stem, truth, prediction)
        Masks ``(H, W) uint8`` of one size; a generator is consumed one picture at a time.
    class_names : sequence of str
        Names of the classes, background first.
    threshold : float, default 0.5
        IoU above which two objects are partners.
    smallest : int, default 1
        Pieces of fewer pixels are no objects.

    Returns
    -------
    list of dict
        ``picture``, ``class`` (the background has no row); ``objects_truth``,
        ``objects_predicted`` and ``objects_matched``; ``object_recall``, ``object_precision``,
        ``object_f1``, ``segmentation_quality`` and ``panoptic_quality`` (0 to 1, NaN where there is
        none). The last rows are over all pictures.

    Raises
    ------
    MaskError
        If two masks cannot be compared; the error names the picture.
    OptionError
        If there is no picture, one comes twice, or the threshold is out of range.

    Examples
    --------
    >>> truth = np.array([[1, 1, 0, 1, 0]], np.uint8)
    >>> prediction = np.array([[1, 1, 0, 0, 1]], np.uint8)
    >>> row = instance_rows([("pike", truth, prediction)], ["background", "fish"])[0]
    >>> row["objects_truth"], row["objects_matched"], row["object_f1"]
    (2, 1, 0.5)
    """
    names = tuple(class_names)
    found = compare_each(
        pairs,
        lambda truth, prediction: _scores_of_classes(
            truth, prediction, len(names), threshold, smallest
        ),
    )
    together = [reduce(add, of_class) for of_class in zip(*found.values(), strict=True)]
    return [
        _row(picture, name, scores)
        for picture, classes in [*found.items(), (ALL_PICTURES, together)]
        for name, scores in zip(names[1:], classes, strict=True)
    ]


def _scores_of_classes(
    truth: NDArray[np.uint8],
    prediction: NDArray[np.uint8],
    n_classes: int,
    threshold: float,
    smallest: int,
) -> list[InstanceScores]:
    counts = confusion_matrix(truth, prediction, n_classes)
    labelled = truth != UNLABELLED
    return [
        match_instances(
            class_instances(truth, label, smallest),
            class_instances(prediction, label, smallest),
            threshold,
            labelled,
        ).scores
        if counts[label].any() or counts[:, label].any()
        else InstanceScores(0, 0, 0, 0.0, threshold)
        for label in range(1, n_classes)
    ]


def _row(picture: str, name: str, scores: InstanceScores) -> Row:
    return {
        "picture": picture,
        "class": name,
        "objects_truth": scores.in_truth,
        "objects_predicted": scores.in_prediction,
        "objects_matched": scores.matched,
        "object_recall": scores.recall,
        "object_precision": scores.precision,
        "object_f1": scores.f1,
        "segmentation_quality": scores.segmentation_quality,
        "panoptic_quality": scores.panoptic_quality,
    }
