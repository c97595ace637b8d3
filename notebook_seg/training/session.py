"""One training that can be watched, paused, stopped, taken up again and continued."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import keras
from psygnal import Signal

from notebook_seg.data import Dataset, Split
from notebook_seg.data.files import make_folder
from notebook_seg.errors import OptionError, StoppedError, TrainingError, check_choice
from notebook_seg.interruption import interruptible
from notebook_seg.training.best import BestEpoch, History, Weights
from notebook_seg.training.checkpoint import Checkpoint, CheckpointWriter, checkpoint_file
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import describe_device
from notebook_seg.training.diagnosis import explain_only_background, sees_only_background
from notebook_seg.training.epochs import EpochRunner, Preview
from notebook_seg.training.graphs import forgotten_graphs
from notebook_seg.training.learner import Validation
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import ModelRecord, remove_leftovers, save_model, set_aside
from notebook_seg.training.run_lock import RunLock, alone_in, check_idle

__all__ = ["CHANGEABLE", "Epoch", "Fitted", "Step", "TrainingSession"]

CHANGEABLE = (
    "augmentation",
    "batch_size",
    "class_weights",
    "encoder_rate",
    "epochs",
    "freeze",
    "learning_rate",
    "loss",
    "minutes",
    "optimizer",
    "patch",
    "sampling",
    "schedule",
    "steps",
)
"""What `TrainingSession.continue_with` can change: the network and its pictures stay."""

_WORRY_FROM = 0.3  # of the training
_SAVING_SHARE = 0.05  # of the time, at most


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


class TrainingSession:
    """Trains a network as planned.

    `run` does it, in any thread; the other methods may be called from any other meanwhile. Who
    wants to watch connects to the signals, which are emitted in the thread of `run`.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    split : Split
        The pictures to learn from and those to validate with.
    out : Path, optional
        Model folder. The best weights so far are kept there, and the whole state of the training,
        from which `resume` goes on. A model that is there already is set aside. No other training
        can write there while this one runs.
    fresh : bool
        Whether `out` must be a new folder: where there is one already, it gets a number behind
        its name.

    Attributes
    ----------
    state : {"ready", "running", "paused", "stopped", "finished", "failed"}
    best : BestEpoch
        The weights that will be kept, and the learning curves.
    warnings : list of str
        What should worry the user, in sentences.
    stepped, epoch_ended, state_changed, said : psygnal.Signal
        Emit a `Step`, an `Epoch`, the state, and a sentence for the user.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> plan = Plan(epochs=1, steps=1, batch_size=1, encoder="resnet18", encoder_weights=None)
    >>> session = TrainingSession(data, plan, data.split(validation=0.1))
    >>> fitted = session.run()
    >>> session.state, session.history["epoch"]
    ('finished', [1.0])
    """

    stepped = Signal(Step)
    epoch_ended = Signal(Epoch)
    state_changed = Signal(str)
    said = Signal(str)

    def __init__(
        self,
        dataset: Dataset,
        plan: Plan,
        split: Split,
        out: Path | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        _check_class_weights(plan, dataset)
        self.dataset, self.plan, self.split, self.out = dataset, plan, split, out
        self._fresh = fresh
        self._lock: RunLock | None = None
        self.state = "ready"
        self.best = BestEpoch()
        self.warnings: list[str] = []
        self._clock = Clock(plan, running=False)
        self._kept: Checkpoint | None = None
        self._runner: EpochRunner | None = None
        self._writer = CheckpointWriter()
        self._saved_at, self._saving_took = -math.inf, 0.0
        self._latest: dict[str, float] = {}
        self._stop, self._go = Event(), Event()

    @classmethod
    def resume(cls, dataset: Dataset, out: str | Path) -> "TrainingSession":
        """Return the training that was stopped or killed while it wrote to a model folder.

        Raises
        ------
        ModelError
            If there is none, or its state is damaged.
        TrainingError
            If it is running, in this or another process.
        OptionError
            If its classes are not those of the dataset.
        """
        check_idle(Path(out))
        kept = Checkpoint.read(Path(out))
        if kept.classes != dataset.classes:
            raise OptionError(
                f"The training in {out} is about other classes than {dataset.folder}. Received: "
                f"{', '.join(c.name for c in dataset.classes)}; it learned "
                f"{', '.join(c.name for c in kept.classes)}"
            )
        session = cls(dataset, kept.plan, kept.split, Path(out))
        session._kept, session.best = kept, kept.best
        session._clock = Clock(
            kept.plan,
            kept.batches,
            kept.seconds,
            kept.earlier,
            kept.earlier_batches,
            running=False,
        )
        return session

    @property
    def history(self) -> History:
        """The learning curves: a value per epoch for each name."""
        return self.best.history

    @property
    def is_active(self) -> bool:
        """Whether it runs, or waits in a pause."""
        return self.state in ("running", "paused")

    @property
    def network(self) -> keras.Model:
        """The network as it is now, not as it was best; there once `run` has built it.

        Raises
        ------
        TrainingError
            If it was not built yet.
        """
        if self._runner is None:
            raise TrainingError("There is no network yet: it is built when the training runs.")
        return self._runner.learner.network

    def run(self) -> Fitted:
        """Train to the end, or until `stop` or an interruption from the keyboard.

        Returns
        -------
        Fitted
            With the weights of the best epoch.

        Raises
        ------
        WeightsError, TrainingError, OutOfMemoryError, SaveError
        """
        if self.is_active:
            raise TrainingError("This training is running already: stop it first.")
        self._stop.clear()
        self._go.set()
        self._change("running")
        try:
            with self._alone(), forgotten_graphs():
                fitted = self._run()
        except BaseException:
            self._change("failed")
            raise
        self._change("stopped" if self._stop.is_set() else "finished")
        return fitted

    def pause(self) -> None:
        """Wait after the batch at hand until `go_on`."""
        if self.state == "running":
            self._go.clear()
            self._change("paused")

    def go_on(self) -> None:
        """End a pause."""
        if self.state == "paused":
            self._change("running")
            self._go.set()

    def stop(self) -> None:
        """End after the batch at hand; the best epoch so far is kept."""
        self._stop.set()
        self._go.set()

    def continue_with(self, **choices: object) -> None:
        """Plan to train the network further, from where it is; `run` then does it.

        Parameters
        ----------
        **choices
            What changes, of `CHANGEABLE`: for how long (epochs, minutes), the loss, the learning
            rate, what is frozen, ... Without a duration it trains for as long as planned at first.

        Raises
        ------
        OptionError
            If a choice would make another network, or is not understood.
        TrainingError
            If the training is running.
        """
        if self.is_active:
            raise TrainingError("Stop the training first, then continue it with other settings.")
        for name in choices:
            check_choice("option that can change on the way", name, CHANGEABLE)
        changed = self.plan.replace(**choices)
        _check_class_weights(changed, self.dataset)
        self.plan = changed
        before = self._clock
        self._clock = Clock(
            self.plan,
            earlier=before.all_seconds,
            earlier_batches=before.all_batches,
            running=False,
        )
        if self._runner is not None:
            self._runner.follow(self.plan)
        self._change("ready")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self.out is None:
            yield
            return
        with alone_in(self.out, self._fresh) as self._lock:
            self.out, self._fresh = self._lock.folder, False
            yield

    def _change(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def _run(self) -> Fitted:
        runner = self._begin()
        try:
            with interruptible():
                self._learn(runner)
        except KeyboardInterrupt:
            # An interruption is how a person says "enough": what was learned so far is kept.
            self._stop.set()
            if self._latest and not self.history:
                self._end_epoch(runner, self._latest)
        finally:
            self._clock.stop()
            runner.close()
            self._writer.wait()
        return self._finish(runner)

    def _begin(self) -> EpochRunner:
        keras.utils.set_random_seed(self.plan.seed)
        runner = self._runner
        is_new = runner is None and self._kept is None
        if runner is None:
            runner = EpochRunner(self.dataset, self.plan, self.split, self.said.emit)
        if self.out is not None and is_new:
            # Only now, so that a training that cannot begin leaves the older model where it is.
            self._make_room(self.out)
        if self._kept is not None:
            self._go_on_from(runner, self._kept)
        self._runner = runner
        # Building the network is no part of the time given.
        self._clock.start()
        return runner

    def _go_on_from(self, runner: EpochRunner, kept: Checkpoint) -> None:
        if self.out is not None:
            remove_leftovers(self.out)
        self.said.emit(f"Going on after epoch {len(self.history['epoch'])}.")
        runner.restore(kept)
        self._kept = None

    def _make_room(self, out: Path) -> None:
        aside = set_aside(out)
        if aside is None:
            return
        self.said.emit(f"The model that was in {out} is now in {aside}.")
        make_folder(out)
        if self._lock is not None:
            self._lock.take()  # of the new folder: the old one took its lock with it

    def _learn(self, runner: EpochRunner) -> None:
        while self._clock.fraction < 1 and not self._stop.is_set():
            logs = runner.train(self._clock, self._after_batch)
            self.plan = runner.plan
            # An epoch that was cut short is kept only where there is no other.
            if logs and not (self._stop.is_set() and self.history):
                self._end_epoch(runner, logs)

    def _after_batch(self, logs: dict[str, float]) -> bool:
        clock = self._clock
        self._latest = logs
        step = Step(clock.fraction, clock.all_seconds, clock.seconds_left, float(logs["loss"]))
        self.stepped.emit(step)
        if not self._go.is_set():
            with clock.stopped():
                self._go.wait()
        return not self._stop.is_set()

    def _end_epoch(self, runner: EpochRunner, logs: dict[str, float]) -> None:
        found, preview = runner.validate(self._clock)
        number = len(self.history.get("epoch", ())) + 1
        logs = {"epoch": number, **logs, **found.logs, "seconds": self._clock.all_seconds}
        weights = runner.learner.network.get_weights()
        is_best = self.best.add(logs, weights)
        self._look_for_trouble(found)
        if self.out is not None:
            self._save(runner, self.out, weights, is_best)
        self.epoch_ended.emit(Epoch(number, logs, is_best, preview))

    def _look_for_trouble(self, found: Validation) -> None:
        if self.warnings or self._clock.fraction < _WORRY_FROM:
            return
        if sees_only_background(found.confusion):
            of_class = found.confusion.sum(axis=1) / found.confusion.sum()
            shares = dict(zip(self.dataset.class_names[1:], of_class[1:], strict=True))
            self.warnings.append(explain_only_background(self.plan, shares))
            self.said.emit(self.warnings[-1])

    def _save(self, runner: EpochRunner, out: Path, weights: Weights, is_best: bool) -> None:
        self._writer.write(self._checkpoint(runner, weights), out)
        if len(self.history["epoch"]) == 1:
            # So that a model without a state beside it is one whose training is finished.
            self._writer.wait()
        began = time.monotonic()
        # On a fast GPU an epoch may be over before a model is written; its state holds it as well.
        if is_best and began - self._saved_at > self._saving_took / _SAVING_SHARE:
            save_model(out, runner.learner.network, self._record(), self.history)
            self._saved_at = time.monotonic()
            self._saving_took = self._saved_at - began

    def _checkpoint(self, runner: EpochRunner, weights: Weights) -> Checkpoint:
        return Checkpoint(
            plan=self.plan,
            split=self.split,
            classes=self.dataset.classes,
            batches=self._clock.batches,
            seconds=self._clock.seconds,
            earlier=self._clock.earlier,
            earlier_batches=self._clock.earlier_batches,
            weights=weights,
            optimizer=runner.learner.optimizer_state(),
            part=runner.learner.part,
            best=self.best.copy(),
        )

    def _record(self) -> ModelRecord:
        return ModelRecord(
            classes=self.dataset.classes,
            plan=self.plan,
            split=self.split._asdict(),
            training={
                "device": describe_device(),
                "epochs": len(self.history.get("epoch", ())),
                "best_epoch": self.best.epoch,
                "best_validation_iou": None if self.best.iou is None else float(self.best.iou),
                "seconds": round(self._clock.all_seconds, 1),
                "warnings": list(self.warnings),
            },
        )

    def _finish(self, runner: EpochRunner) -> Fitted:
        """Return the network of the best epoch, in full precision."""
        if self.best.weights is None:
            raise StoppedError(
                "Training was stopped before its first epoch ended: there is nothing to keep."
            )
        record = self._record()
        network = record.build()
        network.set_weights(self.best.weights)
        record = replace(record, training={**record.training, **self._assessed(runner, network)})
        if self.out is not None:
            if self._stop.is_set():
                weights = runner.learner.network.get_weights()
                self._checkpoint(runner, weights).write(self.out)
            save_model(self.out, network, record, self.history)
            if not self._stop.is_set():
                checkpoint_file(self.out).unlink(missing_ok=True)
        return Fitted(network, record, self.best.copy().history)

    def _assessed(self, runner: EpochRunner, network: keras.Model) -> dict[str, float]:
        # Whoever stops wants the model now.
        found = runner.assess(network, 0 if self._stop.is_set() else self._clock.batches)
        values = {"best_validation_iou": found.iou, "temperature": found.temperature}
        return {name: value for name, value in values.items() if value is not None}


def _check_class_weights(plan: Plan, dataset: Dataset) -> None:
    weights = plan.class_weights
    if weights is not None and len(weights) != dataset.n_classes:
        raise OptionError(
            f"class_weights are {dataset.n_classes} numbers here, one for each of "
            f"{', '.join(dataset.class_names)}. Received: {weights}"
        )
