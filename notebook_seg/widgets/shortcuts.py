"""The keys of the labeller."""

from collections.abc import Callable
from functools import partial

from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.surface import Surface

__all__ = ["HELP", "Shortcuts"]

_TOOLS = {"l": "lasso", "b": "brush", "e": "erase", "f": "fill"}
_RADIUS_STEP = 1.25
_OPACITY_STEP = 0.1

_HELP_GROUPS = (
    (("L", "lasso"), ("B", "brush"), ("E", "erase"), ("F", "fill")),
    (("1", "… class"), ("0", "background"), ("X", "unlabelled")),
    (("[", ""), ("]", "brush size"), ("−", ""), ("+", "mask")),
    (("U", "undo"), ("R", "redo"), ("H", "whole picture"), ("Esc", "cancel")),
    (("P", "previous"), ("N", "next"), ("T", "next to do"), ("D", "done")),
)

_POINTER = ("wheel: zoom", "right button: move")
_GROUPS = [" ".join(f"<kbd>{key}</kbd> {text}" for key, text in keys) for keys in _HELP_GROUPS]

HELP = " ".join(f"<span>{group}</span>" for group in (*_GROUPS, *_POINTER))


class Shortcuts:
    """Turns the names of keys into actions.

    Parameters
    ----------
    session : LabellingSession
        Which they act on.
    surface : Surface
        Which they act on, for the view and a stroke under way.
    """

    def __init__(self, session: LabellingSession, surface: Surface) -> None:
        self._session = session
        self._surface = surface
        pen = session.pen
        self._actions: dict[str, Callable[[], object]] = {
            "u": session.undo,
            "ctrl+z": session.undo,
            "r": session.redo,
            "ctrl+y": session.redo,
            "ctrl+shift+z": session.redo,
            "n": session.next,
            "right": session.next,
            "p": session.previous,
            "left": session.previous,
            "t": session.next_unlabelled,
            "d": session.mark_done,
            "h": surface.reset_view,
            "escape": surface.cancel_stroke,
            "[": lambda: self._resize(1 / _RADIUS_STEP),
            "]": lambda: self._resize(_RADIUS_STEP),
            "-": lambda: self._cover(-_OPACITY_STEP),
            "+": lambda: self._cover(_OPACITY_STEP),
            "=": lambda: self._cover(_OPACITY_STEP),
        }
        keys = {"0": BACKGROUND, "x": UNLABELLED}
        keys |= {str(label): label for label in pen.labels if 1 <= label <= 9}
        self._actions |= {key: partial(setattr, pen, "tool", tool) for key, tool in _TOOLS.items()}
        self._actions |= {key: partial(setattr, pen, "label", label) for key, label in keys.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that stand for something."""
        return tuple(self._actions)

    def press(self, key: str) -> None:
        """Do what a key stands for; other keys do nothing."""
        if key != "escape":
            self._surface.finish_stroke()
        if key in self._actions:
            self._actions[key]()

    def _resize(self, factor: float) -> None:
        self._session.pen.radius = max(0.5, self._session.pen.radius * factor)

    def _cover(self, step: float) -> None:
        pen = self._session.pen
        pen.opacity = min(max(pen.opacity + step, 0.0), 1.0)
