"""A person labels the pictures of a dataset: all that they can do, without a screen.

The widgets call these methods and draw what the signals report, nothing more.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND
from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import DatasetError, NotebookSegError
from notebook_seg.labelling.keeper import MaskKeeper
from notebook_seg.labelling.mask import Mask
from notebook_seg.labelling.pen import Pen

__all__ = ["LabellingSession"]

# What stands in for a picture that cannot be read.
_BLANK_PAGE = (480, 640)


class LabellingSession:
    """Which picture is open, what is drawn with, and every stroke safe on disk.

    Each stroke, undo and redo is on disk before the method returns. The mask itself is written
    when the picture is left, by `save` or by `close`. When the disk refuses, the strokes stay in
    memory, an error says so, and the next one that can be saved takes them along.

    Parameters
    ----------
    dataset : Dataset
        The pictures to label.
    start : str, optional
        The stem of the picture to open; without it, the first that has no mask yet.

    Attributes
    ----------
    pen : Pen
        Tool, label, radius of the brush, opacity.
    stems : tuple of str
        The pictures, as they were found at the start.
    stem : str
        Which of them is open.
    image : ndarray, shape (H, W, 3), uint8, or None
        The picture that is open, None if it cannot be read.
    mask : Mask or None
        Its mask, None if the picture or its mask cannot be read; `problem` tells why.
    opened : psygnal.Signal
        Emitted with the stem after a picture was opened, also when it could not be read.
    edited : psygnal.Signal
        Emitted with the changed `Box` of the mask.
    status_changed : psygnal.Signal
        Emitted with a stem when `is_labelled` has changed for it.

    Raises
    ------
    DatasetError
        If the dataset has no pictures, or none with the stem `start`.

    Examples
    --------
    >>> session = LabellingSession(Dataset.sample())
    >>> box = session.clear()
    >>> session.stroke([(20, 20), (60, 20), (60, 50), (20, 50)])
    Box(top=20, left=20, bottom=50, right=60)
    >>> session.next()
    True
    >>> session.close()
    """

    opened = Signal(str)
    edited = Signal(Box)
    status_changed = Signal(str)

    def __init__(self, dataset: Dataset, start: str | None = None) -> None:
        self.dataset = dataset
        self.stems = dataset.stems
        if not self.stems:
            raise DatasetError(
                f"There is no picture to label in {dataset.folder / 'images'}. Put some there"
            )
        self._labelled = set(dataset.labelled)
        first = next((stem for stem in self.stems if stem not in self._labelled), self.stems[0])
        self._load(self._known(first if start is None else start))
        self.pen = Pen(dataset.n_classes, radius=max(2.0, round(max(self.shape) / 100)))

    # ---------------------------------------------------------------- drawing

    def stroke(self, points: npt.ArrayLike) -> Box | None:
        """Draw with the tool and the label of the pen.

        Parameters
        ----------
        points : array (N, 2) of float
            Where the pointer went, as x and y in pixels of the picture. The lasso takes them as an
            outline, brush and eraser as their way, and the fill starts at the last.

        Returns
        -------
        Box or None
            What has changed, if anything.

        Raises
        ------
        SaveError
            If the stroke could not be put on disk. It is in the mask nevertheless.
        MaskError
            If the mask on disk has been changed by another program or labeller.
        NotebookSegError
            If the picture that is open cannot be labelled; see `problem`.
        """
        mask, pen = self._editable(), self.pen
        draw: dict[str, Callable[[], Box | None]] = {
            "lasso": lambda: mask.polygon(points, pen.label),
            "brush": lambda: mask.brush(points, pen.radius, pen.label),
            "erase": lambda: mask.brush(points, pen.radius, BACKGROUND),
            "fill": lambda: mask.fill(np.asarray(points)[-1], pen.label),
        }
        return self._record(draw[pen.tool]())

    def clear(self) -> Box | None:
        """Make all of the mask background."""
        return self._record(self._editable().clear())

    def undo(self) -> Box | None:
        """Take back the last stroke on this picture."""
        return self._record(self._editable().undo())

    def redo(self) -> Box | None:
        """Draw the stroke again that was taken back last."""
        return self._record(self._editable().redo())

    # ---------------------------------------------------------------- pictures

    @property
    def index(self) -> int:
        """The place of the open picture among `stems`."""
        return self.stems.index(self.stem)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the open picture; of a blank page if it cannot be read."""
        return _BLANK_PAGE if self.image is None else self.image.shape[:2]

    @property
    def all_on_disk(self) -> bool:
        """Whether no stroke is in memory alone."""
        return self._keeper is None or self._keeper.unsaved is None

    def is_labelled(self, stem: str) -> bool:
        """Whether a picture has a mask, be it of one stroke."""
        return stem in self._labelled

    def open(self, stem: str, save: bool = True) -> None:
        """Save the picture that is open and open another.

        Parameters
        ----------
        stem : str
            Which one.
        save : bool, optional
            False to leave even though saving fails: strokes that are in memory alone are lost.

        Raises
        ------
        SaveError
            If the open picture could not be saved. It stays open.
        NotebookSegError
            If the other picture or its mask cannot be read. It is the open one then, cannot be
            drawn on, and one can go on from there; the error is kept as `problem`.
        """
        self._known(stem)
        if save:
            self.save()
        self._load(stem)
        self.opened.emit(stem)
        if self.problem is not None:
            raise self.problem

    def next(self) -> bool:
        """Open the next picture; return False at the last."""
        return self._step(1)

    def previous(self) -> bool:
        """Open the picture before; return False at the first."""
        return self._step(-1)

    def next_unlabelled(self) -> bool:
        """Open the next picture without a mask, from the start again after the last.

        Returns False if all others have one.
        """
        for stem in self.stems[self.index + 1 :] + self.stems[: self.index]:
            if stem not in self._labelled:
                self.open(stem)
                return True
        return False

    def mark_done(self) -> None:
        """Save the mask as it is, also when nothing is in it: nothing to see here is an answer."""
        self._editable()
        self._save(even_if_empty=True)

    def save(self) -> None:
        """Write the mask of the open picture, if there is anything new in it.

        A mask that was begun, and has nothing in it any more, is forgotten: the picture is
        unlabelled as before, and no model learns from it that there is nothing to see.

        Raises
        ------
        SaveError
            If it cannot be written. The strokes stay in memory.
        MaskError
            If the mask on disk has been changed by another program or labeller.
        """
        self._save()

    def reload(self) -> None:
        """Read the open picture and its mask again; what could not be saved is given up."""
        self.open(self.stem, save=False)

    def close(self) -> None:
        """Save. The session can be used further, and closed again."""
        self.save()

    # ---------------------------------------------------------------- inner workings

    def _load(self, stem: str) -> None:
        self.stem = stem
        self.image: npt.NDArray[np.uint8] | None = None
        self.mask: Mask | None = None
        self.problem: NotebookSegError | None = None
        self._keeper: MaskKeeper | None = None
        try:
            self.image = self.dataset.image(stem)
            labels = self.dataset.mask(stem)
        except NotebookSegError as error:
            self.problem = error
            return
        blank = np.full(self.shape, BACKGROUND, np.uint8)
        self.mask = Mask(blank if labels is None else labels, self.dataset.n_classes)
        self._keeper = MaskKeeper(self.dataset, stem, self.mask, labels is not None)
        self._mark(labels is not None)

    def _editable(self) -> Mask:
        if self.mask is None:
            raise self.problem or DatasetError(f"{self.stem} cannot be labelled")
        return self.mask

    def _record(self, box: Box | None) -> Box | None:
        if box is not None and self._keeper is not None:
            self._keeper.touch(box)
            self._mark(self._keeper.is_labelled)
            self.edited.emit(box)
            self._keeper.put_strokes()
        return box

    def _save(self, even_if_empty: bool = False) -> None:
        if self._keeper is not None:
            self._keeper.save(even_if_empty)
            self._mark(self._keeper.is_labelled)

    def _mark(self, labelled: bool) -> None:
        if labelled != self.is_labelled(self.stem):
            self._labelled ^= {self.stem}
            self.status_changed.emit(self.stem)

    def _step(self, step: int) -> bool:
        index = self.index + step
        if not 0 <= index < len(self.stems):
            return False
        self.open(self.stems[index])
        return True

    def _known(self, stem: str) -> str:
        if stem not in self.stems:
            raise DatasetError(
                f"There is no picture {stem!r} in {self.dataset.folder}. "
                f"The first of {len(self.stems)} is {self.stems[0]!r}"
            )
        return stem
