"""What the panels of the app share: headings, work with its progress, and the choice of a model."""

from collections.abc import Callable
from html import escape
from threading import Event

from ipywidgets import HTML, Box, Button, Dropdown, FloatProgress, VBox, Widget
from traitlets import Bunch

from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.app_work import Work
from notebook_seg.widgets.background import Background, GoOn
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row

__all__ = ["ModelChoice", "Painter", "WorkView", "heading", "primary", "section", "text"]

_BREATH = 0.2  # seconds between two looks


def heading(words: str) -> HTML:
    """Return the heading of a part of a panel."""
    return HTML(f"<h2>{escape(words)}</h2>")


def text(words: str = "") -> HTML:
    """Return a line of text."""
    return HTML(escape(words))


def section(*parts: Widget) -> VBox:
    """Return parts that belong together, one below the other."""
    made = VBox(parts)
    made.add_class("nbs-section")
    return made


def primary(words: str, icon: str, tip: str, action: Callable[[], object]) -> Button:
    """Return the button that a person is to press as a rule."""
    button = icon_button(words, icon, tip, action)
    button.button_style = "primary"
    return button


class Painter:
    """Brings a panel up to date, in a thread of its own, when there is news of whatever thread.

    Parameters
    ----------
    show : callable
        Shows all that there is.
    guard : Guard
        Shows what goes wrong.
    """

    def __init__(self, show: Callable[[], object], guard: Guard) -> None:
        self._show, self._guard = show, guard
        self._painter, self._breath = Background(), Event()

    def __call__(self, *news: object) -> None:
        """Show what is new, soon."""
        # Whoever emits holds the signal: to wait here for a callback could be for ever.
        self._painter.start(self._paint)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all is shown; False if that took longer."""
        return self._painter.wait(timeout)

    def _paint(self, go_on: GoOn) -> None:
        try:
            self._show()
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self._guard.show(error)
        self._breath.wait(_BREATH)


class WorkView(Box):
    """Shows what goes on, how far it is, and a button that ends it; nothing in between.

    Parameters
    ----------
    work : Work
    guard : Guard
        Shows why it ended early.
    """

    def __init__(self, work: Work, guard: Guard) -> None:
        self.work, self._guard = work, guard
        self._told: Exception | None = None
        self.bar, self.said = FloatProgress(min=0, max=1), HTML()
        self.said.add_class("nbs-working-text")
        self.stop = icon_button("Stop", "stop", "End it, and keep what was done", work.stop)
        super().__init__([row(self.bar, self.stop, self.said)])
        self.add_class("nbs-working")
        self.painter = Painter(self.show, guard)
        work.changed.connect(self.painter)
        self.show()

    def show(self) -> None:
        """Bring it up to date."""
        work = self.work
        self.layout.display = None if work.is_busy else "none"
        self.stop.disabled = work.stopped
        self.bar.value = work.done
        ending = "ending after what is at hand" if work.stopped else f"{work.done:.0%}"
        self.said.value = escape(f"{work.what}: {ending}")
        if work.error is not None and work.error is not self._told:
            self._guard.show(work.error)
        self._told = work.error


class ModelChoice(Dropdown):
    """A list of the models of a dataset.

    Parameters
    ----------
    state : AppState
        Whose model is chosen.
    guard : Guard
        Wraps each callback.
    """

    def __init__(self, state: AppState, guard: Guard) -> None:
        super().__init__(description="Model")
        self._state = state
        self._reading = False
        self._shown: list[tuple[str, str]] = []
        self.add_class("nbs-model-choice")
        self.observe(guard(self._take, clears=True), "value")
        self.painter = Painter(self.show, guard)
        state.changed.connect(self._note)
        self.show()

    def show(self) -> None:
        """Bring it up to date."""
        self._reading = True
        options = [(found.title, found.name) for found in self._state.models]
        if options != self._shown:
            self._shown = self.options = options
        self.value = self._state.model_name or None
        self.disabled = not options
        self._reading = False

    def _note(self, news: str) -> None:
        if news == "models":
            self.painter()

    def _take(self, change: Bunch) -> None:
        # A list that has grown begins at its top again, which nobody has chosen.
        if not self._reading and change.new:
            self._state.choose_model(change.new)
