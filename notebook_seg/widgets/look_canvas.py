"""Pictures side by side that are looked at together, with the labeller's lasso and click."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from anywidget import AnyWidget
from psygnal import Signal
from traitlets import Unicode

from notebook_seg.data.box import Box
from notebook_seg.widgets.inspector_panes import Mark, Pane
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.modules import joined_modules, static_text
from notebook_seg.widgets.tiles import TILE, TilePyramid

__all__ = ["LookCanvas"]

Message = dict[str, Any]


class LookCanvas(AnyWidget):
    """Shows pictures of one photograph side by side: same place, same zoom, same cursor.

    Each comes by tiles, of which the browser asks for what it shows. A change of what is laid over
    the photograph leaves the view as it is.

    Parameters
    ----------
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    tool : str
        What the pointer does: ``"click"`` or ``"lasso"``.
    drawn : psygnal.Signal
        Emitted with the tool and its points ``(n, 2)``, x and y in pixels of the photograph.

    Examples
    --------
    >>> from notebook_seg.widgets.messages import MessageLine
    >>> canvas = LookCanvas(Guard(MessageLine()))
    >>> canvas.show("pike", (40, 60), [Pane("Photograph", np.zeros((40, 60, 3), np.uint8))])
    >>> canvas.names
    ('Photograph',)
    """

    _esm = joined_modules("look")
    _css = static_text("look.css")

    tool = Unicode("click").tag(sync=True)
    drawn = Signal(str, np.ndarray)

    def __init__(self, guard: Guard) -> None:
        self._tiles: dict[int, tuple[Pane, TilePyramid]] = {}
        self._count, self._stem, self._shape = 0, "", (0, 0)
        self._marks: tuple[list[Message], list[int] | None] = [], None
        super().__init__()
        self._handlers: dict[str, Callable[[Message, list[memoryview]], None]] = {
            "hello": guard(self._hello),
            "tiles": guard(self._send_tiles),
            "stroke": guard(self._stroke, clears=True),
        }
        self.on_msg(self._receive)

    @property
    def stem(self) -> str:
        """The name of the photograph that is shown."""
        return self._stem

    @property
    def names(self) -> tuple[str, ...]:
        """What is written above the pictures."""
        return tuple(pane.name for pane, _ in self._tiles.values())

    def show(self, stem: str, shape: tuple[int, int], panes: Sequence[Pane]) -> None:
        """Show pictures side by side.

        Parameters
        ----------
        stem : str
            The name of the photograph.
        shape : (int, int)
            Its height and width in pixels; a picture may have fewer.
        panes : sequence of Pane
        """
        known = {id(pane.image): (number, held) for number, (pane, held) in self._tiles.items()}
        tiles: dict[int, tuple[Pane, TilePyramid]] = {}
        for pane in panes:
            number, held = known.get(id(pane.image), (None, None))
            if number is None or held is None or number in tiles:
                self._count += 1
                number, held = self._count, TilePyramid(pane.image)
            tiles[number] = pane, held
        self._tiles, self._stem, self._shape = tiles, stem, shape
        self._hello_panes()

    def mark(self, marks: Sequence[Mark], place: tuple[int, int] | None) -> None:
        """Draw lines over all of them, and a cross at a place ``(row, column)``."""
        lines = [
            {"points": mark.points.tolist(), "color": mark.color, "dashed": mark.dashed}
            for mark in marks
        ]
        self._marks = lines, None if place is None else [place[1], place[0]]
        self._hello_marks()

    def look_at(self, box: Box) -> None:
        """Show a part of the photograph, as large as it fits."""
        self.send({"type": "look", "box": list(box)})

    def _receive(self, widget: AnyWidget, content: Message, buffers: list[memoryview]) -> None:
        handler = self._handlers.get(content.get("type", ""))
        if handler is not None:
            handler(content, buffers)

    def _hello(self, content: Message, buffers: list[memoryview]) -> None:
        self._hello_panes()
        self._hello_marks()

    def _hello_panes(self) -> None:
        if not self._tiles:
            return
        panes = [_about(number, *shown) for number, shown in self._tiles.items()]
        height, width = self._shape
        photograph = {"id": self._stem, "stem": self._stem, "width": width, "height": height}
        self.send({"type": "open", "photograph": photograph, "panes": panes})

    def _hello_marks(self) -> None:
        marks, place = self._marks
        self.send({"type": "marks", "marks": marks, "place": place})

    def _send_tiles(self, content: Message, buffers: list[memoryview]) -> None:
        number, keys = content["picture"], content["wanted"]
        if number not in self._tiles:
            return
        held = self._tiles[number][1]
        tiles = [held.tile(*key) for key in keys]
        self.send({"type": "tiles", "picture": number, "keys": keys}, tiles)

    def _stroke(self, content: Message, buffers: list[memoryview]) -> None:
        if content["photograph"] == self._stem:
            points = np.frombuffer(buffers[0], np.float32).reshape(-1, 2)
            self.drawn.emit(content["tool"], points)


def _about(number: int, pane: Pane, tiles: TilePyramid) -> Message:
    height, width = pane.image.shape[:2]
    size = {"width": width, "height": height, "tile": TILE, "levels": tiles.levels}
    return {"id": number, "name": pane.name, **size}
