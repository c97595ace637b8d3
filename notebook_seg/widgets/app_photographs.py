"""Photographs on their way into a dataset: uploads that wait, and copies that replace nothing."""

import shutil
from collections.abc import Iterable
from filecmp import cmp
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from notebook_seg.data import Dataset
from notebook_seg.data.files import replacing, saving
from notebook_seg.data.images import image_size
from notebook_seg.errors import DatasetError, OptionError

__all__ = ["Inbox", "add_photograph"]


class Inbox:
    """A folder for files that a browser sends in parts; it is gone with this object.

    Parameters
    ----------
    endings : iterable of str
        Which files are taken, such as ``".jpg"``, in small or capital letters.

    Attributes
    ----------
    paths : tuple of Path
        The files that are here as a whole, in the order in which they came.

    Examples
    --------
    >>> inbox = Inbox([".txt"])
    >>> inbox.begin("../note.txt", 9)
    >>> inbox.append(b"two ")
    False
    >>> inbox.append(b"coins")
    True
    >>> inbox.paths[0].name, inbox.paths[0].read_text()
    ('note.txt', 'two coins')
    """

    def __init__(self, endings: Iterable[str]) -> None:
        self.endings = tuple(endings)
        self.paths: tuple[Path, ...] = ()
        self._folder: TemporaryDirectory[str] | None = None
        self._file: BinaryIO | None = None
        self._path, self._left = Path(), 0
        self._count = 0

    def begin(self, name: str, n_bytes: int) -> None:
        """Make ready for a file; what came of one before that is not complete is forgotten.

        Raises
        ------
        OptionError
            If a file of this name is not taken, or it is empty.
        """
        self.abandon()
        # As browsers of both kinds of systems may name it.
        name = name.replace("\\", "/").rpartition("/")[2]
        if not name.lower().endswith(self.endings) or name.startswith("."):
            raise OptionError(
                f"Files ending in {', '.join(self.endings)} are taken. Received: {name!r}"
            )
        if n_bytes <= 0:
            raise OptionError(f"The file {name} is empty: choose another one")
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="notebook_seg_")
        # A folder for each, so that none is written over another that is still being read.
        self._count += 1
        self._path, self._left = Path(self._folder.name) / str(self._count) / name, n_bytes
        with saving(self._path):
            self._path.parent.mkdir()
            self._file = self._path.open("wb")

    def append(self, part: bytes) -> bool:
        """Add the next part, and return whether the file is complete now.

        Raises
        ------
        OptionError
            If no such part was to come, or another file of this name is here.
        SaveError
            If the disk is full.
        """
        if self._file is None or len(part) > self._left:
            self.abandon()
            raise OptionError(
                f"More came than was announced: send it again. Received: {self._path}"
            )
        with saving(self._path):
            self._file.write(part)
        self._left -= len(part)
        if self._left:
            return False
        self._close()
        self._keep()
        return True

    def abandon(self) -> None:
        """Forget a file that has not come as a whole."""
        if self._file is not None:
            self._close()
            self._path.unlink(missing_ok=True)

    def forget(self, paths: Iterable[Path]) -> None:
        """Delete files that are no longer needed."""
        gone = set(paths)
        for path in gone.intersection(self.paths):
            path.unlink(missing_ok=True)
        self.paths = tuple(path for path in self.paths if path not in gone)

    def _keep(self) -> None:
        name = self._path.stem.casefold()
        twin = next((path for path in self.paths if path.stem.casefold() == name), None)
        if twin is None:
            self.paths = (*self.paths, self._path)
            return
        is_same = cmp(twin, self._path, shallow=False)
        self._path.unlink()
        if not is_same:
            raise OptionError(
                f"Another file called {twin.name} came before it: rename yours, then send it "
                f"again. Received: {self._path.name}"
            )

    def _close(self) -> None:
        if self._file is not None:
            with saving(self._path):
                self._file.close()
            self._file = None


def add_photograph(dataset: Dataset, path: Path) -> None:
    """Copy a photograph into a dataset, byte for byte; one that is there already is left alone.

    Parameters
    ----------
    dataset : Dataset
    path : Path
        The photograph.

    Raises
    ------
    ImageError
        If it cannot be read.
    DatasetError
        If another photograph of the dataset has its name.
    SaveError
        If it cannot be written.

    Examples
    --------
    >>> data, other = Dataset.sample(), Dataset.sample()
    >>> add_photograph(data, other.image_path("coin_01"))
    >>> len(data)
    12
    """
    image_size(path)
    taken = {stem.casefold(): stem for stem in dataset.stems}
    stem = taken.get(path.stem.casefold())
    if stem is not None:
        there = dataset.image_path(stem)
        if cmp(path, there, shallow=False):
            return
        raise DatasetError(
            f"Another photograph of the dataset is called {there.name}: rename yours, then add it "
            f"again. Received: {path.name}"
        )
    with path.open("rb") as source, replacing(dataset.folder / "images" / path.name) as target:
        shutil.copyfileobj(source, target)
