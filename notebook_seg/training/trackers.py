"""Who keeps what a training shows: a folder by default, TensorBoard or MLflow if wanted.

All of them write to this computer alone.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from notebook_seg.data.files import atomic_write, make_folder
from notebook_seg.data.overlays import as_jpeg
from notebook_seg.errors import MissingExtraError, OptionError
from notebook_seg.training.events import Epoch
from notebook_seg.training.quiet import environment_variable
from notebook_seg.training.runs import name_in_full, run_name
from notebook_seg.training.samples import sample_strip
from notebook_seg.training.session import TrainingSession
from notebook_seg.training.validation import Preview
from notebook_seg.training.weight_histograms import (
    append_histograms,
    draw_histograms,
    layer_weights,
    measure,
)

__all__ = [
    "LocalTracker",
    "MLflowTracker",
    "TensorBoardTracker",
    "Tracker",
    "attach_trackers",
]

_EVERY = 10  # epochs
_CURVES = {
    "loss": "loss/training",
    "val_loss": "loss/validation",
    "iou": "IoU/training",
    "val_iou": "IoU/validation",
}
_OVER = ("finished", "stopped", "failed")
_MLFLOW_RUN = "mlflow_run.txt"


class Tracker(Protocol):
    """Keeps what a training shows."""

    def attach(self, session: TrainingSession) -> None:
        """Listen to a training from now on."""
        ...


class _Listener(ABC):
    """Follows a training; what goes wrong with that is told, and never ends the training.

    Parameters
    ----------
    every : int
        Pictures and weights are kept of the first epoch, of each so many-th and of the last.
    """

    def __init__(self, every: int = _EVERY) -> None:
        if every < 1:
            raise OptionError(f"every must be 1 or more. Received: {every}")
        self.every = every

    def attach(self, session: TrainingSession) -> None:
        """Listen to a training from now on, however often it is continued.

        Parameters
        ----------
        session : TrainingSession
        """
        latest: list[Epoch] = []
        before = ""

        def follow(epoch: Epoch) -> None:
            # What could not begin has said why: to say at each epoch that it is missing is noise.
            if not self._is_ready:
                return
            latest[:] = [epoch]
            with _told(session, self):
                self._note(session, epoch)
                if epoch.number == 1 or epoch.number % self.every == 0:
                    self._look(session, latest.pop())

        def change(state: str) -> None:
            nonlocal before
            goes_on, before = before == "paused", state
            if state == "running" and not goes_on and not self._is_ready:
                with _told(session, self):
                    self._begin(session)
            elif state in _OVER and self._is_ready:
                if latest:
                    with _told(session, self):
                        self._look(session, latest.pop())
                # Whatever became of that: what stays open would take in the next training, too.
                with _told(session, self):
                    self._end(state)

        session.epoch_ended.connect(follow)
        session.state_changed.connect(change)

    @property
    def _is_ready(self) -> bool:
        """Whether there is something to write to."""
        return True

    def _begin(self, session: TrainingSession) -> None:  # noqa: B027
        """Open what is written to."""

    def _note(self, session: TrainingSession, epoch: Epoch) -> None:  # noqa: B027
        """Keep the numbers of an epoch."""

    @abstractmethod
    def _look(self, session: TrainingSession, epoch: Epoch) -> None:
        """Keep a picture, and how the weights are spread."""

    def _end(self, state: str) -> None:  # noqa: B027
        """Close it; it is not ready then, even if that goes wrong."""


@contextlib.contextmanager
def _told(session: TrainingSession, tracker: object) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - hours of training are worth more than their log
        name = type(tracker).__name__
        session.said.emit(f"{name} could not keep this: {error}. The training goes on.")


class LocalTracker(_Listener):
    """Keeps pictures and weights in the folder of the run, beside the curves that are there.

    ``samples/epoch_0010.jpg`` shows a validation picture, what was drawn and what is predicted;
    ``weights.csv`` and ``weights.png`` tell how the weights of each layer are spread.

    Parameters
    ----------
    every : int
        Both are kept of the first epoch, of each so many-th and of the last.

    Raises
    ------
    OptionError
        If `every` is not above 0.

    Examples
    --------
    >>> LocalTracker(every=5).every
    5
    """

    def attach(self, session: TrainingSession) -> None:
        """Listen to a training from now on.

        Raises
        ------
        OptionError
            If the training writes to no folder.
        """
        if session.out is None:
            raise OptionError(
                "LocalTracker writes to the folder of a run: train with out=FOLDER. "
                "Received: out=None"
            )
        super().attach(session)

    def _look(self, session: TrainingSession, epoch: Epoch) -> None:
        if session.out is None:
            return
        samples = make_folder(session.out / "samples")
        picture = sample_strip(epoch.preview, session.dataset.colors)
        atomic_write(samples / f"epoch_{epoch.number:04}.jpg", as_jpeg(picture))
        measured = measure(session.network)
        first = append_histograms(session.out / "weights.csv", epoch.number, measured)
        draw_histograms(session.out / "weights.png", first, measured)


def attach_trackers(session: TrainingSession, trackers: Sequence[Tracker] | None) -> None:
    """Let trackers listen to a training from now on.

    Parameters
    ----------
    session : TrainingSession
    trackers : sequence of Tracker or None
        A `LocalTracker` where nothing is said.

    Raises
    ------
    OptionError
        If a `LocalTracker` is among them, and the training writes to no folder.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> from notebook_seg.training.plan import Plan
    >>> data = Dataset.sample()
    >>> session = TrainingSession(data, Plan(epochs=1), data.split())
    >>> attach_trackers(session, ())
    >>> attach_trackers(session, None)
    Traceback (most recent call last):
    notebook_seg.errors.OptionError: LocalTracker writes to the folder of a run: ...
    """
    for tracker in (LocalTracker(),) if trackers is None else trackers:
        tracker.attach(session)


class TensorBoardTracker(_Listener):
    """Writes curves, pictures and weights for TensorBoard; look with ``tensorboard --logdir``.

    Parameters
    ----------
    folder : path
        Holds a folder for each run.
    every : int
        Pictures and weights are kept of the first epoch, of each so many-th and of the last.

    Raises
    ------
    MissingExtraError
        If TensorBoard is not installed.
    """

    def __init__(self, folder: str | Path, every: int = _EVERY) -> None:
        super().__init__(every)
        _check_installed("tensorboard", "TensorBoard")
        self.folder = Path(folder)
        self._writer: Any = None

    @property
    def _is_ready(self) -> bool:
        return self._writer is not None

    def _begin(self, session: TrainingSession) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        folder = make_folder(self.folder / _run_name(session))
        self._writer = EventFileWriter(str(folder))
        lines = str(session.plan).splitlines()
        self._add(text_pb("plan", "\n".join(f"    {line}" for line in lines)), 0)

    def _end(self, state: str) -> None:
        try:
            self._writer.close()
        finally:
            self._writer = None

    def _note(self, session: TrainingSession, epoch: Epoch) -> None:
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        for name, tag in _CURVES.items():
            if name in epoch.logs:
                self._add(scalar_pb(tag, float(epoch.logs[name])), epoch.number)
        self._writer.flush()

    def _look(self, session: TrainingSession, epoch: Epoch) -> None:
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        self._add(_picture(epoch.preview, session.dataset.colors), epoch.number)
        for layer, variable, values in layer_weights(session.network):
            self._add(histogram_pb(f"{layer}/{variable}", values), epoch.number)
        self._writer.flush()

    def _add(self, summary: Any, step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        now = datetime.now().timestamp()
        self._writer.add_event(Event(wall_time=now, step=step, summary=summary))


def _picture(preview: Preview, colors: tuple[str, ...]) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    strip = sample_strip(preview, colors)
    height, width, channels = strip.shape
    image = Summary.Image(
        height=height, width=width, colorspace=channels, encoded_image_string=as_jpeg(strip)
    )
    return Summary(value=[Summary.Value(tag=f"sample/{preview.stem}", image=image)])


class MLflowTracker(_Listener):
    """Writes plan, curves and pictures to an SQLite file of MLflow.

    Look with ``mlflow ui --backend-store-uri sqlite:///FILE``; that needs all of MLflow, writing
    needs ``mlflow-skinny`` alone. A training stays one run however often it is stopped, taken up
    again or trained further; what is planned otherwise then is a tag, such as
    ``continued_with.loss``.

    Parameters
    ----------
    file : path
        The database; pictures are kept in a folder of the same name beside it.
    experiment : str
        The name that its runs are listed under.
    every : int
        Pictures are kept of the first epoch, of each so many-th and of the last.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    """

    def __init__(
        self, file: str | Path, experiment: str = "notebook_seg", every: int = _EVERY
    ) -> None:
        super().__init__(every)
        for module in ("mlflow", "sqlalchemy", "alembic"):
            _check_installed(module, "MLflow")
        self.file = Path(file).absolute()
        self.experiment = experiment
        self._client: Any = None
        self._run = ""
        self._is_noted = False

    @property
    def _is_ready(self) -> bool:
        return bool(self._run)

    def _begin(self, session: TrainingSession) -> None:
        make_folder(self.file.parent)
        self._client = _mlflow_client(f"sqlite:///{self.file.as_posix()}")
        self._run = self._begun_before(session)
        if self._run:
            self._client.update_run(self._run, status="RUNNING")
        else:
            self._run = self._new_run(session)
        self._tell_plan(session)

    def _end(self, state: str) -> None:
        endings = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
        try:
            self._client.set_terminated(self._run, endings[state])
        finally:
            self._run, self._is_noted = "", False

    def _begun_before(self, session: TrainingSession) -> str:
        """Return the run of a training that goes on; empty if it begins, or its run is gone."""
        from mlflow.exceptions import MlflowException

        if session.out is None or not session.history:
            return ""
        try:
            run = (session.out / _MLFLOW_RUN).read_text(encoding="utf-8")
            stage = self._client.get_run(run).info.lifecycle_stage
        except (OSError, ValueError, MlflowException):
            return ""
        return run if stage == "active" else ""

    def _new_run(self, session: TrainingSession) -> str:
        known = self._client.get_experiment_by_name(self.experiment)
        kept = self.file.with_suffix("").as_uri()
        experiment = (
            known.experiment_id
            if known
            else self._client.create_experiment(self.experiment, artifact_location=kept)
        )
        run = self._client.create_run(experiment, run_name=_run_name(session))
        return str(run.info.run_id)

    def _tell_plan(self, session: TrainingSession) -> None:
        told = self._client.get_run(self._run).data.params
        for name, value in session.plan.to_json().items():
            if name not in {*told, "reasons"}:
                self._client.log_param(self._run, name, value)
            elif told.get(name, str(value)) != str(value):
                # MLflow keeps a parameter as it was told first.
                self._client.set_tag(self._run, f"continued_with.{name}", value)

    def _note(self, session: TrainingSession, epoch: Epoch) -> None:
        # Not when it begins: then an older model is in the folder, which is set aside with all.
        if session.out is not None and not self._is_noted:
            atomic_write(session.out / _MLFLOW_RUN, self._run.encode())
            self._is_noted = True
        for name in _CURVES:
            if name in epoch.logs:
                self._client.log_metric(self._run, name, float(epoch.logs[name]), step=epoch.number)

    def _look(self, session: TrainingSession, epoch: Epoch) -> None:
        picture = sample_strip(epoch.preview, session.dataset.colors)
        self._client.log_image(self._run, picture, f"samples/epoch_{epoch.number:04}.jpg")


def _mlflow_client(uri: str) -> Any:
    # It reports its use to its makers when it is imported, unless told not to.
    with environment_variable("MLFLOW_DISABLE_TELEMETRY", "true"):
        from mlflow.tracking import MlflowClient
    return MlflowClient(uri)


def _check_installed(module: str, name: str) -> None:
    if find_spec(module) is None:
        raise MissingExtraError(
            f'{name} is not installed. Install it with: pip install "notebook_seg[tracking]". '
            f"Received: a tracker that needs {module}"
        )


def _run_name(session: TrainingSession) -> str:
    if session.out is not None:
        return name_in_full(session.out)
    return run_name(session.plan)
