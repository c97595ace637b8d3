"""The labeller: a panel around a surface that one draws on, in a notebook."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, VBox, Widget

from notebook_seg.data.box import Box
from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import check_choice
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.assistant import Assistant
from notebook_seg.widgets.canvas import LassoCanvas
from notebook_seg.widgets.keyboard import Keyboard
from notebook_seg.widgets.lasso import LassoAxes
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.modules import style_sheets
from notebook_seg.widgets.review import ReviewGrid
from notebook_seg.widgets.shortcuts import HELP, Shortcuts
from notebook_seg.widgets.strip import PictureStrip
from notebook_seg.widgets.surface import Surface
from notebook_seg.widgets.toolbar import PenSliders, class_buttons, icon_button, tool_buttons

if TYPE_CHECKING:
    from notebook_seg.prediction import Model

__all__ = ["Labeller"]

_PANEL = "nbs-labeller"
_SURFACES: dict[str, type[Surface]] = {"canvas": LassoCanvas, "matplotlib": LassoAxes}


class Labeller(VBox):
    """Draw masks on the photographs of a dataset.

    Every stroke is on disk before the next one starts, and the mask is written when the picture
    is left; there is nothing to save by hand.

    Parameters
    ----------
    dataset : Dataset
        The pictures to label.
    surface : str, optional
        What is drawn on: ``'canvas'``, which draws in the browser, or ``'matplotlib'``.
    start : str, optional
        The stem of the picture to open; without it, the first that has no mask yet.
    model : Model, str or Path, optional
        A trained model, or its folder, that proposes the mask of each unlabelled picture. Without
        one, what has been drawn so far teaches one when a proposal is asked for.

    Attributes
    ----------
    session : LabellingSession
        All that the buttons do, for use in Python.
    surface : Surface
        What is drawn on.
    assistant : Assistant
        Proposes masks, and which picture to label next.
    message : MessageLine
        Where errors are shown.
    review : ReviewGrid or None
        All pictures with their masks, once they were looked at.

    Raises
    ------
    DatasetError
        If the dataset has no pictures.
    OptionError
        If there is no such surface.

    Examples
    --------
    >>> labeller = Labeller(Dataset.sample())
    >>> labeller.session.stem
    'coin_01'
    >>> labeller.save()
    """

    def __init__(
        self,
        dataset: Dataset,
        surface: str = "canvas",
        start: str | None = None,
        model: "Model | str | Path | None" = None,
    ) -> None:
        make_surface = _SURFACES[check_choice("surface", surface, _SURFACES)]
        self.session = LabellingSession(dataset, start)
        self.message = MessageLine()
        self._guard = Guard(self.message)
        self.surface = make_surface(self.session, self._guard)
        self.assistant = Assistant(self.session, self._guard, model)
        # A button must not cut into a stroke that is under way.
        self._command = self._guard.after(self.surface.finish_stroke)
        self.review: ReviewGrid | None = None
        self.status = _line("nbs-status", "")
        self._reload = self._button("Reload from disk", "refresh", self.session.reload)
        self._reload.tooltip = "Give up what could not be saved"
        tools = [] if self.surface.has_tools else [self._top()]
        self._drawing = VBox([*tools, self._middle()])
        self._drawing.add_class("nbs-drawing")
        self._over = VBox()
        notice = _row("nbs-notice", self.message, self._reload)
        super().__init__([notice, self._over, self._drawing, *self._bottom(), self._unseen()])
        self.add_class("nbs-panel")
        self.add_class(_PANEL)
        self.add_class(f"nbs-on-{surface}")
        self._listen()

    def save(self) -> None:
        """Write the mask of the open picture; this also happens whenever a picture is left."""
        with self._guard.lock:
            self.surface.finish_stroke()
            self.session.save()

    def close(self) -> None:
        """Save, and take the labeller off the page."""
        self.save()
        self.assistant.close()
        super().close()

    def toggle_review(self) -> None:
        """Show all pictures with their masks in place of the open one, or go back to drawing."""
        if self._drawing.layout.display == "none":
            self._draw()
        else:
            self._look_over()

    def __del__(self) -> None:
        # Not `close`: a labeller that nobody holds any more has no stroke that is not on disk.
        super().close()

    def _look_over(self) -> None:
        self.session.save()
        if self.review is None:
            self.review = ReviewGrid(self.session, self._guard)
            self.review.closed.connect(self._draw)
            self.review.chosen.connect(self._draw)
            self.review.suggest(self.assistant.suggestions)
            self._over.children = [self.review]
        else:
            self.review.refresh()
        self._over.layout.display = ""
        self._drawing.layout.display = "none"

    def _show_ranking(self) -> None:
        if self.review is not None:
            self.review.suggest(self.assistant.suggestions)

    def _draw(self, stem: str | None = None, box: Box | None = None) -> None:
        """Go back to drawing, at a part of the open picture."""
        self._over.layout.display = "none"
        self._drawing.layout.display = ""
        if box is not None:
            self.surface.look_at(box)

    def _top(self) -> VBox:
        session, guard = self.session, self._guard
        actions = HBox(
            [
                self._button("", "undo", session.undo, "Undo (U)"),
                self._button("", "repeat", session.redo, "Redo (R)"),
                self._button("", "expand", self.surface.reset_view, "Show the whole picture (H)"),
                self._button("Clear", "trash", session.clear, "Make all of it background"),
                self._button("Propose", "magic", self.assistant.ask, "Propose a mask"),
                self._button("Review", "th", self.toggle_review, "See all pictures"),
            ]
        )
        tools, sliders = tool_buttons(session.pen, guard), PenSliders(session.pen, guard)
        data = session.dataset
        classes = class_buttons(session.pen, data.class_names, data.colors, guard)
        return VBox([_row("nbs-top", tools, sliders, actions), classes])

    def _middle(self) -> HBox:
        side = VBox([PictureStrip(self.session, self._command), self.assistant])
        side.add_class("nbs-side")
        return _row("nbs-middle", self.surface.widget, side)

    def _bottom(self) -> list[HTML]:
        if self.surface.has_tools:
            return []
        return [self.status, _line("nbs-help", HELP)]

    def _unseen(self) -> HBox:
        if self.surface.has_tools:
            return _row("nbs-unseen", style_sheets("panel.css", "labeller.css"))
        keys = Shortcuts(self.session, self.surface)
        self.keyboard = Keyboard(_PANEL, keys.names, self._guard(keys.press, clears=True))
        return _row("nbs-unseen", style_sheets("panel.css", "labeller.css"), self.keyboard)

    def _button(
        self, text: str, icon: str, action: Callable[[], object], tooltip: str = ""
    ) -> Button:
        return icon_button(text, icon, tooltip, self._command(action))

    def _listen(self) -> None:
        session = self.session
        self.surface.actions |= {"review": self.toggle_review, "ask": self.assistant.ask}
        self.assistant.ranked.connect(self._show_ranking)
        session.opened.connect(lambda stem: self._show_status())
        session.edited.connect(lambda box: self._show_status())
        self.message.observe(lambda change: self._show_reload(), "value")
        self._show_status()
        self._show_reload()
        if session.problem is not None:
            self.message.show(str(session.problem))

    def _show_reload(self) -> None:
        self._reload.layout.display = "" if self.message.text else "none"

    def _show_status(self) -> None:
        session = self.session
        height, width = session.shape
        size = "" if session.image is None else f" · {width} × {height} pixels"
        self.status.value = f"<b>{session.stem}</b>{size}"


def _row(name: str, *children: Widget) -> HBox:
    row = HBox(children)
    row.add_class(name)
    return row


def _line(name: str, text: str) -> HTML:
    line = HTML(text)
    line.add_class(name)
    return line
