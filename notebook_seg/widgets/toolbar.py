"""Tools, classes and the size of the brush: views of a `Pen`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ipywidgets import Box, Button, DOMWidget, FloatLogSlider, FloatSlider, HBox, Layout
from traitlets import Bunch

from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.labelling.pen import Pen
from notebook_seg.widgets.messages import Wrapper

__all__ = ["ChoiceButtons", "PenSliders", "class_buttons", "icon_button", "row", "tool_buttons"]

_TOOLS = {
    "lasso": ("Lasso", "crosshairs", "Draw around an area (L)"),
    "brush": ("Brush", "paint-brush", "Paint along the pointer (B)"),
    "erase": ("Erase", "eraser", "Paint with the background (E)"),
    "fill": ("Fill", "tint", "Give a whole region the class (F)"),
}
_SPECIAL = {
    BACKGROUND: ("background", "#000000", "0"),
    UNLABELLED: ("unlabelled", "#999999", "X"),
}


def icon_button(text: str, icon: str, tooltip: str, action: Callable[[], object]) -> Button:
    """Return a button that calls `action` without arguments.

    Examples
    --------
    >>> pressed = []
    >>> button = icon_button("Undo", "undo", "Take it back (U)", lambda: pressed.append("undo"))
    >>> button.click()
    >>> pressed
    ['undo']
    """
    button = Button(description=text, icon=icon, tooltip=tooltip, layout=Layout(width="auto"))
    button.on_click(lambda _: action())
    return button


def row(*parts: DOMWidget) -> Box:
    """Return widgets side by side, on more lines where there is no room.

    Examples
    --------
    >>> row(icon_button("Stop", "stop", "End it", print)).children[0].description
    'Stop'
    """
    side_by_side = Box(parts)
    side_by_side.add_class("nbs-row")
    return side_by_side


class ChoiceButtons(HBox):
    """A row of buttons, one of which is pressed: the value of one property of a pen.

    Parameters
    ----------
    pen : Pen
        Whose property it is.
    name : str
        Of the property.
    looks : mapping
        Text, icon and tooltip of the button for each value.
    guard : callable
        Wraps each callback.
    """

    def __init__(
        self, pen: Pen, name: str, looks: Mapping[Any, tuple[str, str, str]], guard: Wrapper
    ) -> None:
        self._pen = pen
        self._name = name
        self.buttons = {
            value: icon_button(*look, guard(lambda value=value: setattr(pen, name, value)))
            for value, look in looks.items()
        }
        pen.changed.connect(self._read)
        super().__init__(list(self.buttons.values()))
        self.add_class(f"nbs-{name}s")
        self._read(name)

    def _read(self, name: str) -> None:
        if name != self._name:
            return
        for value, button in self.buttons.items():
            if value == getattr(self._pen, name):
                button.add_class("nbs-chosen")
            else:
                button.remove_class("nbs-chosen")


def tool_buttons(pen: Pen, guard: Wrapper) -> ChoiceButtons:
    """Return a button for each tool."""
    return ChoiceButtons(pen, "tool", _TOOLS, guard)


def class_buttons(
    pen: Pen, names: tuple[str, ...], colors: tuple[str, ...], guard: Wrapper
) -> ChoiceButtons:
    """Return a button in its colour for each class, the background and unlabelled.

    Parameters
    ----------
    pen : Pen
        Whose label they choose.
    names, colors : sequence of str
        Of the classes, background first.
    guard : callable
        Wraps each callback.
    """
    looks = {
        label: (names[label], colors[label], str(label) if label < 10 else "")
        for label in range(1, len(names))
    } | _SPECIAL
    tips = {label: f" ({key})" if key else "" for label, (_, _, key) in looks.items()}
    row = ChoiceButtons(
        pen,
        "label",
        {label: (looks[label][0], "", f"Draw {looks[label][0]}{tips[label]}") for label in looks},
        guard,
    )
    for label, button in row.buttons.items():
        button.layout.border_left = f"12px solid {looks[label][1]}"
    return row


class PenSliders(HBox):
    """How large the brush is and how strongly the mask covers the picture.

    Parameters
    ----------
    pen : Pen
        What they show and change.
    guard : callable
        Wraps each callback.
    """

    def __init__(self, pen: Pen, guard: Wrapper) -> None:
        self._pen = pen
        self.radius = FloatLogSlider(
            value=pen.radius, min=0, max=2.7, step=0.02, readout_format=".0f", description="Brush"
        )
        self.opacity = FloatSlider(
            value=pen.opacity, min=0, max=1, step=0.05, readout_format=".0%", description="Mask"
        )
        self.radius.tooltip = "Radius of brush and eraser, in pixels of the picture ([ and ])"
        self.opacity.tooltip = "How strongly the mask covers the picture (- and +)"
        self._sliders = {"radius": self.radius, "opacity": self.opacity}
        for name, slider in self._sliders.items():
            slider.observe(guard(partial(self._write, name)), "value")
        self._reading = False
        pen.changed.connect(self._read)
        super().__init__(list(self._sliders.values()))
        self.add_class("nbs-sliders")

    def _write(self, name: str, change: Bunch) -> None:
        # A value beyond the end of the slider must not be pulled back to it.
        if not self._reading:
            setattr(self._pen, name, change.new)

    def _read(self, name: str) -> None:
        if name in self._sliders:
            self._reading = True
            self._sliders[name].value = getattr(self._pen, name)
            self._reading = False
