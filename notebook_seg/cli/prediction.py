"""The command that segments photographs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from notebook_seg.cli.common import (
    INTERRUPTED,
    Augmented,
    ModelOrBundle,
    Quiet,
    app,
    comma_separated,
    complain,
)

__all__ = ["predict"]

_OBJECTS: Any = {"rich_help_panel": "Objects and measurements"}
_LARGE: Any = {"rich_help_panel": "Many photographs"}


@app.command()
def predict(
    model: ModelOrBundle,
    photos: Annotated[list[str], typer.Argument(help="Folders, files or globs.")],
    out: Annotated[Path, typer.Option(help="Folder for masks, pictures and tables.")],
    write: Annotated[
        str | None,
        typer.Option(help="Beside masks: overlays,cutouts,silhouettes,objects."),
    ] = None,
    overlays: Annotated[bool, typer.Option(help="Draw classes, unless --write is said.")] = True,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Look in the folders below, and keep them.")
    ] = False,
    crop: Annotated[
        bool, typer.Option("--crop", help="Cut-outs only as large as what is in them.")
    ] = False,
    background: Annotated[
        str | None, typer.Option(help="Colour behind cut-outs: '#ffffff'. Transparent if unsaid.")
    ] = None,
    split: Annotated[bool, typer.Option(help="Tell objects apart that touch.", **_OBJECTS)] = True,
    together: Annotated[
        bool,
        typer.Option("--together", help="An object is of all classes: leaf and spots.", **_OBJECTS),
    ] = False,
    smallest: Annotated[
        float,
        typer.Option(
            help="Smaller objects are left out: pixels, or below 1 a share of the largest.",
            **_OBJECTS,
        ),
    ] = 0.01,
    millimetres_per_pixel: Annotated[
        str | None,
        typer.Option(help="A number, or a CSV file: photograph, number.", **_OBJECTS),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Replace earlier results in OUT.", **_LARGE)
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask cluster to work on.", **_LARGE)
    ] = None,
    augmented: Augmented = False,
    quiet: Quiet = False,
) -> None:
    """Segment photographs, cut out what is in them, and measure it.

    Writes OUT/masks/NAME.png, OUT/overlays/NAME.jpg or what --write names, and the tables
    OUT/pictures.csv and OUT/objects.csv. A photograph that cannot be read is reported and passed
    over; the exit code is then 1. What was interrupted goes on with the same command.

    Example: notebook-seg predict fish_model more_photos --out results --write cutouts --crop
    """
    from notebook_seg.data.photographs import find_photographs

    find_photographs(photos, out, recursive)
    from notebook_seg.prediction import predict_folder
    from notebook_seg.sharing import load_model

    report = predict_folder(
        load_model(model),
        photos,
        out,
        overlays,
        not quiet,
        augmented,
        write=comma_separated(write),
        recursive=recursive,
        crop=crop,
        background=background,
        split=split,
        together=together,
        smallest=smallest,
        millimetres_per_pixel=_number_or_file(millimetres_per_pixel),
        again=again,
        scheduler=scheduler,
    )
    for reason in report.failed.values():
        complain(reason)
    before = f", {report.earlier} of them before" if report.earlier else ""
    unscaled = f", {len(report.unscaled)} without a scale" if report.unscaled else ""
    typer.echo(
        f"{out}: {len(report.done)} photographs segmented{before}, {len(report.failed)} failed"
        f"{unscaled}."
    )
    if report.left:
        complain(f"Interrupted: {len(report.left)} photographs are left. The same command goes on.")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(1 if report.failed else 0)


def _number_or_file(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text
