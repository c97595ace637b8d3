"""The app: all stages of the work on one page, for people who do not program."""

from html import escape
from pathlib import Path

from ipywidgets import HTML, VBox, Widget
from traitlets import Bunch

from notebook_seg.widgets.app_panels import is_busy, make_panel, must_stay, what_it_shows
from notebook_seg.widgets.app_parts import Painter
from notebook_seg.widgets.app_stages import StageBar
from notebook_seg.widgets.app_state import STAGES, AppState
from notebook_seg.widgets.labeller import Labeller
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.modules import style_sheets

__all__ = ["App"]

_OPENING = "Opening … the first time this takes some seconds."


class App(VBox):
    """Pictures, label, train, inspect, predict, share: one panel with a stage after the other.

    A stage is built when it is first opened, so that the page is there at once; one that cannot be
    entered yet says why, and what to do first.

    Parameters
    ----------
    folder : path
        A dataset, or a folder that is empty or not there yet, in which one is made.

    Attributes
    ----------
    state : AppState
        Which stage is open, what there is, and all that can be done with it in Python.
    panels : dict of str to Widget
        The stages that were opened.
    message : MessageLine
        Where errors are shown.

    Raises
    ------
    DatasetError
        If something else than a dataset is in the folder.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> app = App(Dataset.sample().folder)
    >>> app.open_stage("label")
    >>> app.panels["label"].session.stem
    'coin_01'
    >>> app.close()
    """

    def __init__(self, folder: str | Path) -> None:
        self.state = AppState(folder)
        self.message = MessageLine()
        self._guard = Guard(self.message)
        self.bar = StageBar(self.state)
        self.panels: dict[str, Widget] = {}
        self._keys: dict[str, object] = {}
        self._places = {stage: VBox() for stage in STAGES}
        self.obstacle = HTML()
        self.obstacle.add_class("nbs-obstacle")
        sheets = style_sheets(
            "panel.css", "labeller.css", "trainer.css", "inspector.css", "app.css"
        )
        sheets.add_class("nbs-unseen")
        places = self._places.values()
        super().__init__([sheets, self.bar, self.message, self.obstacle, *places])
        for stage, place in self._places.items():
            place.add_class(f"nbs-stage-{stage}")
        self.add_class("nbs-panel")
        self.add_class("nbs-app")
        self.bar.observe(self._guard(self._take_stage, clears=True), "chosen")
        self.painter = Painter(self._refresh, self._guard)
        self.state.changed.connect(self.painter)
        self.watcher = Painter(self._show_busy, self._guard)
        self.state.adding.changed.connect(self.watcher)
        self._show_stage()

    def open_stage(self, stage: str) -> None:
        """Open a stage.

        Raises
        ------
        OptionError
            If there is none of that name.
        """
        with self._guard.lock:
            self.save()
            self.state.choose_stage(stage)
            self._show_stage(entered=True)

    def save(self) -> None:
        """Write the mask that is open; this also happens whenever a picture or a stage is left."""
        labeller = self.panels.get("label")
        if isinstance(labeller, Labeller):
            labeller.save()

    def close(self) -> None:
        """Save, end what goes on, and take the app off the page."""
        self.state.adding.stop()
        for panel in self.panels.values():
            panel.close()
        super().close()

    def __del__(self) -> None:
        # Not `close`: what was never made whole has nothing to save.
        super().close()

    # ---------------------------------------------------------------- what a person does

    def _take_stage(self, change: Bunch) -> None:
        if change.new != self.state.stage:
            self.open_stage(change.new)

    # ---------------------------------------------------------------- what is to be seen

    def _refresh(self) -> None:
        with self._guard.lock:
            self.state.find_models()
            self._show_stage()

    def _show_stage(self, entered: bool = False) -> None:
        stage = self.state.stage
        self.bar.show()
        for name, place in self._places.items():
            place.layout.display = None if name == stage else "none"
        why = self.state.obstacle(stage)
        self.obstacle.value = f"<p>{escape(why)}</p>" if why else ""
        self.obstacle.layout.display = None if why else "none"
        if why:
            self._places[stage].layout.display = "none"
        else:
            self._fill(stage, entered)

    def _fill(self, stage: str, entered: bool) -> None:
        """Build the panel of a stage, or build it anew where it shows what is no longer so."""
        key = what_it_shows(stage, self.state)
        old = self.panels.get(stage)
        if old is not None and (
            key == self._keys[stage] or must_stay(stage, old, self.state, entered)
        ):
            return
        place = self._places[stage]
        place.children = [HTML(_OPENING)]
        try:
            if old is not None:
                old.close()
                del self.panels[stage]
            panel = make_panel(stage, self.state, self._guard, old)
        except Exception:
            # One that cannot save what was drawn is still there.
            place.children = [self.panels[stage]] if stage in self.panels else []
            raise
        self.panels[stage], self._keys[stage] = panel, key
        place.children = [panel]
        if stage == "train":
            panel.state.changed.connect(self._note_training)
            panel.state.changed.connect(self.watcher)
        elif stage == "inspect":
            panel.inspector.advice.busy_changed.connect(self.watcher)
        elif stage in ("predict", "share"):
            panel.state.work.changed.connect(self.watcher)

    def _show_busy(self) -> None:
        self.bar.busy = any(map(is_busy, tuple(self.panels.values())))

    def _note_training(self) -> None:
        training = getattr(self.panels.get("train"), "state", None)
        if training is None or not training.is_busy:
            self.state.training = ""
            self.painter()
        elif training.session is not None:
            self.state.training = training.session.out.name
