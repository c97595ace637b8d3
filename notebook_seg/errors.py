"""The errors that a user may meet, each a single line that says what to do.

::

    NotebookSegError
    ├── ImageError         a photograph cannot be read
    ├── MaskError          a mask cannot be read, or does not fit its photograph
    ├── DatasetError       a folder is not a dataset, or the dataset lacks what was asked for
    ├── OptionError        an argument has a value that is not understood (also a ValueError)
    ├── SaveError          a file cannot be written: disk full, no permission
    ├── ModelError         a model folder cannot be read
    │   └── BundleError        a shared model is damaged, or is not what it says
    ├── CatalogueError     a catalogue of models cannot be reached or read, or lacks the model
    ├── WeightsError       the weights of a pretrained encoder are not to be had
    ├── TrainingError      training cannot start or go on
    │   ├── OutOfMemoryError   the batch does not fit into memory
    │   └── StoppedError       training was stopped before there was anything to keep
    └── MissingExtraError  an optional library is not installed

Every message follows one pattern: what is wrong, where, what was received, what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

__all__ = [
    "BundleError",
    "CatalogueError",
    "DatasetError",
    "ImageError",
    "MaskError",
    "MissingExtraError",
    "ModelError",
    "NotebookSegError",
    "OptionError",
    "OutOfMemoryError",
    "SaveError",
    "StoppedError",
    "TrainingError",
    "WeightsError",
    "check_choice",
    "check_format",
]


class NotebookSegError(Exception):
    """The root of every error that this package raises on purpose."""


class ImageError(NotebookSegError):
    """A photograph cannot be read."""


class MaskError(NotebookSegError):
    """A mask cannot be read, or does not fit its photograph."""


class DatasetError(NotebookSegError):
    """A folder is not a dataset, or the dataset lacks what was asked for."""


class OptionError(NotebookSegError, ValueError):
    """An argument has a value that is not understood."""


class SaveError(NotebookSegError):
    """A file cannot be written."""


class ModelError(NotebookSegError):
    """A model folder cannot be read."""


class BundleError(ModelError):
    """A shared model is damaged, or is not what it says."""


class CatalogueError(NotebookSegError):
    """A catalogue of models cannot be reached or read, or lacks the model."""


class WeightsError(NotebookSegError):
    """The weights of a pretrained encoder are not to be had."""


class TrainingError(NotebookSegError):
    """Training cannot start or go on."""


class OutOfMemoryError(TrainingError):
    """The batch does not fit into memory."""


class StoppedError(TrainingError):
    """Training was stopped before there was anything to keep."""


class MissingExtraError(NotebookSegError):
    """An optional library is not installed."""


def check_choice(what: str, received: str, choices: Iterable[str]) -> str:
    """Return `received` if it is one of `choices`, else raise an error with a spelling hint.

    Parameters
    ----------
    what : str
        What is chosen, in the user's words.
    received : str
        The value to check.
    choices : iterable of str
        The values that are understood.

    Raises
    ------
    OptionError
        If `received` is not one of `choices`.

    Examples
    --------
    >>> check_choice("encoder", "resnet18", ["mobilenetv2", "resnet18"])
    'resnet18'
    >>> check_choice("encoder", "resnet81", ["mobilenetv2", "resnet18"])
    Traceback (most recent call last):
    notebook_seg.errors.OptionError: Unknown encoder: did you mean 'resnet18'? Choose from: \
mobilenetv2, resnet18. Received: 'resnet81'
    """
    known = list(choices)
    if received in known:
        return received
    close = get_close_matches(str(received), known, n=1)
    hint = f": did you mean '{close[0]}'?" if close else "."
    raise OptionError(
        f"Unknown {what}{hint} Choose from: {', '.join(known)}. Received: {received!r}"
    )


def check_format(file: Path, written: int, known: int) -> None:
    """Raise an error if a file is of a later format than this version knows.

    Parameters
    ----------
    file : Path
    written : int
        The number of the format that the file says it is of.
    known : int
        The latest that is understood.

    Raises
    ------
    ModelError
        If `written` is above `known`.

    Examples
    --------
    >>> check_format(Path("model.json"), written=2, known=1)
    Traceback (most recent call last):
    notebook_seg.errors.ModelError: model.json was written by a newer notebook_seg (format 2): \
pip install --upgrade notebook_seg
    """
    if written > known:
        raise ModelError(
            f"{file} was written by a newer notebook_seg (format {written}): "
            "pip install --upgrade notebook_seg"
        )
