"""Notebooks that show the labeller."""

from typing import Any

__all__ = ["code_cell", "markdown_cell", "notebook"]

Cell = dict[str, Any]


def markdown_cell(name: str, source: str) -> Cell:
    """Return a cell of text."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code_cell(name: str, source: str) -> Cell:
    """Return a cell of code that has not run."""
    unrun: Cell = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "id": name, "metadata": {}, "source": source, **unrun}


def notebook(*cells: Cell, title: str = "", ended: tuple[str, str] | None = None) -> dict[str, Any]:
    """Return a notebook in the format that Jupyter reads (nbformat 4.5).

    Parameters
    ----------
    *cells : dict
    title : str, optional
        Of its page.
    ended : tuple of two str, optional
        What its page says when the kernel has ended, and the command that starts it again.

    Examples
    --------
    >>> notebook(code_cell("hello", "print('hello')"), title="Hello")["metadata"]["title"]
    'Hello'
    """
    # Without the name of a kernel, JupyterLab asks for one and waits.
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata: dict[str, Any] = {"kernelspec": kernel}
    if title:
        metadata["title"] = title
    if ended is not None:
        metadata["notebook_seg"] = dict(zip(("ended", "command"), ended, strict=True))
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": metadata,
        "cells": list(cells),
    }
