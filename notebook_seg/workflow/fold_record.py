"""How far a cross-validation is: one file in its folder, rewritten whole after each step."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebook_seg.data import Split
from notebook_seg.data.files import atomic_write, make_folder
from notebook_seg.errors import ModelError, OptionError, check_format
from notebook_seg.training import Plan
from notebook_seg.training.checkpoint import checkpoint_file, is_finished

__all__ = ["SCORES", "Counts", "FoldRecord", "fold_name"]

FORMAT = 1
SCORES = "scores.csv"
"""The file that is written last."""
_FILE = "cross_validation.json"
_NAMED = 5  # pictures

Counts = dict[str, list[list[int]]]
"""A picture's stem to its confusion counts."""


def fold_name(number: int) -> str:
    """Return the name of the folder of a fold's model, counted from 0.

    Examples
    --------
    >>> fold_name(0)
    'fold_1'
    """
    return f"fold_{number + 1}"


@dataclass
class FoldRecord:
    """What a cross-validation was asked for, and what is done of it.

    Parameters
    ----------
    folder : Path
    plan : Plan
    chosen : mapping of str to object
        What the user has said of the plan, as plain values.
    folds : tuple of Split
    classes : tuple of str
        Their names, background first.
    masks : mapping of str to int
        A checksum of the mask of each picture, as it was drawn when it began.
    trained : int
        How many folds have their model.
    counts : list of dict
        Of each fold that was scored, the confusion counts of its pictures.
    surprises : dict of str to list of float
        How surprising the truth of its pictures was to each model without a temperature of its
        own, by the name of its fold; see `notebook_seg.training.calibration.surprise`.
    """

    folder: Path
    plan: Plan
    chosen: Mapping[str, Any]
    folds: tuple[Split, ...]
    classes: tuple[str, ...]
    masks: Mapping[str, int]
    trained: int = 0
    counts: list[Counts] = field(default_factory=list)
    surprises: dict[str, list[float]] = field(default_factory=dict)

    @property
    def stems(self) -> tuple[str, ...]:
        """All pictures of it: each is tested once."""
        return tuple(stem for fold in self.folds for stem in fold.test)

    @property
    def has_begun(self) -> bool:
        """Whether anything was trained, so that there is something to go on with."""
        first = self.folder / fold_name(0)
        return self.trained > 0 or checkpoint_file(first).exists() or is_finished(first)

    @property
    def is_done(self) -> bool:
        """Whether all folds are scored, and the models calibrated and made an ensemble."""
        return len(self.counts) == len(self.folds) and (self.folder / SCORES).exists()

    @classmethod
    def read(cls, folder: Path) -> "FoldRecord | None":
        """Return what is in a folder; None if no cross-validation was begun there.

        Raises
        ------
        ModelError
            If the file is damaged, or of a newer version.
        """
        file = folder / _FILE
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            check_format(file, content["format"], FORMAT)
            return cls(
                folder=folder,
                plan=Plan.from_json(content["plan"]),
                chosen=content["chosen"],
                folds=tuple(
                    Split(*(tuple(fold[p]) for p in Split._fields)) for fold in content["folds"]
                ),
                classes=tuple(content.get("classes", ())),
                masks=content.get("masks", {}),
                trained=int(content["trained"]),
                counts=content["counts"],
                surprises=content.get("surprises", {}),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise ModelError(f"{file} is damaged and cannot be read ({error}).") from error

    def write(self) -> None:
        """Write it to its folder.

        Raises
        ------
        SaveError
            If the folder cannot be written.
        """
        content = {
            "format": FORMAT,
            "plan": self.plan.to_json(),
            "chosen": self.chosen,
            "folds": [fold._asdict() for fold in self.folds],
            "classes": self.classes,
            "masks": self.masks,
            "trained": self.trained,
            "counts": self.counts,
            "surprises": self.surprises,
        }
        make_folder(self.folder)
        text = json.dumps(content, indent=1, ensure_ascii=False)
        atomic_write(self.folder / _FILE, f"{text}\n".encode())

    def check_same(self, wanted: "FoldRecord") -> None:
        """Refuse to go on with a cross-validation that was asked for otherwise.

        Raises
        ------
        OptionError
            If the pictures, the folds, the classes, the masks or what was said of the plan differ.
        """
        differs = self._difference(wanted)
        if differs:
            raise OptionError(
                f"Another cross-validation is in {self.folder}: ask for the same again to go on "
                f"with it, or give another folder as out=. Received: {differs}"
            )

    def _difference(self, wanted: "FoldRecord") -> str:
        gone = [stem for stem in self.stems if stem not in wanted.stems]
        if gone:
            return f"the {_masks_of(gone)} gone since"
        if self.folds != wanted.folds:
            return "its folds or pictures are others"
        # Those that were written first kept neither classes nor masks.
        if self.classes and self.classes != wanted.classes:
            was, now = (", ".join(record.classes) for record in (self, wanted))
            return f"classes were {was}, now {now}"
        redrawn = [
            stem for stem, mask in wanted.masks.items() if self.masks.get(stem, mask) != mask
        ]
        if redrawn:
            return f"the {_masks_of(redrawn)} changed since"
        if self.chosen != wanted.chosen:
            before, after = (defaultdict(lambda: "not said", r.chosen) for r in (self, wanted))
            name = next(n for n in sorted({*before, *after}) if before[n] != after[n])
            return f"{name} was {before[name]}, now {after[name]}"
        return ""


def _masks_of(stems: Sequence[str]) -> str:
    if len(stems) == 1:
        return f"mask of {stems[0]} has"
    rest = len(stems) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"masks of {', '.join(stems[:_NAMED])}{more} have"
