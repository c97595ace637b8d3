"""What happens while Keras trains: the clock, the learning rate, the best weights, the bar."""

import math
import time
from collections.abc import Callable

import keras
import numpy as np

from notebook_seg.errors import TrainingError
from notebook_seg.progress import progress_bar
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import History

__all__ = ["Clock", "KeepBest", "ShowProgress"]

_WARM_UP = 20  # batches
_WITHOUT_NUMBER = "not a number"


class Clock(keras.callbacks.Callback):
    """Counts epochs or minutes, sets the learning rate along a cosine, and ends the training.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.batches = 0
        self.start = time.monotonic()
        self._validation_start = self._validation_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since training began."""
        return time.monotonic() - self.start

    @property
    def fraction(self) -> float:
        """How much of the training is done, 0 to 1."""
        if self.plan.minutes is None:
            done = self.batches / (self.plan.steps * (self.plan.epochs or 1))
        else:
            # The last validation is part of the time that the user gave.
            limit = 60 * self.plan.minutes - self._validation_seconds
            done = self.seconds / max(limit, 1e-3)
        return min(done, 1.0)

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Set the learning rate."""
        warm_up = min(1.0, (self.batches + 1) / _WARM_UP)
        cosine = 0.5 * (1 + math.cos(math.pi * self.fraction))
        rate = self.plan.learning_rate * warm_up * max(cosine, 1e-3)
        self.model.optimizer.learning_rate = rate

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Stop when the time is over, or when the loss is no number any more."""
        self.batches += 1
        loss = (logs or {}).get("loss", 0.0)
        if not np.isfinite(loss):
            raise TrainingError(
                f"The loss became {_WITHOUT_NUMBER} after {self.batches} batches: try a lower "
                f"learning_rate. Received: learning_rate={self.plan.learning_rate}"
            )
        if self.fraction >= 1.0:
            self.model.stop_training = True

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Note when a validation starts."""
        self._validation_start = self.seconds

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Note how long a validation takes."""
        self._validation_seconds = self.seconds - self._validation_start


class KeepBest(keras.callbacks.Callback):
    """Keeps the learning curves, and the weights of the epoch that validates best.

    Without validation pictures the latest epoch is the best one.

    Parameters
    ----------
    clock : Clock
    on_best : callable, optional
        Called without arguments when an epoch is the best so far, to put it on disk.
    """

    def __init__(self, clock: Clock, on_best: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.clock = clock
        self.on_best = on_best
        self.history: History = {}
        self.best_epoch = 0
        self.best_iou: float | None = None
        self.best_weights: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Append to the curves and keep the weights if they are the best."""
        logs = logs or {}
        for name, value in {"epoch": epoch + 1, "seconds": self.clock.seconds, **logs}.items():
            self.history.setdefault(name, []).append(round(float(value), 6))
        iou = logs.get("val_iou")
        if iou is None or self.best_iou is None or iou >= self.best_iou:
            self._keep(epoch + 1, iou)

    def _keep(self, epoch: int, iou: float | None) -> None:
        self.best_epoch = epoch
        self.best_iou = None if iou is None else float(iou)
        self.best_weights = self.model.get_weights()
        if self.on_best is not None:
            self.on_best()


class ShowProgress(keras.callbacks.Callback):
    """A bar with the time left and the latest scores.

    Parameters
    ----------
    clock : Clock
    show : bool
    """

    def __init__(self, clock: Clock, show: bool) -> None:
        super().__init__()
        self.clock = clock
        self.bar = progress_bar(100, "Training", "%", show)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar."""
        self.bar.update(100 * self.clock.fraction - self.bar.n)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the scores of the epoch."""
        shown = {"loss": "loss", "val_iou": "validation IoU"}
        logs = logs or {}
        scores = [f"{text} {logs[name]:.3f}" for name, text in shown.items() if name in logs]
        self.bar.set_postfix_str(", ".join([f"epoch {epoch + 1}", *scores]))

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Leave the bar as it is."""
        self.bar.close()
