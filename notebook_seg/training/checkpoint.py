"""A training that can be taken up again: all of its state in one file, written whole."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from notebook_seg.data import ClassLabel, Split
from notebook_seg.data.files import replacing
from notebook_seg.errors import ModelError, check_format
from notebook_seg.training.best import BestEpoch, Weights
from notebook_seg.training.clock import Elapsed
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import holds_model, write_history
from notebook_seg.training.validation_subset import SubsetRecord

__all__ = [
    "CHECKPOINT_NAME",
    "Checkpoint",
    "CheckpointWriter",
    "checkpoint_file",
    "is_finished",
]

_FORMAT = 1
CHECKPOINT_NAME = "checkpoint.npz"


def checkpoint_file(folder: Path) -> Path:
    """Return where a model folder keeps the state of an unfinished training."""
    return folder / CHECKPOINT_NAME


def is_finished(folder: Path) -> bool:
    """Return whether a folder holds a model whose training is over.

    Examples
    --------
    >>> is_finished(Path("no such model"))
    False
    """
    return holds_model(folder) and not checkpoint_file(folder).exists()


@dataclass
class Checkpoint:
    """Everything that a training needs to go on as if it had never stopped.

    Parameters
    ----------
    plan : Plan
    split : Split
    classes : tuple of ClassLabel
    elapsed : Elapsed
        Batches and seconds.
    weights, optimizer : list of ndarray
        Of the network after the latest epoch, and the optimiser's own.
    part : str
        Which part of the network was learning.
    best : BestEpoch
    random : list of ndarray
        Where the network is in its random numbers.
    validation_subset : SubsetRecord
        Which of the pictures held back are looked at after each epoch; none if that is not known.
    warnings : tuple of str
        What was said to worry about.
    """

    plan: Plan
    split: Split
    classes: tuple[ClassLabel, ...]
    elapsed: Elapsed
    weights: Weights
    optimizer: Weights
    part: str
    best: BestEpoch
    random: Weights = field(default_factory=list)
    validation_subset: SubsetRecord = field(default_factory=SubsetRecord)
    warnings: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it into a model folder, in place of the last one.

        Parameters
        ----------
        folder : Path
            Which is there.

        Raises
        ------
        SaveError
            If the disk is full or may not be written; the last one is intact.
        """
        with replacing(checkpoint_file(folder)) as file:
            np.savez(file, **self._arrays())  # type: ignore[arg-type]

    @classmethod
    def read(cls, folder: Path) -> "Checkpoint":
        """Read the one in a model folder.

        Parameters
        ----------
        folder : Path

        Returns
        -------
        Checkpoint

        Raises
        ------
        ModelError
            If there is none, or it is damaged.
        """
        file = checkpoint_file(folder)
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return cls._from_arrays(_checked(arrays, file))
        except FileNotFoundError:
            raise ModelError(
                f"{folder} has no training to go on with: {file.name} is not there. Start one with "
                "train."
            ) from None
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise ModelError(
                f"{file} is damaged and cannot be read ({error}): train again. The best weights so "
                "far are in the same folder."
            ) from error

    def _arrays(self) -> dict[str, np.ndarray]:
        about = {
            "format": _FORMAT,
            "plan": self.plan.to_json(),
            "split": self.split._asdict(),
            "classes": [asdict(c) for c in self.classes],
            **asdict(self.elapsed),
            "part": self.part,
            "looked_at": self.validation_subset._asdict(),
            "warnings": self.warnings,
            "best": {
                "history": self.best.history,
                "epoch": self.best.epoch,
                "iou": self.best.iou,
                "highest": self.best.highest,
            },
        }
        # The latest epoch is the best one as a rule: its weights are written once.
        best = () if self.best.weights is self.weights else self.best.weights or ()
        return {
            "about": np.array(json.dumps(about)),
            **_numbered("weights", self.weights),
            **_numbered("optimizer", self.optimizer),
            **_numbered("random", self.random),
            **_numbered("best", best),
        }

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Checkpoint":
        about: dict[str, Any] = json.loads(str(arrays["about"]))
        weights = _gathered("weights", arrays)
        return cls(
            plan=Plan.from_json(about["plan"]),
            split=Split(**{name: tuple(stems) for name, stems in about["split"].items()}),
            classes=tuple(ClassLabel(**c) for c in about["classes"]),
            elapsed=Elapsed(**{f.name: about[f.name] for f in fields(Elapsed) if f.name in about}),
            weights=weights,
            optimizer=_gathered("optimizer", arrays),
            part=about["part"],
            best=BestEpoch(**about["best"], weights=_gathered("best", arrays) or weights),
            random=_gathered("random", arrays),
            validation_subset=_subset_record(about.get("looked_at", {})),
            warnings=tuple(about.get("warnings", ())),
        )


class CheckpointWriter:
    """Writes checkpoints beside the training, one at a time.

    The network learns on while its last state is written. What goes wrong is raised by the next
    call.

    Examples
    --------
    >>> CheckpointWriter().wait()
    """

    def __init__(self) -> None:
        self._writing: Future[None] | None = None

    def write(self, checkpoint: Checkpoint, folder: Path) -> None:
        """Begin to write a checkpoint once the last one is written.

        Raises
        ------
        SaveError
            If the last one could not be written; this one is tried all the same.
        """
        try:
            self.wait()
        finally:
            thread = ThreadPoolExecutor(1, "checkpoint")
            self._writing = thread.submit(_write_all, checkpoint, folder)
            thread.shutdown(wait=False)

    def wait(self) -> None:
        """Return when nothing is left to write.

        Raises
        ------
        SaveError
            If the last one could not be written.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()


def _write_all(checkpoint: Checkpoint, folder: Path) -> None:
    checkpoint.write(folder)
    # The curves lead on from the best epoch, with which the model was written.
    write_history(folder, checkpoint.best.history)


def _checked(arrays: Mapping[str, np.ndarray], file: Path) -> dict[str, np.ndarray]:
    check_format(file, json.loads(str(arrays["about"]))["format"], _FORMAT)
    return dict(arrays)


def _subset_record(content: Mapping[str, Any]) -> SubsetRecord:
    return SubsetRecord(tuple(content.get("stems", ())), content.get("pixels", 0))


def _numbered(name: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{name}/{number}": array for number, array in enumerate(arrays)}


def _gathered(name: str, arrays: Mapping[str, np.ndarray]) -> Weights:
    numbers = sorted(int(key.split("/")[1]) for key in arrays if key.startswith(f"{name}/"))
    return [arrays[f"{name}/{number}"] for number in numbers]
