"""Strokes on disk before the mask is written again, so that a save costs what the stroke costs.

A journal is a head that tells the size of the mask, and then one record a stroke: the box, which
pixels of it changed, and their new value or values, both as `Change` has them. Each record has a
checksum; one that was cut off by a crash is ignored, and overwritten by the next.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.data.change import Change, as_bytes, from_bytes
from notebook_seg.data.files import saving, sync_folder
from notebook_seg.errors import MaskError

__all__ = ["Journal"]

_SIGNATURE = b"nbsegj02"
_HEAD = struct.Struct("<8sII")
_RECORD = struct.Struct("<6I")
_CHECKSUM = struct.Struct("<I")


class _Stroke(NamedTuple):
    change: Change
    end: int


class Journal:
    """The strokes drawn on one mask since it was last written.

    Parameters
    ----------
    path : Path
        The file, which need not be there yet.
    shape : tuple of int
        Height and width of the mask.

    Examples
    --------
    >>> import tempfile
    >>> journal = Journal(Path(tempfile.mkdtemp()) / "coin.journal", (4, 5))
    >>> journal.append(Change.drawn(Box(1, 1, 3, 2), np.array([[7], [7]], np.uint8)))
    >>> mask = np.zeros((4, 5), np.uint8)
    >>> journal.replay(mask)
    1
    >>> mask[:, 1].tolist()
    [0, 7, 7, 0]
    """

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        self.path = path
        self.shape = shape
        self._end: int | None = None

    def append(self, change: Change) -> None:
        """Put one stroke on disk before returning.

        Raises
        ------
        MaskError
            If it lies outside the mask.
        SaveError
            If the disk is full; the strokes before are intact.
        """
        if change.box.clip(self.shape) != change.box:
            raise MaskError(
                f"A stroke in {change.box} lies outside a mask of {self.shape[0]} x "
                f"{self.shape[1]} pixels (height x width): {self.path}. Clip the box first"
            )
        with saving(self.path):
            self._write(_encode(change))

    def replay(self, mask: np.ndarray) -> int:
        """Draw the strokes into `mask`, in place, and return how many there were.

        Parameters
        ----------
        mask : ndarray, shape (H, W), uint8

        Raises
        ------
        MaskError
            If the journal belongs to a mask of another size, or is damaged in the middle.
        """
        count = 0
        for stroke in self._strokes():
            stroke.change.apply(mask)
            count += 1
        return count

    def has_strokes(self) -> bool:
        """Whether at least one stroke is whole."""
        return next(self._strokes(), None) is not None

    def check(self) -> None:
        """Raise a `MaskError` if there are strokes that cannot be read."""
        self._cut_torn_end()

    def remove(self) -> None:
        """Forget the strokes, because the mask itself was written."""
        with saving(self.path):
            self.path.unlink(missing_ok=True)
        self._end = None

    def _write(self, record: bytes) -> None:
        end = self._cut_torn_end()
        try:
            with self.path.open("ab") as file:
                file.write(record if end else self._head() + record)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._take_back(end)
            raise
        if not end:
            sync_folder(self.path.parent)
        self._end = self.path.stat().st_size

    def _head(self) -> bytes:
        return _HEAD.pack(_SIGNATURE, *self.shape)

    def _take_back(self, end: int) -> None:
        self._end = None
        if end:
            os.truncate(self.path, end)
        else:
            self.path.unlink(missing_ok=True)

    def _cut_torn_end(self) -> int:
        """Return where the next record goes, after whatever a crash has left there is cut off."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size == self._end:
            return size
        end = 0
        for stroke in self._strokes():
            end = stroke.end
        if size != end:
            self._take_back(end)
        return end

    def _strokes(self) -> Iterator[_Stroke]:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            # Not even if it was there a moment ago: another labeller has just saved the mask.
            return
        with file:
            if self._has_head(file):
                while stroke := self._next_stroke(file):
                    yield stroke

    def _has_head(self, file: BinaryIO) -> bool:
        head = file.read(_HEAD.size)
        if head == self._head():
            return True
        # A power cut may leave zeros where the end should be, here and in the records.
        if self._head().startswith((head + file.read()).rstrip(b"\0")):
            return False
        raise self._foreign(head)

    def _foreign(self, head: bytes) -> MaskError:
        if len(head) < _HEAD.size or not head.startswith(_SIGNATURE):
            return self._damaged()
        _, height, width = _HEAD.unpack(head)
        return MaskError(
            f"{self.path} holds strokes on a picture of {height} x {width} pixels (height x "
            f"width), and the photograph has {self.shape[0]} x {self.shape[1]}. Put the right "
            "photograph back, or delete this file to give the strokes up"
        )

    def _next_stroke(self, file: BinaryIO) -> _Stroke | None:
        record = file.read(_RECORD.size)
        if len(record) < _RECORD.size:
            return None
        *box, n_where, n_values = _RECORD.unpack(record)
        where, values = file.read(n_where), file.read(n_values)
        if file.read(_CHECKSUM.size) == _checksum(record, where, values):
            return _Stroke(Change(Box(*box), where, from_bytes(values)), file.tell())
        # Anything but zeros behind a record that is wrong: the middle of the file is damaged.
        if file.read().strip(b"\0"):
            raise self._damaged()
        return None

    def _damaged(self) -> MaskError:
        return MaskError(
            f"{self.path} holds strokes that were not yet part of the mask, and is damaged. "
            "Restore it from a backup, or delete it to go on from the mask as it was before them"
        )


def _encode(change: Change) -> bytes:
    values = as_bytes(change.values)
    record = _RECORD.pack(*change.box, len(change.where), len(values))
    return b"".join([record, change.where, values, _checksum(record, change.where, values)])


def _checksum(*parts: bytes) -> bytes:
    total = 0
    for part in parts:
        total = zlib.crc32(part, total)
    return _CHECKSUM.pack(total)
