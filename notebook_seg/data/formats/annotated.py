"""What the reader of each format returns, and what the writer of each receives."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, NamedTuple, Protocol, TypeAlias

import numpy as np

from notebook_seg.data.classes import ClassLabel
from notebook_seg.data.decoding import DECODING_ERRORS
from notebook_seg.data.formats.outlines import Piece, pieces
from notebook_seg.data.formats.shapes import Shape
from notebook_seg.data.values import values_in
from notebook_seg.errors import MaskError

__all__ = [
    "Annotated",
    "Drawing",
    "Found",
    "Hints",
    "LabelMap",
    "Labelled",
    "Out",
    "Sizes",
    "base_name",
    "read_json",
    "understanding",
]

Sizes: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Drawing:
    """The shapes that were drawn on one photograph.

    Parameters
    ----------
    picture : str
        The file name of the photograph, as the tool tells it, without folders.
    source : Path
        The file that the shapes come from.
    shapes : sequence of Shape
        In the order of drawing: later ones lie over earlier ones.
    size : tuple of int, optional
        Height and width of the photograph, where the tool tells them.
    skipped : Counter of str
        How many of each kind have no area, and were passed over: points, lines ...
    stated : bool
        Whether a picture without any shape was looked at, and holds nothing but background.
    """

    picture: str
    source: Path
    shapes: Sequence[Shape] = ()
    size: tuple[int, int] | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    stated: bool = True

    @property
    def names(self) -> list[str | None]:
        """The classes in the order of their first shape; None stands for shapes without one."""
        return list(dict.fromkeys(shape.name for shape in self.shapes))

    def paint(self, size: tuple[int, int], indexes: Mapping[str | None, int]) -> np.ndarray:
        """Return the mask, ``(H, W)`` uint8, with the class index of each name."""
        mask = np.zeros(size, np.uint8)
        with understanding(self.source, "file of outlines"):
            for shape in self.shapes:
                region = shape.region(size)
                if region is not None:
                    mask[region.box.slices][region.inside] = indexes[shape.name]
        return mask


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A picture of numbers, or of colours, each of which stands for a class.

    Parameters
    ----------
    picture : str
        The name of the photograph, as the name of the file tells it.
    source : Path
        The file.
    read : callable
        Gives the values, ``(H, W)`` or ``(H, W, 3)``. It is told height and width of the
        photograph, upright and as it is stored, first those that the tool is taken to show; what
        it gives may have another size.
    names : mapping of int to str, optional
        The class of each value but 0, where the file tells.
    """

    picture: str
    source: Path
    read: Callable[[Sizes], np.ndarray]
    names: Mapping[int, str] | None = None


Annotated: TypeAlias = Drawing | LabelMap


class Found(NamedTuple):
    """All that was read.

    Parameters
    ----------
    pictures : sequence of Drawing or LabelMap
    classes : mapping of str to str or None
        The classes that the files declare, in their order, and the colour of each as
        ``'#rrggbb'`` where it is told.
    """

    pictures: Sequence[Annotated]
    classes: Mapping[str, str | None]


class Hints(NamedTuple):
    """What helps a reader.

    Parameters
    ----------
    known : tuple of str
        The classes that the dataset has, or that the user named.
    attribute : str or None
        Which attribute of a region tells its class.
    """

    known: tuple[str, ...] = ()
    attribute: str | None = None


class Labelled(NamedTuple):
    """One picture to be written.

    Parameters
    ----------
    stem : str
        The name of the picture.
    photograph : Path
        Its file.
    mask : ndarray, shape (H, W), uint8
    classes : tuple of ClassLabel
        The classes of the dataset, and ``unlabelled`` where the mask holds it.
    """

    stem: str
    photograph: Path
    mask: np.ndarray
    classes: tuple[ClassLabel, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.mask.shape
        return height, width

    def pieces(self) -> Iterator[tuple[ClassLabel, Piece]]:
        """Give the connected pieces of each class."""
        present = values_in(self.mask)
        for label in self.classes:
            if label.index in present:
                for piece in pieces(self.mask == label.index):
                    yield label, piece


class Out(Protocol):
    """Where a writer puts its files."""

    folder: Path

    def save(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all."""

    def stream(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for bytes, in a ``with`` statement, that is there once it is complete."""


def base_name(path: str) -> str:
    r"""Return the file name in a path, be it of Windows.

    Examples
    --------
    >>> base_name("..\\photos\\fish.jpg"), base_name("photos/fish.jpg")
    ('fish.jpg', 'fish.jpg')
    """
    return PureWindowsPath(path).name


@contextmanager
def understanding(path: Path, what: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn whatever a reader raises over an unexpected content into one line.

    Parameters
    ----------
    path : Path
        The file that is read.
    what : str
        What it should be.
    *errors : type of Exception
        Errors of the library that reads it, beside those of Python.

    Examples
    --------
    >>> with understanding(Path("fish.json"), "COCO file"):
    ...     {}["images"]
    Traceback (most recent call last):
    notebook_seg.errors.MaskError: fish.json is no COCO file that can be understood \
(there is no 'images'). Export it again, or name its format
    """
    unexpected: tuple[type[Exception], ...]
    unexpected = (*DECODING_ERRORS, AttributeError, RecursionError, *errors)
    try:
        yield
    except MaskError:
        raise
    except FileNotFoundError:
        raise MaskError(f"There is no file {path}. Check the spelling and the folder") from None
    except KeyError as error:
        raise _not_understood(path, what, f"there is no {error}") from error
    except unexpected as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise _not_understood(path, what, detail[:200]) from error


def _not_understood(path: Path, what: str, detail: str) -> MaskError:
    return MaskError(
        f"{path} is no {what} that can be understood ({detail}). Export it again, or name its "
        "format"
    )


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    MaskError
        If it is not there, empty, or no JSON.
    """
    with understanding(path, "JSON file"):
        content = path.read_bytes()
        if not content.strip():
            raise MaskError(f"{path} is empty. Export it again")
        return json.loads(content.decode("utf-8-sig"))
