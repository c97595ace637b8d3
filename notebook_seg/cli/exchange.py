"""Commands that bring masks from other tools, and take them there."""

from pathlib import Path
from typing import Annotated

import typer

from notebook_seg.cli.common import (
    INTERRUPTED,
    DatasetFolder,
    Quiet,
    app,
    comma_separated,
    complain,
)
from notebook_seg.cli.labelling import value_map

__all__ = ["export", "import_"]

DrawnOn = Annotated[
    str | None,
    typer.Option(help="Of photographs turned by their EXIF orientation: upright or stored."),
]


def _left(names: tuple[str, ...]) -> None:
    if names:
        complain(f"Interrupted: {len(names)} pictures are left.")
        raise typer.Exit(INTERRUPTED)


@app.command("import")
def import_(
    folder: DatasetFolder,
    files: Annotated[list[str], typer.Argument(help="What the other tool wrote.")],
    format: Annotated[  # noqa: A002
        str | None, typer.Option(help="Its format, where the files do not tell.")
    ] = None,
    images: Annotated[str | None, typer.Option(help="The photographs, for a new dataset.")] = None,
    classes: Annotated[
        str | None, typer.Option(help="Classes of a new dataset, in order: leaf,symptom")
    ] = None,
    values: Annotated[
        str | None, typer.Option(help="What names or numbers mean: Tumor=fish,ruler=background")
    ] = None,
    attribute: Annotated[
        str | None, typer.Option(help="Which attribute of a region tells its class.")
    ] = None,
    drawn_on: DrawnOn = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Pictures listed without objects are background.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace masks that are there.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Take over masks of another tool, into a new dataset or one that is there.

    LabelMe, COCO, VGG Image Annotator, ImageJ, QuPath, 3D Slicer, NIfTI, label TIFF and PNG.

    Example: notebook-seg import my_fish annotations.json --images photos
    """
    from notebook_seg.data.formats import import_masks

    done = import_masks(
        folder,
        files,
        images,
        format=format,
        classes=comma_separated(classes),
        values=value_map(values),
        attribute=attribute,
        drawn_on=drawn_on,
        empty=empty,
        overwrite=overwrite,
        progress=not quiet,
    )
    typer.echo(str(done))
    _left(done.left)


@app.command()
def export(
    folder: DatasetFolder,
    format: Annotated[  # noqa: A002
        str,
        typer.Option(
            help="labelme, coco, coco-rle, via, via1, imagej, geojson, nrrd, nifti, tiff, objects, "
            "png"
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    drawn_on: DrawnOn = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write the masks of a dataset for another tool.

    Example: notebook-seg export my_fish --format imagej --out rois
    """
    from notebook_seg.data.formats import export_masks

    done = export_masks(
        folder,
        out,
        format,
        drawn_on=drawn_on,
        overwrite=overwrite,
        progress=not quiet,
    )
    typer.echo(str(done))
    _left(done.left)
