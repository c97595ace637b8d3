"""Shares and means that are NaN, and warn of nothing, where there is nothing to divide by."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["mean_of_known", "ratio"]


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """Divide two arrays of one shape, NaN where the denominator is not above 0.

    Examples
    --------
    >>> ratio([1, 0], [4, 0])
    array([0.25,  nan])
    """
    total = np.asarray(denominator)
    return np.divide(numerator, total, out=np.full(total.shape, np.nan), where=total > 0)


def mean_of_known(values: NDArray[np.float64]) -> float:
    """Return the mean of the values that are not NaN; NaN if there is none.

    Examples
    --------
    >>> mean_of_known(np.array([1, np.nan, 2]))
    1.5
    """
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
