"""From labelled pictures to a network."""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from notebook_seg.data import Dataset, Split
from notebook_seg.data.files import make_folder
from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.progress import ProgressBar, progress_bar
from notebook_seg.training.batches import Batch, PatchBatches, whole_image
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import (
    describe_device,
    has_gpu,
    is_out_of_memory,
    precision,
    suitable_precision,
)
from notebook_seg.training.examples import Examples
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import build_network, preprocess
from notebook_seg.training.overlap import ForegroundIoU
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import History, ModelRecord, save_model, set_aside

__all__ = ["Fitted", "fit"]

_CHANCE = 0.01  # of validation IoU


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


def _compiled(plan: Plan, n_classes: int) -> keras.Model:
    with precision(suitable_precision()):
        network = build_network(plan.architecture, plan.encoder, n_classes, plan.encoder_weights)
    network.compile(
        optimizer=keras.optimizers.AdamW(plan.learning_rate, weight_decay=1e-4),
        loss=loss_by_name(plan.loss),
        metrics=[ForegroundIoU(n_classes)],
        # On a CPU, XLA takes minutes to compile these networks and then runs them slower.
        jit_compile="auto" if has_gpu() else False,
    )
    return network


@contextlib.contextmanager
def _memory_advice(plan: Plan) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            "Memory ran out: train with a smaller batch_size or patch, or close other programs. "
            f"Received: batch_size={plan.batch_size}, patch={plan.patch}"
        ) from error


class _Best:
    """The learning curves, and the weights of the latest epoch that validated about best.

    On a few validation pictures a small difference is chance, and later weights have settled at
    a lower learning rate.
    """

    def __init__(self) -> None:
        self.history: History = {}
        self.epoch = 0
        self.iou: float | None = None
        self.highest = 0.0
        self.weights: list[np.ndarray] | None = None

    def add(self, logs: dict[str, float], weights: list[np.ndarray]) -> bool:
        """Note an epoch; return whether it is the best so far.

        Without validation pictures the latest epoch is the best one.
        """
        for name, value in logs.items():
            self.history.setdefault(name, []).append(round(float(value), 6))
        iou = logs.get("val_iou")
        self.highest = max(self.highest, iou or 0.0)
        if iou is not None and iou < self.highest - _CHANCE:
            return False
        self.epoch, self.iou, self.weights = int(logs["epoch"]), iou, weights
        return True


class _Run:
    """One training from the first batch to the record of the best epoch."""

    def __init__(self, dataset: Dataset, plan: Plan, split: Split) -> None:
        self.dataset, self.plan, self.split = dataset, plan, split
        self.n_classes = dataset.n_classes
        self.scaling = functools.partial(preprocess, plan.encoder)
        self.examples = Examples(dataset, split.train, plan.scale)
        self.held_back = Examples(dataset, split.validation, plan.scale)
        self.network = _compiled(plan, self.n_classes)
        self.clock = Clock(plan)
        self.best = _Best()

    def epochs(self, show: bool) -> Iterator[bool]:
        """Train; yield after each epoch whether it is the best so far."""
        batches = PatchBatches(
            self.examples,
            self.n_classes,
            self.plan.patch,
            self.plan.batch_size,
            self.plan.augmentation,
            self.scaling,
            self.plan.seed,
        ).stream()
        with contextlib.closing(batches), progress_bar(100, "Training", "%", show) as bar:
            for epoch in itertools.count(1):
                logs = {"epoch": epoch, **self._epoch(batches, bar), **self._validate()}
                logs["seconds"] = self.clock.seconds
                bar.set_postfix_str(_scores(logs))
                yield self.best.add(logs, self.network.get_weights())
                if self.clock.fraction >= 1:
                    return

    def _epoch(self, batches: Iterator[Batch], bar: ProgressBar) -> dict[str, float]:
        self.network.reset_metrics()
        logs: dict[str, float] = {}
        for images, truth in itertools.islice(batches, self.plan.steps):
            self.network.optimizer.learning_rate = self.clock.learning_rate
            logs = self.network.train_on_batch(images, truth, return_dict=True)
            self._check_finite(logs["loss"])
            self.clock.batches += 1
            bar.update(100 * self.clock.fraction - bar.n)
            if self.clock.fraction >= 1:
                break
        return logs

    def _check_finite(self, loss: float) -> None:
        if not np.isfinite(loss):
            raise TrainingError(
                f"The loss became infinite after {self.clock.batches} batches: try a lower "
                f"learning_rate. Received: learning_rate={self.plan.learning_rate}"
            )

    def _validate(self) -> dict[str, float]:
        self.network.reset_metrics()
        logs: dict[str, float] = {}
        with self.clock.validation():
            for example in self.held_back:
                batch = whole_image(example, self.n_classes, self.scaling)
                logs = self.network.test_on_batch(*batch, return_dict=True)
        return {f"val_{name}": value for name, value in logs.items()}

    def record(self) -> ModelRecord:
        """Say what was trained, and how it went so far."""
        return ModelRecord(
            classes=self.dataset.classes,
            plan=self.plan,
            split=self.split._asdict(),
            training={
                "device": describe_device(),
                "epochs": len(self.best.history.get("epoch", ())),
                "best_epoch": self.best.epoch,
                "best_validation_iou": None if self.best.iou is None else float(self.best.iou),
                "seconds": round(self.clock.seconds, 1),
            },
        )

    def fitted(self) -> Fitted:
        """Return the network of the best epoch, in full precision."""
        if self.best.weights is None:
            raise TrainingError(
                "Training was stopped before its first epoch ended: there is nothing to keep."
            )
        record = self.record()
        network = record.build()
        network.set_weights(self.best.weights)
        return Fitted(network, record, self.best.history)


def _scores(logs: dict[str, float]) -> str:
    shown = {"loss": "loss", "val_iou": "validation IoU"}
    scores = [f"{text} {logs[name]:.3f}" for name, text in shown.items() if name in logs]
    return ", ".join([f"epoch {logs['epoch']}", *scores])


def _make_room(out: Path, say: Callable[[str], None]) -> None:
    aside = set_aside(out)
    if aside is not None:
        say(f"The model that was in {out} is now in {aside}.")
    make_folder(out)  # a place that cannot be written is told before training, not after


def fit(
    dataset: Dataset,
    plan: Plan,
    split: Split,
    out: Path | None = None,
    progress: bool = True,
    say: Callable[[str], None] = print,
) -> Fitted:
    """Train a network as planned.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    split : Split
        The pictures to learn from and those to validate with.
    out : Path, optional
        Model folder that is rewritten whenever an epoch is the best so far, so that a kill costs
        at most what came after. A model that is there already is set aside under a new name.
    progress : bool
        Whether to show a bar. Interrupting (Ctrl-C, the notebook's stop button) ends training
        and keeps the best epoch.
    say : callable
        Is told in a sentence which device runs, and where an older model went.

    Raises
    ------
    WeightsError, TrainingError, OutOfMemoryError, SaveError
    """
    if progress:
        say(describe_device())
    keras.utils.set_random_seed(plan.seed)
    run = _Run(dataset, plan, split)
    if out is not None:
        _make_room(out, say)
    # An interruption is how a person says "enough": what was learned so far is kept.
    with contextlib.suppress(KeyboardInterrupt), _memory_advice(plan):
        for is_best in run.epochs(progress):
            if is_best and out is not None:
                save_model(out, run.network, run.record(), run.best.history)
    fitted = run.fitted()
    if out is not None:
        save_model(out, fitted.network, fitted.record, fitted.history)
    return fitted
