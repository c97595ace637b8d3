"""A training in the background, and all that is to be shown of it."""

import atexit
import functools
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import RLock, Thread
from typing import Any, ClassVar

from psygnal import Signal

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError, StoppedError, TrainingError
from notebook_seg.prediction import Model
from notebook_seg.training import Plan, TrainingSession
from notebook_seg.training.best import History
from notebook_seg.training.checkpoint import checkpoint_file
from notebook_seg.training.events import Epoch, Step
from notebook_seg.training.plan_values import plan_value, with_counterparts
from notebook_seg.training.run_lock import is_busy
from notebook_seg.training.runs import latest_run, runs_folder
from notebook_seg.training.session import CHANGEABLE
from notebook_seg.training.trackers import Tracker, attach_trackers
from notebook_seg.training.validation import Preview
from notebook_seg.widgets.trainer_choices import Choices, differences
from notebook_seg.widgets.trainer_hints import quoted_titles
from notebook_seg.workflow.training import model_of, training_session

__all__ = ["TrainerState"]

_PATIENCE = 60  # seconds for a batch to end when Python does
_STAGES = {
    "ready": "preparing",
    "running": "running",
    "paused": "paused",
    "finished": "finishing",
}
_BUSY = ("preparing", "running", "paused", "stopping", "finishing")
_NONE_HELD_BACK = (
    "No picture is held back, so the IoU is of pictures it learned from: how good it is on others "
    "it does not tell."
)


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
        self.dataset, self._out = dataset, _expanded(out)
        self._asked = _question(self._out, plan=plan, test=test, **choices)
        self._prepare = functools.partial(
            training_session, dataset, self._out, plan=plan, test=test
        )
        self.choices = Choices(self._prepare(**choices).plan)
        self._trackers, self._given = trackers, choices
        self._panels: list[object] = []
        self._thread: Thread | None = None
        self._stage = "ready"
        self._forget_all()

    @classmethod
    def for_panel(
        cls, dataset: Dataset, out: str | Path | None = None, **asked: Any
    ) -> "TrainerState":
        """Return the state whose training goes on if that was asked for so, else a new one.

        Who runs a cell again wants to see the training that it has begun, and to be able to end it.

        Parameters
        ----------
        dataset : Dataset
        out : path, optional
        **asked
            As for the class. Trackers make no difference: those of the training stay.

        Raises
        ------
        DatasetError
            If no picture is labelled.
        OptionError
            If a choice is not understood.
        """
        running = TrainerState._running
        if running is not None and running._is_asked_for(dataset, out, **asked):
            return running
        return cls(dataset, out, **asked)

    @property
    def state(self) -> str:
        """What goes on.

        One of ready, preparing, running, paused, stopping, finishing, stopped, finished and failed.
        """
        if self._stage == "running" and self.session is not None:
            # What comes before the first batch and after the last is no training to be paused.
            stage = _STAGES.get(self.session.state, "stopping")
            return "finishing" if stage == "running" and self._all_is_learned else stage
        return self._stage

    @property
    def _all_is_learned(self) -> bool:
        return self.step is not None and self.step.fraction >= 1

    @property
    def is_busy(self) -> bool:
        """Whether a training goes on, or waits in a pause."""
        return self.state in _BUSY

    @property
    def can_continue(self) -> bool:
        """Whether there is a network that can be trained further."""
        return self.session is not None and self.session.can_continue and not self.is_busy

    @property
    def can_resume(self) -> bool:
        """Whether a training was stopped, cut off or failed, and is not at hand any more."""
        return not self.can_continue and self.to_resume is not None

    @property
    def to_resume(self) -> Path | None:
        """The folder of the training that `resume` goes on with, None if there is none.

        Of the runs of a dataset only the latest is meant: one that was ended before others were
        begun has been done with.
        """
        run = None if self.is_busy else self._last_run()
        if run is None or not checkpoint_file(run).exists() or is_busy(run):
            return None
        return run

    @property
    def elsewhere(self) -> "TrainerState | None":
        """The state of another panel whose training goes on, None if there is none."""
        running = TrainerState._running
        return None if running is self else running

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
            If one is running, here or elsewhere in the same Python, or there is none to go on with.
        """
        _check_idle(self)
        where = self.to_resume
        if where is None:
            raise TrainingError("There is no training here to go on with: start a new one.")
        self._launch(lambda: self._resumed(where), anew=True)

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
        """End after the batch at hand, and keep the best epoch; not where all is learned."""
        if self.is_busy and self.state != "finishing":
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

    def join(self, panel: object) -> None:
        """Note a panel that shows this; of several, what goes on belongs to the latest."""
        self._panels.append(panel)

    def leave(self, panel: object) -> None:
        """Note that a panel is closed, and stop if what goes on belongs to it."""
        is_latest = bool(self._panels) and self._panels[-1] is panel
        self._panels = [other for other in self._panels if other is not panel]
        if is_latest:
            self.stop()

    def _is_asked_for(
        self,
        dataset: Dataset,
        out: str | Path | None = None,
        *,
        trackers: Sequence[Tracker] | None = None,
        **asked: Any,
    ) -> bool:
        mine, there = ((d.folder.resolve(), d.classes, d.stems) for d in (self.dataset, dataset))
        return mine == there and self._asked == _question(_expanded(out), **asked)

    def _last_run(self) -> Path | None:
        if self.session is not None:
            return self.session.out
        return latest_run(runs_folder(self.dataset)) if self._out is None else self._out

    # ---------------------------------------------------------------- in the background

    def _forget_errors(self) -> None:
        self.error: Exception | None = None
        self.step: Step | None = None
        self._launched: Plan = self.choices.plan
        self._chosen = tuple(self.choices.chosen)
        self._wants_stop = False

    def _forget_all(self) -> None:
        self.session: TrainingSession | None = None
        self.model: Model | None = None
        self.sentences: list[str] = []
        self.preview: Preview | None = None
        self._forget_errors()

    def _launch(self, prepare: Callable[[], TrainingSession], anew: bool) -> None:
        with self._only_one:
            _check_idle(self)
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
            self._follow(self.session)
            ended = self._run(self.session)
            self._follow(self.session)
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self.error, ended = error, "failed"
        TrainerState._running = None
        self._stage = ended
        self.changed.emit()

    def _resumed(self, where: Path) -> TrainingSession:
        session = self._watched(training_session(self.dataset, where, resume=True))
        # What is shown from now on is its plan: a new training has to go by it, too.
        self._prepare = functools.partial(self._prepare, plan=session.plan)
        self._given, self._chosen = {}, ()
        return session

    def _follow(self, session: TrainingSession) -> None:
        """Let the form show what is done, which may be planned otherwise than it was before."""
        if session.plan is not self._launched:
            self.choices.follow(session.plan, self._launched, self._chosen)
            self._launched = session.plan
        if not session.split.validation and _NONE_HELD_BACK not in self.sentences:
            self._said(_NONE_HELD_BACK)

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
        attach_trackers(session, self._trackers)
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


def _expanded(out: str | Path | None) -> Path | None:
    return None if out is None else Path(out).expanduser()


def _question(
    out: Path | None, *, plan: Plan | None = None, test: float = 0.0, **choices: Any
) -> tuple[object, ...]:
    """Return in what words a training is asked for, to be compared with others."""
    said = {name: plan_value(name, value) for name, value in choices.items()}
    return out, plan, test, said


def _together(given: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    replaced = with_counterparts(chosen)
    return {name: value for name, value in given.items() if name not in replaced} | chosen


def _changes(before: Plan, now: Plan) -> dict[str, Any]:
    changes = differences(before, now)
    fixed = [name for name in changes if name not in CHANGEABLE]
    if fixed:
        raise OptionError(
            f"Another {quoted_titles(fixed)} needs a new training: press Start anew, or choose "
            "what it was before to train this one further. "
            f"Received: {fixed[0]}={changes[fixed[0]]!r}"
        )
    return changes


def _continued(session: TrainingSession, changes: dict[str, Any]) -> TrainingSession:
    session.continue_with(**changes)
    return session


def _check_idle(asking: TrainerState) -> None:
    other = TrainerState._running
    if other is not None:
        where = "here" if other is asking else "in another panel of this notebook"
        raise TrainingError(
            f"A training is running {where}: stop it first. "
            f"Received: a second one, while {other.dataset.folder.name} is learned"
        )
