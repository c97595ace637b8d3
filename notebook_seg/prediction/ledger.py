"""What was done in a folder of results, on disk, so that a run goes on where it stopped.

The first line tells which model and settings the results are of; then comes a line for each
photograph whose files are all written. A line that was cut off by a kill is ignored, and
overwritten by the next.
"""

import errno
import filecmp
import itertools
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from notebook_seg.data.files import natural_key, saving, stamp, sync_folder, try_lock
from notebook_seg.data.photographs import LEDGER, Photograph
from notebook_seg.errors import OptionError, SaveError

__all__ = ["LEDGER", "Ledger"]

FORMAT = 1

Entry = dict[str, Any]


class Ledger:
    """The photographs of a folder of results that are done.

    Use it in a ``with`` statement: meanwhile no other run may write to the folder.

    Parameters
    ----------
    out : Path
        The folder of results, which must be there.
    run : mapping
        Model and settings, as JSON has them.
    again : bool
        Whether to remove what an earlier run has written, and start anew.
    outputs : sequence of str
        The folders in it that will be written to.

    Raises
    ------
    OptionError
        If the results in the folder are of another model or other settings, or another run is
        writing there.
    SaveError
        If it cannot be written, or is damaged.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp())
    >>> with Ledger(out, {"model": "a"}) as ledger:
    ...     ledger.add({"name": "coin_1", "files": []})
    >>> with Ledger(out, {"model": "a"}) as ledger:
    ...     [entry["name"] for entry in ledger.entries()]
    ['coin_1']
    >>> with Ledger(out, {"model": "b"}) as ledger:
    ...     pass
    Traceback (most recent call last):
    notebook_seg.errors.OptionError: The results in ... are of another model. ...
    """

    def __init__(
        self,
        out: Path,
        run: Mapping[str, Any],
        again: bool = False,
        outputs: Sequence[str] = ("masks",),
    ) -> None:
        self.out = out
        self._outputs = outputs
        self.path = out / LEDGER
        self._lock = threading.Lock()
        self._places: dict[str, tuple[int, int]] = {}
        with saving(self.path):
            # Without a buffer, which would try again what a full disk refused.
            self._file = self.path.open("ab", buffering=0)
        try:
            self._claim()
            self._open(run, again)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, error: object, *_: object) -> None:
        try:
            if error is None:
                # A worker that was killed left what it wrote; all others are done.
                self._remove_torn()
        finally:
            self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def entries(self) -> Iterator[Entry]:
        """Yield what was noted of each photograph, in the order in which people count."""
        for name in sorted(self._places, key=natural_key):
            yield self._entry(name)

    def is_done(self, photograph: Photograph, scale: float | None = None) -> bool:
        """Whether all files of a photograph are there, and neither it nor its scale has changed.

        Raises
        ------
        OptionError
            If the results of that name are those of another photograph.
        """
        if photograph.name not in self._places:
            return False
        entry = self._entry(photograph.name)
        moved = entry["source"] != str(photograph.path.resolve())
        same = entry["stamp"] == photograph_stamp(photograph.path)
        if same and not (moved and _differ(Path(entry["source"]), photograph.path)):
            files_are_there = all((self.out / file).is_file() for file in entry["files"])
            return files_are_there and entry["scale"] == scale
        if moved:
            raise OptionError(
                f"{self.out} has results of another photograph that is called {photograph.name}: "
                f"{entry['source']}. Give another folder, or rename the photograph. "
                f"Received: {photograph.path}"
            )
        return False

    def add(self, entry: Entry) -> None:
        """Note that all files of a photograph are written; from any thread.

        Raises
        ------
        SaveError
            If the disk is full; what was noted before is intact.
        """
        with self._lock:
            before = self._entry(entry["name"]) if entry["name"] in self else {"files": []}
            self._append(entry["name"], entry)
        self._remove(set(before["files"]) - set(entry["files"]))

    def forget(self, name: str) -> None:
        """Note that what is there of a photograph no longer holds, and remove it.

        Raises
        ------
        SaveError
            If the disk is full; what was noted before is intact.
        """
        if name not in self:
            return
        with self._lock:
            before = self._entry(name)
            self._append(None, {"name": name, "forgotten": True})
            del self._places[name]
        self._remove(set(before["files"]))

    def _claim(self) -> None:
        if not try_lock(self._file):
            raise OptionError(
                f"Another run is writing to {self.out}. Wait until it is done, or give another "
                "folder"
            )

    def _open(self, run: Mapping[str, Any], again: bool) -> None:
        head = self._read()
        if head is not None:
            self._remove_torn()
        if head is not None and again:
            self._remove({file for entry in self.entries() for file in entry["files"]})
        if head is None or again:
            self._start(run, again)
        else:
            self._check(head, run)

    def _start(self, run: Mapping[str, Any], again: bool) -> None:
        found = None if again else next(self._unrecorded(), None)
        if found is not None:
            self.path.unlink()
            raise OptionError(
                f"{self.out} has {found} that were not recorded by a run, and which are not "
                "written over. Give another folder, or say that they may be replaced: --again on "
                "the command line, again=True in Python"
            )
        self._places.clear()
        with saving(self.path):
            self._file.truncate(0)
        self._append(None, {"format": FORMAT, **run})
        with saving(self.path):
            sync_folder(self.out)

    def _unrecorded(self) -> Iterator[str]:
        for output in self._outputs:
            found = (self.out / output).rglob("*")
            if any(path.is_file() and not path.name.startswith(".") for path in found):
                yield output

    def _check(self, head: Entry, run: Mapping[str, Any]) -> None:
        if head.pop("format", FORMAT + 1) > FORMAT:
            raise OptionError(
                f"{self.path} was written by a newer notebook_seg: give another folder, or "
                "pip install --upgrade notebook_seg"
            )
        # As JSON has it, where a tuple is a list.
        wanted = json.loads(json.dumps(run))
        changed = [name for name in {**head, **wanted} if head.get(name) != wanted.get(name)]
        if changed:
            raise OptionError(
                f"The results in {self.out} are of {_difference(changed[0], head, wanted)}. Give "
                "another folder, or start anew with --again on the command line, again=True in "
                "Python"
            )

    def _read(self) -> Entry | None:
        """Return the first line, and note where the others are."""
        head: Entry | None = None
        end = 0
        with self.path.open("rb") as file:
            for line in itertools.takewhile(lambda line: line.endswith(b"\n"), file):
                try:
                    entry = json.loads(line)
                    if head is not None and entry.get("forgotten"):
                        self._places.pop(entry["name"], None)
                    elif head is not None:
                        self._places[entry["name"]] = end, len(line)
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise self._damaged() from None
                head = head or entry
                end += len(line)
        with saving(self.path):
            self._file.truncate(end)
        return head

    def _damaged(self) -> SaveError:
        return SaveError(
            f"{self.path} is damaged, so that it is not known what is done. Give another folder, "
            "or delete this file and start anew with --again on the command line, again=True in "
            "Python"
        )

    def _entry(self, name: str) -> Entry:
        place, length = self._places[name]
        # Not through the file that others append to at the same time.
        with self.path.open("rb") as file:
            file.seek(place)
            return dict(json.loads(file.read(length)))

    def _append(self, name: str | None, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        end = self._file.seek(0, os.SEEK_END)
        with saving(self.path):
            try:
                if self._file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(end)
                raise
        if name is not None:
            self._places[name] = end, len(line)

    def _remove_torn(self) -> None:
        """Remove what a kill has left of files that were being written."""
        for path in self.out.rglob(".*.????????.tmp"):
            with saving(path):
                path.unlink(missing_ok=True)

    def _remove(self, files: set[str]) -> None:
        for path in (self.out / file for file in files):
            # Nothing outside, whatever somebody wrote into the file.
            if path.resolve().is_relative_to(self.out.resolve()):
                with saving(path):
                    path.unlink(missing_ok=True)


def photograph_stamp(path: Path) -> list[int] | None:
    """Return what changes when a photograph does: its bytes and when they were written."""
    found = stamp(path)
    return None if found is None else [found.n_bytes, found.modified_ns]


def _differ(first: Path, second: Path) -> bool:
    """Whether two files are there and do not hold the same."""
    try:
        return not filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False


def _difference(what: str, head: Entry, run: Entry) -> str:
    if what != "settings":
        return f"another {what}"
    before, now = head[what], run[what]
    changed = [f"{name} was {before.get(name)!r}" for name in now if before.get(name) != now[name]]
    return f"other settings: {', '.join(changed)}"
