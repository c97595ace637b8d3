"""The stage of the app in which models are given to others, and taken from them."""

from html import escape
from pathlib import Path

from ipywidgets import HTML, Text, Textarea, VBox
from traitlets import Bunch

from notebook_seg.widgets.app_parts import (
    ModelChoice,
    Painter,
    WorkView,
    heading,
    primary,
    section,
    text,
)
from notebook_seg.widgets.app_share_state import ShareState
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.app_transfer import Download, Upload
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import row

__all__ = ["SharePanel"]

_FIELDS = {
    "name": ("Name", "What the model is called, such as reef fish"),
    "authors": ("Authors", "Who made it"),
    "licence": ("Licence", "What others may do with it, such as CC-BY-4.0"),
    "citation": ("Citation", "What they should cite, such as a DOI"),
    "limits": ("Limits", "What it was not made for, and where it errs"),
}
_ABOUT_BUNDLE = (
    "One file holds the network, what it was trained on, its scores and a test picture: one of "
    "your photographs, which everybody sees who gets the file. They open it here, or with "
    "“notebook-seg predict”."
)
_ABOUT_TAKING = (
    "A file that somebody has shared with you is checked, and nothing in it is executed. "
    "Its model is then among the models here."
)


class SharePanel(VBox):
    """Makes a file of a model, shows its card, and takes in the files of others.

    Parameters
    ----------
    app : AppState
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    state : ShareState
        All that the panel does, for use in Python.
    fields : dict of str to Text or Textarea
        What is to be said of the model.
    """

    def __init__(self, app: AppState, guard: Guard) -> None:
        self.state = ShareState(app)
        self._app = app
        self._sent: Path | None = None
        self.model = ModelChoice(app, guard)
        self.fields = {name: self._field(name, guard) for name in _FIELDS}
        self.make = primary(
            "Make the file", "gift", "Then it is downloaded", guard(self._make, clears=True)
        )
        self.download, self.card, self.taken = Download(), HTML(), HTML()
        self.work = WorkView(self.state.work, guard)
        self.upload = Upload(self.state.inbox, "Choose a file", several=False)
        self.upload.arrived.connect(guard(self._take, clears=True))
        self._giving = section(
            heading("Give a model away"),
            text(_ABOUT_BUNDLE),
            self.model,
            *self.fields.values(),
            row(self.make, self.download),
            self.card,
        )
        taking = section(
            heading("Open a model of somebody else"), text(_ABOUT_TAKING), self.upload, self.taken
        )
        super().__init__([self.work, self._giving, taking])
        self.painter = Painter(self.show, guard)
        app.changed.connect(self.painter)
        self.state.work.changed.connect(self.painter)
        self.show()

    def _field(self, name: str, guard: Guard) -> Text | Textarea:
        title, hint = _FIELDS[name]
        make = Textarea if name == "limits" else Text
        field = make(description=title, placeholder=hint)

        def take(change: Bunch) -> None:
            setattr(self.state.about, name, change.new)

        field.observe(guard(take), "value")
        return field

    def _make(self) -> None:
        self.download.forget()
        self.state.write()

    def _take(self) -> None:
        if self.state.inbox.paths:
            self.state.take()

    def show(self) -> None:
        """Bring it up to date."""
        state, model = self.state, self._app.model
        self._giving.layout.display = "none" if model is None else None
        self.make.disabled = state.work.is_busy
        card = state.card
        self.card.value = (
            f"<details><summary>The card of this model</summary><pre>{escape(card)}</pre></details>"
            if card
            else ""
        )
        taken = state.taken
        self.taken.value = (
            ""
            if taken is None
            else f"{escape(taken.name)} is here, and chosen: go on to “Predict”."
        )
        if state.written is not None and state.written != self._sent and not state.work.is_busy:
            self.download.offer(state.written)
        self._sent = state.written
