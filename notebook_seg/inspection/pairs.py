"""Truth and prediction, one picture after the other."""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from notebook_seg.errors import MaskError, OptionError

__all__ = ["MaskPairs", "check_any", "compare_each"]

MaskPairs = Iterable[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]
_Found = TypeVar("_Found")


def compare_each(
    pairs: MaskPairs, compare: Callable[[NDArray[np.uint8], NDArray[np.uint8]], _Found]
) -> dict[str, _Found]:
    """Compare the masks of each picture, and return what was found by the picture's stem.

    Parameters
    ----------
    pairs : iterable of (stem, truth, prediction)
        Masks ``(H, W)`` uint8; a generator is consumed one picture at a time.
    compare : callable
        What to do with truth and prediction.

    Raises
    ------
    MaskError
        If two masks cannot be compared; the error names the picture.
    OptionError
        If there is no picture, or one comes twice.

    Examples
    --------
    >>> mask = np.ones((2, 3), np.uint8)
    >>> compare_each([("pike", mask, mask)], lambda truth, prediction: truth.size)
    {'pike': 6}
    """
    found: dict[str, _Found] = {}
    for stem, truth, prediction in pairs:
        if stem in found:
            raise OptionError(f"Each picture is evaluated once. Received twice: {stem}")
        try:
            found[stem] = compare(truth, prediction)
        except MaskError as error:
            raise MaskError(f"Picture {stem}: {error}") from None
    check_any(found)
    return found


def check_any(pictures: Collection[str]) -> None:
    """Raise an `OptionError` if there is no picture to be scored."""
    if not pictures:
        raise OptionError(
            "There is no labelled picture to evaluate. Label at least one. Received: none"
        )
