"""The one place where the app meets the bundles of models."""

from dataclasses import dataclass
from pathlib import Path

from notebook_seg.data import Dataset
from notebook_seg.file_names import as_file_name

__all__ = ["About", "bundle_endings", "take_bundle", "write_bundle"]

bundle_endings = (".zip",)


@dataclass
class About:
    """What is to be said of a model that is shared.

    Parameters
    ----------
    name : str
        What it is called.
    authors : str
        Who made it, separated by commas.
    licence, citation, limits : str
        What others may do with it, what they should cite, what it cannot do.
    """

    name: str = ""
    authors: str = ""
    licence: str = ""
    citation: str = ""
    limits: str = ""


def write_bundle(model: Path, folder: Path, about: About, data: Dataset | None) -> Path:
    """Put a model into one file that can be given away, and return the file.

    Parameters
    ----------
    model : Path
        The folder of a model.
    folder : Path
        Where to; the file is named after the model.
    about : About
    data : Dataset or None
        By which its scores are told.

    Raises
    ------
    NotebookSegError
        If a name is not usable, or the file cannot be written.
    """
    # Here and below: it brings TensorFlow along.
    from notebook_seg.sharing import share

    name = as_file_name(about.name or model.name, "model")
    return share(
        model,
        folder / f"{name}.nbseg.zip",
        name=name,
        authors=tuple(part.strip() for part in about.authors.split(",") if part.strip()),
        licence=about.licence.strip(),
        citation=about.citation.strip(),
        limits=about.limits.strip(),
        data=data,
        overwrite=True,
        progress=False,
    )


def take_bundle(bundle: Path, folder: Path) -> Path:
    """Check a file that somebody has shared, and make a model folder of it.

    Parameters
    ----------
    bundle : Path
    folder : Path
        In which the folder is made; one that is there already is left alone.

    Returns
    -------
    Path
        The folder of the model.

    Raises
    ------
    NotebookSegError
        If the file is not what it should be.
    """
    from notebook_seg.sharing import read_info, unpack_bundle

    name = as_file_name(read_info(bundle).name, "model")
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{name}_{number}"
    return unpack_bundle(bundle, place)
