"""The labeller alone on a page of the browser, on this machine only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from notebook_seg.lab.notebooks import code_cell, notebook
from notebook_seg.lab.server import serve

__all__ = ["labelling_page", "open_page"]

_SOURCE = """\
import atexit

import notebook_seg as nbs

labeller = nbs.Labeller(nbs.Dataset({folder}), model={model})
atexit.register(labeller.save)
labeller"""
_ENDED = (
    "The labeller has ended, and nothing drawn from now on is saved. What you drew before is.",
    "notebook-seg label",
)


def labelling_page(folder: Path, model: Path | None = None) -> dict[str, Any]:
    """Return a notebook that shows the labeller of a dataset and nothing else.

    Parameters
    ----------
    folder : Path
        A dataset.
    model : Path, optional
        The folder of a trained model that proposes masks.

    Examples
    --------
    >>> labelling_page(Path("my_fish"))["metadata"]["title"]
    'my_fish – notebook_seg'
    """
    folder = folder.expanduser().resolve()
    # Escaped, so that any name of a folder is the name that the kernel reads.
    path = None if model is None else str(model.expanduser().resolve())
    source = _SOURCE.format(folder=ascii(str(folder)), model=ascii(path))
    title = f"{folder.name} – notebook_seg"
    return notebook(code_cell("label", source), title=title, ended=_ENDED)


def open_page(folder: Path, tell: Callable[[str], object], model: Path | None = None) -> None:
    """Serve the labeller as a page, open it in the browser, and wait until Ctrl-C.

    The page is served to this machine alone and to whoever knows its address, which holds a secret.
    Nothing is left in the folder of the dataset but masks.

    Parameters
    ----------
    folder : Path
        A dataset.
    tell : callable
        Called with the address of the page once it is there.
    model : Path, optional
        The folder of a trained model that proposes masks.

    Raises
    ------
    MissingExtraError
        If Voila is not installed.
    """
    otherwise = ". Or label in JupyterLab: notebook-seg label DIR --lab"
    serve(labelling_page(folder, model), tell, otherwise)
