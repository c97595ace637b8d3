"""The surface of the labeller on an HTML5 canvas: strokes are drawn in the browser at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from anywidget import AnyWidget
from traitlets import Dict, List

from notebook_seg.data.box import Box
from notebook_seg.data.change import Change
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.errors import NotebookSegError, check_choice
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.modules import joined_modules, static_text
from notebook_seg.widgets.tiles import TILE, TilePyramid

__all__ = ["LassoCanvas"]

Message = dict[str, Any]

_PEN = ("tool", "label", "radius", "opacity", "mode", "keep", "tolerance")
_STROKE = ("tool", "label", "mode", "radius", "keep", "tolerance")


class LassoCanvas(AnyWidget):
    """Shows the open picture in the browser, which draws strokes itself and sends their points.

    The browser gets the picture by tiles, the mask once, and then what each stroke has changed. A
    stroke is answered when it is on disk, or when the disk has refused it.

    Parameters
    ----------
    session : LabellingSession
        What is shown and drawn on.
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    session : LabellingSession
        As given.
    actions : dict of str to callable
        What buttons and keys of the browser stand for; more can be put in.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> from notebook_seg.widgets.messages import MessageLine
    >>> canvas = LassoCanvas(LabellingSession(Dataset.sample()), Guard(MessageLine()))
    >>> canvas.pen["tool"]
    'lasso'
    >>> canvas.session.pen.tool = "brush"
    >>> canvas.pen["tool"]
    'brush'
    """

    _esm = joined_modules("canvas")
    _css = static_text("canvas.css") + static_text("toolbar.css")

    classes: List = List().tag(sync=True)
    pen: Dict = Dict().tag(sync=True)
    state: Dict = Dict().tag(sync=True)

    has_tools = True

    def __init__(self, session: LabellingSession, guard: Guard) -> None:
        self.session = session
        self._opened = 0
        self._tiles: TilePyramid | None = None
        self._answers: list[tuple[Message, list[bytes]]] | None = None
        self.actions = _actions_of(session)
        super().__init__(classes=_classes_of(session), pen=self._pen(), state=self._state())
        self._take_picture()
        self._handlers = {
            "hello": guard(self._hello),
            "tiles": guard(self._send_tiles),
            "stroke": guard(self._stroke, clears=True),
            "trace": guard(self._trace),
            "begun": guard(self._begin),
            "action": guard(self._act, clears=True),
        }
        self.on_msg(self._receive)
        self.observe(guard(self._take_pen), "pen")
        self._listen()

    @property
    def widget(self) -> "LassoCanvas":
        """What to put into a notebook."""
        return self

    def finish_stroke(self) -> None:
        """Do nothing: the browser ends what is begun there, and then sends it whole."""

    def cancel_stroke(self) -> None:
        """Do nothing: the browser forgets what is begun there, and sends nothing."""

    def reset_view(self) -> None:
        """Show all of the picture."""
        self.send({"type": "whole"})

    def look_at(self, box: Box) -> None:
        """Show a part of the picture, as large as it fits."""
        self.send({"type": "look", "picture": self._opened, "box": list(box)})

    # ---------------------------------------------------------------- what the browser asks

    def _receive(self, widget: AnyWidget, content: Message, buffers: list[memoryview]) -> None:
        handler = self._handlers.get(content.get("type", ""))
        if handler is not None:
            handler(content, buffers)

    def _hello(self, content: Message, buffers: list[memoryview]) -> None:
        self._send_picture()

    def _send_tiles(self, content: Message, buffers: list[memoryview]) -> None:
        if self._tiles is None or content["picture"] != self._opened:
            return
        keys = content["wanted"]
        tiles = [self._tiles.tile(*key) for key in keys]
        self.send({"type": "tiles", "picture": self._opened, "keys": keys}, tiles)

    def _stroke(self, content: Message, buffers: list[memoryview]) -> None:
        with self._answering(content, "patch"):
            if content["picture"] != self._opened:
                raise NotebookSegError(
                    "A stroke came after its picture was left, and is not drawn. Draw it again"
                )
            points = np.frombuffer(buffers[0], np.float32).reshape(-1, 2)
            self.session.stroke(points, **{name: content[name] for name in _STROKE})

    def _begin(self, content: Message, buffers: list[memoryview]) -> None:
        self.session.begun.emit()

    def _trace(self, content: Message, buffers: list[memoryview]) -> None:
        line = np.array([content["start"], content["stop"]])
        try:
            line = self.session.trace(content["start"], content["stop"])
        finally:
            answer = {"type": "trace", "seq": content["seq"]}
            self.send(answer, [line.astype(np.float32).tobytes()])

    def _act(self, content: Message, buffers: list[memoryview]) -> None:
        with self._answering(content, "done"):
            self.actions[check_choice("action", content["name"], self.actions)]()

    @contextmanager
    def _answering(self, content: Message, kind: str) -> Iterator[None]:
        """Hold back what changes until it is on disk, then answer with the name of the question."""
        self._answers = []
        try:
            yield
        finally:
            if not (
                kind == "patch" and self._answers[-1:] and self._answers[-1][0]["type"] == kind
            ):
                self._say(kind, layer=_layer_of(content))
            answers, self._answers = self._answers, None
            answers[-1][0]["seq"] = content["seq"]
            self._show_state()
            for message, parts in answers:
                self.send(message, parts)

    # ---------------------------------------------------------------- what the session reports

    def _listen(self) -> None:
        session = self.session
        session.opened.connect(self._open)
        session.edited.connect(self._send_edit)
        session.scribbled.connect(self._send_scribble)
        session.proposed.connect(self._send_proposal)
        session.pen.changed.connect(self._show_pen)
        session.status_changed.connect(self._show_state)

    def _open(self, stem: str) -> None:
        self._take_picture()
        self._send_picture()

    def _take_picture(self) -> None:
        self._opened += 1
        image = self.session.image
        self._tiles = None if image is None else TilePyramid(image)

    def _send_picture(self) -> None:
        """Send what a browser needs to show the open picture, and whatever is drawn on it."""
        mask, scribbles = self.session.mask, self.session.scribbles
        drawn = None if mask is None else _all_but(mask.labels, BACKGROUND)
        self._say("open", drawn, stem=self.session.stem, about=self._about())
        if scribbles is not None:
            self._say("patch", _all_but(scribbles.labels, UNLABELLED), layer="scribbles")
        if self.session.proposal is not None:
            self._send_proposal()

    def _about(self) -> Message | None:
        if self._tiles is None:
            return None
        height, width = self.session.shape
        size = {"width": width, "height": height, "tile": TILE, "levels": self._tiles.levels}
        editable = self.session.mask is not None
        return {"id": self._opened, "stem": self.session.stem, "editable": editable, **size}

    def _send_edit(self, box: Box) -> None:
        if self.session.mask is not None:
            self._say("patch", self.session.mask.last_change, layer="mask")

    def _send_scribble(self) -> None:
        if self.session.scribbles is not None:
            self._say("patch", self.session.scribbles.last_change, layer="scribbles")

    def _send_proposal(self) -> None:
        proposal = self.session.proposal
        labels = None if proposal is None else Change.drawn(proposal.box, proposal.labels)
        self._say("proposal", labels)

    def _say(self, kind: str, change: Change | None = None, **more: Any) -> None:
        """Send a message with changed pixels, or keep it until the stroke is on disk."""
        message: Message = {"type": kind, "picture": self._opened, "seq": None, "box": None} | more
        parts = []
        if change is not None:
            packed = isinstance(change.values, bytes)
            message |= {"box": list(change.box), "value": None if packed else change.values}
            parts = [part for part in (change.where, change.values) if isinstance(part, bytes)]
        if self._answers is None:
            self._show_state()
            self.send(message, parts)
        else:
            self._answers.append((message, parts))

    # ---------------------------------------------------------------- pen and state

    def _pen(self) -> Message:
        return {name: getattr(self.session.pen, name) for name in _PEN}

    def _take_pen(self, change: Any) -> None:
        try:
            for name in _PEN:
                setattr(
                    self.session.pen, name, change.new.get(name, getattr(self.session.pen, name))
                )
        finally:
            self.pen = self._pen()

    def _show_pen(self, name: str) -> None:
        if self.pen.get(name) != getattr(self.session.pen, name):
            self.pen = self._pen()

    def _state(self) -> Message:
        session = self.session
        return {
            "can_undo": session.can_undo,
            "can_redo": session.can_redo,
            "on_disk": session.all_on_disk,
            "proposal": session.proposal.title if session.proposal else None,
        }

    def _show_state(self, *_: object) -> None:
        self.state = self._state()


def _layer_of(stroke: Message) -> str:
    """Return where a browser has drawn a stroke ahead, and takes it back that was refused."""
    return "scribbles" if stroke.get("tool") == "scribble" else "mask"


def _actions_of(session: LabellingSession) -> dict[str, Callable[[], object]]:
    return {
        "undo": session.undo,
        "redo": session.redo,
        "clear": session.clear,
        "accept": session.accept,
        "refuse": session.refuse,
        "smooth": lambda: session.tidy("smooth"),
        "holes": lambda: session.tidy("holes"),
        "specks": lambda: session.tidy("specks"),
        "next": session.next,
        "previous": session.previous,
        "next_unlabelled": session.next_unlabelled,
        "mark_done": session.mark_done,
        "reload": session.reload,
    }


def _classes_of(session: LabellingSession) -> list[Message]:
    data = session.dataset
    both = zip(data.class_names, data.colors, strict=True)
    return [{"index": i, "name": name, "color": color} for i, (name, color) in enumerate(both)]


def _all_but(labels: npt.NDArray[np.uint8], nothing: int) -> Change | None:
    """Return the pixels that have another label than `nothing`."""
    return Change.drawn(Box.whole(labels.shape), labels, labels != nothing)
