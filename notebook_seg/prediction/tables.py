"""What was measured, as CSV files: a row a picture, a row an object, a row a failure."""

import csv
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebook_seg.data.files import replacing, saving
from notebook_seg.data.photographs import Photograph
from notebook_seg.prediction.ledger import Ledger
from notebook_seg.prediction.traits import Value, object_columns, picture_columns

__all__ = ["Tables"]

_PICTURE = ("picture", "file", "predicted_at")
_EVERY = 30.0
# Of the time that passes, spent on writing tables before the end.
_SHARE = 0.02


@dataclass
class Tables:
    """The tables in a folder of results, written anew from the ledger each time.

    So they hold each picture once, whatever was interrupted.

    Parameters
    ----------
    out : Path
    class_names : sequence of str
        Background first.
    scaled : bool
        Whether there are millimetres.
    together : bool
        Whether objects are of all classes.
    """

    out: Path
    class_names: Sequence[str]
    scaled: bool
    together: bool
    _due: float = field(default_factory=lambda: time.monotonic() + _EVERY, init=False)

    def write_if_due(self, ledger: Ledger, failed: Mapping[Photograph, str]) -> None:
        """Write the tables from time to time, so that a kill leaves recent ones behind."""
        if time.monotonic() > self._due:
            self.write(ledger, failed)

    def write(self, ledger: Ledger, failed: Mapping[Photograph, str]) -> None:
        """Write ``pictures.csv``, ``objects.csv`` and, if any failed, ``failed.csv``.

        Raises
        ------
        SaveError
            If the disk is full; the tables that were there are intact.
        """
        started = time.monotonic()
        self._write_measures(ledger)
        self._write_failed(failed)
        now = time.monotonic()
        self._due = now + max(_EVERY, (now - started) / _SHARE)

    def _write_measures(self, ledger: Ledger) -> None:
        of_picture = picture_columns(self.class_names, self.scaled)
        of_object = object_columns(self.class_names, self.scaled, self.together)
        with (
            _table(self.out / "pictures.csv", [*_PICTURE, "seconds", *of_picture]) as pictures,
            _table(self.out / "objects.csv", [*_PICTURE, *of_object]) as objects,
        ):
            for entry in ledger.entries():
                head = _head(entry)
                pictures.writerow({**head, "seconds": entry["seconds"], **entry["picture"]})
                for number, traits in enumerate(entry["objects"], 1):
                    objects.writerow({**head, "object": number, **traits})

    def _write_failed(self, failed: Mapping[Photograph, str]) -> None:
        path = self.out / "failed.csv"
        if not failed:
            with saving(path):
                path.unlink(missing_ok=True)
            return
        with _table(path, ["picture", "file", "reason"]) as table:
            for photograph, reason in failed.items():
                names = {"picture": photograph.name, "file": photograph.file}
                table.writerow({**names, "reason": reason})


def _head(entry: Mapping[str, Any]) -> dict[str, Value]:
    return {
        "picture": entry["name"],
        "file": entry["file"],
        "predicted_at": entry["predicted_at"],
    }


@contextmanager
def _table(path: Path, columns: Sequence[str]) -> Iterator["csv.DictWriter[str]"]:
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        table = csv.DictWriter(text, columns, lineterminator="\n")
        try:
            table.writeheader()
            yield table
            text.flush()
        finally:
            # Else it would close the file, and complain when it cannot be written.
            with suppress(OSError):
                text.detach()
