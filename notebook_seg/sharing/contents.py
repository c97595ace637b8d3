"""The files of a shared model: which there are, and whether they are what they seem."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple

import numpy as np

from notebook_seg.data.classes import color_to_rgb, make_classes
from notebook_seg.data.decoding import file_kind
from notebook_seg.data.images import image_size, read_image
from notebook_seg.data.masks import read_mask
from notebook_seg.errors import ImageError, MaskError, NotebookSegError
from notebook_seg.model_files import CARD, HISTORY, MEMBERS, RECORD, WEIGHTS
from notebook_seg.prediction.ensemble import is_ensemble
from notebook_seg.sharing.archive import refuse, shown
from notebook_seg.sharing.weights import fault_of_weights
from notebook_seg.training.record import ModelRecord

__all__ = [
    "INFO",
    "LABELS",
    "LONGEST_EXAMPLE",
    "PHOTOGRAPH",
    "ExamplePicture",
    "check_models",
    "files_of",
    "read_example",
]

INFO = "bundle.json"
PHOTOGRAPH, LABELS = "test/photograph.png", "test/labels.png"

LONGEST_EXAMPLE = 1024
"""Pixels of the longer side of a test picture, at most."""

_ALONE = (RECORD, WEIGHTS, HISTORY)
_IN_ENSEMBLE = re.compile(r"model_([1-9]\d{0,2})/model\.json")
_LONGEST_SIDE = 8192  # pixels of a working scale or a patch
_LARGEST_FACTOR = 8
_MOST_PROBABILITIES = 2**28
_PARTS = ("train", "validation", "test")


class ExamplePicture(NamedTuple):
    """A photograph ``(H, W, 3)`` uint8 and what the model said of it, ``(H, W)`` uint8."""

    photograph: np.ndarray
    labels: np.ndarray


def files_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return which files a shared model has to have, `bundle.json` aside.

    Parameters
    ----------
    names : iterable of str
        Those that it has, by which one is told from several.

    Examples
    --------
    >>> files_of(["model.json"])[:3]
    ('card.md', 'test/photograph.png', 'test/labels.png')
    >>> len(files_of(["ensemble.json", "model_1/model.json", "model_2/model.json"]))
    12
    """
    names = set(names)
    common = (CARD, PHOTOGRAPH, LABELS)
    if MEMBERS not in names:
        return (*common, *_ALONE)
    count = sum(1 for name in names if _IN_ENSEMBLE.fullmatch(name))
    return (*common, MEMBERS, *(f"{f}/{n}" for f in _folders(count) for n in (*_ALONE, CARD)))


def _folders(count: int) -> list[str]:
    return [f"model_{number}" for number in range(1, max(count, 1) + 1)]


def check_models(folder: Path, file: Path) -> list[ModelRecord]:
    """Refuse models that are more than settings and numbers, before any of them is built.

    Parameters
    ----------
    folder : Path
        Where the files were unpacked to.
    file : Path
        What they came from, for the error.

    Returns
    -------
    list of ModelRecord
        One for each of them.

    Raises
    ------
    BundleError
    """
    folders = sorted(path.parent for path in folder.rglob(RECORD))
    if is_ensemble(folder):
        _check_members(folder / MEMBERS, [path.name for path in folders], file)
    for model in folders:
        fault = _fault_of_record(model) or fault_of_weights(model / WEIGHTS)
        if fault:
            refuse(file, f"its model is not to be trusted: {shown(fault, 200)}")
    return [ModelRecord.read(model) for model in folders]


def _check_members(members: Path, folders: Sequence[str], file: Path) -> None:
    try:
        named = json.loads(members.read_text(encoding="utf-8"))["models"]
    except (ValueError, KeyError, TypeError, RecursionError):
        named = None
    # An ensemble is read from the folders that it names: they are to be these, and no others.
    if named != _folders(len(folders)):
        refuse(file, f"{MEMBERS} in it does not name the models that are in it")


def _fault_of_record(folder: Path) -> str | None:
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        # A pipeline of somebody's own names classes that a library would make.
        if not isinstance(content["plan"]["augmentation"], str):
            return "its augmentation is not one of those that have a name"
        return _fault_of_values(ModelRecord.read(folder))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        return f"{RECORD} cannot be read ({error})"
    except NotebookSegError as error:
        return f"{RECORD}: {error}"


def _fault_of_values(record: ModelRecord) -> str | None:
    classes = record.classes
    make_classes([c.name for c in classes])
    for label in classes:
        color_to_rgb(label.color)
    if [c.index for c in classes] != list(range(1, len(classes) + 1)):
        return "its classes do not count 1, 2, 3 ..."
    if not (isinstance(record.versions, dict) and _are_texts(list(record.versions.values()))):
        return "it does not say what it was made with"
    if not all(_are_texts(record.split[part]) for part in _PARTS):
        return "it does not say which pictures it learned from"
    if not all(_is_size(side, _LONGEST_SIDE) for side in record.plan.patch):
        return "its patches are too large"
    if not _is_bare_name(record.plan.encoder_weights):
        return "its encoder's weights are to be read from a file of this machine"
    return _fault_of_scale(record.plan.scale.long_side, record.plan.scale.factor) or (
        None if _is_size(record.training.get("temperature") or 1.0, 1e6) else "its temperature"
    )


def _fault_of_scale(long_side: Any, factor: Any) -> str | None:
    if long_side is None and _is_size(factor, _LARGEST_FACTOR):
        return None
    if factor is None and _is_size(long_side, _LONGEST_SIDE):
        return None
    return "its working scale is beyond measure"


def _is_size(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and 0 < value <= most


def _is_bare_name(value: Any) -> bool:
    # Read when somebody trains again with its plan. Windows' rules know every separator.
    if not isinstance(value, str):
        return value is None
    return value != ".." and PureWindowsPath(value).name == value


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def read_example(folder: Path, records: Sequence[ModelRecord], file: Path) -> ExamplePicture:
    """Read the test picture and its label map.

    Parameters
    ----------
    folder : Path
        Where the files were unpacked to.
    records : sequence of ModelRecord
        Of all models, each of which may have a working scale of its own.
    file : Path
        What they came from, for the error.

    Raises
    ------
    BundleError
        If they are no PNG files, huge, or do not belong together.
    """
    try:
        for name in (PHOTOGRAPH, LABELS):
            if file_kind(folder / name, ImageError) != "PNG":
                refuse(file, f"{name} in it is no PNG")
            if max(image_size(folder / name)) > LONGEST_EXAMPLE:
                refuse(file, f"{name} in it is larger than {LONGEST_EXAMPLE} pixels")
        picture = ExamplePicture(read_image(folder / PHOTOGRAPH), read_mask(folder / LABELS))
    except (ImageError, MaskError) as error:
        refuse(file, f"its test picture cannot be read ({shown(error, 200)})")
    height, width = picture.photograph.shape[:2]
    if picture.labels.shape != (height, width) or picture.labels.max() >= records[0].n_classes:
        refuse(file, "its test picture and its label map do not belong together")
    if any(_n_probabilities(record, height, width) > _MOST_PROBABILITIES for record in records):
        refuse(file, "its working scale is beyond measure")
    return picture


def _n_probabilities(record: ModelRecord, height: int, width: int) -> int:
    return math.prod(record.plan.scale.size(height, width)) * record.n_classes
