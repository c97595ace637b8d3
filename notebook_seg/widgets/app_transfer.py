"""Files between a browser and the kernel, part by part, of whatever size."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from anywidget import AnyWidget
from psygnal import Signal
from traitlets import Bool, Unicode

from notebook_seg.errors import NotebookSegError
from notebook_seg.widgets.app_photographs import Inbox
from notebook_seg.widgets.modules import joined_modules

__all__ = ["Download", "Upload"]

Message = dict[str, Any]

# A message to the browser has no limit, but its memory has.
_PART = 2**22


class Upload(AnyWidget):
    """A place to drop files, or to choose them.

    Parameters
    ----------
    inbox : Inbox
        Where they go.
    text : str
        What the button says.
    several : bool
        Whether more than one is taken at a time.

    Attributes
    ----------
    is_open : bool
        Whether files are on their way.
    arrived : psygnal.Signal
        Emitted when all that were chosen together are there, or were refused.

    Examples
    --------
    >>> Upload(Inbox([".jpg", ".png"]), "Choose photographs").accept
    '.jpg,.png'
    """

    _esm = joined_modules("upload")

    text = Unicode().tag(sync=True)
    accept = Unicode().tag(sync=True)
    several = Bool(True).tag(sync=True)
    is_open = Bool(False)

    arrived = Signal()

    def __init__(self, inbox: Inbox, text: str, several: bool = True) -> None:
        self.inbox = inbox
        super().__init__(text=text, accept=",".join(inbox.endings), several=several)
        self.on_msg(self._receive)

    def _receive(self, widget: AnyWidget, content: Message, buffers: list[memoryview]) -> None:
        kind = content.get("type")
        if kind == "begin":
            self.is_open = True
            self._answer(lambda: self.inbox.begin(str(content["name"]), int(content["size"])))
        elif kind == "part":
            self._answer(lambda: self.inbox.append(bytes(buffers[0])))
        elif kind == "all":
            self.is_open = False
            self.arrived.emit()

    def _answer(self, act: Callable[[], object]) -> None:
        try:
            act()
        except NotebookSegError as error:
            self.send({"type": "refused", "why": str(error)})
        else:
            self.send({"type": "next"})


class Download(AnyWidget):
    """Hands a file over to the browser, which saves it as any download.

    Examples
    --------
    >>> download = Download()
    >>> download.path is None
    True
    """

    _esm = joined_modules("download")

    def __init__(self) -> None:
        self.path: Path | None = None
        super().__init__()
        self.on_msg(self._receive)

    def offer(self, path: Path, name: str = "") -> None:
        """Send a file, which has to stay where it is until `forget`."""
        self.path = path
        size = path.stat().st_size
        self.send({"type": "file", "name": name or path.name, "size": size})

    def forget(self) -> None:
        """Take back what was offered."""
        self.path = None
        self.send({"type": "forget"})

    def _receive(self, widget: AnyWidget, content: Message, buffers: list[memoryview]) -> None:
        if content.get("type") == "part":
            self.send({"type": "part"}, [self._part(int(content["offset"]))])

    def _part(self, offset: int) -> bytes:
        if self.path is None or not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(_PART)
