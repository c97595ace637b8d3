"""The undo history of a mask on disk, so that it outlives the kernel.

A file beside the mask holds one record a step, each with the version of the mask on disk after it.
The history counts only while the mask is still of the version of the last record: what others
have changed since cannot be undone here. It is a convenience: it is never synced, a file that is
torn, old or of another mask is ignored, and a disk that refuses it costs the history alone.
"""

import contextlib
import hashlib
import struct
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from notebook_seg.data.box import Box
from notebook_seg.data.change import as_bytes, from_bytes
from notebook_seg.labelling.edits import Edit, Step

__all__ = ["UndoFile", "forget_old_histories"]

MOST_BYTES = 8 * 2**20
MOST_SECONDS = 24 * 60 * 60

_SIGNATURE = b"nbsegu01"
_HEAD = struct.Struct("<8s3I")
_RECORD = struct.Struct("<c8s7I")
_CHECKSUM = struct.Struct("<I")
_NO_STEP = (b"s", Edit(Box(0, 0, 0, 0), b"", b"", b""))


class UndoFile:
    """The undo history of one mask on disk.

    Parameters
    ----------
    path : Path
        The file, which need not be there yet.
    shape : tuple of int
        Height and width of the mask.
    n_classes : int
        How many classes there are, background included.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / ".coin.undo"
    >>> edit = Edit(Box(0, 0, 1, 1), b"where", before=0, after=1)
    >>> UndoFile(path, (4, 5), 2).append([Step("edit", edit)], [edit], [], version="first")
    >>> UndoFile(path, (4, 5), 2).read("first") == ([edit], [])
    True
    >>> UndoFile(path, (4, 5), 2).read("changed elsewhere")
    ([], [])
    """

    def __init__(self, path: Path, shape: tuple[int, int], n_classes: int) -> None:
        self.path = path
        self._head = _HEAD.pack(_SIGNATURE, *shape, n_classes)
        self._end: int | None = None

    def read(self, version: object) -> tuple[list[Edit], list[Edit]]:
        """Return the edits that can be undone and those that can be redone, the next one last.

        Parameters
        ----------
        version : object
            Of the mask on disk. Both are empty where the file does not end with it.
        """
        content = self._content()
        records = list(_records(content[len(self._head) :]))
        if not records or records[-1][1] != _mark(version):
            return [], []
        try:
            edits = _replayed(records)
        except IndexError:
            # More was taken back than had been kept when the file was written anew.
            return [], []
        self._end = len(content)
        return edits

    def append(
        self, steps: Iterable[Step], done: list[Edit], undone: list[Edit], version: object
    ) -> None:
        """Take note of steps, or of no more than that the mask was written.

        Parameters
        ----------
        steps : iterable of Step
            What was done since the last call.
        done, undone : list of Edit
            The whole history after these steps, for a file that has to be written anew.
        version : object
            Of the mask on disk after these steps.
        """
        mark = _mark(version)
        try:
            if self._end is None or self._end > MOST_BYTES or self._size() != self._end:
                self._begin_anew(_newest(done), undone, mark)
            else:
                with self.path.open("ab") as file:
                    file.write(_encoded([*map(_kind_and_edit, steps)], mark))
            self._end = self._size()
        except OSError:
            self._end = None

    def _content(self) -> bytes:
        try:
            if time.time() - self.path.stat().st_mtime < MOST_SECONDS:
                content = self.path.read_bytes()
                return content if content.startswith(self._head) else b""
        except OSError:
            pass
        return b""

    def _size(self) -> int | None:
        return self.path.stat().st_size if self.path.exists() else None

    def _begin_anew(self, done: list[Edit], undone: list[Edit], mark: bytes) -> None:
        steps = [(b"e", edit) for edit in [*done, *undone[::-1]]]
        steps += [(b"u", edit) for edit in undone]
        self.path.write_bytes(self._head + _encoded(steps, mark))


def forget_old_histories(folder: Path) -> None:
    """Remove the histories in a folder that are too old to be of use."""
    with contextlib.suppress(OSError):
        for path in folder.glob(".*.undo"):
            if time.time() - path.stat().st_mtime >= MOST_SECONDS:
                path.unlink()


def _newest(done: list[Edit]) -> list[Edit]:
    """Return the last edits that take half of the room."""
    room = MOST_BYTES // 2
    for count, edit in enumerate(reversed(done)):
        room -= edit.nbytes + _RECORD.size
        if room < 0:
            return done[len(done) - count :]
    return done


def _mark(version: object) -> bytes:
    return hashlib.blake2b(repr(version).encode(), digest_size=8).digest()


def _kind_and_edit(step: Step) -> tuple[bytes, Edit]:
    return step.kind[:1].encode(), step.edit


def _encoded(steps: list[tuple[bytes, Edit]], mark: bytes) -> bytes:
    return b"".join(_record(kind, edit, mark) for kind, edit in steps or [_NO_STEP])


def _record(kind: bytes, edit: Edit, mark: bytes) -> bytes:
    # What was taken back or made again is known from the edit itself.
    parts = [edit.where, as_bytes(edit.before), as_bytes(edit.after)] if kind == b"e" else [b""] * 3
    body = b"".join([_RECORD.pack(kind, mark, *edit.box, *map(len, parts)), *parts])
    return body + _CHECKSUM.pack(zlib.crc32(body))


def _records(content: bytes) -> Iterator[tuple[bytes, bytes, Edit]]:
    """Yield kind, version and edit of each record, up to the first that is not whole."""
    start = 0
    while start + _RECORD.size <= len(content):
        kind, mark, top, left, bottom, right, *sizes = _RECORD.unpack_from(content, start)
        end = start + _RECORD.size + sum(sizes)
        if content[end : end + 4] != _CHECKSUM.pack(zlib.crc32(content[start:end])):
            return
        packed = content[end - sum(sizes) : end]
        yield kind, mark, _edit(Box(top, left, bottom, right), packed, sizes)
        start = end + _CHECKSUM.size


def _edit(box: Box, content: bytes, sizes: list[int]) -> Edit:
    n_where, n_before, _ = sizes
    where, rest = content[:n_where], content[n_where:]
    return Edit(box, where, from_bytes(rest[:n_before]), from_bytes(rest[n_before:]))


def _replayed(records: list[tuple[bytes, bytes, Edit]]) -> tuple[list[Edit], list[Edit]]:
    done: list[Edit] = []
    undone: list[Edit] = []
    for kind, _, edit in records:
        if kind == b"e":
            done.append(edit)
            undone.clear()
        elif kind == b"u":
            undone.append(done.pop())
        elif kind == b"r":
            done.append(undone.pop())
    return done, undone
