"""The model folder: plain files from which a model is rebuilt, never unpickled."""

import csv
import io
import itertools
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from notebook_seg._version import __version__
from notebook_seg.data import ClassLabel
from notebook_seg.data.files import atomic_write, make_folder, saving
from notebook_seg.errors import ModelError, check_format
from notebook_seg.model_files import CARD, HISTORY, RECORD, WEIGHTS
from notebook_seg.training.best import History
from notebook_seg.training.networks import build_network
from notebook_seg.training.plan import Plan

__all__ = [
    "ModelRecord",
    "holds_model",
    "read_history",
    "read_network",
    "remove_leftovers",
    "save_model",
    "set_aside",
    "write_history",
]

FORMAT = 1
_SAVING = "saving-"


def _versions() -> dict[str, str]:
    return {"notebook_seg": __version__, **{p: version(p) for p in ("keras", "tensorflow")}}


@dataclass(frozen=True)
class ModelRecord:
    """What `model.json` says: all that is needed to rebuild a network and to use it.

    Parameters
    ----------
    classes : tuple of ClassLabel
        The foreground classes.
    plan : Plan
    split : mapping of str to list of str
        Which pictures were in ``"train"``, ``"validation"`` and ``"test"``.
    training : mapping
        What happened: device, epochs, best epoch, seconds, best validation IoU; and how it
        ended, ``"finished"`` or ``"stopped"``, nothing where it was cut off.
    versions : mapping of str to str
        Of the libraries that trained it.
    """

    classes: tuple[ClassLabel, ...]
    plan: Plan
    split: Mapping[str, Sequence[str]]
    training: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=_versions)

    @property
    def n_classes(self) -> int:
        """Number of classes, background included."""
        return len(self.classes) + 1

    def to_json(self) -> str:
        """Return the text of `model.json`."""
        content = {
            "format": FORMAT,
            "classes": [asdict(c) for c in self.classes],
            "plan": self.plan.to_json(),
            "split": {name: list(stems) for name, stems in self.split.items()},
            "training": dict(self.training),
            "versions": dict(self.versions),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> "ModelRecord":
        """Read the record of a model folder.

        Raises
        ------
        ModelError
            If the folder has no record, or one that is damaged or of a newer format.
        """
        file = folder / RECORD
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            check_format(file, content["format"], FORMAT)
            return cls(
                classes=tuple(ClassLabel(**c) for c in content["classes"]),
                plan=Plan.from_json(content["plan"]),
                split=content["split"],
                training=content["training"],
                versions=content["versions"],
            )
        except FileNotFoundError:
            raise ModelError(
                f"{folder} is not a model: it has no {RECORD}. Give the folder that training wrote."
            ) from None
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise ModelError(f"{file} is damaged and cannot be read ({error}).") from error

    def write(self, folder: Path) -> None:
        """Write the record and its card into a model folder, in place of those that are there.

        Raises
        ------
        SaveError
            If the disk is full or the folder cannot be written; the old one is intact.

        Examples
        --------
        >>> folder = Path(tempfile.mkdtemp())
        >>> split = {"train": ["coin_01"]}
        >>> ModelRecord((), Plan(epochs=1), split, {"temperature": 2.0}).write(folder)
        >>> ModelRecord.read(folder).training
        {'temperature': 2.0}
        """
        atomic_write(folder / CARD, self.card().encode())
        atomic_write(folder / RECORD, self.to_json().encode())

    def build(self) -> keras.Model:
        """Return the network with random weights."""
        plan = self.plan
        return build_network(
            plan.architecture, plan.encoder, self.n_classes, channels=plan.channels
        )

    def card(self) -> str:
        """Return the text of `card.md`, a page for people."""
        names = ", ".join(c.name for c in self.classes)
        iou = self.training.get("best_validation_iou")
        without = "no class in the" if self.split.get("validation") else "no"
        score = f"{without} validation pictures" if iou is None else f"validation IoU {iou:.3f}"
        return (
            f"# Segmentation of {names}\n\n"
            f"- Network: {self.plan.network}, which "
            f"started from {self.plan.encoder_weights or 'random'} weights\n"
            f"- Learned from {len(self.split['train'])} pictures in "
            f"{self.training.get('seconds', 0):.0f} s, {self.training.get('epochs', 0)} epochs\n"
            f"- Score: {score}\n"
            f"- Written by notebook_seg {self.versions['notebook_seg']}\n"
        )


def _history_csv(history: History) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(history)
    writer.writerows(zip(*history.values(), strict=True))
    return text.getvalue()


def read_history(folder: Path) -> History:
    """Return the learning curves of a model folder, a list of numbers for each name.

    Raises
    ------
    ModelError
        If the file is damaged.
    """
    try:
        with (folder / HISTORY).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise ModelError(f"{folder / HISTORY} is damaged and cannot be read ({error}).") from error


def _write_weights(folder: Path, network: keras.Model) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{_SAVING}") as beside:
        temporary = Path(beside) / WEIGHTS
        _save_weights(network, temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(folder / WEIGHTS)


def _save_weights(network: keras.Model, file: Path) -> None:
    try:
        network.save_weights(file)
    except RuntimeError as error:
        # How HDF5 says that the disk is full, where the last bytes go to it in closing.
        raise OSError("the file could not be closed") from error


def save_model(folder: Path, network: keras.Model, record: ModelRecord, history: History) -> None:
    """Write a model folder; each file is replaced whole, so that a kill leaves a model behind.

    Raises
    ------
    SaveError
        If the disk is full or the folder cannot be written.
    """
    make_folder(folder)
    with saving(folder / WEIGHTS):
        _write_weights(folder, network)
    write_history(folder, history)
    record.write(folder)


def write_history(folder: Path, history: History) -> None:
    """Write the learning curves of a model folder.

    Raises
    ------
    SaveError
        If the disk is full or the folder cannot be written.
    """
    atomic_write(folder / HISTORY, _history_csv(history).encode())


def remove_leftovers(folder: Path) -> None:
    """Remove what a kill in the middle of writing has left in a model folder.

    Examples
    --------
    >>> remove_leftovers(Path("no such model"))
    """
    for half_written in folder.glob(f".{_SAVING}*"):
        shutil.rmtree(half_written, ignore_errors=True)
    for half_written in folder.glob(".*.tmp"):
        half_written.unlink(missing_ok=True)


def holds_model(folder: Path) -> bool:
    """Return whether a model was written to a folder.

    Examples
    --------
    >>> holds_model(Path("no such model"))
    False
    """
    return (folder / RECORD).exists()


def set_aside(folder: Path) -> Path | None:
    """Rename a model folder that is in the way of a new one, ``model`` to ``model.1`` and so on.

    Returns
    -------
    Path or None
        Where the model is now; None if there was none.

    Raises
    ------
    SaveError
        If it cannot be renamed.

    Examples
    --------
    >>> set_aside(Path("no such model")) is None
    True
    """
    if not holds_model(folder):
        return None
    folder = folder.absolute()  # "." has no name
    names = (folder.with_name(f"{folder.name}.{number}") for number in itertools.count(1))
    free = next(name for name in names if not name.exists())
    with saving(free):
        folder.rename(free)
    return free


def read_network(folder: Path, record: ModelRecord) -> keras.Model:
    """Rebuild the network of a model folder and give it its weights.

    Raises
    ------
    ModelError
        If the weights are absent, damaged, or those of another network.
    """
    network = record.build()
    file = folder / WEIGHTS
    try:
        with warnings.catch_warnings():
            # A hundred of them come before the error about weights of another network.
            warnings.filterwarnings("ignore", "Skipping nested container")
            network.load_weights(file)
    # Keras says ValueError for weights of another network, h5py OSError or KeyError for damage.
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The weights in {file} cannot be read or do not fit "
            f"{record.plan.network}: copy the whole model folder again, or train again."
        ) from error
    return network
