"""The inspector: why a model says what it says, how good it is, and what to do next."""

from collections import deque
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
from ipywidgets import (
    HTML,
    Box,
    Dropdown,
    FileUpload,
    FloatProgress,
    Layout,
    Text,
    ToggleButtons,
    VBox,
)
from traitlets import Bunch

from notebook_seg.data import Dataset
from notebook_seg.inspection.surfaces import Spacing
from notebook_seg.prediction import Predictor, load_model
from notebook_seg.widgets.background import Background, GoOn
from notebook_seg.widgets.inspector_advice import AdviceView
from notebook_seg.widgets.inspector_layers import LayersView
from notebook_seg.widgets.inspector_overlap import OverlapView
from notebook_seg.widgets.inspector_state import VIEWS, InspectorState
from notebook_seg.widgets.inspector_why import WhyView
from notebook_seg.widgets.look_canvas import LookCanvas
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.modules import style_sheets
from notebook_seg.widgets.toolbar import icon_button, row

__all__ = ["Inspector"]

_TITLES = {"layers": "Layers", "why": "Why", "overlap": "Overlap", "advice": "Advice"}
_TIPS = (
    "What the network's channels respond to",
    "Which parts of the picture made it say a class",
    "How well it agrees with your masks",
    "What to do to make it better",
)
_NEWS_OF_PANES = ("picture", "prediction", "activations", "heat", "view", "choice", "threshold")


class Inspector(VBox):
    """Look into a model: its layers, its reasons, its errors, and what would help.

    One picture is looked at in four views, side by side with what is laid over it: pointing and
    zooming in one moves all. *Layers* shows what channels respond to, *Why* which parts of the
    picture speak for a class, wherever it is predicted, in a region that one draws or at a pixel
    that one clicks, *Overlap* the errors and every score, *Advice* what to do next.

    Parameters
    ----------
    model : Model, Ensemble, str or Path
        A model, or its folder. Of an ensemble, the first model is explained.
    dataset : Dataset
        Pictures of the same classes, as a rule those that the model was trained on.
    start : str, optional
        The stem of the picture to begin with; without it, the first.
    spacing : float or (float, float), optional
        Millimetres that a pixel measures, or its height and width; without it, distances are in
        pixels.

    Attributes
    ----------
    state : InspectorState
        All that the panel does, for use in Python.
    canvas : LookCanvas
        What is seen side by side.
    views : dict of str to VBox
        What is below it in each view.
    advice : AdviceView
        The last of them.
    message : MessageLine
        Where errors are shown.

    Raises
    ------
    DatasetError
        If the dataset has no pictures.
    ModelError
        If the folder is not that of a model.
    OptionError
        If the classes of the dataset are not those of the model.
    """

    def __init__(
        self,
        model: Predictor | str | Path,
        dataset: Dataset,
        start: str | None = None,
        spacing: Spacing | None = None,
    ) -> None:
        loaded = load_model(model) if isinstance(model, str | Path) else model
        self.state = InspectorState(loaded, dataset, start, spacing)
        self.message = MessageLine()
        self._guard = Guard(self.message, comfort="Nothing was changed on disk")
        self.canvas = LookCanvas(self._guard)
        self.advice = AdviceView(self.state, self._guard)
        self.views: dict[str, VBox] = {
            "layers": LayersView(self.state, self._guard),
            "why": WhyView(self.state, self.canvas, self._guard),
            "overlap": OverlapView(self.state, self._guard),
            "advice": self.advice,
        }
        self._build()
        super().__init__(
            [
                style_sheets("panel.css", "inspector.css"),
                self._head(),
                self.view,
                self.message,
                self._progress(),
                self.canvas,
                self.place,
                *self.views.values(),
            ]
        )
        self.children[0].add_class("nbs-unseen")
        self.add_class("nbs-panel")
        self.add_class("nbs-inspector")
        self._news: deque[str] = deque()
        self._painter = Background()
        self.state.changed.connect(self._note)
        self.canvas.drawn.connect(self._take_stroke)
        for news in ("working", "view", "picture"):
            self._show(news)
        self.state.update()

    @property
    def is_busy(self) -> bool:
        """Whether a training that advice has set up goes on: it ends with the panel."""
        return self.advice.is_busy

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do and all of it is shown; False if that took longer."""
        return self.state.wait(timeout) and self._painter.wait(timeout)

    def close(self) -> None:
        """End what goes on, and take the panel off the page."""
        self.state.changed.disconnect(self._note, missing_ok=True)
        self.state.close()
        self.advice.close()
        super().close()

    def __del__(self) -> None:
        # Not `close`: what was never made whole has nothing that goes on.
        super().close()

    # ---------------------------------------------------------------- the parts

    def _build(self) -> None:
        guard, state = self._guard, self.state
        self._reading = False
        self.view = ToggleButtons(options=[(_TITLES[v], v) for v in VIEWS], tooltips=_TIPS)
        self.view.add_class("nbs-views")
        self.view.observe(guard(self._take_view, clears=True), "value")
        self.picture = Dropdown(options=state.pictures.names, description="Picture")
        self.picture.observe(guard(self._take_picture, clears=True), "value")
        self.previous, self.next = (
            icon_button("", icon, tip, guard(lambda by=by: state.step(by), clears=True))
            for icon, tip, by in (
                ("chevron-left", "The picture before", -1),
                ("chevron-right", "The next picture", 1),
            )
        )
        self.folder = Text(placeholder="or a folder or file of other photographs")
        self.folder.continuous_update = False
        self.folder.observe(guard(self._take_folder, clears=True), "value")
        self.upload = FileUpload(multiple=True, description="Upload", layout=Layout(width="auto"))
        self.upload.observe(guard(self._take_upload, clears=True), "value")
        self.bar, self.status = FloatProgress(min=0, max=1), HTML()
        self.stop = icon_button("Stop", "stop", "End it, and keep what was done", state.stop)
        self.place = HTML()
        self.place.add_class("nbs-place")

    def _head(self) -> Box:
        return row(self.picture, self.previous, self.next, self.folder, self.upload)

    def _progress(self) -> Box:
        self._working = row(self.bar, self.stop, self.status)
        self._working.add_class("nbs-working")
        return self._working

    # ---------------------------------------------------------------- what a person does

    def _take_view(self, change: Bunch) -> None:
        if change.new != self.state.view:
            self.state.choose_view(change.new)

    def _take_picture(self, change: Bunch) -> None:
        # A list that has grown begins at its top again, which nobody has chosen.
        if not self._reading and change.new not in (None, self.state.picture.name):
            self.state.open(change.new)

    def _take_folder(self, change: Bunch) -> None:
        if change.new.strip():
            self.state.add(change.new.strip())

    def _take_upload(self, change: Bunch) -> None:
        for file in change.new:
            self.state.add_upload(file["name"], bytes(file["content"]))

    def _take_stroke(self, tool: str, points: np.ndarray) -> None:
        if tool == "lasso":
            self.state.draw(points)
        else:
            x, y = points[0]
            self.state.point(round(float(y)), round(float(x)))

    # ---------------------------------------------------------------- what is to be seen

    def _note(self, news: str) -> None:
        # Whoever emits holds the signal: to wait for a callback here, which may emit too, could
        # be for ever.
        self._news.append(news)
        self._painter.start(self._paint)

    def _paint(self, go_on: GoOn) -> None:
        while self._news:
            self._guard(self._show)(self._news.popleft())

    def _show(self, news: str) -> None:
        state = self.state
        showing: dict[str, Callable[[], None]] = {
            "working": self._show_work,
            "error": self._show_error,
            "pictures": self._show_names,
            "picture": self._show_names,
        }
        showing.get(news, lambda: None)()
        if news == "view":
            self.view.value = state.view
            for name, view in self.views.items():
                view.layout.display = None if name == state.view else "none"
        if news in _NEWS_OF_PANES:
            self._show_panes()
        if news in ("place", "picture", "prediction", "heat", "view"):
            self.canvas.mark(state.marks, state.place)
            self.place.value = escape(state.said_of_place)
        for view in self.views.values():
            view.show(news)

    def _show_panes(self) -> None:
        picture = self.state.picture
        panes = self.state.panes
        # What was asked for is on its way: until it is there, what was shown stays.
        if len(panes) > 1 or self.canvas.stem != picture.name:
            self.canvas.show(picture.name, picture.shape, panes)

    def _show_names(self) -> None:
        names = self.state.pictures.names
        self._reading = True
        if self.picture.options != names:
            self.picture.options = names
        self.picture.value = self.state.picture.name
        self._reading = False

    def _show_work(self) -> None:
        working = self.state.working
        self._working.layout.visibility = "visible" if working else "hidden"
        if not working:
            return
        what, done = next(iter(working.items()))
        self.bar.value = 0 if done is None else done
        self.status.value = escape(what if done is None else f"{what}: {done:.0%}")

    def _show_error(self) -> None:
        if self.state.error is not None:
            self._guard.show(self.state.error)
