"""Commands that make a dataset, and label and check it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zipfile import is_zipfile

import typer

from notebook_seg.cli.common import DatasetFolder, Quiet, app, comma_separated
from notebook_seg.errors import DatasetError, ModelError, OptionError
from notebook_seg.model_files import OF_A_MODEL

__all__ = ["check", "label", "new", "sample"]

_Values = Mapping[int | str | tuple[int, int, int], int | str]


def value_map(text: str | None) -> _Values | None:
    if text is None:
        return None
    pairs = [[side.strip() for side in part.split("=")] for part in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise OptionError(f"Write --values as VALUE=CLASS,VALUE=CLASS. Received: {text!r}")
    # A value is a number, or a colour such as #ff0000.
    return {int(value) if value.isdecimal() else value: name for value, name in pairs}


@app.command()
def sample(folder: DatasetFolder) -> None:
    """Make a small labelled dataset of ancient coins to try everything with.

    Example: notebook-seg sample coins
    """
    from notebook_seg.data import Dataset

    data = Dataset.sample(folder)
    typer.echo(f"{folder}: {len(data)} photographs of coins, all labelled.")


@app.command()
def new(
    folder: DatasetFolder,
    images: Annotated[str, typer.Option(help="Folder, file or glob of your photographs.")],
    classes: Annotated[
        str | None, typer.Option(help="Names of what you want to find: leaf,symptom")
    ] = None,
    masks: Annotated[Path | None, typer.Option(help="Folder of masks that you have.")] = None,
    values: Annotated[
        str | None, typer.Option(help="What the masks' values mean: 0=background,255=leaf")
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(help="Regular expression whose match names pictures that belong together."),
    ] = None,
) -> None:
    """Make a dataset from your photographs, with or without masks.

    The photographs are copied; the originals are never touched.

    Example: notebook-seg new my_fish --images "photos/*.jpg" --classes fish
    """
    from notebook_seg.data import Dataset

    data = Dataset.create(
        folder,
        images,
        classes=comma_separated(classes),
        masks=masks,
        values=value_map(values),
        groups=groups,
    )
    typer.echo(
        f"{folder}: {len(data)} photographs, {len(data.labelled)} labelled; classes: "
        f"{', '.join(data.class_names[1:])}."
    )
    if data.unlabelled:
        typer.echo(f"Next: notebook-seg label {folder}")


@app.command()
def label(
    folder: DatasetFolder,
    lab: Annotated[bool, typer.Option("--lab", help="In JupyterLab, with a notebook.")] = False,
    model: Annotated[
        Path | None, typer.Option(help="A trained or shared model that proposes masks to correct.")
    ] = None,
) -> None:
    """Draw masks: opens the labeller on a dataset, alone on a page in your browser.

    Every stroke is saved as you make it. Close the page and press Ctrl-C here when you are done.

    Example: notebook-seg label my_fish
    """
    from notebook_seg.data import Dataset
    from notebook_seg.lab import open_jupyterlab, open_page

    data = Dataset(folder)
    if lab:
        raise typer.Exit(open_jupyterlab(folder))
    if not len(data):
        raise DatasetError(f"There is no picture to label in {folder / 'images'}. Put some there")
    if model is not None and not _seems_a_model(model):
        raise ModelError(
            f"{model} is not a model: give the folder that `notebook-seg train` wrote, or the file "
            "that `notebook-seg share` wrote"
        )
    open_page(folder, lambda address: typer.echo(f"{address}\nCtrl-C ends the labeller."), model)


def _seems_a_model(path: Path) -> bool:
    # To open it takes TensorFlow, for which nobody waits before the first proposal.
    if path.is_file():
        return is_zipfile(path)
    return any((path / name).is_file() for name in OF_A_MODEL)


@app.command()
def check(
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="Also write a table: a CSV file.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if anything looks wrong.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Look over the masks of a dataset for what may be a mistake.

    Tiny islands and holes, masks that touch the border, that have another size than their
    photograph, that hold nothing or cannot be read, and classes that are never used.

    Example: notebook-seg check my_fish --strict
    """
    from notebook_seg.data import Dataset
    from notebook_seg.labelling.review import review, write_suspicions

    found = review(Dataset(folder), progress=not quiet)
    typer.echo(str(found))
    if out is not None:
        write_suspicions(found.suspicions, out)
    raise typer.Exit(1 if strict and found.suspicions else 0)
