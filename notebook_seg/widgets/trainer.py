"""The trainer: a panel that plans a training, lets one change it, and shows how it goes."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from threading import Event
from typing import Any

from ipywidgets import HTML, Box, Button, DOMWidget, VBox

from notebook_seg.data import Dataset
from notebook_seg.prediction import Model
from notebook_seg.training import Plan
from notebook_seg.training.device import describe_device
from notebook_seg.training.trackers import Tracker
from notebook_seg.widgets.background import Background, GoOn
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.modules import style_sheets
from notebook_seg.widgets.toolbar import icon_button
from notebook_seg.widgets.trainer_fields import Duration
from notebook_seg.widgets.trainer_form import TrainerForm
from notebook_seg.widgets.trainer_hints import HINTS
from notebook_seg.widgets.trainer_state import TrainerState
from notebook_seg.widgets.trainer_view import TrainingView, name_of_run
from notebook_seg.wording import counted

__all__ = ["Trainer"]

_BREATH = 0.4  # seconds between two pictures of how it goes
_ENDING = ("stopping", "finishing")
_BUTTONS = {
    "further": ("Train further", "forward", "Train the same network longer, as set now"),
    "resume": (
        "Continue the last training",
        "forward",
        "It was stopped, cut off or failed: go on from there, as it was planned",
    ),
    "start": ("Start", "play", "Train a new network, as set now"),
    "pause": ("Pause", "pause", "Wait after the batch at hand"),
    "go_on": ("Go on", "play", "End the pause"),
    "stop": ("Stop and keep", "stop", "End now, and keep the best epoch so far"),
}


class Trainer(VBox):
    """Train a network on the labelled pictures of a dataset, and watch it learn.

    Training runs in the background: other cells can be run meanwhile. Everything is planned from
    the pictures; *Settings* shows what and why, and lets one change it. Asked for once more in the
    same words, it shows the training that goes on.

    Parameters
    ----------
    dataset : Dataset
        At least one picture must be labelled.
    out : path, optional
        Model folder; without it, a folder for each run is made under ``runs`` of the dataset.
    plan : Plan, optional
        How to train, from `notebook_seg.plan`, `notebook_seg.Plan.load` or `notebook_seg.recipes`.
    test : float, optional
        Share of the pictures that is kept for `evaluate` and never looked at, 0 to below 1.
    trackers : sequence of Tracker, optional
        Keep what a training shows; without them a `LocalTracker` does, in the folder of the run.
    **choices
        Any field of `Plan`, to begin with.

    Attributes
    ----------
    state : TrainerState
        All that the panel does, for use in Python.
    model : Model or None
        What has come of the last training.
    message : MessageLine
        Where errors are shown.

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If a choice is not understood.
    TrainingError
        If no class is drawn in any picture.

    Examples
    --------
    >>> trainer = Trainer(Dataset.sample(), minutes=3)
    >>> trainer.state.choices.choose(encoder="resnet18")
    >>> trainer.model is None
    True
    >>> trainer.close()
    """

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
        asked: dict[str, Any] = {"plan": plan, "test": test, "trackers": trackers, **choices}
        self.state = TrainerState.for_panel(dataset, out, **asked)
        self.message = MessageLine()
        self._guard = Guard(self.message, self._comfort, HINTS)
        self._told: Exception | None = None
        self._planned: Plan | None = None
        self._painter, self._closed = Background(), Event()
        self.about = HTML()
        self.form = TrainerForm(self.state.choices, self.state.dataset, self._guard)
        self.duration = Duration(self.state.choices, self._guard)
        self.view = TrainingView(self.state)
        self.buttons = {name: self._button(name) for name in _BUTTONS}
        super().__init__(self._parts())
        self.children[0].add_class("nbs-unseen")
        self.add_class("nbs-panel")
        self.add_class("nbs-trainer")
        self.state.join(self)
        self.state.changed.connect(self._repaint)
        self._show()

    @property
    def model(self) -> Model | None:
        """What has come of the last training, None before."""
        return self.state.model

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until training is over and all of it is shown.

        Parameters
        ----------
        timeout : float, optional
            Seconds, without it for ever.

        Returns
        -------
        bool
            False if the time was over before.
        """
        return self.state.wait(timeout) and self._painter.wait(timeout)

    def close(self) -> None:
        """Stop what goes on, keep the best epoch, and take the panel off the page.

        A training that a later panel shows goes on there.
        """
        self.state.changed.disconnect(self._repaint, missing_ok=True)
        self._closed.set()
        self.state.leave(self)
        super().close()

    def __del__(self) -> None:
        # Not `close`: what was never made whole has no training to stop.
        super().close()

    def _button(self, name: str) -> Button:
        actions: dict[str, Callable[[], None]] = {
            "start": self.state.start,
            "resume": self.state.resume,
            "further": self.state.start_further,
            "pause": self.state.pause,
            "go_on": self.state.go_on,
            "stop": self.state.stop,
        }
        text, icon, tip = _BUTTONS[name]
        button = icon_button(text, icon, tip, self._shown_after(actions[name]))
        button.add_class(f"nbs-{name.replace('_', '-')}")
        return button

    def _shown_after(self, action: Callable[[], None]) -> Callable[..., None]:
        def act() -> None:
            try:
                action()
            finally:
                self._repaint()

        return self._guard(act, clears=True)

    def _parts(self) -> list[DOMWidget]:
        head = Box([self.duration, *self.buttons.values(), *self.form.head])
        head.add_class("nbs-head")
        sheets = style_sheets("panel.css", "trainer.css")
        return [sheets, self.about, head, self.form, self._other(), self.message, self.view]

    def _other(self) -> Box:
        _, icon, tip = _BUTTONS["stop"]
        self._who = HTML()
        act = self._shown_after(self._stop_other)
        self.stop_other = icon_button("Stop it and keep", icon, tip, act)
        self._elsewhere = Box([self._who, self.stop_other])
        self._elsewhere.add_class("nbs-elsewhere")
        return self._elsewhere

    def _stop_other(self) -> None:
        other = self.state.elsewhere
        if other is not None:
            other.stop()

    def _comfort(self) -> str:
        return "The best epoch so far is kept" if self.state.history.get("epoch") else ""

    # ---------------------------------------------------------------- what is to be seen

    def _repaint(self) -> None:
        # From the thread that trains: it must not wait until the browser has everything.
        if not self._closed.is_set():
            self._painter.start(self._paint)

    def _paint(self, go_on: GoOn) -> None:
        try:
            self._show()
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self._guard.show(error)
        self._closed.wait(_BREATH)

    def _show(self) -> None:
        self._show_plan()
        self._show_buttons()
        self._show_other()
        self.form.say_training(self.state.is_busy)
        self.view.show()
        error = self.state.error
        if error is not None and error is not self._told:
            self._guard.show(error)
        self._told = error

    def _show_plan(self) -> None:
        planned = self.state.choices.planned
        if planned is self._planned:
            return
        self._planned = planned
        # Nobody is to change a field while it is told what it shows.
        with self._guard.lock:
            self.about.value = _about(self.state.dataset)
            self.form.show()
            self.duration.refresh()

    def _show_other(self) -> None:
        other = self.state.elsewhere
        if other is not None:
            # First of all: it may end at this very moment.
            other.changed.connect(self._repaint, unique=True)
            other = self.state.elsewhere
        self._elsewhere.layout.display = None if other else "none"
        if other is not None:
            name = escape(other.dataset.folder.name)
            self._who.value = f"A training of <b>{name}</b> is running in another panel."
            self.stop_other.disabled = other.state in _ENDING

    def _show_buttons(self) -> None:
        state, busy = self.state.state, self.state.is_busy
        shown = {
            "start": not busy,
            "resume": self.state.can_resume,
            "further": self.state.can_continue,
            "pause": busy and state != "paused",
            "go_on": state == "paused",
            "stop": busy,
        }
        for name, button in self.buttons.items():
            button.layout.display = None if shown[name] else "none"
        self.buttons["pause"].disabled = state != "running"
        self.buttons["stop"].disabled = state in _ENDING
        if shown["resume"]:
            self.buttons["resume"].tooltip = self._which_one()
        self.buttons["start"].description = "Start anew" if self.state.can_continue else "Start"
        self.buttons["start"].button_style = "" if self.state.can_continue else "primary"
        self.buttons["further"].button_style = "primary"

    def _which_one(self) -> str:
        run, tip = self.state.to_resume, _BUTTONS["resume"][2]
        return tip if run is None else f"{name_of_run(run)}. {tip}"


def _about(dataset: Dataset) -> str:
    classes = ", ".join(dataset.class_names[1:])
    pictures = counted(len(dataset.labelled), "labelled picture")
    name = escape(dataset.folder.name)
    return f"<b>{name}</b> · {pictures} · {escape(classes)}<br>{escape(describe_device())}"
