"""Keeps what is drawn on one picture safe on disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from notebook_seg.data.box import Box
from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import MaskError, NotebookSegError, SaveError
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
    mask : Mask
        What is drawn.
    was_labelled : bool
        Whether there is a mask of it on disk.

    Attributes
    ----------
    unsaved : Box or None
        Around the strokes that are in memory alone, because the disk refused them.
    """

    def __init__(self, dataset: Dataset, stem: str, mask: Mask, was_labelled: bool) -> None:
        self.unsaved: Box | None = None
        self._dataset = dataset
        self._stem = stem
        self._mask = mask
        self._was_labelled = was_labelled
        self._touched = False
        self._version = dataset.mask_version(stem)

    @property
    def is_labelled(self) -> bool:
        """Whether there is a mask, be it of one stroke."""
        return self._was_labelled or (self._touched and self._mask.can_undo)

    def touch(self, box: Box) -> None:
        """Take note of a change of the mask that is to be put on disk."""
        self._touched = True
        self.unsaved = box.union(self.unsaved) if self.unsaved else box

    def put_strokes(self) -> None:
        """Put the strokes on disk that are in memory alone.

        Raises
        ------
        SaveError
            If the disk refuses. They go along with the next.
        MaskError
            If the mask on disk has been changed by others.
        """
        if self.unsaved is None:
            return
        with self._writing():
            try:
                if self.is_labelled:
                    patch = self._mask.labels[self.unsaved.slices]
                    self._dataset.append_stroke(self._stem, self.unsaved, patch)
                else:
                    self._dataset.forget_strokes(self._stem)
            except NotebookSegError as error:
                raise SaveError(
                    f"{error}. What you drew is kept here, and saved with the next stroke"
                ) from error
        self.unsaved = None

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
            If the disk refuses.
        MaskError
            If the mask on disk has been changed by others.
        """
        if not (self._touched or even_if_empty):
            return
        with self._writing():
            if even_if_empty or self._was_labelled or self._mask.labels.any():
                self._dataset.save_mask(self._stem, self._mask.labels)
                self._was_labelled = True
            else:
                self._dataset.forget_strokes(self._stem)
        self._touched = False
        self.unsaved = None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._dataset.mask_version(self._stem) != self._version:
            raise MaskError(
                f"The mask of {self._stem} was changed elsewhere since it was opened here: "
                f"{self._dataset.mask_path(self._stem)}. It is left as it is; reload the picture "
                "to go on from there"
            )
        try:
            yield
        finally:
            self._version = self._dataset.mask_version(self._stem)
