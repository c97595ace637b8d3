"""A folder of photographs and their masks, as plain files that any other tool can open."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.data.change import Change
from notebook_seg.data.classes import ClassLabel
from notebook_seg.data.creation import create_dataset
from notebook_seg.data.description import Description, read_description
from notebook_seg.data.files import FileStamp, natural_key, stamp
from notebook_seg.data.images import Where, by_stem, image_size, photographs_in, read_image
from notebook_seg.data.mask_folder import MaskFolder
from notebook_seg.data.sample import create_sample
from notebook_seg.data.splitting import Groups, Split, fold_stems, group_stems, split_stems
from notebook_seg.data.values import Values
from notebook_seg.errors import DatasetError

__all__ = ["Dataset"]


class Dataset:
    """Photographs, their classes, and as many masks as were drawn so far.

    Parameters
    ----------
    folder : str or Path
        The folder of a dataset: ``dataset.json``, ``images/<stem>.<ext>``, ``masks/<stem>.png``.
        Pictures that are put into ``images`` later are seen at the next look.

    Raises
    ------
    DatasetError
        If the folder is no dataset, or its ``dataset.json`` is damaged or of a later version.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> data.class_names
    ('background', 'coin')
    >>> data.stems[:2]
    ('coin_01', 'coin_02')
    >>> data.image(data.stems[0]).shape[:2] == data.mask(data.stems[0]).shape
    True
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder).expanduser()
        self._description: Description = read_description(self._folder)
        self._only: frozenset[str] | None = None
        self._groups = self._description.groups
        self._paths: dict[str, Path] = {}
        self._sizes: dict[str, tuple[FileStamp | None, tuple[int, int]]] = {}
        self._masks = MaskFolder(self._folder / "masks", self.colors, self.image_size)

    @classmethod
    def create(
        cls,
        folder: str | Path,
        images: Where,
        classes: str | Sequence[str] | None = None,
        masks: Where | None = None,
        values: Values | None = None,
        groups: Groups | None = None,
    ) -> "Dataset":
        """Make a dataset from photographs, with or without masks.

        Parameters
        ----------
        folder : str or Path
            Where to; it must not be there yet, or be empty.
        images : str, Path or iterable of these
            Photographs, as for `find_images`. They are copied, byte for byte.
        classes : str or sequence of str, optional
            The names of the foreground classes. Without them, ``['specimen']``, or one name for
            each value that the masks hold.
        masks : str, Path or iterable of these, optional
            A folder (or files) with masks that have the stems of the photographs, as PNG, TIFF,
            BMP or GIF. A photograph without one is yet to be labelled.
        values : mapping, optional
            What each value in the masks means: a class name or index, ``'background'`` or
            ``'unlabelled'``. A value is a number, ``'#rrggbb'``, ``(red, green, blue)``, or ``'*'``
            for all but 0 that are not mentioned. Only needed where it cannot be told: 0 / 255
            masks of one class, class indexes, and objects numbered 1, 2, 3 ... of one class are
            understood.
        groups : mapping or str, optional
            Which pictures belong together in a split, as for `split`.

        Returns
        -------
        Dataset

        Raises
        ------
        ImageError
            If no photograph is found, or one cannot be read.
        MaskError
            If a mask cannot be read or does not fit, or what its values mean is not clear.
        DatasetError
            If the folder is taken, two photographs have one stem, or a class name is not usable.
        SaveError
            If the disk is full. Whatever the error, nothing is left behind.

        Examples
        --------
        >>> import tempfile
        >>> sample = Dataset.sample()
        >>> folder = Path(tempfile.mkdtemp()) / "money"
        >>> Dataset.create(folder, sample.folder / "images", ["coin"], sample.folder / "masks")
        Dataset(money: 12 pictures, 12 labelled, classes: coin)
        """
        create_dataset(Path(folder).expanduser(), images, classes, masks, values, groups)
        return cls(folder)

    @classmethod
    def sample(cls, folder: str | Path | None = None) -> "Dataset":
        """Make the dataset that comes with this package: 12 photographs of ancient coins.

        Parameters
        ----------
        folder : str or Path, optional
            Where to; without it, a fresh folder among the temporary files of the system.

        Returns
        -------
        Dataset
            All pictures are labelled.

        Raises
        ------
        DatasetError
            If the folder is taken.

        Examples
        --------
        >>> len(Dataset.sample().labelled)
        12
        """
        return cls(create_sample(None if folder is None else Path(folder).expanduser()))

    def __len__(self) -> int:
        return len(self.stems)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.folder.name}: {len(self)} pictures, {len(self.labelled)} labelled, "
            f"classes: {', '.join(c.name for c in self.classes)})"
        )

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._folder

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """The foreground classes, in the order of their indexes."""
        return self._description.classes

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each index, background first."""
        return self._description.names

    @property
    def colors(self) -> tuple[str, ...]:
        """The colour of each index as ``'#rrggbb'``, background first."""
        return self._description.colors

    @property
    def n_classes(self) -> int:
        """The number of classes, background counted."""
        return len(self.class_names)

    @property
    def groups(self) -> dict[str, str]:
        """The group of each stem that has one, as `dataset.json` or `grouped` tells."""
        return dict(self._groups)

    def group_of(self, stem: str) -> str:
        """Return the group of a picture; one that is in none is a group by itself."""
        return self._groups.get(stem, stem)

    @property
    def stems(self) -> tuple[str, ...]:
        """The names of the pictures without their endings, naturally sorted.

        Raises
        ------
        DatasetError
            If two pictures differ only in their endings.
        """
        self._paths = self._scan()
        chosen = self._paths if self._only is None else self._only & self._paths.keys()
        return tuple(sorted(chosen, key=natural_key))

    @property
    def labelled(self) -> tuple[str, ...]:
        """The stems that have a mask, be it of one stroke."""
        stems = self.stems
        done = self._masks.stems(stems)
        return tuple(stem for stem in stems if stem in done)

    @property
    def unlabelled(self) -> tuple[str, ...]:
        """The stems that have no mask yet."""
        stems = self.stems
        done = self._masks.stems(stems)
        return tuple(stem for stem in stems if stem not in done)

    def image_path(self, stem: str) -> Path:
        """Return the file of a photograph.

        Raises
        ------
        DatasetError
            If there is none with this stem.
        """
        path = self._paths.get(stem)
        if path is None or not path.is_file():
            self._paths = self._scan()
            path = self._paths.get(stem)
        if path is None or (self._only is not None and stem not in self._only):
            raise self._unknown(stem)
        return path

    def mask_path(self, stem: str) -> Path:
        """Return the file of a mask, whether or not it is there yet."""
        return self._masks.path(stem)

    def image(self, stem: str) -> np.ndarray:
        """Return a photograph, ``(H, W, 3)`` uint8 RGB, upright; see `read_image`."""
        return read_image(self.image_path(stem))

    def image_size(self, stem: str) -> tuple[int, int]:
        """Return height and width of the upright photograph without decoding it."""
        path = self.image_path(stem)
        found = stamp(path)
        known = self._sizes.get(stem)
        if known is None or known[0] != found:
            known = self._sizes[stem] = (found, image_size(path))
        return known[1]

    def mask(self, stem: str) -> np.ndarray | None:
        """Return a mask with every stroke that was put on disk.

        Returns
        -------
        ndarray, shape (H, W), uint8, or None
            Class indexes, 0 being background and 255 unlabelled; None if nothing was drawn yet.

        Raises
        ------
        MaskError
            If the mask cannot be read, or does not fit the photograph or the classes.
        DatasetError
            If there is no picture with this stem.
        """
        self.image_path(stem)
        return self._masks.read(stem)

    def drawn_mask(self, stem: str) -> np.ndarray:
        """Return the mask of a picture that must have one; see `mask`.

        Raises
        ------
        DatasetError
            If nothing was drawn yet.
        MaskError
            If the mask cannot be read, or does not fit the photograph or the classes.
        """
        mask = self.mask(stem)
        if mask is None:
            raise DatasetError(
                f"The picture {stem} of {self.folder} is not labelled: draw its mask first."
            )
        return mask

    def save_mask(self, stem: str, mask: np.ndarray) -> None:
        """Write a mask as a whole.

        Parameters
        ----------
        stem : str
            Of which picture.
        mask : ndarray, shape (H, W), whole numbers
            Class indexes, the size of the upright photograph.

        Raises
        ------
        MaskError
            If it does not fit the photograph or the classes, or there is a mask already that
            cannot be read or has another size: that one is never overwritten.
        SaveError
            If the file cannot be written; the old one is intact then.
        """
        self._masks.save(stem, mask)

    def append_stroke(
        self, stem: str, box: Box, after: np.ndarray, changed: np.ndarray | None = None
    ) -> None:
        """Put one stroke on disk, at the cost of the stroke and not of the picture.

        Parameters
        ----------
        stem : str
            Of which picture.
        box : Box
            Where the stroke is.
        after : ndarray, the shape of the box, uint8
            The mask within the box as it is now.
        changed : ndarray of bool, the shape of the box, optional
            Which pixels the stroke has changed; without it, all.

        Raises
        ------
        MaskError
            If the stroke does not fit, or the mask on disk cannot be read.
        SaveError
            If the stroke cannot be written; the strokes before are intact then.
        """
        change = Change.drawn(box, after, changed)
        if change is not None:
            self.append_change(stem, change)

    def append_change(self, stem: str, change: Change) -> None:
        """Put one stroke on disk that is packed already; see `append_stroke`.

        Examples
        --------
        >>> data = Dataset.sample()
        >>> change = Change.drawn(Box(0, 0, 2, 2), np.ones((2, 2), np.uint8))
        >>> data.append_change("coin_01", change)
        >>> int(data.mask("coin_01")[:2, :2].sum())
        4
        """
        self._masks.append(stem, change)

    def mask_version(self, stem: str) -> object:
        """Return a mark that is another one after anybody has written the mask or a stroke of it.

        Examples
        --------
        >>> data = Dataset.sample()
        >>> before = data.mask_version("coin_01")
        >>> data.append_stroke("coin_01", Box(0, 0, 2, 2), np.ones((2, 2), np.uint8))
        >>> data.mask_version("coin_01") == before
        False
        """
        return self._masks.stamps(stem)

    def has_strokes(self, stem: str) -> bool:
        """Whether strokes were put on disk that are not part of the mask's file yet.

        `mask` reads them too; other programs see them once the mask is saved as a whole.

        Examples
        --------
        >>> data = Dataset.sample()
        >>> data.append_stroke("coin_01", Box(0, 0, 2, 2), np.ones((2, 2), np.uint8))
        >>> data.has_strokes("coin_01"), data.has_strokes("coin_02")
        (True, False)
        """
        return self._masks.has_strokes(stem)

    def forget_strokes(self, stem: str) -> None:
        """Give up the strokes that were put on disk since the mask was last written.

        Parameters
        ----------
        stem : str
            Of which picture. One that had no mask before is unlabelled again.

        Raises
        ------
        SaveError
            If the folder may not be written.

        Examples
        --------
        >>> data = Dataset.sample()
        >>> data.append_stroke("coin_01", Box(0, 0, 2, 2), np.ones((2, 2), np.uint8))
        >>> data.forget_strokes("coin_01")
        >>> int(data.mask("coin_01")[0, 0])
        0
        """
        self._masks.forget(stem)

    def is_labelled(self, stem: str) -> bool:
        """Whether there is a mask, be it of one stroke."""
        return self._masks.has(stem)

    def subset(self, stems: Iterable[str]) -> "Dataset":
        """Return a view of some of the pictures in the same folder.

        Raises
        ------
        DatasetError
            If one of them is not there.

        Examples
        --------
        >>> len(Dataset.sample().subset(["coin_01", "coin_02"]))
        2
        """
        chosen, known = frozenset(stems), frozenset(self.stems)
        for stem in sorted(chosen - known):
            raise self._unknown(stem)
        return self._view(chosen, self._groups)

    def grouped(self, groups: Groups) -> "Dataset":
        """Return a view of the same pictures, of which others belong together.

        Parameters
        ----------
        groups : mapping or str
            As for `split`; those of ``dataset.json`` count no more.

        Raises
        ------
        OptionError, DatasetError
            If they are not understood, or a labelled picture has none by the expression.

        Examples
        --------
        >>> data = Dataset.sample().grouped({"coin_01": "hoard", "coin_02": "hoard"})
        >>> data.group_of("coin_02"), data.group_of("coin_03")
        ('hoard', 'coin_03')
        """
        return self._view(self._only, group_stems(self.labelled, groups))

    def _view(self, only: frozenset[str] | None, groups: Mapping[str, str]) -> "Dataset":
        view = Dataset(self._folder)
        view._only, view._groups = only, groups
        return view

    def split(
        self,
        validation: float = 0.2,
        test: float = 0.0,
        seed: int = 0,
        groups: Groups | None = None,
    ) -> Split:
        """Divide the labelled pictures at random.

        Parameters
        ----------
        validation, test : float, optional
            The shares wanted, together below 1. A share above 0 gets at least one picture.
        seed : int, optional
            The same seed gives the same split on every machine.
        groups : mapping or str, optional
            Pictures of one group, such as focus planes of one field, stay together. A mapping of
            stems to groups, or a regular expression whose first group (or whole match) names the
            group. Without it, the groups of ``dataset.json``.

        Returns
        -------
        Split
            Stems: ``train``, ``validation``, ``test``.

        Raises
        ------
        DatasetError
            If there are too few labelled pictures or groups.
        OptionError
            If an argument makes no sense.

        Examples
        --------
        >>> split = Dataset.sample().split(validation=0.25)
        >>> len(split.train), len(split.validation)
        (9, 3)
        """
        stems = self.labelled
        return split_stems(stems, validation, test, seed, self._groups_of(stems, groups))

    def folds(
        self,
        k: int = 5,
        seed: int = 0,
        groups: Groups | None = None,
        validation: float = 0.2,
    ) -> tuple[Split, ...]:
        """Divide the labelled pictures `k` times, so that each is tested exactly once.

        Parameters
        ----------
        k : int, optional
            How many folds, from 2 to the number of pictures or groups.
        seed : int, optional
            The same seed gives the same folds on every machine.
        groups : mapping or str, optional
            Pictures of one group, such as several of one animal, are tested together; see
            `split`.
        validation : float, optional
            Share of the pictures that are not tested, by which the best epoch is chosen.

        Returns
        -------
        tuple of Split
            For each fold the stems: ``train``, ``validation``, ``test``.

        Raises
        ------
        DatasetError
            If there are fewer labelled pictures or groups than folds.
        OptionError
            If an argument makes no sense.

        Examples
        --------
        >>> folds = Dataset.sample().folds(4)
        >>> len(folds), len(folds[0].train), len(folds[0].validation), len(folds[0].test)
        (4, 7, 2, 3)
        """
        stems = self.labelled
        return fold_stems(stems, k, validation, seed, self._groups_of(stems, groups))

    def _groups_of(self, stems: Iterable[str], groups: Groups | None) -> dict[str, str]:
        return group_stems(stems, self.groups if groups is None else groups)

    def _unknown(self, stem: str) -> DatasetError:
        close = get_close_matches(stem, self.stems, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return DatasetError(
            f"There is no picture {stem!r} in {self._folder / 'images'}.{hint} "
            "The names are in Dataset.stems"
        )

    def _scan(self) -> dict[str, Path]:
        folder = self._folder / "images"
        if not folder.is_dir():
            raise DatasetError(
                f"The dataset {self._folder} has no folder images. Put its photographs back there"
            )
        return by_stem(photographs_in(folder))
