"""A person labels the pictures of a dataset: all that they can do, without a screen.

The widgets call these methods and draw what the signals report, nothing more.
"""

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from notebook_seg.data.box import Box
from notebook_seg.data.dataset import Dataset
from notebook_seg.errors import DatasetError, NotebookSegError
from notebook_seg.labelling.history import forget_old_histories
from notebook_seg.labelling.keeper import MaskKeeper
from notebook_seg.labelling.mask import Mask
from notebook_seg.labelling.pen import Pen
from notebook_seg.labelling.proposal import Proposal
from notebook_seg.labelling.tools import Toolbox

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
        Tool, label, radius of the brush and how it paints.
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
    begun : psygnal.Signal
        Emitted by what is drawn on when a stroke is begun that comes when it is ended.
    edited : psygnal.Signal
        Emitted with the changed `Box` of the mask.
    proposal : Proposal or None
        What is shown to be accepted or refused.
    status_changed : psygnal.Signal
        Emitted with a stem when `is_labelled` has changed for it.
    proposed : psygnal.Signal
        Emitted when there is a proposal, another one or none any more.
    scribbled : psygnal.Signal
        Emitted when `scribbles` has changed.

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
    begun = Signal()
    edited = Signal(Box)
    status_changed = Signal(str)
    proposed = Signal()
    scribbled = Signal()

    def __init__(self, dataset: Dataset, start: str | None = None) -> None:
        self.dataset = dataset
        self.stems = dataset.stems
        if not self.stems:
            raise DatasetError(
                f"There is no picture to label in {dataset.folder / 'images'}. Put some there"
            )
        forget_old_histories(dataset.mask_path(self.stems[0]).parent)
        self.proposal: Proposal | None = None
        self._labelled = set(dataset.labelled)
        first = next((stem for stem in self.stems if stem not in self._labelled), self.stems[0])
        self._load(self._known(first if start is None else start))
        self.pen = Pen(dataset.n_classes, radius=self._usual_radius())

    # ---------------------------------------------------------------- drawing

    def stroke(
        self,
        points: npt.ArrayLike,
        *,
        tool: str | None = None,
        label: int | None = None,
        mode: str | None = None,
        radius: float | None = None,
        keep: bool | None = None,
        tolerance: float | None = None,
    ) -> Box | None:
        """Draw one stroke, by the pen where nothing else is given.

        Parameters
        ----------
        points : array (N, 2) of float
            Where the pointer went, as x and y in pixels of the picture. Lasso, polygon, scissors
            and snap take them as an outline, brush, eraser, scribble and superpixels as their way;
            a box has two of its corners at the first and the last, fill and wand start at the last.
        tool, label, mode, radius, keep, tolerance : optional
            In place of those of the pen, for this stroke alone.

        Returns
        -------
        Box or None
            What has changed in the mask, if anything. Snap makes a `proposal` and scribbles go to
            `scribbles`: the mask stays as it is.

        Raises
        ------
        OptionError
            If an argument makes no sense.
        SaveError
            If the stroke could not be put on disk. It is in the mask nevertheless.
        MaskError
            If the mask on disk has been changed by another program or labeller.
        NotebookSegError
            If the picture that is open cannot be labelled; see `problem`. If snap finds nothing.
        """
        tools = self._tools()
        pen = self.pen.but(
            tool=tool, label=label, mode=mode, radius=radius, keep=keep, tolerance=tolerance
        )
        self.refuse()
        if pen.tool == "snap":
            self.propose(tools.snap(pen, points))
            return None
        if pen.tool == "scribble":
            self._hint(tools.scribble(pen, points))
            return None
        return self._record(tools.draw(pen, points))

    def trace(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return a line (N, 2) from one point of the picture to another along its edges."""
        return self._tools().scissors.path(start, stop)

    def clear(self) -> Box | None:
        """Make all of the mask background."""
        return self._record(self._edited_mask().clear())

    def undo(self) -> Box | None:
        """Take back the last stroke on this picture, be it a scribble; return what has changed."""
        self._edited_mask()
        for layer in self._layers():
            if layer.can_undo:
                return self._note(layer, layer.undo())
        return None

    def redo(self) -> Box | None:
        """Draw the stroke again that was taken back last; return what has changed."""
        self._edited_mask()
        for layer in self._layers():
            if layer.can_redo:
                return self._note(layer, layer.redo())
        return None

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke on this picture to take back."""
        return any(layer.can_undo for layer in self._layers())

    @property
    def can_redo(self) -> bool:
        """Whether there is a stroke on this picture to draw again."""
        return any(layer.can_redo for layer in self._layers())

    @property
    def scribbles(self) -> Mask | None:
        """Hints for a classifier, 255 where nothing was said; None before the first."""
        return None if self._toolbox is None else self._toolbox.scribbles

    # ---------------------------------------------------------------- proposals

    def tidy(self, kind: str) -> None:
        """Propose to tidy the areas of the pen's label in the whole mask.

        Parameters
        ----------
        kind : str
            ``'smooth'`` their contours, fill their ``'holes'``, or drop their ``'specks'``.

        Raises
        ------
        OptionError
            If it is none of these.
        NotebookSegError
            If there is nothing to tidy.
        """
        self.propose(self._tools().tidy(kind, self.pen.label))

    def propose(self, proposal: Proposal) -> None:
        """Show what could be drawn, in place of an earlier proposal.

        Raises
        ------
        OptionError
            If it does not fit the mask.
        NotebookSegError
            If it would change nothing.
        """
        mask = self._editable()
        self.refuse()
        proposal.check(mask)
        self.proposal = proposal
        self.proposed.emit()

    def accept(self) -> Box | None:
        """Draw the proposal, as one stroke that is saved and can be undone as a whole."""
        proposal = self.proposal
        if proposal is None:
            return None
        self.refuse()
        return self._record(self._editable().replace(proposal.box, proposal.labels))

    def refuse(self) -> None:
        """Take the proposal away, if there is one. Another stroke or picture does so too."""
        if self.proposal is not None:
            self.proposal = None
            self.proposed.emit()

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
        return self._keeper is None or self._keeper.all_on_disk

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
        self.refuse()
        before = self._usual_radius()
        self._load(stem)
        if self.pen.radius == before:
            self.pen.radius = self._usual_radius()
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
        self._toolbox: Toolbox | None = None
        self._last_were_scribbles = False
        try:
            self.image = self.dataset.image(stem)
            self._keeper = MaskKeeper(self.dataset, stem, self.shape)
        except NotebookSegError as error:
            self.problem = error
            return
        self.mask = self._keeper.mask
        self._toolbox = Toolbox(self.image, self.mask)
        self._mark(self._keeper.is_labelled)

    def _usual_radius(self) -> float:
        return max(2.0, round(max(self.shape) / 100))

    def _tools(self) -> Toolbox:
        if self._toolbox is None:
            raise self.problem or DatasetError(f"{self.stem} cannot be labelled")
        return self._toolbox

    def _editable(self) -> Mask:
        return self._tools().mask

    def _edited_mask(self) -> Mask:
        mask = self._editable()
        self.refuse()
        return mask

    def _layers(self) -> list[Mask]:
        """Return what undo and redo act on now: the mask, and scribbles while they are the last."""
        scribbles = self.scribbles if self._last_were_scribbles else None
        return [layer for layer in (scribbles, self.mask) if layer is not None]

    def _note(self, layer: Mask, box: Box | None) -> Box | None:
        if layer is self.mask:
            return self._record(box)
        self._hint(box)
        return None

    def _hint(self, box: Box | None) -> None:
        if box is not None:
            self._last_were_scribbles = True
            self.scribbled.emit()

    def _record(self, box: Box | None) -> Box | None:
        if self._keeper is None:
            return box
        try:
            if box is not None:
                self._last_were_scribbles = False
                self._keeper.touch()
                self._mark(self._keeper.is_labelled)
                self.edited.emit(box)
        finally:
            # Whatever is wrong with those who listen, the stroke is not theirs to lose.
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
