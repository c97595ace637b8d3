"""Keys that are pressed anywhere in a panel, which ipywidgets itself does not tell."""

from collections.abc import Callable, Iterable
from pathlib import Path

from anywidget import AnyWidget
from traitlets import List, Unicode

__all__ = ["Keyboard"]


class Keyboard(AnyWidget):
    """Calls a listener with the names of the keys that it wants; it has no looks of its own.

    Parameters
    ----------
    panel : str
        The CSS class of the panel that it lies in and listens to.
    keys : iterable of str
        The keys that are wanted: ``'n'``, ``'left'``, ``'escape'``, ``'ctrl+z'``. Command counts as
        ctrl. All others are left to the notebook.
    pressed : callable
        Called with one of `keys`.
    """

    _esm = Path(__file__).parent / "static" / "keyboard.js"

    panel = Unicode().tag(sync=True)
    wanted = List(Unicode()).tag(sync=True)

    def __init__(self, panel: str, keys: Iterable[str], pressed: Callable[[str], object]) -> None:
        super().__init__(panel=panel, wanted=sorted(keys))
        self.layout.display = "none"
        self.on_msg(lambda _widget, content, _buffers: pressed(content["key"]))
