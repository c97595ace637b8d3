"""`dataset.json`: which classes a dataset has, and which pictures belong together."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from notebook_seg.data.classes import (
    BACKGROUND_COLOR,
    ClassLabel,
    color_to_rgb,
    make_classes,
)
from notebook_seg.errors import DatasetError

__all__ = ["DESCRIPTION", "FORMAT", "Description", "read_description"]

DESCRIPTION = "dataset.json"
FORMAT = 1


@dataclass(frozen=True)
class Description:
    """What `dataset.json` says.

    Parameters
    ----------
    classes : tuple of ClassLabel
        The foreground classes, in the order of their indexes.
    groups : mapping of str to str, optional
        The group of each stem, where there are groups.

    Examples
    --------
    >>> Description(make_classes(["fish"])).colors
    ('#000000', '#ee3377')
    """

    classes: tuple[ClassLabel, ...]
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all classes, background first."""
        return ("background", *(c.name for c in self.classes))

    @property
    def colors(self) -> tuple[str, ...]:
        """The colours of all classes as ``'#rrggbb'``, background first."""
        return (BACKGROUND_COLOR, *(c.color for c in self.classes))

    def to_json(self) -> bytes:
        """Return the content of the file."""
        content: dict[str, object] = {
            "format": FORMAT,
            "classes": [asdict(c) for c in self.classes],
        }
        if self.groups:
            content["groups"] = dict(self.groups)
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def read_description(folder: Path) -> Description:
    """Read `dataset.json`.

    Raises
    ------
    DatasetError
        If the folder holds none, or it is damaged or of a later format.
    """
    path = folder / DESCRIPTION
    try:
        content = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise DatasetError(
            f"{folder} is not a dataset: there is no {DESCRIPTION} in it. Name the folder of a "
            "dataset, or make one with Dataset.create(folder, images=...)"
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    return _parse(content, path)


def _damaged(path: Path, detail: str) -> DatasetError:
    return DatasetError(
        f"{path} cannot be understood ({detail}). Restore it from a backup, or make the dataset "
        "anew from its images and masks with Dataset.create"
    )


def _parse(content: object, path: Path) -> Description:
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise _damaged(path, "it does not tell its format")
    if content["format"] != FORMAT:
        raise DatasetError(
            f"{path} has format {content['format']}, and this version of notebook_seg reads "
            f"format {FORMAT}. Update with: pip install --upgrade notebook_seg"
        )
    groups = content.get("groups", {})
    if not isinstance(groups, dict) or not all(isinstance(g, str) for g in groups.values()):
        raise _damaged(path, "groups is not an object of stems and names")
    return Description(_parse_classes(content.get("classes"), path), groups)


def _parse_classes(entries: object, path: Path) -> tuple[ClassLabel, ...]:
    try:
        classes = tuple(ClassLabel(**entry) for entry in entries)  # type: ignore[attr-defined]
        for label in classes:
            color_to_rgb(label.color)
        expected = make_classes([c.name for c in classes])
    except (TypeError, DatasetError) as error:
        raise _damaged(path, f"classes: {error}") from error
    if [c.index for c in classes] != [c.index for c in expected]:
        raise _damaged(path, "the indexes of the classes do not count 1, 2, 3 ...")
    return classes
