"""The mask that is being drawn: strokes in, label indexes out, every step undoable.

No files and no screen here, so that all of it can be tested and scripted with arrays alone.
"""

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt
from psygnal import Signal

from notebook_seg.data.box import Box
from notebook_seg.data.change import Change, put_values
from notebook_seg.data.classes import BACKGROUND, MAX_CLASSES, UNLABELLED
from notebook_seg.errors import MaskError, OptionError, check_choice
from notebook_seg.labelling.edits import Edit, Step
from notebook_seg.labelling.paint import MODES, Plan
from notebook_seg.labelling.paint import plan as plan_paint
from notebook_seg.labelling.raster import (
    Region,
    as_points,
    brush_region,
    fill_region,
    polygon_region,
)

__all__ = ["Mask"]


class Mask:
    """Class indexes of one picture, edited by strokes.

    Every edit touches its bounding box alone, so it costs what the stroke costs, whatever the
    size of the picture. It returns the smallest `Box` around the pixels that changed, or None when
    none did, and then nothing is there to undo either.

    Parameters
    ----------
    labels : array (H, W) of uint8
        Class indexes: 0 is background, 255 is unlabelled. It is copied.
    n_classes : int
        How many classes there are, background included.
    done, undone : iterable of Edit, optional
        The edits that led to `labels`, and those that were taken back, the next to redo last.

    Attributes
    ----------
    changed : psygnal.Signal
        Emitted with the changed `Box` after each edit, undo and redo.
    last_step : Step or None
        What was done last: an edit made, taken back or made again.

    Raises
    ------
    MaskError
        If `labels` is not a two-dimensional array of uint8.
    OptionError
        If `n_classes` is not between 2 and 255.

    Notes
    -----
    The centre of pixel ``(row, col)`` is at ``x = col, y = row``; a stroke covers the pixels whose
    centres lie in it. See `notebook_seg.labelling.raster`.

    Examples
    --------
    >>> mask = Mask(np.zeros((60, 80), np.uint8), n_classes=2)
    >>> mask.polygon([(10, 20), (30, 20), (30, 40), (10, 40)], label=1)
    Box(top=20, left=10, bottom=40, right=30)
    >>> int(mask.labels.sum())
    400
    >>> mask.undo()
    Box(top=20, left=10, bottom=40, right=30)
    >>> int(mask.labels.sum())
    0
    """

    changed = Signal(Box)

    def __init__(
        self,
        labels: npt.NDArray[np.uint8],
        n_classes: int,
        done: Iterable[Edit] = (),
        undone: Iterable[Edit] = (),
    ) -> None:
        labels = np.asarray(labels)
        if labels.ndim != 2 or labels.dtype != np.uint8:
            raise MaskError(
                "A mask is an array (H, W) of uint8 class indexes. "
                f"Received: shape {labels.shape}, {labels.dtype}"
            )
        if not 2 <= n_classes <= MAX_CLASSES + 1:
            raise OptionError(
                f"n_classes counts the background and is 2 to {MAX_CLASSES + 1}. "
                f"Received: {n_classes!r}"
            )
        self.n_classes = n_classes
        self._labels = np.array(labels, order="C")
        self._view = self._labels.view()
        self._view.flags.writeable = False
        self._done = list(done)
        self._undone = list(undone)
        self.last_step: Step | None = None

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """The class indexes (H, W), for reading: it follows every edit and cannot be written."""
        return self._view

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._labels.shape[0], self._labels.shape[1]

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to make again."""
        return bool(self._undone)

    @property
    def history(self) -> tuple[list[Edit], list[Edit]]:
        """The edits that can be undone and those that can be redone, the next one last."""
        return self._done.copy(), self._undone.copy()

    @property
    def undo_bytes(self) -> int:
        """How much memory the history of edits takes, about."""
        return sum(edit.nbytes for edit in self._done + self._undone)

    @property
    def last_change(self) -> Change | None:
        """What the last edit, undo or redo has changed; known when `changed` is emitted."""
        return None if self.last_step is None else self.last_step.change

    def paint(
        self, region: Region | None, label: int, mode: str = "add", keep: bool = False
    ) -> Box | None:
        """Give a label to a region of pixels: what all tools end in.

        Parameters
        ----------
        region : Region or None
            Pixels of the mask; None changes nothing.
        label : int
            A class index, 0 for background or 255 for unlabelled.
        mode : str, optional
            ``'add'`` gives the region the label. ``'subtract'`` makes background of the pixels
            that have it. ``'replace'`` first makes background of the connected pieces with this
            label that the region touches: the object is drawn again.
        keep : bool, optional
            Whether pixels of other classes are left alone.

        Raises
        ------
        OptionError
            If the label or the mode is none, or the region lies outside the mask.

        Examples
        --------
        >>> mask = Mask(np.zeros((9, 9), np.uint8), n_classes=2)
        >>> mask.polygon([(2, 2), (5, 2), (5, 4), (2, 4)], label=1)
        Box(top=2, left=2, bottom=4, right=5)
        >>> mask.paint(Region(Box(3, 3, 8, 8), np.ones((5, 5), bool)), 1, mode="replace")
        Box(top=2, left=2, bottom=8, right=8)
        >>> int(mask.labels.sum())
        25
        """
        plan = self.plan(region, label, mode, keep)
        return None if plan is None else self._change(plan)

    def plan(
        self, region: Region | None, label: int, mode: str = "add", keep: bool = False
    ) -> Plan | None:
        """Return what `paint` would change, None where there is no region.

        Examples
        --------
        >>> mask = Mask(np.zeros((9, 9), np.uint8), n_classes=2)
        >>> mask.plan(Region(Box(0, 0, 1, 2), np.array([[True, False]])), 1).changed
        array([[ True, False]])
        >>> mask.labels.any()
        np.False_
        """
        self._check_label(label)
        check_choice("mode", mode, MODES)
        if region is None:
            return None
        if region.box.clip(self.shape) != region.box or region.inside.shape != region.box.shape:
            raise OptionError(
                f"A region has the shape of its box and lies inside the mask {self.shape}. "
                f"Received: {region.box}, pixels of shape {region.inside.shape}"
            )
        return plan_paint(self._labels, region, int(label), mode, keep)

    def polygon(
        self, vertices: npt.ArrayLike, label: int, mode: str = "add", keep: bool = False
    ) -> Box | None:
        """Give a label to the pixels inside a closed outline.

        Parameters
        ----------
        vertices : array (N, 2) of float
            x and y in pixels; the last is joined to the first, and parts outside the picture are
            cut off. Fewer than three, or any that is not finite, change nothing.
        label : int
            A class index, 0 for background or 255 for unlabelled.
        mode, keep : optional
            As for `paint`.

        Notes
        -----
        An outline that crosses itself is filled by the non-zero winding rule: all that it goes
        around is inside, the parts that it goes around twice too.

        Examples
        --------
        >>> mask = Mask(np.zeros((9, 9), np.uint8), n_classes=2)
        >>> mask.polygon([(2, 2), (5, 2), (5, 4), (2, 4)], label=1)
        Box(top=2, left=2, bottom=4, right=5)
        """
        self._check_label(label)
        points = as_points(vertices)
        if len(points) < 3:
            return None
        return self.paint(polygon_region(points, self.shape), label, mode, keep)

    def brush(
        self,
        points: npt.ArrayLike,
        radius: float,
        label: int,
        mode: str = "add",
        keep: bool = False,
    ) -> Box | None:
        """Give a label to the pixels under a round brush; a whole drag is one edit.

        Parameters
        ----------
        points : array (N, 2) of float
            The way of the brush, as x and y in pixels. A single point gives a disc.
        radius : float
            Of the brush, in pixels.
        label : int
            A class index, 0 for background or 255 for unlabelled.
        mode, keep : optional
            As for `paint`.

        Examples
        --------
        >>> mask = Mask(np.zeros((20, 20), np.uint8), n_classes=2)
        >>> mask.brush([(5, 5), (15, 5)], radius=2, label=1)
        Box(top=3, left=3, bottom=8, right=18)
        """
        self._check_label(label)
        if not (np.isfinite(radius) and radius > 0):
            raise OptionError(f"The radius of a brush is above 0 pixels. Received: {radius!r}")
        path = as_points(points)
        if not len(path):
            return None
        return self.paint(brush_region(path, float(radius), self.shape), label, mode, keep)

    def fill(
        self, point: npt.ArrayLike, label: int, mode: str = "add", keep: bool = False
    ) -> Box | None:
        """Give a label to the connected region of equal label around one point.

        Parameters
        ----------
        point : array (2,) of float
            x and y in pixels; outside the picture it changes nothing.
        label : int
            A class index, 0 for background or 255 for unlabelled.
        mode, keep : optional
            As for `paint`.

        Notes
        -----
        Pixels are connected by their sides (4-connected), so a thin diagonal line holds.

        Examples
        --------
        >>> mask = Mask(np.eye(4, dtype=np.uint8), n_classes=3)
        >>> mask.fill((3, 0), label=2)
        Box(top=0, left=1, bottom=3, right=4)
        """
        self._check_label(label)
        points = as_points(np.atleast_2d(np.asarray(point, dtype=np.float64)))
        if not len(points):
            return None
        column, row = np.floor(points[0] + 0.5)
        height, width = self.shape
        if not (0 <= row < height and 0 <= column < width):
            return None
        return self.paint(fill_region(self._labels, (int(column), int(row))), label, mode, keep)

    def erase(self, vertices: npt.ArrayLike) -> Box | None:
        """Give the pixels inside a closed outline back to the background.

        Examples
        --------
        >>> mask = Mask(np.ones((9, 9), np.uint8), n_classes=2)
        >>> mask.erase([(2, 2), (5, 2), (5, 4), (2, 4)])
        Box(top=2, left=2, bottom=4, right=5)
        """
        return self.polygon(vertices, BACKGROUND)

    def clear(self) -> Box | None:
        """Make all of it background, in one edit.

        Examples
        --------
        >>> mask = Mask(np.eye(3, dtype=np.uint8), n_classes=2)
        >>> mask.clear()
        Box(top=0, left=0, bottom=3, right=3)
        """
        return self._change(Plan(Box.whole(self.shape), self._labels != BACKGROUND, BACKGROUND))

    def replace(self, box: Box, patch: npt.NDArray[np.uint8]) -> Box | None:
        """Put a rectangle of labels into the mask, in one edit.

        Parameters
        ----------
        box : Box
            Where; it must lie inside the mask.
        patch : array (h, w) of uint8
            The new labels, of the shape of the box.

        Raises
        ------
        OptionError
            If the box does not lie inside the mask, the patch has another shape or dtype, or
            holds a label that is no class.

        Examples
        --------
        >>> mask = Mask(np.zeros((9, 9), np.uint8), n_classes=2)
        >>> mask.replace(Box(2, 2, 6, 6), np.eye(4, dtype=np.uint8))
        Box(top=2, left=2, bottom=6, right=6)
        """
        self.check_patch(box, patch)
        return self._change(Plan(box, self._labels[box.slices] != patch, patch))

    def check_patch(self, box: Box, patch: npt.NDArray[np.uint8]) -> None:
        """Raise an error if `replace` could not put a rectangle of labels into the mask.

        Raises
        ------
        OptionError
            As `replace` does.
        """
        if box.clip(self.shape) != box or patch.shape != box.shape or patch.dtype != np.uint8:
            raise OptionError(
                f"A patch is uint8, has the shape of its box and lies inside the mask {self.shape}."
                f" Received: {box}, a patch of shape {patch.shape}, {patch.dtype}"
            )
        # Nearly always the largest label says it all.
        if patch.size and patch.max() >= self.n_classes:
            for label in np.unique(patch).tolist():
                self._check_label(label)

    def undo(self) -> Box | None:
        """Take back the last edit; return its box, or None if there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._follow(Step("undo", self._undone[-1]))

    def redo(self) -> Box | None:
        """Make the edit again that was taken back last; return its box, or None."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._follow(Step("redo", self._done[-1]))

    def _change(self, plan: Plan) -> Box | None:
        left, top, width, height = cv2.boundingRect(plan.changed.view(np.uint8))
        if not width:
            return None
        inner = Box(top, left, top + height, left + width)
        changed = plan.changed[inner.slices]
        after = plan.after if isinstance(plan.after, int) else plan.after[inner.slices]
        box = inner.moved(plan.box.top, plan.box.left)
        edit = Edit.between(self._labels, box, changed, after)
        put_values(self._labels[box.slices], changed, edit.after)
        self._done.append(edit)
        self._undone.clear()
        return self._tell(Step("edit", edit))

    def _follow(self, step: Step) -> Box:
        step.change.apply(self._labels)
        return self._tell(step)

    def _tell(self, step: Step) -> Box:
        self.last_step = step
        self.changed.emit(step.edit.box)
        return step.edit.box

    def _check_label(self, label: int) -> None:
        if label != UNLABELLED and not (
            isinstance(label, int | np.integer) and 0 <= label < self.n_classes
        ):
            raise OptionError(
                f"A label is 0 to {self.n_classes - 1}, or {UNLABELLED} for unlabelled. "
                f"Received: {label!r}"
            )
