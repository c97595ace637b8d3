"""What to do next, each sentence with its numbers and a button that does it."""

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

from ipywidgets import HTML, Button, DOMWidget, VBox
from psygnal import Signal

from notebook_seg.errors import OptionError
from notebook_seg.inspection.advice import NOTHING_WRONG, Action, Advice
from notebook_seg.inspection.explain.view import one_model
from notebook_seg.training.scale import WorkingScale
from notebook_seg.widgets.inspector_state import InspectorState
from notebook_seg.widgets.labeller import Labeller
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row
from notebook_seg.widgets.trainer import Trainer

__all__ = ["AdviceView"]

_SHOWN = 4
_BEFORE = (
    "The model looks at every picture of the dataset once; then it is told what would help most."
)


class AdviceView(VBox):
    """Advice, most important first, and what its buttons open.

    Parameters
    ----------
    state : InspectorState
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    look : Button
        Goes through all pictures.
    pieces : VBox
        One for each piece of advice.
    opened : DOMWidget or None
        The labeller or the trainer that a button has opened.
    busy_changed : psygnal.Signal
        Emitted when a training that was set up here begins or ends, in its thread.
    """

    busy_changed = Signal()

    def __init__(self, state: InspectorState, guard: Guard) -> None:
        self.state, self._guard = state, guard
        self.opened: DOMWidget | None = None
        self._was_busy = False
        self.about = HTML(_BEFORE)
        self.look = icon_button(
            "What should I do next?",
            "play",
            "Let the model look at every picture of the dataset",
            guard(state.look_through, clears=True),
        )
        self.look.button_style = "primary"
        self.pieces, self._below = VBox(), VBox()
        super().__init__([row(self.look, self.about), self.pieces, self._below])
        self.add_class("nbs-advice-view")
        self.show("survey")

    def show(self, news: str) -> None:
        """Bring up to date what a change of the state touches."""
        survey = self.state.survey
        if news != "survey" or survey is None:
            return
        found = survey.advice
        self.look.description = "Look again"
        self.look.button_style = ""
        self.about.value = (
            f"From {len(survey.evidence.pictures)} pictures, the most important first."
            if found
            else NOTHING_WRONG
        )
        self.pieces.children = tuple(map(self._piece, found))

    @property
    def is_busy(self) -> bool:
        """Whether a training that was set up here goes on."""
        return isinstance(self.opened, Trainer) and self.opened.state.is_busy

    def close(self) -> None:
        """Close what a button has opened too."""
        self._close_opened()
        super().close()

    def _piece(self, advice: Advice) -> VBox:
        buttons: list[Button] = []
        if advice.action is not None:
            buttons += self._acting(advice.action)
        buttons += [self._showing(stem) for stem in advice.stems[:_SHOWN]]
        call = "" if advice.action is None else f"<code>{escape(advice.action.text)}</code>"
        piece = VBox([HTML(_in_words(advice)), row(*buttons, HTML(call))])
        piece.add_class("nbs-piece")
        piece.add_class(f"nbs-{advice.level.replace(' ', '-')}")
        return piece

    def _acting(self, action: Action) -> list[Button]:
        openers: Mapping[str, tuple[str, str, Callable[[Action], DOMWidget]]] = {
            "Labeller": ("Open in the labeller", "pencil", self._labeller),
            "train": ("Set up this training", "cogs", self._trainer),
        }
        if action.kind not in openers:
            return []
        text, icon, make = openers[action.kind]
        tip = "Opens below; nothing starts by itself"
        act = self._guard(lambda: self._open(partial(make, action)), clears=True)
        return [icon_button(text, icon, tip, act)]

    def _showing(self, stem: str) -> Button:
        act = self._guard(lambda: self.state.open(stem), clears=True)
        return icon_button(stem, "picture-o", f"Look at {stem} above", act)

    def _labeller(self, action: Action) -> DOMWidget:
        data = self.state.dataset
        chosen = data.subset(action.stems) if action.stems else data
        model = one_model(self.state.model) if "model" in action.arguments else None
        return Labeller(chosen, model=model)

    def _trainer(self, action: Action) -> DOMWidget:
        return Trainer(self.state.dataset, **_values(action.arguments))

    def _open(self, make: Callable[[], DOMWidget]) -> None:
        self._check_idle("another panel to be opened in its place")
        widget = make()
        self._close_opened()
        self.opened = widget
        if isinstance(widget, Trainer):
            widget.state.changed.connect(self._note_training)
            self._note_training()
        act = self._guard(self._close_by_hand, clears=True)
        self._below.children = (icon_button("Close", "times", "Take it off the page", act), widget)

    def _close_by_hand(self) -> None:
        self._check_idle("its panel to be closed")
        self._close_opened()

    def _check_idle(self, received: str) -> None:
        if self.is_busy:
            raise OptionError(
                "A training goes on below: stop it first, which keeps what it learned, or wait. "
                f"Received: {received}"
            )

    def _note_training(self) -> None:
        if self.is_busy != self._was_busy:
            self._was_busy = self.is_busy
            self.busy_changed.emit()

    def _close_opened(self) -> None:
        self._below.children = ()
        if self.opened is not None:
            self.opened.close()
        self.opened = None


def _values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: WorkingScale(**value) if name == "scale" else value
        for name, value in arguments.items()
    }


def _in_words(advice: Advice) -> str:
    numbers = ", ".join(f"{name} {_written(value)}" for name, value in advice.evidence.items())
    rests = f'<p class="nbs-evidence">Evidence: {escape(numbers)}</p>' if numbers else ""
    return f'<p><span class="nbs-level">{advice.level}</span> {escape(advice.sentence)}</p>{rests}'


def _written(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
