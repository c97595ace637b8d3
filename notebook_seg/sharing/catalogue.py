"""A catalogue: a folder of shared models with an index, `catalogue.json`.

The folder is one as it is, and one for everybody when any web server, or a repository of the
Hugging Face Hub, hands out its files.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from notebook_seg.data.files import atomic_write, lock_folder, make_folder, replacing
from notebook_seg.errors import CatalogueError, OptionError
from notebook_seg.sharing.archive import FileRecord, file_record
from notebook_seg.sharing.bundle import SUFFIX, read_info
from notebook_seg.sharing.info import (
    BundleInfo,
    ForeignJsonError,
    described_in,
    load_object,
    record_in,
)
from notebook_seg.sharing.preparing import check_free

__all__ = ["INDEX", "MAX_INDEX", "Entry", "add_to_catalogue", "check_unlisted", "parse_index"]

INDEX = "catalogue.json"
MAX_INDEX = 2**24  # bytes

KIND = "notebook_seg catalogue"
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """A model in a catalogue.

    Parameters
    ----------
    name : str
    classes : tuple of str
        Names of the foreground classes.
    file : str
        Where it lies, seen from the catalogue, or an address.
    record : FileRecord
        SHA-256 and size in bytes of the file.
    description, licence, citation, shared : str
        As in `BundleInfo`.
    """

    name: str
    classes: tuple[str, ...]
    file: str
    record: FileRecord
    description: str = ""
    licence: str = ""
    citation: str = ""
    shared: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain values, as `catalogue.json` keeps it."""
        return {
            "name": self.name,
            "description": self.description,
            "classes": list(self.classes),
            "licence": self.licence,
            "citation": self.citation,
            "shared": self.shared,
            "file": self.file,
            "sha256": self.record.sha256,
            "bytes": self.record.n_bytes,
        }


def parse_index(text: bytes, where: object) -> tuple[Entry, ...]:
    """Read `catalogue.json`, written by anybody.

    Parameters
    ----------
    text : bytes
    where : object
        How it is called in an error.

    Raises
    ------
    CatalogueError
        If it is no catalogue, or names a file that is none of its own.

    Examples
    --------
    >>> parse_index(b'{"kind": "notebook_seg catalogue", "format": 1, "models": []}', "here")
    ()
    """
    try:
        models = load_object(text, KIND, FORMAT).get("models")
        if not isinstance(models, list) or not all(isinstance(m, dict) for m in models):
            raise ForeignJsonError("it lists no models")
        entries = tuple(
            Entry(**described_in(told), file=_file(told.get("file")), record=record_in(told))
            for told in models
        )
        # The file of one would be the file of the other, where case makes no difference.
        if len({entry.name.casefold() for entry in entries}) < len(entries):
            raise ForeignJsonError("it lists two models of one name")
        return entries
    except ForeignJsonError as error:
        raise CatalogueError(
            f"{INDEX} of {where} cannot be read: {error}. Ask whoever keeps the catalogue"
        ) from error


def _file(file: object) -> str:
    if isinstance(file, str) and file.isascii() and file.isprintable() and file:
        if urlsplit(file).scheme in ("http", "https"):
            return file
        path = PurePosixPath(file)
        strange = {":", "\\", "?", "#", "%"} & set(file)
        if not (path.is_absolute() or ".." in path.parts or strange):
            return file
    raise ForeignJsonError("a file in it lies outside of the catalogue")


def add_to_catalogue(folder: str | Path, bundle: str | Path, overwrite: bool = False) -> Entry:
    """Copy a bundle into a folder and add it to the index there, which is made where it is absent.

    Parameters
    ----------
    folder, bundle : path
    overwrite : bool
        Whether to replace another model of the same name, or another file.

    Raises
    ------
    BundleError
        If the bundle is none.
    CatalogueError
        If the folder has an index that cannot be read.
    OptionError
        If there is another model of that name, in capitals or not, or a file where it would be.
    SaveError
        If the folder cannot be written.
    """
    folder, bundle = Path(folder).expanduser(), Path(bundle).expanduser()
    info, record = read_info(bundle), file_record(bundle)
    make_folder(folder)
    with lock_folder(folder):
        others = _others(folder, info.name, record, overwrite)
        entry = _entry(info, record)
        _copy(bundle, record, folder / entry.file, overwrite)
        _write_index(folder, [*others, entry])
    return entry


def check_unlisted(folder: Path, name: str, overwrite: bool) -> None:
    """Refuse a name that another model of a catalogue has, unless that one is to be replaced.

    Parameters
    ----------
    folder : Path
        The catalogue, which need not be there yet.
    name : str
    overwrite : bool

    Raises
    ------
    CatalogueError
        If the folder has an index that cannot be read.
    OptionError
        If the name is taken, or its file is there.
    """
    _others(folder, name, None, overwrite)
    check_free(folder / f"{name}{SUFFIX}", overwrite)


def _copy(bundle: Path, record: FileRecord, target: Path, overwrite: bool) -> None:
    if target.is_file() and file_record(target) == record:
        return
    check_free(target, overwrite)
    with bundle.open("rb") as source, replacing(target) as file:
        shutil.copyfileobj(source, file)


def _others(folder: Path, name: str, record: FileRecord | None, overwrite: bool) -> list[Entry]:
    file = folder / INDEX
    entries = parse_index(file.read_bytes(), folder) if file.exists() else ()
    for entry in entries:
        if _alike(entry.name, name) and entry.record != record and not overwrite:
            raise OptionError(
                f"{folder} has another model of this name: give this one another name, or pass "
                f"overwrite=True (--overwrite). Received: {name!r}"
            )
    return [entry for entry in entries if not _alike(entry.name, name)]


def _alike(first: str, second: str) -> bool:
    return first.casefold() == second.casefold()


def _entry(info: BundleInfo, record: FileRecord) -> Entry:
    return Entry(
        name=info.name,
        classes=info.classes,
        file=f"{info.name}{SUFFIX}",
        record=record,
        description=info.description,
        licence=info.licence,
        citation=info.citation,
        shared=info.shared,
    )


def _write_index(folder: Path, entries: Sequence[Entry]) -> None:
    models = [entry.to_json() for entry in sorted(entries, key=lambda entry: entry.name.lower())]
    content = {"kind": KIND, "format": FORMAT, "models": models}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    atomic_write(folder / INDEX, text.encode())
