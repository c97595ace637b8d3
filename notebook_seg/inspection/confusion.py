"""Counting, for every pair of classes, the pixels of one that were predicted as the other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from notebook_seg.data import UNLABELLED
from notebook_seg.data.classes import MAX_CLASSES
from notebook_seg.errors import MaskError, OptionError

__all__ = ["confusion_matrix"]

# Pixels a step: bincount widens each two, or each, to eight bytes, and a few megabytes of them stay
# in the cache.
_CHUNK = 1 << 19
# With so few classes a pair of them fits into a byte.
_FEW = 15


def confusion_matrix(
    truth: NDArray[np.integer], prediction: NDArray[np.integer], n_classes: int
) -> NDArray[np.int64]:
    """Count the pixels of every pair of true and predicted class.

    Parameters
    ----------
    truth : (...) integer array
        Class indexes, 0 to ``n_classes - 1``; 255 is unlabelled and is not counted.
    prediction : (...) integer array
        Class indexes, 0 to ``n_classes - 1``, of the same shape as `truth`.
    n_classes : int
        Number of classes, background included: 1 to 255.

    Returns
    -------
    (n_classes, n_classes) int64 array
        Rows are the truth, columns the prediction.

    Raises
    ------
    MaskError
        If the shapes differ, or a value is not a class.
    OptionError
        If `n_classes` is out of range.

    Notes
    -----
    The memory needed beside the two masks does not grow with them.

    Examples
    --------
    >>> truth = np.array([[0, 0, 1], [1, 1, 255]], np.uint8)
    >>> prediction = np.array([[0, 1, 1], [1, 0, 1]], np.uint8)
    >>> confusion_matrix(truth, prediction, 2)
    array([[1, 1],
           [1, 2]])
    """
    if not 1 <= n_classes <= MAX_CLASSES + 1:
        raise OptionError(
            f"The number of classes, background included, is 1 to {MAX_CLASSES + 1}. "
            f"Received: {n_classes}"
        )
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    _check_comparable(truth, prediction)
    few = n_classes <= _FEW
    # Unlabelled pixels are counted too, and cut off at the end: cheaper than masking them. Where
    # bytes overflow, their pairs come to lie behind all others.
    counts = np.zeros(UNLABELLED + 1 if few else (UNLABELLED + 1) * n_classes, np.int64)
    for true, predicted in _chunks(truth, prediction):
        _check_classes(true, predicted, n_classes)
        if few:
            counts += _count_bytes(true * np.uint8(n_classes) + predicted)
        else:
            pairs = true * np.uint16(n_classes) + predicted
            counts += np.bincount(pairs, minlength=counts.size)
    return counts[: n_classes**2].reshape(n_classes, n_classes).copy()


def _count_bytes(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count each of the 256 values, taking two neighbours as one number.

    Those are half as many to count. And where one value is repeated, as in most masks, counting
    waits less often for the counter that it has just raised.
    """
    even = values.size // 2 * 2
    both = np.bincount(values[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
    return both.sum(axis=0) + both.sum(axis=1) + np.bincount(values[even:], minlength=256)


def _check_comparable(truth: NDArray[np.integer], prediction: NDArray[np.integer]) -> None:
    if truth.shape != prediction.shape:
        raise MaskError(
            f"Truth and prediction must have the same shape. Received: {truth.shape} and "
            f"{prediction.shape}"
        )
    for name, mask in (("truth", truth), ("prediction", prediction)):
        if mask.dtype.kind not in "bui":
            raise MaskError(
                f"The {name} must hold class indexes, which are integers. Received: {mask.dtype}"
            )


def _chunks(
    truth: NDArray[np.integer], prediction: NDArray[np.integer]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    pixels = np.nditer(
        [truth, prediction],
        flags=["external_loop", "buffered", "zerosize_ok"],
        buffersize=_CHUNK,
    )
    for true, predicted in pixels:
        yield _narrow(true, "truth"), _narrow(predicted, "prediction")


def _narrow(values: NDArray[np.integer], name: str) -> NDArray[np.uint8]:
    if values.dtype.itemsize > 1 or values.dtype.kind == "i":
        low, high = int(values.min(initial=0)), int(values.max(initial=0))
        if low < 0 or high > UNLABELLED:
            raise MaskError(
                f"The {name} must hold class indexes between 0 and {UNLABELLED}. "
                f"Received: {low if low < 0 else high}"
            )
    return values.astype(np.uint8, copy=False)


def _check_classes(true: NDArray[np.uint8], predicted: NDArray[np.uint8], n_classes: int) -> None:
    # One more than 255, unlabelled, is 0 in a byte.
    highest_true = int((true + np.uint8(1)).max(initial=0)) - 1
    for name, highest in (("truth", highest_true), ("prediction", int(predicted.max(initial=0)))):
        if highest >= n_classes:
            raise _unknown_class(name, highest, n_classes)


def _unknown_class(name: str, value: int, n_classes: int) -> MaskError:
    return MaskError(
        f"The {name} holds a value that is not one of the {n_classes} classes (0 to "
        f"{n_classes - 1}). Compare masks of the same list of classes. Received: {value}"
    )
