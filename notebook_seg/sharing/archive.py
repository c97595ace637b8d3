"""A zip file by somebody else: looked at as a whole before anything of it is unpacked.

The directory at the end of the file is measured before it is read; then each name, kind and size is
checked; then each member is unpacked up to the size it told. Nothing is taken on trust: a member is
what its checksum says, or the file is refused.
"""

import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, NoReturn

from notebook_seg.errors import BundleError

__all__ = ["MAX_BYTES", "Archive", "FileRecord", "file_record", "refuse", "shown"]

MAX_BYTES = 2**31 - 1
"""Of a bundle, packed or unpacked: beyond it zip files take another form, which is not read."""

MAX_MEMBERS = 256
_MAX_DIRECTORY = 2**18  # bytes
_MAX_RATIO = 200  # deflate reaches a thousand, on nothing but zeros
_SMALL = 2**20  # bytes, that may be packed as tightly as they can
_LIMITS = {".json": 2**24, ".md": 2**20, ".csv": 2**26, ".png": 2**26, ".h5": MAX_BYTES}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
_ENCRYPTED = 1
_CHUNK = 2**20
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE, _LARGE_SIGNATURE, _LARGE_LENGTH = b"PK\5\6", b"PK\6\7", 20

# What zipfile raises over a file that somebody wrote on purpose, or cut off.
_ZIP_ERRORS = (
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class FileRecord(NamedTuple):
    """What a file must be: the SHA-256 of its content in hexadecimal digits, and its size."""

    sha256: str
    n_bytes: int


def refuse(file: Path, why: str) -> NoReturn:
    """Raise the error over a bundle that is not opened.

    Examples
    --------
    >>> refuse(Path("fish.nbseg.zip"), "it is cut off")
    Traceback (most recent call last):
    notebook_seg.errors.BundleError: fish.nbseg.zip is not opened: it is cut off. Fetch it again \
from where it came from; if that does not help, ask who shared it
    """
    raise BundleError(
        f"{file} is not opened: {why}. Fetch it again from where it came from; if that does not "
        "help, ask who shared it"
    )


def shown(text: object, most: int = 40) -> str:
    """Return what a stranger wrote in a form that a terminal can be given.

    Parameters
    ----------
    text : object
    most : int
        Characters of it.

    Examples
    --------
    >>> shown("../" * 40)
    "'../../../../../../../../../../../../../....'"
    """
    plain = ascii(str(text))[1:-1]
    return f"'{plain if len(plain) <= most else plain[:most] + '...'}'"


def file_record(file: Path) -> FileRecord:
    """Return checksum and size of a file on this disk.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "empty"
    >>> file.touch()
    >>> file_record(file).sha256[:8], file_record(file).n_bytes
    ('e3b0c442', 0)
    """
    with file.open("rb") as opened:
        return FileRecord(hashlib.file_digest(opened, "sha256").hexdigest(), file.stat().st_size)


class Archive:
    """The members of a zip file whose directory has been found in order.

    Parameters
    ----------
    file : Path

    Raises
    ------
    BundleError
        If it is no whole zip file, or holds anything but plain files with plain names.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._guarded():
            self._check_end()
            self._zip = zipfile.ZipFile(file)
        try:
            self._members = {info.filename: info for info in self._checked()}
        except BundleError:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> frozenset[str]:
        """The names of all members."""
        return frozenset(self._members)

    def refuse(self, why: str) -> NoReturn:
        """Raise the error over this file."""
        refuse(self.file, why)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except BundleError:
            raise
        except FileNotFoundError:
            raise BundleError(
                f"There is no file {self.file}. Check the spelling and the folder"
            ) from None
        except IsADirectoryError:
            raise BundleError(f"{self.file} is a folder, not a shared model") from None
        except _ZIP_ERRORS as error:
            detail = " ".join(str(error).split()) or type(error).__name__
            self.refuse(f"it is damaged or cut off ({shown(detail)})")

    def _check_end(self) -> None:
        with self.file.open("rb") as opened:
            size = opened.seek(0, 2)
            if size > MAX_BYTES:
                self.refuse(f"it has {size} bytes, and a shared model has at most {MAX_BYTES}")
            opened.seek(max(0, size - _END.size - _LARGE_LENGTH))
            ending = opened.read()
        self._check_ending(ending)

    def _check_ending(self, ending: bytes) -> None:
        signature, *_, n_members, directory, _, comment = (
            _END.unpack(ending[-_END.size :]) if len(ending) >= _END.size else (b"", 0, 0, 0, 0)
        )
        if signature != _END_SIGNATURE or comment:
            self.refuse("it is no zip file, or it is cut off")
        if ending[: -_END.size].startswith(_LARGE_SIGNATURE):
            self.refuse("it is a zip file of another form, made for more than 2 GB")
        if n_members > MAX_MEMBERS or directory > _MAX_DIRECTORY:
            self.refuse(f"it holds {n_members} files, and a shared model at most {MAX_MEMBERS}")

    def _checked(self) -> list[zipfile.ZipInfo]:
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            self.refuse(f"it holds {len(members)} files, and a shared model at most {MAX_MEMBERS}")
        names = [info.filename for info in members]
        for info in members:
            self._check_member(info)
            if names.count(info.filename) > 1:
                self.refuse(f"it holds {shown(info.filename)} twice")
        if sum(info.file_size for info in members) > MAX_BYTES:
            self.refuse(f"unpacked it would have more than {MAX_BYTES} bytes")
        return members

    def _check_member(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        if info.orig_filename != name or not _NAME.fullmatch(name):
            self.refuse(f"it holds {shown(info.orig_filename)}, which is no name for a file in it")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            self.refuse(f"{shown(name)} in it is a link or a device, not a file")
        if info.flag_bits & _ENCRYPTED:
            self.refuse(f"{shown(name)} in it is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self.refuse(f"{shown(name)} in it is packed in a way that is not read")
        self._check_size(info)

    def _check_size(self, info: zipfile.ZipInfo) -> None:
        limit = _LIMITS.get(Path(info.filename).suffix)
        if limit is None:
            self.refuse(f"it holds {shown(info.filename)}, a kind of file that no model has")
        if info.file_size > limit:
            self.refuse(f"{info.filename} in it would have {info.file_size} bytes: too many")
        if info.file_size > max(_SMALL, _MAX_RATIO * info.compress_size):
            self.refuse(
                f"{info.filename} in it grows from {info.compress_size} to {info.file_size} bytes "
                "when it is unpacked"
            )

    def read(self, name: str) -> bytes:
        """Return the content of a small member, which has no checksum of its own."""
        if name not in self._members:
            self.refuse(f"{name} is missing in it")
        with self._guarded():
            return self._zip.read(self._members[name])

    def extract(self, folder: Path, records: Mapping[str, FileRecord]) -> None:
        """Unpack the members that have a record, each into its place under `folder`.

        Raises
        ------
        BundleError
            If one is missing, or is not what its record says.
        OSError
            If it cannot be written.
        """
        for name, record in records.items():
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            with target.open("wb") as out:
                self._copy(name, record, out)

    def _copy(self, name: str, record: FileRecord, out: BinaryIO) -> None:
        if name not in self._members:
            self.refuse(f"{name} is missing in it")
        if self._members[name].file_size != record.n_bytes:
            self.refuse(f"{name} in it has not the size that it should have")
        digest = hashlib.sha256()
        for chunk in self._chunks(name):
            digest.update(chunk)
            out.write(chunk)
        if digest.hexdigest() != record.sha256:
            self.refuse(f"the checksum of {name} in it is wrong")

    def _chunks(self, name: str) -> Iterator[bytes]:
        # Never more than the size that was checked, whatever lies in the file.
        left = self._members[name].file_size
        with self._guarded():
            member = self._zip.open(self._members[name])
        with member:
            while left > 0:
                with self._guarded():
                    chunk = member.read(min(_CHUNK, left))
                if not chunk:
                    self.refuse(f"{name} in it is cut off")
                left -= len(chunk)
                yield chunk
            with self._guarded():
                member.read(1)  # compares zip's own checksum
