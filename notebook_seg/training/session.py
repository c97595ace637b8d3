"""One training that can be watched, paused, stopped, taken up again and continued."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

import keras
import numpy as np
from psygnal import Signal

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import (
    NotebookSegError,
    OptionError,
    SaveError,
    StoppedError,
    TrainingError,
    check_choice,
)
from notebook_seg.interruption import interruptible
from notebook_seg.training.best import BestEpoch, History, Weights, tolerated
from notebook_seg.training.checkpoint import Checkpoint
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import describe_device
from notebook_seg.training.diagnosis import explain_only_background, sees_only_background
from notebook_seg.training.epochs import EpochRunner
from notebook_seg.training.events import Epoch, Fitted, Step
from notebook_seg.training.graphs import forgotten_graphs
from notebook_seg.training.keeper import Keeper
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import ModelRecord
from notebook_seg.training.run_lock import check_idle
from notebook_seg.wording import counted

__all__ = ["CHANGEABLE", "TrainingSession"]

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
    >>> network = {"architecture": "small_unet", "encoder": "none", "encoder_weights": None}
    >>> plan = Plan(epochs=1, steps=1, batch_size=1, **network)
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
        self.dataset, self.plan, self.split = dataset, plan, split
        self.state = "ready"
        self.best = BestEpoch()
        self.warnings: list[str] = []
        self._labelled = frozenset(dataset.labelled)
        self._keeper = Keeper(out, fresh)
        self._clock = Clock(plan, running=False)
        self._resumed_from: Checkpoint | None = None
        self._runner: EpochRunner | None = None
        self._epoch_logs: dict[str, float] = {}
        self._last_step: Step | None = None
        self._unsaved: set[str] = set()
        self._held_back: dict[str, object] = {}
        self._stop, self._not_paused, self._state_lock = Event(), Event(), Lock()

    @classmethod
    def resume(cls, dataset: Dataset, out: str | Path) -> "TrainingSession":
        """Return the training that was stopped or killed while it wrote to a model folder.

        Parameters
        ----------
        dataset : Dataset
            That it learned from; pictures that are no longer labelled there are left out.
        out : path-like

        Returns
        -------
        TrainingSession
            Not running yet.

        Raises
        ------
        ModelError
            If there is none, or its state is damaged.
        TrainingError
            If it is running, in this or another process, or none of its pictures is labelled any
            more.
        OptionError
            If its classes are not those of the dataset.
        """
        check_idle(Path(out))
        kept = Checkpoint.read(Path(out))
        now, then = (", ".join(c.name for c in both.classes) for both in (dataset, kept))
        if now != then:
            raise OptionError(
                f"The training in {out} is about other classes than {dataset.folder}. Received: "
                f"{now}; it learned {then}"
            )
        session = cls(dataset, kept.plan, _split_of_labelled(kept.split, dataset), Path(out))
        session._resumed_from, session.best = kept, kept.best
        session.warnings.extend(kept.warnings)
        session._labelled = frozenset(stem for part in kept.split for stem in part)
        session._clock = Clock(kept.plan, kept.elapsed, running=False)
        return session

    @property
    def out(self) -> Path | None:
        """The model folder, None where nothing is kept."""
        return self._keeper.folder

    @property
    def history(self) -> History:
        """The learning curves: a value per epoch for each name."""
        return self.best.history

    @property
    def is_active(self) -> bool:
        """Whether it runs, or waits in a pause."""
        return self.state in ("running", "paused")

    @property
    def can_continue(self) -> bool:
        """Whether there is a network that has learned for an epoch at least, and can go on."""
        return self._runner is not None and self.best.weights is not None and not self.is_active

    @property
    def asked_to_stop(self) -> bool:
        """Whether somebody has asked it to stop, even when all was learned by then."""
        return self._stop.is_set()

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
        self._take_turn()
        try:
            with self._keeper.alone(), forgotten_graphs():
                # Not before: who listens may name the folder, which a fresh one has only now.
                self.state_changed.emit("running")
                fitted = self._run()
        except BaseException:
            self._change("failed")
            raise
        self._change(self._ended)
        return fitted

    def pause(self) -> None:
        """Wait after the batch at hand until `go_on`."""
        if self.state == "running":
            # Before it is told, so that who goes on at once is heard.
            self._not_paused.clear()
            self._change("paused", after="running")
        if self._stop.is_set():
            self._not_paused.set()  # who stops and then pauses would wait for ever

    def go_on(self) -> None:
        """End a pause."""
        if self._change("running", after="paused"):
            self._not_paused.set()

    def stop(self) -> None:
        """End after the batch at hand; the best epoch so far is kept."""
        self._stop.set()
        self._not_paused.set()

    def continue_with(self, **choices: object) -> None:
        """Plan to train the network further, from where it is; `run` then does it.

        After a training that failed it goes on from the best epoch.

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
            If the training is running, or failed before its first epoch ended.
        """
        if self.is_active:
            raise TrainingError("Stop the training first, then continue it with other settings.")
        if self.state == "failed" and not self.can_continue:
            raise TrainingError("The training failed before its first epoch ended: start anew.")
        for name in choices:
            check_choice("option that can change on the way", name, CHANGEABLE)
        changed = self.plan.replace(**choices)
        _check_class_weights(changed, self.dataset)
        self.plan = changed
        self._clock = self._clock.followed_by(changed)
        if self._runner is not None:
            if self.state == "failed":
                self.network.set_weights(self.best.weights)
            self._runner.follow(self.plan)
        self._change("ready")

    def _take_turn(self) -> None:
        """Be the one who runs it, of however many ask at once."""
        with self._state_lock:
            if self.is_active:
                raise TrainingError("This training is running already: stop it first.")
            self.state = "running"
            self._stop.clear()
            self._not_paused.set()

    def _change(self, state: str, after: str | None = None) -> bool:
        """Change the state, if it is another or the one that it must come after; say whether."""
        with self._state_lock:
            if self.state == state or (after is not None and self.state != after):
                return False
            self.state = state
        self.state_changed.emit(state)
        return True

    @property
    def _is_cut_short(self) -> bool:
        # Who stops while the last pictures are looked at has a training that came to its end.
        return self._stop.is_set() and self._clock.fraction < 1

    @property
    def _ended(self) -> str:
        return "stopped" if self._is_cut_short else "finished"

    def _run(self) -> Fitted:
        runner = self._begin()
        try:
            with self._best_kept(runner):
                self._learn(runner)
            return self._finish(runner)
        finally:
            runner.forget()

    @contextmanager
    def _best_kept(self, runner: EpochRunner) -> Iterator[None]:
        """Learn inside a ``with`` statement; if that fails, the best epoch is written."""
        before, is_first = self.best.weights, not self.history
        try:
            yield
        except Exception:
            # A model without a state beside it is one whose training is finished.
            is_safe = not is_first or self._keeper.has_state
            if is_safe and self.best.weights is not before:
                self._keep_best_so_far()
            raise
        finally:
            self._clock.stop()
            runner.close()
            with self._telling_what_is_unsaved():
                self._keeper.wait()

    def _learn(self, runner: EpochRunner) -> None:
        try:
            with interruptible():
                self._follow_corrections(runner)
                self._learn_epochs(runner)
        except KeyboardInterrupt:
            # An interruption is how a person says "enough": what was learned so far is kept.
            self._stop.set()
            if self._epoch_logs and (not self.history or self._clock.fraction >= 1):
                self._end_epoch(runner, self._epoch_logs)

    def _begin(self) -> EpochRunner:
        keras.utils.set_random_seed(self.plan.seed)
        if self._runner is None:
            self._runner = self._first_runner()
        else:
            self._tell_unused_pictures()
        # Building the network is no part of the time given.
        self._clock.start()
        self._unsaved.clear()
        return self._runner

    def _follow_corrections(self, runner: EpochRunner) -> None:
        """Score the best epoch anew where a mask that it was chosen by was corrected since."""
        looked_at = runner.validator.record.stems
        versions = {stem: self.dataset.mask_version(stem) for stem in looked_at}
        if self._held_back not in ({}, versions) and self.best.iou is not None:
            self._score_best_anew(runner)
        self._held_back = versions

    def _score_best_anew(self, runner: EpochRunner) -> None:
        network, now = runner.learner.network, runner.learner.network.get_weights()
        network.set_weights(self.best.weights)
        try:
            found = runner.validate(self._clock)
        finally:
            network.set_weights(now)
        self.best.score_anew(found.logs.get("val_iou"))
        self.said.emit("Masks held back have changed: the best epoch was scored by them anew.")

    def _first_runner(self) -> EpochRunner:
        kept = self._resumed_from
        if kept is not None:
            self._keeper.tidy_up()
            self.said.emit(f"Going on after epoch {len(self.history['epoch'])}.")
            self._tell_unused_pictures()
        runner = EpochRunner(self.dataset, self.plan, self.split, self.said.emit, kept)
        # Only now, so that a training that cannot begin leaves the older model where it is.
        aside = self._keeper.make_room() if kept is None else None
        if aside is not None:
            self.said.emit(f"The model that was in {self.out} is now in {aside}.")
        self._resumed_from = None
        return runner

    def _tell_unused_pictures(self) -> None:
        new = [stem for stem in self.dataset.labelled if stem not in self._labelled]
        if new:
            self.said.emit(
                f"Not learned from: {counted(len(new), 'picture')} labelled since this training "
                "began. Start anew to learn from all."
            )

    def _learn_epochs(self, runner: EpochRunner) -> None:
        while self._clock.fraction < 1 and not self._stop.is_set():
            logs = runner.train(self._clock, self._after_batch)
            self.plan = runner.plan
            # An epoch that was cut short is kept only where there is no other.
            if logs and not (self._is_cut_short and self.history):
                self._end_epoch(runner, logs)
        last = self._last_step
        if self._clock.fraction >= 1 and last is not None and last.fraction < 1:
            # The minutes may be over in the midst of a batch, or of a look.
            self.stepped.emit(replace(last, fraction=1.0, seconds_left=0.0))

    def _after_batch(self, logs: dict[str, float]) -> bool:
        clock = self._clock
        self._epoch_logs = logs
        step = Step(clock.fraction, clock.all_seconds, clock.seconds_left, float(logs["loss"]))
        self._last_step = step
        self.stepped.emit(step)
        if not self._not_paused.is_set():
            with clock.stopped():
                self._not_paused.wait()
        return not self._stop.is_set()

    def _end_epoch(self, runner: EpochRunner, logs: dict[str, float]) -> None:
        weights = runner.learner.network.get_weights()
        runner.check_finite(weights, self._clock)
        found = runner.validate(self._clock)
        number = len(self.history.get("epoch", ())) + 1
        logs = {"epoch": number, **logs, **found.logs, "seconds": self._clock.all_seconds}
        tolerance = tolerated(runner.validator.n_groups, self._clock.fraction)
        is_best = self.best.add(logs, weights, tolerance)
        self._epoch_logs = {}
        # A single picture that is learned from, too, tells little.
        seen = found.confusion if found.logs else runner.learner.confusion
        self._warn_if_only_background(seen)
        self._keep_epoch(runner, weights, is_best)
        self.epoch_ended.emit(Epoch(number, logs, is_best, found.preview))

    def _keep_epoch(self, runner: EpochRunner, weights: Weights, is_best: bool) -> None:
        # What cannot be written ends a training that has cost nothing yet, and no other.
        is_first = len(self.history["epoch"]) == 1
        attempt = nullcontext if is_first else self._telling_what_is_unsaved
        if self.out is not None:
            with attempt():
                self._keeper.keep_state(self._checkpoint(runner, weights))
        if is_best:
            with attempt():
                self._keeper.keep_best(runner.learner.network, self._record(), self.history)

    @contextmanager
    def _telling_what_is_unsaved(self) -> Iterator[None]:
        """Tell, once, what cannot be written; it is tried again after the next epoch."""
        try:
            yield
        except SaveError as error:
            if str(error) not in self._unsaved:
                self.said.emit(f"The state of this training could not be saved: {error}")
            self._unsaved.add(str(error))

    def _keep_best_so_far(self) -> None:
        """Write the model of a training that fails."""
        # What fails here, too, is of less use to hear than why the training failed.
        with suppress(Exception):
            record = self._record()
            self._keeper.keep_last(self._best_network(record), record, self.history)
            if self.out is not None:
                self.said.emit(f"Epoch {self.best.epoch} is kept, the best until then.")

    def _best_network(self, record: ModelRecord) -> keras.Model:
        """Return the network of the best epoch, in full precision."""
        network = record.build()
        network.set_weights(self.best.weights)
        return network

    def _warn_if_only_background(self, confusion: np.ndarray) -> None:
        if not sees_only_background(confusion):
            self.warnings.clear()
        elif not self.warnings and self._clock.fraction >= _WORRY_FROM:
            of_class = confusion.sum(axis=1) / confusion.sum()
            shares = dict(zip(self.dataset.class_names[1:], of_class[1:], strict=True))
            self.warnings.append(explain_only_background(self.plan, shares))
            self.said.emit(self.warnings[-1])

    def _checkpoint(self, runner: EpochRunner, weights: Weights) -> Checkpoint:
        return Checkpoint(
            plan=self.plan,
            split=self.split,
            classes=self.dataset.classes,
            elapsed=self._clock.elapsed,
            weights=weights,
            optimizer=runner.learner.optimizer_state(),
            random=runner.learner.random_state(),
            part=runner.learner.part,
            best=self.best.copy(),
            validation_subset=runner.validator.record,
            warnings=tuple(self.warnings),
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
        if self.best.weights is None:
            raise StoppedError(
                "Training was stopped before its first epoch ended: there is nothing to keep."
            )
        record = self._record()
        network = self._best_network(record)
        # Before it is looked at once more: what goes wrong there costs no training.
        self._keeper.keep_last(network, record, self.history)
        found = {"ended": self._ended, **self._final_scores(runner, network)}
        record = replace(record, training={**record.training, **found})
        self._keeper.end(record, self._unfinished(runner))
        return Fitted(network, record, self.best.copy().history)

    def _unfinished(self, runner: EpochRunner) -> Checkpoint | None:
        if self.out is None or not self._is_cut_short:
            return None
        return self._checkpoint(runner, runner.learner.network.get_weights())

    def _final_scores(self, runner: EpochRunner, network: keras.Model) -> dict[str, float]:
        # Whoever stops wants the model now.
        batches = 0 if self._is_cut_short else self._clock.batches
        try:
            found = runner.validate_at_end(network, batches)
        except NotebookSegError as error:
            self.said.emit(f"The model is kept, but was not looked at once more: {error}")
            return {}
        values = {"best_validation_iou": found.iou, "temperature": found.temperature}
        return {name: value for name, value in values.items() if value is not None}


def _split_of_labelled(split: Split, dataset: Dataset) -> Split:
    """Return a split without the pictures whose masks are gone."""
    labelled = set(dataset.labelled)
    parts = (tuple(stem for stem in part if stem in labelled) for part in split)
    there = Split(*parts)
    if not there.train:
        raise TrainingError(
            f"None of the pictures that this training learned from is labelled in {dataset.folder} "
            "any more: put them back there, or train anew."
        )
    return there


def _check_class_weights(plan: Plan, dataset: Dataset) -> None:
    weights = plan.class_weights
    if weights is not None and len(weights) != dataset.n_classes:
        raise OptionError(
            f"class_weights are {dataset.n_classes} numbers here, one for each of "
            f"{', '.join(dataset.class_names)}. Received: {weights}"
        )
