"""Where catalogues are: folders, web servers, repositories of the Hugging Face Hub."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

import pooch

from notebook_seg.data.files import make_folder
from notebook_seg.errors import BundleError, CatalogueError
from notebook_seg.sharing.archive import MAX_BYTES, FileRecord, file_record
from notebook_seg.sharing.bundle import SUFFIX
from notebook_seg.sharing.catalogue import INDEX, MAX_INDEX, Entry
from notebook_seg.sharing.download import download, read_small
from notebook_seg.sharing.hub import HUB, HubRepository, hub_file, hub_repository

__all__ = ["Source", "fetch_address", "is_address", "source_of", "verified"]


class Source(Protocol):
    """A place that holds a catalogue."""

    def index(self) -> bytes:
        """Return `catalogue.json`."""

    def fetch(self, entry: Entry, progress: bool) -> Path:
        """Return a file of this machine that has been compared with the entry's checksum."""


def is_address(text: str) -> bool:
    """Tell whether a text is the address of something on the web.

    Examples
    --------
    >>> is_address("https://museum.org/models"), is_address("C:/models")
    (True, False)
    """
    return urlsplit(text).scheme in ("http", "https")


def source_of(where: str | Path) -> Source:
    """Return the place that a catalogue is at.

    Parameters
    ----------
    where : path or str
        A folder, an address that begins with ``https://`` or ``http://``, or ``hf://OWNER/NAME``.
    """
    text = str(where)
    if text.startswith(HUB):
        return _Hub(hub_repository(text))
    return _Web(text) if is_address(text) else _Folder(Path(where).expanduser())


def verified(file: Path, record: FileRecord) -> Path:
    """Return a file, if it is what its record says.

    Raises
    ------
    BundleError
        If it is another, or was damaged on the way.
    """
    if file_record(file) != record:
        raise BundleError(
            f"{file} is not the file that the catalogue lists: its checksum is another. Fetch it "
            "again; if that does not help, ask whoever keeps the catalogue"
        )
    return file


def fetch_address(address: str, progress: bool = True) -> Path:
    """Fetch a bundle of which nothing is known but its address.

    Raises
    ------
    CatalogueError
        If it cannot be fetched.
    """
    folder = _cache()
    arriving = folder / f".{secrets.token_hex(8)}{SUFFIX}"
    sha256 = download(address, arriving, MAX_BYTES, progress)
    return arriving.replace(folder / f"{sha256}{SUFFIX}")


@dataclass(frozen=True)
class _Folder:
    folder: Path

    def index(self) -> bytes:
        file = self.folder / INDEX
        try:
            if file.stat().st_size > MAX_INDEX:
                raise CatalogueError(f"{file} is too large for a catalogue")
            return file.read_bytes()
        except OSError as error:
            raise CatalogueError(
                f"{self.folder} is no catalogue: {INDEX} in it cannot be read ({error.strerror}). "
                "Name the folder that `notebook-seg share --catalogue` wrote"
            ) from error

    def fetch(self, entry: Entry, progress: bool) -> Path:
        if is_address(entry.file):
            return _fetched(entry.file, entry, progress)
        file = self.folder / entry.file
        if not file.resolve().is_relative_to(self.folder.resolve()) or not file.is_file():
            raise CatalogueError(
                f"{self.folder} lists {entry.name}, but {entry.file} is not in it. Copy it there"
            )
        return verified(file, entry.record)


@dataclass(frozen=True)
class _Web:
    address: str

    @property
    def _index(self) -> str:
        is_file = urlsplit(self.address).path.endswith(".json")
        return self.address if is_file else f"{self.address.rstrip('/')}/{INDEX}"

    def index(self) -> bytes:
        return read_small(self._index, MAX_INDEX)

    def fetch(self, entry: Entry, progress: bool) -> Path:
        relative = entry.file if is_address(entry.file) else quote(entry.file)
        return _fetched(urljoin(self._index, relative), entry, progress)


@dataclass(frozen=True)
class _Hub:
    repository: HubRepository

    def index(self) -> bytes:
        return hub_file(self.repository, INDEX, MAX_INDEX).read_bytes()

    def fetch(self, entry: Entry, progress: bool) -> Path:
        if is_address(entry.file):
            return _fetched(entry.file, entry, progress)
        most = min(entry.record.n_bytes, MAX_BYTES)
        return verified(hub_file(self.repository, entry.file, most), entry.record)


def _cache() -> Path:
    return make_folder(Path(pooch.os_cache("notebook_seg")) / "models")


def _fetched(address: str, entry: Entry, progress: bool) -> Path:
    kept = _cache() / f"{entry.record.sha256}{SUFFIX}"
    if kept.is_file() and file_record(kept) == entry.record:
        return kept
    download(address, kept, min(entry.record.n_bytes, MAX_BYTES), progress)
    try:
        return verified(kept, entry.record)
    except BundleError:
        kept.unlink()
        raise
