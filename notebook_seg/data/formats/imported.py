"""What an import did, for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from notebook_seg.data.dataset import Dataset

__all__ = ["Imported"]


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Parameters
    ----------
    data : Dataset
        The dataset, with its new masks.
    masks : tuple of str
        The pictures that got one.
    kept : tuple of str
        The pictures that had a mask already, which was left as it is.
    missing : tuple of str
        What is annotated but not among the photographs.
    left : tuple of str
        What an interruption left to be done.
    classes : tuple of str
        The classes that were added to the dataset.
    notes : tuple of str
        What else a person should know, a sentence each.
    """

    data: Dataset
    masks: tuple[str, ...]
    kept: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(label.name for label in self.data.classes)
        lines = [f"{self.data.folder}: masks imported: {len(self.masks)}; classes: {names}."]
        if self.kept:
            lines.append(
                f"Kept, because a mask was there already: {_some(self.kept)}. To replace them: "
                "overwrite=True (--overwrite)."
            )
        if self.missing:
            lines.append(f"Annotated, but not among the photographs: {_some(self.missing)}.")
        return "\n".join([*lines, *self.notes])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
