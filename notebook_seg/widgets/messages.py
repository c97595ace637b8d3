"""The line in which a widget says what went wrong."""

import html
import logging
from collections.abc import Callable
from functools import wraps

from ipywidgets import HTML
from psygnal import EmitLoopError

from notebook_seg.errors import NotebookSegError

__all__ = ["MessageLine"]

_log = logging.getLogger(__name__)


class MessageLine(HTML):
    """Shows the error of the last action, and nothing when it went well.

    Examples
    --------
    >>> def act():
    ...     raise NotebookSegError("The disk is full")
    >>> line = MessageLine()
    >>> line.guard(act)()
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

    def guard(self, action: Callable[..., object]) -> Callable[..., None]:
        """Return a callback that shows the error of `action` where it would be lost otherwise.

        Callbacks of widgets have no caller that could catch: what they raise ends in a log that
        nobody reads.
        """

        @wraps(action)
        def guarded(*args: object) -> None:
            try:
                action(*args)
            except Exception as error:  # noqa: BLE001 - the user must see any fault
                self.show(_describe(error))
            else:
                self.show("")

        return guarded


def _describe(error: BaseException) -> str:
    while isinstance(error, EmitLoopError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, NotebookSegError):
        return str(error)
    _log.error("Unexpected error in a widget", exc_info=error)
    return (
        f"This is a fault of notebook_seg, please report it: {type(error).__name__}: {error}. "
        "What was drawn so far is on disk"
    )
