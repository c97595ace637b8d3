"""Commands that say how good a model is, and why."""

from pathlib import Path
from typing import Annotated

import typer

from notebook_seg.cli.common import (
    Augmented,
    DatasetFolder,
    ModelOrBundle,
    Quiet,
    app,
)

__all__ = ["evaluate", "inspect"]


@app.command()
def evaluate(
    model: ModelOrBundle,
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="Folder for scores.csv and pictures.")] = None,
    only: Annotated[
        str | None, typer.Option(help="train, validation or test: that part of the split.")
    ] = None,
    augmented: Augmented = False,
    quiet: Quiet = False,
) -> None:
    """Score a model on labelled pictures: IoU, Dice and accuracies, per picture and over all.

    Example: notebook-seg evaluate fish_model my_fish --only test --out scores
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.sharing import load_model
    from notebook_seg.workflow import evaluate as evaluate_model
    from notebook_seg.workflow import part_of_split, write_evaluation

    loaded = load_model(model)
    if only is not None:
        data = part_of_split(loaded, data, only)
    scores = evaluate_model(loaded, data, not quiet, augmented=augmented)
    typer.echo(str(scores))
    if out is not None:
        write_evaluation(loaded, data, scores, out)
        typer.echo(f"Written to {out}: scores.csv, worst_first.png")


@app.command()
def inspect(
    model: ModelOrBundle,
    folder: DatasetFolder,
    out: Annotated[Path, typer.Option(help="Folder for the report, the sheet and the tables.")],
    limit: Annotated[int, typer.Option(help="Pictures in the report, the worst first.")] = 12,
    millimetres: Annotated[
        float | None, typer.Option(help="What a pixel measures; distances are in pixels else.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say what to do next, and write a report with pictures, scores, heatmaps and curves.

    Writes OUT/report.html, a page that opens without the internet, OUT/sheet.pdf to print, tables,
    masks and figures. Ctrl-C ends the step under way and goes on to the next.

    Example: notebook-seg inspect fish_model my_fish --out inspection
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.sharing import load_model
    from notebook_seg.workflow import write_inspection

    loaded = load_model(model)
    found = write_inspection(
        loaded, data, out, limit=limit, spacing=millimetres, progress=not quiet
    )
    typer.echo(found.evidence.summary)
    typer.echo(str(found.advice))
    typer.echo(f"Written to {out}: report.html, sheet.pdf, scores.csv, metrics.csv, figures, masks")
