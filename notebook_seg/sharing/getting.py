"""A model by its name: out of a catalogue, checked, ready to predict."""

import os
from pathlib import Path

from notebook_seg.errors import BundleError, CatalogueError, check_choice
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.sharing.bundle import (
    SUFFIX,
    load_model,
    open_bundle,
    read_info,
    unpack_bundle,
)
from notebook_seg.sharing.catalogue import Entry, parse_index
from notebook_seg.sharing.sources import fetch_address, is_address, source_of

__all__ = ["CATALOGUE", "fetch", "get", "read_catalogue"]

CATALOGUE = "NOTEBOOK_SEG_CATALOGUE"
"""The environment variable that says where the catalogue is, where nothing else does."""


def get(
    name: str | Path,
    catalogue: str | Path | None = None,
    out: str | Path | None = None,
    progress: bool = True,
) -> Model | Ensemble:
    """Fetch a model that somebody shared, check it, and load it.

    Parameters
    ----------
    name : str or path
        Of a model in the catalogue; or the file or the address of a bundle, without a catalogue.
    catalogue : path or str, optional
        A folder, the address of one on a web server, or ``hf://OWNER/NAME`` for a repository of
        the Hugging Face Hub (``pip install "notebook_seg[hub]"``). If not given, the environment
        variable NOTEBOOK_SEG_CATALOGUE tells it.
    out : path, optional
        A folder to write the model to, so that every command can use it.
    progress : bool
        Whether to show a bar.

    Raises
    ------
    CatalogueError
        If the catalogue cannot be reached or read.
    OptionError
        If it has no such model, or there is something at `out` already.
    BundleError
        If what arrives is not what the catalogue lists, or is no model that can be trusted.
    """
    bundle = fetch(name, catalogue, progress)
    if out is None:
        return open_bundle(bundle).model
    return load_model(unpack_bundle(bundle, out))


def fetch(name: str | Path, catalogue: str | Path | None = None, progress: bool = True) -> Path:
    """Return the bundle of a model as a file of this machine, compared with its checksum.

    What came over the network is kept, and not fetched again while it is what the catalogue lists.
    The arguments, and what is raised, are those of `get`.
    """
    text = str(name)
    if catalogue is None and is_address(text):
        return fetch_address(text, progress)
    if catalogue is None and (isinstance(name, Path) or _looks_like_a_file(text)):
        return Path(name).expanduser()
    where = _where(catalogue)
    source = source_of(where)
    entries = {entry.name: entry for entry in parse_index(source.index(), where)}
    if not entries:
        raise CatalogueError(f"The catalogue {where} is empty")
    entry = entries[check_choice("model", text, entries)]
    return _as_listed(source.fetch(entry, progress), entry)


def read_catalogue(where: str | Path | None = None) -> tuple[Entry, ...]:
    """List the models of a catalogue.

    Parameters
    ----------
    where : path or str, optional
        As the `catalogue` of `get`.

    Raises
    ------
    CatalogueError
        If it cannot be reached or read.
    """
    where = _where(where)
    return parse_index(source_of(where).index(), where)


def _as_listed(bundle: Path, entry: Entry) -> Path:
    info = read_info(bundle)
    if (info.name, info.classes) != (entry.name, entry.classes):
        raise BundleError(
            f"{bundle} is not the model that the catalogue lists as {entry.name}: it says that it "
            f"is {info.name} ({', '.join(info.classes)}). Ask whoever keeps the catalogue"
        )
    return bundle


def _looks_like_a_file(text: str) -> bool:
    return text.endswith(SUFFIX) or Path(text).expanduser().is_file()


def _where(catalogue: str | Path | None) -> str | Path:
    where = catalogue or os.environ.get(CATALOGUE)
    if not where:
        raise CatalogueError(
            "Say where the catalogue is: a folder, an address or hf://OWNER/NAME, as catalogue=... "
            f"(--catalogue) or in the environment variable {CATALOGUE}. A bundle itself is given "
            "as its file or its address"
        )
    return where
