"""The models that lie in the folder of a dataset, found without opening one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from notebook_seg.data.files import natural_key
from notebook_seg.model_files import MEMBERS, RECORD, WEIGHTS

__all__ = ["FoundModel", "find_models"]

_PLACES = ("runs", "models")
# What a training goes on from lies here until it is over.
_UNFINISHED = "checkpoint.npz"
_ENDINGS = {"stopped": "stopped early", "unfinished": "unfinished"}


@dataclass(frozen=True)
class FoundModel:
    """A model as its files tell it, before it is loaded.

    Parameters
    ----------
    folder : Path
        What `load_model` takes.
    class_names : tuple of str
        Of its classes, background first.
    iou : float or None
        The best overlap with pictures that it did not learn from, where it is known.
    n_members : int
        How many networks are asked.
    written : float
        When, in seconds since 1970.
    ending : {"finished", "stopped", "unfinished"}
        Whether its training has come to its end, or somebody has ended it and kept what it had
        learned; else it goes on, or was cut off.
    """

    folder: Path
    class_names: tuple[str, ...]
    iou: float | None = None
    n_members: int = 1
    written: float = 0.0
    ending: str = "finished"

    @property
    def is_finished(self) -> bool:
        """Whether it is what somebody wanted to have, and not half of it."""
        return self.ending != "unfinished"

    @property
    def name(self) -> str:
        """What it is called: its folder."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What is said of it in a list.

        Examples
        --------
        >>> FoundModel(Path("runs/first"), ("background", "fish"), 0.8123).title
        'first · IoU 0.812 · fish'
        """
        parts = [self.name]
        if self.n_members > 1:
            parts.append(f"{self.n_members} networks")
        if self.ending in _ENDINGS:
            parts.append(_ENDINGS[self.ending])
        if self.iou is not None:
            parts.append(f"IoU {self.iou:.3f}")
        return " · ".join([*parts, ", ".join(self.class_names[1:])])


def find_models(dataset: Path) -> tuple[FoundModel, ...]:
    """List the models in ``runs`` and ``models`` of a dataset, the latest first.

    Parameters
    ----------
    dataset : Path
        Its folder. What trainings wrote is in ``runs``, what others shared in ``models``. A folder
        without weights, or one that cannot be understood, is passed over.

    Examples
    --------
    >>> find_models(Path("no such folder"))
    ()
    """
    found = [model for place in _PLACES for model in _in_folder(dataset / place)]
    return tuple(sorted(found, key=lambda model: model.written, reverse=True))


def _in_folder(folder: Path) -> Iterator[FoundModel]:
    for path in sorted(folder.glob("*/"), key=natural_key):
        try:
            model = _read(path)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if model is not None:
            yield model


def _read(folder: Path) -> FoundModel | None:
    if (folder / MEMBERS).is_file():
        members = json.loads((folder / MEMBERS).read_text("utf-8"))["models"]
        first = _read(folder / members[0])
        return first and replace(first, folder=folder, iou=None, n_members=len(members))
    if not (folder / WEIGHTS).is_file():
        return None
    content = json.loads((folder / RECORD).read_text("utf-8"))
    names = ("background", *(str(label["name"]) for label in content["classes"]))
    training = content.get("training", {})
    iou = training.get("best_validation_iou")
    written = (folder / WEIGHTS).stat().st_mtime
    return FoundModel(
        folder,
        names,
        None if iou is None else float(iou),
        written=written,
        ending=_ending(folder, training),
    )


def _ending(folder: Path, training: Mapping[str, Any]) -> str:
    # Who stops a training can go on with it, and so its state lies there as if it were cut off.
    if training.get("ended") == "stopped":
        return "stopped"
    return "unfinished" if (folder / _UNFINISHED).exists() else "finished"
