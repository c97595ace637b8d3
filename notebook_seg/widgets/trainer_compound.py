"""Fields of the trainer's form with several parts: pretrained weights, losses, class weights."""

from html import escape
from pathlib import Path

from ipywidgets import HTML, BoundedFloatText, Box, Dropdown, HBox, Layout, Text, VBox, Widget

from notebook_seg.training.losses import LOSSES
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button
from notebook_seg.widgets.trainer_choices import Choices, Term, split_terms, with_term, without_term
from notebook_seg.widgets.trainer_fields import Field, widen

__all__ = ["ClassWeights", "LossTerms", "PretrainedField"]

_NARROW = "72px"
_PHOTOGRAPHS, _NOTHING, _FILE = "imagenet", "nothing", "a file:"
_NO_FILE_YET = "Write where the file is: until then nothing is changed."


class PretrainedField(Field):
    """What the encoder knows before it learns: photographs, nothing, or what a file holds."""

    def control(self) -> Widget:
        """Return a menu, and a field for the path of a file."""
        photographs = ("photographs (ImageNet)", _PHOTOGRAPHS)
        # A menu whose value is None shows none of its entries.
        self.menu = Dropdown(options=[photographs, (_NOTHING, _NOTHING), (_FILE, _FILE)])
        self.path = Text(placeholder="path of weights.h5 or its folder", continuous_update=False)
        self.menu.observe(self.on_change(self._choose_from_menu), "value")
        self.path.observe(self.on_change(self._choose_path), "value")
        return VBox([self.menu, self.path])

    def show(self) -> None:
        """Show which of them it is."""
        is_file = self.value not in (_PHOTOGRAPHS, None)
        self.menu.value = _FILE if is_file else self.value or _NOTHING
        self.path.value = str(self.value) if is_file else ""
        self.path.layout.display = None if is_file else "none"

    def _choose_from_menu(self, value: object) -> None:
        if value == _FILE:
            # Nothing is chosen until there is a path.
            self.path.layout.display = None
            self._why.value = f"{escape(self.meaning)} <i>{_NO_FILE_YET}</i>"
        else:
            self.choose(encoder_weights=None if value == _NOTHING else value)

    def _choose_path(self, path: object) -> None:
        written = str(path).strip()
        if written:
            self.choose(encoder_weights=str(Path(written).expanduser()))
        else:
            self.refresh()


class LossTerms(Field):
    """What counts as wrong: one loss, or several with their weights."""

    def control(self) -> Widget:
        """Return a row for each term, and a button for one more."""
        self.rows = VBox()
        self.more = icon_button("Add a loss", "plus", "Add another loss", self._guard(self._add))
        return VBox([self.rows, self.more])

    def show(self) -> None:
        """Show each term."""
        terms = split_terms(self.choices.plan.loss)
        # Rows that fit are kept: one that is typed in must not go away.
        if self._written() != terms:
            self.rows.children = [self._row(weight, name) for weight, name in terms]
        for row in self.rows.children:
            row.children[-1].disabled = len(terms) == 1

    def _row(self, weight: float, name: str) -> HBox:
        factor = BoundedFloatText(min=0.01, max=100, layout=Layout(width=_NARROW))
        widen(factor, weight)
        factor.value, factor.tooltip = weight, "How much it counts"
        menu = Dropdown(options=list(LOSSES), value=name, layout=Layout(width="190px"))
        row = HBox([factor, HTML("×"), menu])
        less = icon_button("", "times", "Leave it out", self._guard(lambda: self._remove(row)))
        row.children = [*row.children, less]
        for part in (factor, menu):
            part.observe(self.on_change(lambda value: self._write(row)), "value")
        return row

    def _written(self) -> tuple[Term, ...]:
        return tuple(_term(row) for row in self.rows.children)

    def _write(self, row: HBox) -> None:
        number = self.rows.children.index(row)
        self.choose(loss=with_term(self.choices.plan.loss, number, _term(row)))

    def _add(self) -> None:
        used = {name for _, name in self._written()}
        name = next(name for name in LOSSES if name not in used or len(used) == len(LOSSES))
        self.choose(loss=with_term(self.choices.plan.loss, len(self.rows.children), (1.0, name)))

    def _remove(self, row: HBox) -> None:
        self.choose(loss=without_term(self.choices.plan.loss, self.rows.children.index(row)))


def _term(row: HBox) -> Term:
    return row.children[0].value, row.children[2].value


class ClassWeights(Field):
    """How much each class counts.

    Parameters
    ----------
    choices : Choices
    names, colors : tuple of str
        Of the classes, background first.
    guard : Guard
    """

    def __init__(
        self, choices: Choices, names: tuple[str, ...], colors: tuple[str, ...], guard: Guard
    ) -> None:
        self._classes = list(zip(names, colors, strict=True))
        meaning = (
            "How much a mistake in each class counts, more for what matters; weighted losses even "
            "out rare classes besides."
        )
        super().__init__(choices, "class_weights", meaning, guard)

    def control(self) -> Widget:
        """Return a number for each class."""
        self.numbers = [
            BoundedFloatText(1, min=0, max=1000, layout=Layout(width=_NARROW))
            for _ in self._classes
        ]
        for number in self.numbers:
            number.observe(self.on_change(lambda value: self._write()), "value")
        named = [
            HBox([_swatch(name, color), number])
            for (name, color), number in zip(self._classes, self.numbers, strict=True)
        ]
        box = Box(named)
        box.add_class("nbs-class-weights")
        return box

    def show(self) -> None:
        """Show the weights, or that all count alike."""
        weights = self.choices.plan.class_weights or (1.0,) * len(self.numbers)
        for number, weight in zip(self.numbers, weights, strict=True):
            widen(number, weight)
            number.value = weight

    def _write(self) -> None:
        weights = tuple(number.value for number in self.numbers)
        alike = all(weight == 1 for weight in weights)
        self.choose(class_weights=None if alike else weights)


def _swatch(name: str, color: str) -> HTML:
    return HTML(f'<span class="nbs-swatch" style="background:{color}"></span>{escape(name)}')
