"""Strokes on disk before the mask is written again, so that a save costs what the stroke costs.

A journal is a head that tells the size of the mask, and then one record a stroke: the box, the
changed pixels as packed bits, and their new value or values. Each record has a checksum; one that
was cut off by a crash is ignored, and overwritten by the next.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.data.files import saving, sync_folder
from notebook_seg.errors import MaskError

__all__ = ["Journal"]

_SIGNATURE = b"nbsegj01"
_HEAD = struct.Struct("<8sII")
_RECORD = struct.Struct("<5I")
_CHECKSUM = struct.Struct("<I")


class _Stroke(NamedTuple):
    box: Box
    payload: bytes
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
    >>> journal.append(Box(1, 1, 3, 2), np.array([[7], [7]], np.uint8))
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

    def append(self, box: Box, after: np.ndarray, changed: np.ndarray | None = None) -> None:
        """Put one stroke on disk before returning; the arguments are those of `append_stroke`.

        Raises
        ------
        MaskError
            If the box lies outside the mask or the arrays do not fit it.
        SaveError
            If the disk is full; the strokes before are intact.
        """
        changed = np.ones(after.shape, bool) if changed is None else changed
        self._check(box, after, changed)
        if not changed.any():
            return
        record = _encode(box, after, changed)
        with saving(self.path):
            self._write(record)

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
            _draw(mask[stroke.box.slices], zlib.decompress(stroke.payload))
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

    def _check(self, box: Box, after: np.ndarray, changed: np.ndarray) -> None:
        if box.clip(self.shape) != box or box.is_empty:
            raise MaskError(
                f"A stroke in {box} lies outside a mask of {self.shape[0]} x {self.shape[1]} "
                f"pixels (height x width): {self.path}. Clip the box first"
            )
        if after.shape != box.shape or changed.shape != box.shape or after.dtype != np.uint8:
            raise MaskError(
                f"A stroke in {box} needs uint8 pixels of shape {box.shape}. "
                f"Received: {after.dtype} of shape {after.shape}, changed of {changed.shape}"
            )

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
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
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
        *box, length = _RECORD.unpack(record)
        payload = file.read(length)
        checksum = file.read(_CHECKSUM.size)
        if checksum == _CHECKSUM.pack(zlib.crc32(payload, zlib.crc32(record))):
            return _Stroke(Box(*box), payload, file.tell())
        # Anything but zeros behind a record that is wrong: the middle of the file is damaged.
        if file.read().strip(b"\0"):
            raise self._damaged()
        return None

    def _damaged(self) -> MaskError:
        return MaskError(
            f"{self.path} holds strokes that were not yet part of the mask, and is damaged. "
            "Restore it from a backup, or delete it to go on from the mask as it was before them"
        )


def _encode(box: Box, after: np.ndarray, changed: np.ndarray) -> bytes:
    content = np.packbits(changed).tobytes() + _new_values(after, changed)
    payload = zlib.compress(content, level=1)
    record = _RECORD.pack(*box, len(payload))
    return record + payload + _CHECKSUM.pack(zlib.crc32(payload, zlib.crc32(record)))


def _new_values(after: np.ndarray, changed: np.ndarray) -> bytes:
    first = after[np.unravel_index(changed.argmax(), changed.shape)]
    differs = after != first
    differs &= changed
    if differs.any():
        return after[changed].tobytes()
    return first.tobytes()


def _draw(patch: np.ndarray, content: bytes) -> None:
    n_bytes = (patch.size + 7) // 8
    bits = np.frombuffer(content, np.uint8, n_bytes)
    values = np.frombuffer(content, np.uint8, offset=n_bytes)
    changed = np.unpackbits(bits, count=patch.size).view(bool).reshape(patch.shape)
    if values.size == 1:
        np.copyto(patch, values[0], where=changed)
    else:
        patch[changed] = values
