"""The learning curves, and the epoch that is worth keeping."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

__all__ = ["BestEpoch", "History", "Weights", "tolerated"]

History = dict[str, list[float]]
"""A value per epoch for each name."""

Weights = list[np.ndarray]

_OF_ONE, _AT_LEAST = 0.05, 0.01  # of validation IoU


def tolerated(n_groups: int, fraction: float = 1.0) -> float:
    """Return how far below the highest validation IoU a later epoch may be and still be kept.

    The fewer pictures, the more is chance; weights settle only as the learning rate falls.

    Parameters
    ----------
    n_groups : int
        Pictures that are validated on, those of one group counted once.
    fraction : float
        How much of the training is over, 0 to 1.

    Examples
    --------
    >>> tolerated(1), tolerated(4), tolerated(100)
    (0.05, 0.025, 0.01)
    >>> tolerated(1, fraction=0.5)
    0.025
    """
    return max(_AT_LEAST, fraction * _OF_ONE / math.sqrt(max(1, n_groups)))


@dataclass
class BestEpoch:
    """The weights of the latest epoch that validated about best, and the curves up to now.

    On a few validation pictures a small difference is chance, and later weights have settled at
    a lower learning rate.

    Parameters
    ----------
    history : dict of str to list of float
    epoch : int
        Its number, from 1; 0 if there is none yet.
    iou : float or None
        Its validation IoU, None without validation pictures in which a class is drawn.
    highest : float
        The highest validation IoU of any epoch.
    weights : list of ndarray or None

    Examples
    --------
    >>> best = BestEpoch()
    >>> [best.add({"epoch": n, "val_iou": iou}, []) for n, iou in enumerate((0.5, 0.4, 0.495), 1)]
    [True, False, True]
    >>> best.epoch, best.iou
    (3, 0.495)
    """

    history: History = field(default_factory=dict)
    epoch: int = 0
    iou: float | None = None
    highest: float = 0.0
    weights: Weights | None = None

    def copy(self) -> "BestEpoch":
        """Return what stays as it is when further epochs are added."""
        return replace(self, history={name: [*values] for name, values in self.history.items()})

    def score_anew(self, iou: float | None) -> None:
        """Take another validation IoU for the best epoch, and forget those of all others.

        Examples
        --------
        >>> best = BestEpoch()
        >>> best.add({"epoch": 1, "val_iou": 0.9}, [])
        True
        >>> best.score_anew(0.7)
        >>> best.add({"epoch": 2, "val_iou": 0.8}, [])
        True
        """
        self.iou, self.highest = iou, iou or 0.0

    def add(
        self, logs: Mapping[str, float], weights: Weights, tolerance: float = _AT_LEAST
    ) -> bool:
        """Note an epoch; return whether it is the best so far.

        Without validation pictures, or any class in them, the latest epoch is the best one.

        Parameters
        ----------
        logs : mapping of str to float
            Its number as ``"epoch"``, its curves, and its validation IoU as ``"val_iou"``.
        weights : list of ndarray
        tolerance : float
            How far below the highest validation IoU it may be; see `tolerated`.
        """
        before = len(self.history.get("epoch", ()))
        for name in {**self.history, **logs}:
            values = self.history.setdefault(name, [np.nan] * before)
            values.append(round(float(logs.get(name, np.nan)), 6))
        iou = logs.get("val_iou")
        self.highest = max(self.highest, iou or 0.0)
        if iou is not None and iou < self.highest - tolerance:
            return False
        self.epoch, self.iou, self.weights = int(logs["epoch"]), iou, weights
        return True
