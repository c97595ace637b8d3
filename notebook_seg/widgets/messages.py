"""The line in which a widget says what went wrong."""

import html
import logging
from collections.abc import Callable, Mapping
from threading import RLock

from ipywidgets import HTML
from psygnal import EmitLoopError

from notebook_seg.errors import NotebookSegError

__all__ = ["Guard", "Hints", "MessageLine", "Wrapper"]

Action = Callable[..., object]
Callback = Callable[..., None]
Wrapper = Callable[[Action], Callback]
Hints = Mapping[type[NotebookSegError], str | Callable[[str], str]]
"""A sentence for each kind of error, or what makes one of its text; the first that fits is said."""

_log = logging.getLogger(__name__)


class MessageLine(HTML):
    """Shows the error of the last action, and nothing when it went well.

    Examples
    --------
    >>> line = MessageLine()
    >>> line.show("The disk is full")
    >>> line.text
    'The disk is full'
    """

    def __init__(self) -> None:
        super().__init__()
        self.add_class("nbs-message")
        self.text = ""

    def show(self, text: str) -> None:
        """Show a message, or none if it is empty."""
        if text != self.text:
            self.text = text
            self.value = f'<span role="alert">{html.escape(text)}</span>' if text else ""


class Guard:
    """Makes callbacks of a widget that run one at a time and whose errors the user sees.

    Callbacks of widgets have no caller that could catch: what they raise ends in a log that nobody
    reads. And JupyterLab may have those of one panel run in two threads of the kernel at once,
    because it sends the messages of some widgets to a subshell.

    Parameters
    ----------
    line : MessageLine
        Where errors are shown.
    comfort : str or callable, optional
        What is said of the user's work when the fault is ours, or returns it at that moment.
    hints : mapping of type to str or callable, optional
        What to do in this panel where a kind of error says what to write in Python.

    Attributes
    ----------
    lock : threading.RLock
        Held while a callback runs; to be held by whatever else must not be cut into.

    Examples
    --------
    >>> def act():
    ...     raise NotebookSegError("The disk is full")
    >>> line = MessageLine()
    >>> Guard(line)(act)()
    >>> line.text
    'The disk is full'
    """

    def __init__(
        self,
        line: MessageLine,
        comfort: str | Callable[[], str] = "What was drawn so far is on disk",
        hints: Hints | None = None,
    ) -> None:
        self.lock = RLock()
        self._line = line
        self._comfort = comfort
        self._hints = hints or {}

    def __call__(self, action: Action, clears: bool = False) -> Callback:
        """Return a callback that shows the error of `action`.

        Parameters
        ----------
        action : callable
            What to do.
        clears : bool, optional
            Whether its success is worth clearing the message of what failed before it. A mere
            movement of the pointer is not.
        """

        def guarded(*args: object) -> None:
            with self.lock:
                self._run(action, args, clears)

        return guarded

    def after(self, first: Callable[[], object]) -> Wrapper:
        """Return what makes callbacks of actions that clear the message and come after `first`."""

        def wrap(action: Action) -> Callback:
            def both(*args: object) -> None:
                first()
                action(*args)

            return self(both, clears=True)

        return wrap

    def show(self, error: BaseException) -> None:
        """Show an error that came up elsewhere, as in a thread."""
        with self.lock:
            self._line.show(self._describe(error))

    def _run(self, action: Action, args: tuple[object, ...], clears: bool) -> None:
        try:
            action(*args)
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self._line.show(self._describe(error))
        else:
            if clears:
                self._line.show("")

    def _describe(self, error: BaseException) -> str:
        while isinstance(error, EmitLoopError) and error.__cause__ is not None:
            error = error.__cause__
        if isinstance(error, NotebookSegError):
            return _sentences(str(error), self._hint(error))
        _log.error("Unexpected error in a widget", exc_info=error)
        fault = f"{type(error).__name__}: {error}"
        return _sentences(
            f"This is a fault of notebook_seg, please report it: {fault}",
            self._comfort() if callable(self._comfort) else self._comfort,
        )

    def _hint(self, error: NotebookSegError) -> str:
        fitting = (hint for kind, hint in self._hints.items() if isinstance(error, kind))
        hint = next(fitting, "")
        return hint(str(error)) if callable(hint) else hint


def _sentences(first: str, second: str) -> str:
    return f"{first.removesuffix('.')}. {second}" if second else first
