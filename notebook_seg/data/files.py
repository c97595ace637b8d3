"""Files that are either written whole or not at all, and the order that people expect."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from notebook_seg.errors import SaveError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "FileStamp",
    "atomic_write",
    "lock_folder",
    "make_folder",
    "natural_key",
    "replacing",
    "saving",
    "stamp",
    "sync_folder",
    "try_lock",
    "unlock",
]


class FileStamp(NamedTuple):
    """What changes when a file is written again."""

    inode: int
    n_bytes: int
    modified_ns: int


def stamp(path: Path) -> FileStamp | None:
    """Return the stamp of a file, or None if there is no such file.

    Examples
    --------
    >>> stamp(Path("no such file")) is None
    True
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return FileStamp(status.st_ino, status.st_size, status.st_mtime_ns)


@contextlib.contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn an operating system's refusal to write `path` into a `SaveError`.

    Examples
    --------
    >>> with saving(Path("mask.png")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    notebook_seg.errors.SaveError: Cannot write mask.png: No space left on device. Free some \
space or check the permissions of the folder, then try again; what was there before is intact
    """
    try:
        yield
    except OSError as error:
        raise SaveError(
            f"Cannot write {path}: {error.strerror or error}. Free some space or check the "
            "permissions of the folder, then try again; what was there before is intact"
        ) from error


def atomic_write(path: str | Path, content: bytes) -> None:
    """Replace a file in one step, so that a reader meets the old content or the new, whole.

    Parameters
    ----------
    path : str or Path
        The file to write; its folder must be there.
    content : bytes
        All that it shall hold.

    Raises
    ------
    SaveError
        If the disk is full or may not be written. The old file is intact, nothing is left over.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "note.txt"
    >>> atomic_write(path, b"two coins")
    >>> path.read_bytes()
    b'two coins'
    """
    with replacing(Path(path)) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` once it is written and on disk.

    Raises
    ------
    SaveError
        If the disk is full or may not be written. The old file is intact, nothing is left over.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with replacing(path) as file:
    ...     _ = file.write(b"three coins")
    >>> path.read_bytes()
    b'three coins'
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with saving(path):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def make_folder(folder: str | Path) -> Path:
    """Make a folder, and those above it, where it is absent.

    Raises
    ------
    SaveError
        If it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> make_folder(Path(tempfile.mkdtemp()) / "results" / "masks").is_dir()
    True
    """
    folder = Path(folder)
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system offers that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Let one writer at a time into a folder, where the system offers that.

    Others wait until it is done: what they looked at before may be another thing then.

    Examples
    --------
    >>> import tempfile
    >>> with lock_folder(Path(tempfile.mkdtemp())):
    ...     pass
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            if fcntl is not None:
                descriptor = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                stack.callback(unlock, descriptor)
        yield


def try_lock(file: IO[bytes] | int) -> bool:
    """Lock an open file or folder until `unlock` or its closing; False if somebody else has it.

    Where the system or the file system offers no locks, it is as if there were no others.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file, open(file.name, "rb") as again:
    ...     try_lock(file), try_lock(again)
    (True, False)
    """
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def unlock(file: IO[bytes] | int) -> None:
    """Let others in; closing would not do where another process was started meanwhile."""
    with contextlib.suppress(OSError):
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_UN)


def natural_key(text: object) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Give the sort key by which ``fish_2`` comes before ``fish_10``.

    Examples
    --------
    >>> sorted(["fish_10", "Fish_3", "fish_2"], key=natural_key)
    ['fish_2', 'Fish_3', 'fish_10']
    """
    parts = re.findall(r"\d+|\D+", str(text))
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts), str(
        text
    )
