"""What a person draws with: the tool, the label, the size of the brush, and how it paints."""

import math
from typing import Any

from psygnal import Signal

from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.errors import OptionError, check_choice
from notebook_seg.labelling.paint import MODES

__all__ = ["MODES", "TOOLS", "Pen"]

TOOLS = (
    "lasso",
    "polygon",
    "box",
    "brush",
    "erase",
    "fill",
    "wand",
    "scissors",
    "superpixels",
    "snap",
    "scribble",
)

_PROPERTIES = ("tool", "label", "radius", "opacity", "mode", "keep", "tolerance")


class Pen:
    """Tool, label, brush, how a stroke is painted, and how strongly the mask covers the picture.

    Parameters
    ----------
    n_classes : int
        How many classes there are, background included.
    radius : float, optional
        Of brush, eraser and scribble, in pixels of the picture.

    Attributes
    ----------
    changed : psygnal.Signal
        Emitted with the name of what has changed: ``'tool'``, ``'label'``, ``'radius'``,
        ``'opacity'``, ``'mode'``, ``'keep'``, ``'tolerance'``.

    Examples
    --------
    >>> pen = Pen(n_classes=3)
    >>> pen.tool, pen.label
    ('lasso', 1)
    >>> pen.tool = "pencil"
    Traceback (most recent call last):
    notebook_seg.errors.OptionError: Unknown tool. Choose from: lasso, polygon, box, brush, erase, \
fill, wand, scissors, superpixels, snap, scribble. Received: 'pencil'
    """

    changed = Signal(str)

    def __init__(self, n_classes: int, radius: float = 10.0) -> None:
        self.n_classes = n_classes
        self._tool = "lasso"
        self._label = 1
        self._radius = radius
        self._opacity = 0.45
        self._mode = "add"
        self._keep = False
        self._tolerance = 20.0

    @property
    def labels(self) -> tuple[int, ...]:
        """All labels that can be drawn: the classes, the background, unlabelled."""
        return (*range(1, self.n_classes), BACKGROUND, UNLABELLED)

    @property
    def tool(self) -> str:
        """One of `TOOLS`.

        ``'erase'`` is a brush of background, whatever the mode; with `keep` it takes away the label
        of the pen alone. To erase an area by its outline, use the lasso with the label of the
        background.
        """
        return self._tool

    @tool.setter
    def tool(self, tool: str) -> None:
        self._set("tool", check_choice("tool", tool, TOOLS))

    @property
    def label(self) -> int:
        """The label to draw: a class index, 0 for background or 255 for unlabelled."""
        return self._label

    @label.setter
    def label(self, label: int) -> None:
        if label not in self.labels:
            raise OptionError(
                f"A label is 0 to {self.n_classes - 1}, or {UNLABELLED} for unlabelled. "
                f"Received: {label!r}"
            )
        self._set("label", label)

    @property
    def radius(self) -> float:
        """Of brush, eraser and scribble, in pixels of the picture."""
        return self._radius

    @radius.setter
    def radius(self, radius: float) -> None:
        if not 0 < radius < math.inf:
            raise OptionError(f"The radius of a brush is above 0 pixels. Received: {radius!r}")
        self._set("radius", float(radius))

    @property
    def opacity(self) -> float:
        """Of the mask over the picture: 0 is invisible, 1 hides the picture."""
        return self._opacity

    @opacity.setter
    def opacity(self, opacity: float) -> None:
        if not 0 <= opacity <= 1:
            raise OptionError(f"The opacity goes from 0 to 1. Received: {opacity!r}")
        self._set("opacity", float(opacity))

    @property
    def mode(self) -> str:
        """One of `MODES`: whether a stroke adds to an object, takes off, or draws it again."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._set("mode", check_choice("mode", mode, MODES))

    @property
    def keep(self) -> bool:
        """Whether a stroke leaves the pixels of other classes alone."""
        return self._keep

    @keep.setter
    def keep(self, keep: bool) -> None:
        self._set("keep", bool(keep))

    @property
    def tolerance(self) -> float:
        """How much the colours that the wand takes together may differ, 0 to 255."""
        return self._tolerance

    @tolerance.setter
    def tolerance(self, tolerance: float) -> None:
        if not 0 <= tolerance <= 255:
            raise OptionError(f"The tolerance goes from 0 to 255. Received: {tolerance!r}")
        self._set("tolerance", float(tolerance))

    def but(self, **changes: Any) -> "Pen":
        """Return a pen like this one, with some of its properties changed.

        Parameters
        ----------
        **changes
            New values of the properties. None leaves one as it is.

        Raises
        ------
        OptionError
            If a value makes no sense.

        Examples
        --------
        >>> pen = Pen(n_classes=3)
        >>> pen.but(label=2, tool=None).label, pen.label
        (2, 1)
        """
        pen = Pen(self.n_classes, self._radius)
        for name in _PROPERTIES:
            value = changes.pop(name, None)
            setattr(pen, name, getattr(self, name) if value is None else value)
        if changes:
            raise TypeError(f"a pen has no {', '.join(changes)}")
        return pen

    def _set(self, name: str, value: Any) -> None:
        if getattr(self, f"_{name}") != value:
            setattr(self, f"_{name}", value)
            self.changed.emit(name)
