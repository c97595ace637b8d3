"""Names and colours of classes, to be changed."""

from collections.abc import Sequence

from ipywidgets import Button, ColorPicker, HBox, Text, VBox

from notebook_seg.widgets.app_classes import Look, unused_color
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row

__all__ = ["ClassEditor"]


class ClassEditor(VBox):
    """A line for each class: its colour, its name, and for a new one a button that takes it away.

    Parameters
    ----------
    guard : Guard
        Wraps each callback.
    looks : sequence of (str, str)
        Name and colour of each class to begin with.

    Attributes
    ----------
    foot : Box
        The buttons below.

    Examples
    --------
    >>> from notebook_seg.widgets.messages import MessageLine
    >>> editor = ClassEditor(Guard(MessageLine()), [("fish", "#ee3377")])
    >>> editor.add()
    >>> editor.looks
    [('fish', '#ee3377'), ('', '#bbcc33')]
    """

    def __init__(self, guard: Guard, looks: Sequence[Look] = ()) -> None:
        self._guard = guard
        self._fixed = 0
        self.foot = row(icon_button("Another class", "plus", "Add a class", guard(self.add)))
        super().__init__()
        self.add_class("nbs-classes")
        self.fill(looks)

    @property
    def looks(self) -> list[Look]:
        """Name and colour of each class."""
        return [(line.name.value.strip(), line.color.value) for line in self.lines]

    @property
    def lines(self) -> list["_Line"]:
        """The lines, one for each class."""
        return [line for line in self.children if isinstance(line, _Line)]

    def fill(self, looks: Sequence[Look], fixed: int = 0) -> None:
        """Show these classes, of which the first `fixed` cannot be taken away."""
        self._fixed = fixed
        self._arrange([_Line(name, color) for name, color in looks])

    def add(self) -> None:
        """Add a line for one more class."""
        color = unused_color([color for _, color in self.looks])
        self._arrange([*self.lines, _Line("", color)])

    def _arrange(self, lines: list["_Line"]) -> None:
        for number, line in enumerate(lines):
            removes = number >= self._fixed and len(lines) > 1
            line.arrange(self._remover(line) if removes else None)
        self.children = [*lines, self.foot]

    def _remover(self, line: "_Line") -> Button:
        def remove() -> None:
            self._arrange([other for other in self.lines if other is not line])

        return icon_button("", "times", "Take this class away", self._guard(remove))


class _Line(HBox):
    def __init__(self, name: str, color: str) -> None:
        self.color = ColorPicker(concise=True, value=color)
        self.name = Text(name, placeholder="Name of the class, such as fish")
        super().__init__([self.color, self.name])

    def arrange(self, remove: Button | None) -> None:
        self.children = [self.color, self.name, *([] if remove is None else [remove])]
