"""JupyterLab, opened where the work is."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from notebook_seg.data import atomic_write
from notebook_seg.errors import MissingExtraError
from notebook_seg.lab.notebooks import code_cell, markdown_cell, notebook

__all__ = ["labelling_notebook", "open_jupyterlab"]

_NOTEBOOK = "label.ipynb"
_EXPLANATION = "Run the cell below (Shift-Enter) and draw. Every stroke is saved as you make it."
_SOURCE = "import notebook_seg as nbs\n\nnbs.Labeller(nbs.Dataset('.'))"


def labelling_notebook(folder: Path) -> Path:
    """Return the notebook with the labeller of a dataset, made where there is none yet.

    Parameters
    ----------
    folder : Path
        A dataset.

    Raises
    ------
    SaveError
        If the notebook cannot be written.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> labelling_notebook(Dataset.sample().folder).name
    'label.ipynb'
    """
    path = folder / _NOTEBOOK
    if not path.exists():
        content = notebook(markdown_cell("about", _EXPLANATION), code_cell("label", _SOURCE))
        atomic_write(path, json.dumps(content, indent=1).encode())
    return path


def open_jupyterlab(folder: Path) -> int:
    """Open JupyterLab on a notebook with the labeller, and wait until it is closed.

    The notebook is put into the dataset folder where there is none yet.

    Parameters
    ----------
    folder : Path
        A dataset.

    Returns
    -------
    int
        JupyterLab's exit code.

    Raises
    ------
    MissingExtraError
        If JupyterLab is not installed.
    SaveError
        If the notebook cannot be written.
    """
    if find_spec("jupyterlab") is None:
        raise MissingExtraError(
            'JupyterLab is not installed. Install it with: pip install "notebook_seg[lab]"'
        )
    path = labelling_notebook(folder)
    options = [
        f"--ServerApp.root_dir={folder.resolve()}",
        # The address that JupyterLab prints leads there too, where no browser can be opened.
        f"--LabApp.default_url=/lab/tree/{path.name}",
    ]
    return subprocess.call([sys.executable, "-m", "jupyterlab", *_allow_root(), *options])


def _allow_root() -> list[str]:
    # In a container one is root as a rule, and JupyterLab would refuse to start.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--allow-root"] if is_root else []
