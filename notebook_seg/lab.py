"""JupyterLab, opened where the work is."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from notebook_seg.data import atomic_write
from notebook_seg.errors import MissingExtraError

__all__ = ["open_labeller"]

_NOTEBOOK = "label.ipynb"


def _notebook() -> dict[str, object]:
    source = "import notebook_seg as nbs\n\nnbs.Labeller(nbs.Dataset('.'))"
    explanation = "Run the cell below (Shift-Enter) and draw. Every stroke is saved as you make it."
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        "cells": [
            {"cell_type": "markdown", "id": "about", "metadata": {}, "source": explanation},
            {
                "cell_type": "code",
                "id": "label",
                "metadata": {},
                "source": source,
                "execution_count": None,
                "outputs": [],
            },
        ],
    }


def open_labeller(folder: Path) -> int:
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
    notebook = folder / _NOTEBOOK
    if not notebook.exists():
        atomic_write(notebook, json.dumps(_notebook(), indent=1).encode())
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(notebook)])
