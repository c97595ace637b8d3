"""Commands that hand a model to somebody else, and that take one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from notebook_seg.cli.common import ModelFolder, Quiet, app
from notebook_seg.errors import OptionError

__all__ = ["get", "share"]

_CARD: Any = {"rich_help_panel": "What others should know, for the card"}


@app.command()
def share(
    model: ModelFolder,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; NAME.nbseg.zip by default.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Letters, digits, dots and dashes; else as the folder.")
    ] = None,
    description: Annotated[str, typer.Option(help="What the model is for.", **_CARD)] = "",
    author: Annotated[
        list[str] | None, typer.Option(help="Who made it; may be given several times.", **_CARD)
    ] = None,
    licence: Annotated[str, typer.Option(help="Such as CC-BY-4.0.", **_CARD)] = "",
    citation: Annotated[str, typer.Option(help="How to cite it.", **_CARD)] = "",
    limits: Annotated[str, typer.Option(help="What not to expect of it.", **_CARD)] = "",
    data: Annotated[
        Path | None,
        typer.Option(help="Dataset for the scores, and for the test picture that goes along."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Another photograph as test picture.")
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="Folder to whose catalogue the model is added.")
    ] = None,
    bioimageio: Annotated[
        bool, typer.Option("--bioimageio", help="Write a package for BioImage.IO instead.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is there already.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write a model into one file for others: weights, settings, card, test picture.

    The folder of a catalogue can be handed out as it is, by a web server or from the Hugging Face
    Hub, for `notebook-seg get`.

    Example: notebook-seg share fish_model --name minnows --licence CC-BY-4.0 --data my_fish
    """
    from notebook_seg.sharing import export_bioimage
    from notebook_seg.sharing import share as share_model

    about: dict[str, Any] = {
        "name": name,
        "description": description,
        "authors": author or [],
        "licence": licence,
        "citation": citation,
        "limits": limits,
        "data": data,
        "picture": picture,
        "overwrite": overwrite,
        "progress": not quiet,
    }
    if bioimageio:
        if catalogue is not None:
            raise OptionError(
                "A catalogue holds bundles, no packages for bioimage.io: leave out --catalogue or "
                f"--bioimageio. Received: --catalogue {catalogue}"
            )
        written = export_bioimage(model, out, **about)
        typer.echo(f"{written}: a package for bioimage.io, which predicts as the model does.")
        return
    written = share_model(model, out, catalogue=catalogue, **about)
    typer.echo(f"{written}: {written.stat().st_size / 1e6:.1f} MB, opened and checked.")
    if catalogue is not None:
        typer.echo(f"It is in the catalogue of {catalogue}.")


@app.command()
def get(
    name: Annotated[
        str | None,
        typer.Argument(help="A name in the catalogue, or the file or address of a shared model."),
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option(
            help="Folder, address, or hf://OWNER/NAME; else what NOTEBOOK_SEG_CATALOGUE says."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model; one of its name by default.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Fetch a model that somebody shared, check it, and write it to a folder.

    Without a NAME, the models of the catalogue are listed. A file is refused if it is damaged,
    does not match its checksums, or holds anything but a model.

    Example: notebook-seg get minnows --catalogue https://example.org/models --out minnows
    """
    from notebook_seg.sharing import fetch, read_catalogue, read_info, unpack_bundle

    if name is None:
        for entry in read_catalogue(catalogue):
            about = f": {entry.description}" if entry.description else ""
            typer.echo(f"{entry.name} ({', '.join(entry.classes)}){about}")
        return
    bundle = fetch(name, catalogue, not quiet)
    info = read_info(bundle)
    folder = unpack_bundle(bundle, out or Path(info.name))
    licence = f" Licence: {info.licence}." if info.licence else ""
    typer.echo(f"{folder}: {info.name} ({', '.join(info.classes)}).{licence} Read {folder}/card.md")
