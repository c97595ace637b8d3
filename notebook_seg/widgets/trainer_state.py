"""A training in the background, and all that is to be shown of it."""

import atexit
import functools
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import RLock, Thread
from typing import Any, ClassVar

import psutil
from psygnal import Signal

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError, StoppedError, TrainingError
from notebook_seg.prediction import Model
from notebook_seg.training import Plan, TrainingSession
from notebook_seg.training.best import History
from notebook_seg.training.checkpoint import checkpoint_file
from notebook_seg.training.epochs import Preview
from notebook_seg.training.events import Epoch, Step
from notebook_seg.training.session import CHANGEABLE
from notebook_seg.training.trackers import LocalTracker, Tracker
from notebook_seg.widgets.trainer_choices import Choices, differences
from notebook_seg.workflow.training import model_of, training_session

__all__ = ["TrainerState", "used_memory"]

_PATIENCE = 60  # seconds for a batch to end when Python does
_STAGES = {"ready": "preparing", "running": "running", "paused": "paused"}
_BUSY = ("preparing", "running", "paused", "stopping")


class TrainerState:
    """Trains in a thread of its own, one training at a time, as a person has chosen.

    Parameters
    ----------
    dataset : Dataset
    out, plan, test, trackers, **choices
        As for `notebook_seg.train`.

    Attributes
    ----------
    choices : Choices
        What the next training does.
    session : TrainingSession or None
        The training that goes on, or the last one.
    model : Model or None
        What came of it, None until it has ended.
    error : Exception or None
        Why the last one failed.
    sentences : list of str
        What was said while it went on.
    step : Step or None
        How far it is.
    preview : Preview or None
        What it sees in a picture.
    changed : psygnal.Signal
        Emitted when any of these has changed, in the thread that has changed it.

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If a choice is not understood.

    Examples
    --------
    >>> state = TrainerState(Dataset.sample(), minutes=1)
    >>> state.choices.choose(encoder="resnet18")
    >>> state.state
    'ready'
    """

    changed = Signal()
    _running: ClassVar["TrainerState | None"] = None
    _only_one: ClassVar[RLock] = RLock()

    def __init__(
        self,
        dataset: Dataset,
        out: str | Path | None = None,
        *,
        plan: Plan | None = None,
        test: float = 0.0,
        trackers: Sequence[Tracker] | None = None,
        **choices: Any,
    ) -> None:
        self.dataset, self._out = dataset, out
        self._prepare = functools.partial(training_session, dataset, out, plan=plan, test=test)
        self.choices = Choices(self._prepare(**choices).plan)
        self._trackers, self._given = trackers, choices
        self._thread: Thread | None = None
        self._stage = "ready"
        self._forget_all()

    @property
    def state(self) -> str:
        """What goes on: ready, preparing, running, paused, stopping, stopped, finished, failed."""
        if self._stage == "running" and self.session is not None:
            # What comes before the first batch and after the last is no training to be paused.
            return _STAGES.get(self.session.state, "stopping")
        return self._stage

    @property
    def is_busy(self) -> bool:
        """Whether a training goes on, or waits in a pause."""
        return self.state in _BUSY

    @property
    def can_continue(self) -> bool:
        """Whether there is a network that can be trained further."""
        ended = self.session is not None and self.session.state in ("finished", "stopped")
        return ended and not self.is_busy

    @property
    def can_resume(self) -> bool:
        """Whether a training was stopped, cut off or failed, and is not at hand any more."""
        if self.can_continue or self.is_busy:
            return False
        where = self._begun()
        runs = (self.dataset.folder / "runs").glob("*") if where is None else [where]
        return any(checkpoint_file(run).exists() for run in runs)

    @property
    def history(self) -> History:
        """The learning curves, a value per epoch for each name."""
        return {} if self.session is None else self.session.history

    @property
    def choices_to_pass_on(self) -> dict[str, Any]:
        """What was given at first, and chosen since; of durations the latest."""
        return _together(self._given, self.choices.chosen)

    def start(self) -> None:
        """Start a new training as chosen.

        Raises
        ------
        TrainingError
            If one is running, here or elsewhere in the same Python.
        """
        choices = self.choices_to_pass_on
        self._launch(lambda: self._watched(self._prepare(**choices)), anew=True)

    def resume(self) -> None:
        """Go on with the latest training that was stopped, cut off or failed, as it was planned.

        Raises
        ------
        TrainingError
            If one is running, here or elsewhere in the same Python.
        """
        where = self._begun()
        self._launch(
            lambda: self._watched(training_session(self.dataset, where, resume=True)), anew=True
        )

    def start_further(self) -> None:
        """Train the same network further, with what was chosen otherwise since.

        Raises
        ------
        OptionError
            If what was chosen would need another network.
        TrainingError
            If one is running, or there is nothing to go on from.
        """
        session = self.session
        if session is None or not self.can_continue:
            raise TrainingError("There is no network yet that could be trained further: start one.")
        changes = _changes(self._launched, self.choices.plan)
        self._launch(lambda: _continued(session, changes), anew=False)

    def pause(self) -> None:
        """Wait after the batch at hand, so that the computer is free for something else."""
        if self.session is not None:
            self.session.pause()
        self.changed.emit()

    def go_on(self) -> None:
        """End a pause."""
        if self.session is not None:
            self.session.go_on()
        self.changed.emit()

    def stop(self) -> None:
        """End after the batch at hand, and keep the best epoch."""
        if self.is_busy:
            self._stage, self._wants_stop = "stopping", True
            if self.session is not None:
                self.session.stop()
            self.changed.emit()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no training goes on; not while holding what it may need.

        Parameters
        ----------
        timeout : float, optional
            Seconds, without it for ever.

        Returns
        -------
        bool
            False if the time was over before.
        """
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _begun(self) -> Path | None:
        """Return the folder to go on in, None for the latest run of the dataset."""
        here = None if self.session is None else self.session.out
        if here is not None and checkpoint_file(here).exists():
            return here
        return None if self._out is None else Path(self._out)

    # ---------------------------------------------------------------- in the background

    def _forget_errors(self) -> None:
        self.error: Exception | None = None
        self.step: Step | None = None
        self._launched: Plan = self.choices.plan
        self._wants_stop = False

    def _forget_all(self) -> None:
        self.session: TrainingSession | None = None
        self.model: Model | None = None
        self.sentences: list[str] = []
        self.preview: Preview | None = None
        self._forget_errors()

    def _launch(self, prepare: Callable[[], TrainingSession], anew: bool) -> None:
        with self._only_one:
            other = TrainerState._running
            if other is not None:
                raise TrainingError(_say_who(other, self))
            TrainerState._running = self
        if anew:
            self._forget_all()
        else:
            self._forget_errors()
        self._stage = "preparing"
        # Not to be waited for when Python ends, which would then go on until the training is over.
        self._thread = Thread(target=self._work, args=(prepare,), name="training", daemon=True)
        _end_with_python()
        self._thread.start()
        self.changed.emit()

    def _work(self, prepare: Callable[[], TrainingSession]) -> None:
        try:
            self.session = prepare()
            ended = self._run(self.session)
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self.error, ended = error, "failed"
        TrainerState._running = None
        self._stage = ended
        self.changed.emit()

    def _run(self, session: TrainingSession) -> str:
        self._stage = "running"
        if self._wants_stop:
            return "stopped"
        self.changed.emit()
        try:
            fitted = session.run()
        except StoppedError as error:  # as the person wished
            self._said(str(error))
            return "stopped"
        self.model = model_of(session, fitted)
        return session.state

    def _watched(self, session: TrainingSession) -> TrainingSession:
        session.stepped.connect(self._stepped)
        session.epoch_ended.connect(self._epoch_ended)
        session.said.connect(self._said)
        session.state_changed.connect(self._state_changed)
        for tracker in (LocalTracker(),) if self._trackers is None else self._trackers:
            tracker.attach(session)
        return session

    def _stepped(self, step: Step) -> None:
        self.step = step
        self.changed.emit()

    def _epoch_ended(self, epoch: Epoch) -> None:
        self.preview = epoch.preview
        self.changed.emit()

    def _said(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self.changed.emit()

    def _state_changed(self, state: str) -> None:
        if state == "running" and self._wants_stop and self.session is not None:
            self.session.stop()
        self.changed.emit()


def _end_what_is_running() -> None:
    state = TrainerState._running
    if state is not None:
        state.stop()
        state.wait(_PATIENCE)


@functools.cache
def _end_with_python() -> None:
    # Pools of threads, which feed the training, are shut down before what `atexit` calls, by the
    # same means as here: who registers last is called first.
    first = getattr(threading, "_register_atexit", atexit.register)
    first(_end_what_is_running)


def _together(given: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    durations = {"epochs", "minutes"}
    if durations & chosen.keys():
        given = {name: value for name, value in given.items() if name not in durations}
    return given | chosen


def _changes(before: Plan, now: Plan) -> dict[str, Any]:
    changes = differences(before, now)
    fixed = [name for name in changes if name not in CHANGEABLE]
    if fixed:
        raise OptionError(
            f"Another {' and '.join(fixed)} needs a new network: press Start anew, or choose what "
            f"it was before to train this one further. Received: {changes[fixed[0]]!r}"
        )
    return changes


def _continued(session: TrainingSession, changes: dict[str, Any]) -> TrainingSession:
    session.continue_with(**changes)
    return session


def _say_who(other: TrainerState, asking: TrainerState) -> str:
    where = "here" if other is asking else "in another panel of this notebook"
    return (
        f"A training is running {where}: stop it first. "
        f"Received: a second one, while {other.dataset.folder.name} is learned"
    )


def used_memory() -> int:
    """Return how many bytes of memory this Python process uses.

    Examples
    --------
    >>> used_memory() > 1_000_000
    True
    """
    return int(psutil.Process().memory_info().rss)
