"""Keeps what is drawn on one picture safe on disk."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from notebook_seg.data.dataset import Dataset
from notebook_seg.data.files import lock_folder
from notebook_seg.errors import DatasetError, MaskError, NotebookSegError, SaveError
from notebook_seg.labelling.edits import Step
from notebook_seg.labelling.history import UndoFile
from notebook_seg.labelling.mask import Mask

__all__ = ["MaskKeeper"]


class MaskKeeper:
    """Puts each stroke on disk, later the mask as a whole, and nothing over the work of others.

    Parameters
    ----------
    dataset : Dataset
        Where the masks are kept.
    stem : str
        Of which picture.
    shape : tuple of int
        Height and width of the picture.

    Attributes
    ----------
    mask : Mask
        What is drawn, with what can be undone since today's first stroke.

    Raises
    ------
    MaskError
        If the mask on disk cannot be read.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> keeper = MaskKeeper(data, "coin_01", data.image_size("coin_01"))
    >>> box = keeper.mask.brush([(20, 20)], radius=3, label=0)
    >>> keeper.touch()
    >>> keeper.put_strokes()
    >>> int(data.mask("coin_01")[20, 20])
    0
    """

    def __init__(self, dataset: Dataset, stem: str, shape: tuple[int, int]) -> None:
        self._dataset = dataset
        self._stem = stem
        self._pending: list[Step] = []
        with lock_folder(dataset.folder):
            self.mask = self._read(shape)

    @property
    def is_labelled(self) -> bool:
        """Whether there is a mask, be it of one stroke."""
        drawn = self._begun and (self.mask.can_undo or bool(self.mask.labels.any()))
        return self._has_file or drawn

    @property
    def all_on_disk(self) -> bool:
        """Whether no stroke is in memory alone, because the disk refused it."""
        return not self._pending

    def touch(self) -> None:
        """Take note of the last step of the mask, which is to be put on disk."""
        if self.mask.last_step is not None:
            self._touched = self._begun = True
            self._pending.append(self.mask.last_step)

    def put_strokes(self) -> None:
        """Put the strokes on disk that are in memory alone.

        Raises
        ------
        SaveError
            If the disk refuses, or the photograph is gone. They go along with the next.
        MaskError
            If the mask on disk has been changed by others.
        """
        if self._pending:
            with lock_folder(self._dataset.folder), self._writing():
                self._put_pending()

    def save(self, even_if_empty: bool = False) -> None:
        """Write the mask as a whole, if there is anything new in it.

        A mask that was begun, and has nothing in it any more, is forgotten: the picture is
        unlabelled as before, and no model learns from it that there is nothing to see.

        Parameters
        ----------
        even_if_empty : bool, optional
            Write it as it is, new or not, because there is indeed nothing to see.

        Raises
        ------
        SaveError
            If the disk refuses, or the photograph is gone.
        MaskError
            If the mask on disk has been changed by others.
        """
        if self._touched or even_if_empty:
            with lock_folder(self._dataset.folder), self._writing():
                self._put_mask(even_if_empty)
            self._touched = False

    def _read(self, shape: tuple[int, int]) -> Mask:
        data, stem = self._dataset, self._stem
        # Before the mask is read: what others write meanwhile must be noticed.
        self._version = data.mask_version(stem)
        path = data.mask_path(stem)
        self._has_file = path.is_file()
        labels = data.mask(stem)
        self._begun = labels is not None
        # A kernel that was killed has left them: other programs shall see them, too.
        self._touched = data.has_strokes(stem)
        self._undo_file = UndoFile(path.with_name(f".{stem}.undo"), shape, data.n_classes)
        done, undone = self._undo_file.read(self._version)
        if labels is None:
            labels = np.zeros(shape, np.uint8)
        return Mask(labels, data.n_classes, done, undone)

    def _put_pending(self) -> None:
        if not self.is_labelled:
            self._dataset.forget_strokes(self._stem)
            return
        for step in self._pending:
            self._dataset.append_change(self._stem, step.change)

    def _put_mask(self, even_if_empty: bool) -> None:
        if even_if_empty or self._has_file or self.mask.labels.any():
            self._dataset.save_mask(self._stem, self.mask.labels)
            self._has_file = True
        else:
            self._dataset.forget_strokes(self._stem)
            self._begun = False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._check_version()
        try:
            yield
        except DatasetError as error:
            raise SaveError(
                f"The photograph of {self._stem} is gone from {self._dataset.folder / 'images'}. "
                "Put it back: what you drew is kept here, and saved with the next stroke"
            ) from error
        except NotebookSegError as error:
            raise SaveError(
                f"{error}. What you drew is kept here, and saved with the next stroke"
            ) from error
        finally:
            self._version = self._dataset.mask_version(self._stem)
        self._undo_file.append(self._pending, *self.mask.history, self._version)
        self._pending.clear()

    def _check_version(self) -> None:
        if self._dataset.mask_version(self._stem) != self._version:
            raise MaskError(
                f"The mask of {self._stem} was changed elsewhere since it was opened here: "
                f"{self._dataset.mask_path(self._stem)}. It is left as it is; reload the picture "
                "to go on from there"
            )
