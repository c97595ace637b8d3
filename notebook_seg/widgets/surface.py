"""What the panel of the labeller asks of the surface that is drawn on."""

from collections.abc import Callable
from typing import Protocol

from ipywidgets import DOMWidget

from notebook_seg.data.box import Box
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.messages import Guard

__all__ = ["Surface"]


class Surface(Protocol):
    """Shows the picture and its mask, and turns the pointer into strokes of the session.

    It listens to the signals of the session and is otherwise told nothing.
    """

    has_tools: bool
    """Whether it brings its own buttons and keys."""

    actions: dict[str, Callable[[], object]]
    """What these stand for; the panel adds its own."""

    @property
    def widget(self) -> DOMWidget:
        """What to put into a notebook."""

    def __init__(self, session: LabellingSession, guard: Guard) -> None:
        """Show the picture that is open in `session`; every callback goes through `guard`."""

    def finish_stroke(self) -> None:
        """End a stroke that is under way as if the button had been released."""

    def cancel_stroke(self) -> None:
        """Forget a stroke that is under way."""

    def reset_view(self) -> None:
        """Show all of the picture."""

    def look_at(self, box: Box) -> None:
        """Show a part of the picture, as large as it fits."""
