"""The app, for people who do not program, on a page of the browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from notebook_seg.lab.notebooks import code_cell, notebook
from notebook_seg.lab.server import HERE, serve

__all__ = ["app_page", "open_app"]

_SOURCE = """\
import atexit

from notebook_seg.widgets.app import App

app = App({folder})
atexit.register(app.save)
app"""
_ENDED = (
    "The app has ended, and nothing done from now on is saved. What you did before is.",
    "notebook-seg app",
)


def app_page(folder: Path) -> dict[str, Any]:
    """Return a notebook that shows the app and nothing else.

    Parameters
    ----------
    folder : Path
        A dataset, or where one is to be made.

    Examples
    --------
    >>> app_page(Path("my_fish"))["metadata"]["title"]
    'my_fish – notebook_seg'
    """
    folder = folder.expanduser().resolve()
    # Escaped, so that any name of a folder is the name that the kernel reads.
    source = _SOURCE.format(folder=ascii(str(folder)))
    return notebook(code_cell("app", source), title=f"{folder.name} – notebook_seg", ended=_ENDED)


def open_app(
    folder: Path,
    tell: Callable[[str], object],
    ip: str = HERE,
    port: int | None = None,
    has_token: bool = True,
) -> None:
    """Serve the app as a page, open it in the browser, and wait until Ctrl-C.

    Parameters
    ----------
    folder : Path
        A dataset, or a folder that is empty or not there yet.
    tell : callable
        Called with the address of the page once it is there.
    ip : str, optional
        The address to serve at; without it, the page is for this machine alone.
    port : int, optional
        Without it, one that is free.
    has_token : bool, optional
        Whether the page is only for those who know its address, which then holds a secret. Whoever
        opens it can do on this machine what the user can.

    Raises
    ------
    MissingExtraError
        If Voila is not installed.
    OptionError
        If it cannot be served at this address or port.
    """
    serve(app_page(folder), tell, ip=ip, port=port, has_token=has_token)
