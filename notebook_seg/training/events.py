"""What a training tells of itself while it goes on, and what it comes to."""

from dataclasses import dataclass

import keras

from notebook_seg.training.best import History
from notebook_seg.training.record import ModelRecord
from notebook_seg.training.validation import Preview

__all__ = ["Epoch", "Fitted", "Step"]


@dataclass(frozen=True)
class Fitted:
    """A trained network with its record and learning curves.

    Parameters
    ----------
    network : keras.Model
    record : ModelRecord
    history : dict of str to list of float
        A value per epoch for each name: loss, iou, val_loss, val_iou, seconds.
    """

    network: keras.Model
    record: ModelRecord
    history: History


@dataclass(frozen=True)
class Step:
    """How far a training is after a batch.

    Parameters
    ----------
    fraction : float
        How much is done, 0 to 1.
    seconds, seconds_left : float
        Spent, and to go as things look.
    loss : float
        The mean since the epoch began.
    """

    fraction: float
    seconds: float
    seconds_left: float
    loss: float


@dataclass(frozen=True)
class Epoch:
    """What came of an epoch.

    Parameters
    ----------
    number : int
        From 1.
    logs : dict of str to float
        epoch, loss, iou, val_loss, val_iou, seconds.
    is_best : bool
        Whether its weights are those to keep so far.
    preview : Preview
        The first validation picture, or the first of all where there is none.
    """

    number: int
    logs: dict[str, float]
    is_best: bool
    preview: Preview
