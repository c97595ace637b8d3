"""The pictures that can be inspected: those of a dataset, of any folder, and uploaded ones."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from notebook_seg.data import Dataset, find_images, read_image
from notebook_seg.data.images import Where
from notebook_seg.errors import OptionError

__all__ = ["Pictures"]


class Pictures:
    """Pictures by name: the stems of a dataset, and the files that were added.

    Parameters
    ----------
    dataset : Dataset

    Examples
    --------
    >>> data = Dataset.sample()
    >>> pictures = Pictures(data)
    >>> pictures.names[:2]
    ('coin_01', 'coin_02')
    >>> pictures.add(data.image_path("coin_03"))
    ('coin_03.png',)
    >>> pictures.mask("coin_03.png") is None
    True
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._files: dict[str, Path] = {}
        self._uploads: TemporaryDirectory[str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, those of the dataset first."""
        return (*self.dataset.stems, *self._files)

    def add(self, where: Where) -> tuple[str, ...]:
        """Add a photograph, those of a folder, or of a pattern, and return their names.

        Raises
        ------
        ImageError
            If there is none.
        """
        return tuple(map(self._name, find_images(where)))

    def add_upload(self, name: str, content: bytes) -> str:
        """Add a photograph that came as the content of a file, and return its name.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        if self._uploads is None:
            self._uploads = TemporaryDirectory(prefix="notebook_seg_")
        path = Path(self._uploads.name) / Path(name).name
        path.write_bytes(content)
        read_image(path)
        return self._name(path)

    def image(self, name: str) -> np.ndarray:
        """Return a picture: ``(H, W, 3)`` uint8.

        Raises
        ------
        OptionError
            If there is none of that name.
        ImageError
            If it cannot be read.
        """
        self._check(name)
        if name in self._files:
            return read_image(self._files[name])
        return self.dataset.image(name)

    def mask(self, name: str) -> np.ndarray | None:
        """Return what was drawn of it, ``(H, W)`` uint8, or None.

        Raises
        ------
        OptionError
            If there is none of that name.
        MaskError
            If its mask cannot be read.
        """
        self._check(name)
        return None if name in self._files else self.dataset.mask(name)

    def _name(self, path: Path) -> str:
        # With its ending, and where that is taken with its folder.
        name = path.name
        if name in self.dataset.stems or self._files.get(name, path) != path:
            name = str(path)
        self._files[name] = path
        return name

    def _check(self, name: str) -> None:
        if name not in self._files and name not in self.dataset.stems:
            raise OptionError(
                f"There is no such picture among the {len(self.names)} here: choose one of them, "
                f"or add its file. Received: {name!r}"
            )
