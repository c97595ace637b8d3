"""The command that segments photographs."""

from pathlib import Path
from typing import Annotated

import typer

from notebook_seg.cli.common import (
    INTERRUPTED,
    Augmented,
    ModelFolder,
    Quiet,
    app,
    complain,
)

__all__ = ["predict"]


@app.command()
def predict(
    model: ModelFolder,
    photos: Annotated[list[str], typer.Argument(help="Folders, files or globs.")],
    out: Annotated[Path, typer.Option(help="Folder for masks and overlays.")],
    overlays: Annotated[bool, typer.Option(help="Write photographs with classes drawn.")] = True,
    augmented: Augmented = False,
    quiet: Quiet = False,
) -> None:
    """Segment photographs: writes OUT/masks/NAME.png and OUT/overlays/NAME.jpg.

    A photograph that cannot be read is reported and passed over; the exit code is then 1.

    Example: notebook-seg predict fish_model more_photos --out results
    """
    from notebook_seg.data import find_images

    find_images(photos)
    from notebook_seg.prediction import load_model, predict_folder

    loaded = load_model(model)
    report = predict_folder(loaded, photos, out, overlays, not quiet, augmented=augmented)
    for reason in report.failed.values():
        complain(reason)
    typer.echo(f"{out}: {len(report.done)} photographs segmented, {len(report.failed)} failed.")
    if report.left:
        complain(f"Interrupted: {len(report.left)} photographs are left.")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(1 if report.failed else 0)
