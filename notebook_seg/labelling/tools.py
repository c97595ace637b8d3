"""What each tool does with the points of a stroke."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.errors import NotebookSegError, check_choice
from notebook_seg.labelling.assist import (
    Scissors,
    Superpixels,
    drop_specks,
    fill_holes,
    smooth,
    snap_region,
    wand_region,
)
from notebook_seg.labelling.mask import Mask
from notebook_seg.labelling.pen import Pen
from notebook_seg.labelling.proposal import Proposal
from notebook_seg.labelling.raster import Region, as_points

__all__ = ["Toolbox"]

_TIDY = {
    "smooth": ("Smooth contour", smooth),
    "holes": ("Fill holes", fill_holes),
    "specks": ("Drop specks", drop_specks),
}


class Toolbox:
    """The tools for one picture, with what they know of it.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB.
    mask : Mask
        What is drawn on it.

    Attributes
    ----------
    scribbles : Mask or None
        Hints for a classifier, 255 where nothing was said; None before the first.

    Examples
    --------
    >>> toolbox = Toolbox(np.zeros((60, 80, 3), np.uint8), Mask(np.zeros((60, 80), np.uint8), 2))
    >>> toolbox.draw(Pen(n_classes=2).but(tool="box"), [(30, 40), (10, 20)])
    Box(top=20, left=10, bottom=40, right=30)
    """

    def __init__(self, image: npt.NDArray[np.uint8], mask: Mask) -> None:
        self.image = image
        self.mask = mask
        self.scribbles: Mask | None = None

    @cached_property
    def scissors(self) -> Scissors:
        """What finds lines along the edges in the picture."""
        return Scissors(self.image)

    @cached_property
    def superpixels(self) -> Superpixels:
        """The patches of like colour of the picture."""
        return Superpixels(self.image)

    def draw(self, pen: Pen, points: npt.ArrayLike) -> Box | None:
        """Draw on the mask with any tool that does; return what has changed.

        That is all but snap, which only proposes, and scribble, whose layer is another.
        """
        places = as_points(points)
        return _DRAW[pen.tool](self, pen, places) if len(places) else None

    def paint(self, pen: Pen, region: Region | None) -> Box | None:
        """Paint a region as the pen does."""
        return self.mask.paint(region, pen.label, pen.mode, pen.keep)

    def scribble(self, pen: Pen, points: npt.ArrayLike) -> Box | None:
        """Add a hint, or take hints away with the label 255."""
        if self.scribbles is None:
            nothing = np.full(self.mask.shape, UNLABELLED, np.uint8)
            self.scribbles = Mask(nothing, self.mask.n_classes)
        return self.scribbles.brush(points, pen.radius, pen.label)

    def snap(self, pen: Pen, outline: npt.ArrayLike) -> Proposal:
        """Propose the object inside a loose outline.

        Raises
        ------
        NotebookSegError
            If none is found, or the mask has it already.
        """
        places = as_points(outline)
        region = snap_region(self.image, places) if len(places) > 2 else None
        plan = self.mask.plan(region, pen.label, pen.mode, pen.keep)
        if plan is None:
            raise NotebookSegError(
                "Snap found no object inside the outline. Draw it a little outside of the object"
            )
        labels = np.where(plan.changed, plan.after, self.mask.labels[plan.box.slices])
        return Proposal("Snap", plan.box, labels.astype(np.uint8))

    def tidy(self, kind: str, label: int) -> Proposal:
        """Propose to smooth the contour of a label, to fill its holes or to drop its specks.

        Parameters
        ----------
        kind : str
            ``'smooth'``, ``'holes'`` or ``'specks'``.
        label : int
            Whose areas, in the whole mask.

        Raises
        ------
        NotebookSegError
            If nothing would change.
        """
        title, tidied = _TIDY[check_choice("way to tidy", kind, _TIDY)]
        return Proposal.between(title, self.mask.labels, tidied(self.mask.labels, label))


def _outline(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    return tools.mask.polygon(points, pen.label, pen.mode, pen.keep)


def _box(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    if len(points) < 2:
        return None
    (x0, y0), (x1, y1) = points[0], points[-1]
    return _outline(tools, pen, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))


def _brush(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    return tools.mask.brush(points, pen.radius, pen.label, pen.mode, pen.keep)


def _erase(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    if pen.keep:
        return tools.mask.brush(points, pen.radius, pen.label, "subtract")
    return tools.mask.brush(points, pen.radius, BACKGROUND)


def _fill(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    return tools.mask.fill(points[-1], pen.label, pen.mode, pen.keep)


def _wand(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    return tools.paint(pen, wand_region(tools.image, points[-1], pen.tolerance))


def _superpixels(tools: Toolbox, pen: Pen, points: npt.NDArray) -> Box | None:
    return tools.paint(pen, tools.superpixels.region(points))


_DRAW: dict[str, Callable[[Toolbox, Pen, npt.NDArray], Box | None]] = {
    "lasso": _outline,
    "polygon": _outline,
    "scissors": _outline,
    "box": _box,
    "brush": _brush,
    "erase": _erase,
    "fill": _fill,
    "wand": _wand,
    "superpixels": _superpixels,
}
