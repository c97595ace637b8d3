"""Probabilities that mean what they say: temperature scaling."""

from collections.abc import Iterable

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from notebook_seg.data import UNLABELLED

__all__ = ["fit_temperature"]

_PIXELS_A_PICTURE = 20_000
_RANGE = (0.1, 20.0)


def fit_temperature(logits: Iterable[np.ndarray], masks: Iterable[np.ndarray]) -> float:
    """Return the temperature by which logits are divided to give calibrated probabilities.

    Networks tend to be surer than they are often right. One number, fitted on pictures that the
    network has not learned from, mends most of that [1]_; the most probable class stays.

    Parameters
    ----------
    logits : iterable of ndarray of float, shape (H, W, C)
        What the network says of each picture. A generator is consumed one picture at a time.
    masks : iterable of ndarray of uint8, shape (H, W)
        The truth, 255 where unlabelled.

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
    >>> round(fit_temperature([sure], [np.array([[1, 1, 1, 0]], np.uint8)]), 2)
    10.0
    """
    rng = np.random.default_rng(0)
    drawn = [_draw(*pair, rng) for pair in zip(logits, masks, strict=True)]
    if not any(len(truth) for _, truth in drawn):
        return 1.0
    values = np.concatenate([values for values, _ in drawn])
    truth = np.concatenate([truth for _, truth in drawn])
    of_truth = np.take_along_axis(values, truth[:, None], axis=1)[:, 0]

    def negative_log_likelihood(log_temperature: float) -> float:
        sharpness = np.exp(-log_temperature)
        return float(np.mean(logsumexp(values * sharpness, axis=1) - of_truth * sharpness))

    found = minimize_scalar(negative_log_likelihood, bounds=np.log(_RANGE), method="bounded")
    return float(np.exp(found.x))


def _draw(
    logits: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    labelled = np.flatnonzero(mask != UNLABELLED)
    if len(labelled) > _PIXELS_A_PICTURE:
        labelled = rng.choice(labelled, _PIXELS_A_PICTURE, replace=False)
    values = logits.reshape(-1, logits.shape[-1])[labelled].astype(np.float64)
    return values, mask.ravel()[labelled].astype(np.intp)
