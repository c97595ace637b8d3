"""Probabilities that mean what they say: temperature scaling."""

from collections.abc import Iterable

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.optimize import minimize_scalar

from notebook_seg.data import UNLABELLED

__all__ = ["best_temperature", "fit_temperature", "surprise"]

_PIXELS_A_PICTURE = 20_000
_RANGE = (0.1, 20.0)
_TRIED = np.log(np.geomspace(*_RANGE, 40))  # temperatures


def fit_temperature(pictures: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the temperature by which logits are divided to give calibrated probabilities.

    Networks tend to be surer than they are often right. One number, fitted on pictures that the
    network has not learned from, mends most of that [1]_; the most probable class stays.

    Parameters
    ----------
    pictures : iterable of (ndarray of float, ndarray of uint8), shapes (H, W, C) and (H, W)
        Of each the logits and the truth, 255 where unlabelled. A generator is consumed one picture
        at a time.

    Returns
    -------
    float
        Above 1 where the network was too sure, 0.1 to 20; 1 if no pixel is labelled.

    Notes
    -----
    It minimises the mean negative log likelihood of the labelled pixels, drawn at random from
    each picture, at most 20,000 of each.

    References
    ----------
    .. [1] Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599

    Examples
    --------
    Three pixels of four are right, so that of probability 0.75 would be honest:

    >>> sure = np.zeros((1, 4, 2))
    >>> sure[..., 1] = 10 * np.log(3)
    >>> round(fit_temperature([(sure, np.array([[1, 1, 1, 0]], np.uint8))]), 2)
    10.0
    """
    rng = np.random.default_rng(0)
    return best_temperature(surprise(logits, mask, rng) for logits, mask in pictures)


def surprise(
    logits: np.ndarray, mask: np.ndarray, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Return how surprising the truth of a picture is at each of the temperatures tried.

    What pictures tell adds up, and is forty numbers however large and many they are.

    Parameters
    ----------
    logits : ndarray of float, shape (H, W, C)
        What is added to all classes of a pixel changes nothing: logarithms of probabilities do.
    mask : ndarray of uint8, shape (H, W)
        The truth, 255 where unlabelled.
    rng : numpy.random.Generator, optional
        Draws the pixels that are looked at, where there are too many.

    Returns
    -------
    ndarray of float64, shape (40,)
        The negative log likelihood of what is looked at, for `best_temperature`.

    Examples
    --------
    >>> bool((surprise(np.zeros((1, 4, 2)), np.ones((1, 4), np.uint8)) == 4 * np.log(2)).all())
    True
    """
    values, truth = _draw(logits, mask, rng or np.random.default_rng(0))
    if not len(truth):
        return np.zeros(len(_TRIED))
    above = values - np.take_along_axis(values, truth[:, None], axis=1)
    highest = above.max(axis=1, keepdims=True)
    behind = above - highest
    sharpness = np.exp(-_TRIED)
    logs = [np.log(np.exp(behind * sharp).sum(axis=1)).sum() for sharp in sharpness]
    return np.array(logs) + highest.sum() * sharpness


def best_temperature(surprises: Iterable[np.ndarray]) -> float:
    """Return the temperature at which the truth of all pictures together surprises least.

    Parameters
    ----------
    surprises : iterable of ndarray of float, shape (40,)
        Of each picture, from `surprise`.

    Returns
    -------
    float
        0.1 to 20; 1 if no pixel is labelled.

    Examples
    --------
    >>> best_temperature([])
    1.0
    """
    total = np.sum([np.zeros(len(_TRIED)), *surprises], axis=0)
    if not total.any():
        return 1.0
    between = make_interp_spline(_TRIED, total / total.max(), k=5)
    found = minimize_scalar(between, bounds=(_TRIED[0], _TRIED[-1]), method="bounded")
    return float(np.exp(found.x))


def _draw(
    logits: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    labelled = np.flatnonzero(mask != UNLABELLED)
    if len(labelled) > _PIXELS_A_PICTURE:
        labelled = rng.choice(labelled, _PIXELS_A_PICTURE, replace=False)
    values = logits.reshape(-1, logits.shape[-1])[labelled].astype(np.float64)
    return values, mask.ravel()[labelled].astype(np.intp)
