"""Fields of the trainer's form: each shows one choice, changes it, and says why it is as it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

from ipywidgets import HTML, BoundedFloatText, BoundedIntText, Dropdown, HBox, Layout, Widget
from traitlets import Bunch

from notebook_seg.training.plan_values import DURATIONS, with_counterparts
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button
from notebook_seg.widgets.trainer_choices import Choices
from notebook_seg.widgets.trainer_hints import TITLES

__all__ = ["ChoiceRow", "Duration", "Field", "MenuField", "NumberField", "Options", "widen"]

Options = Sequence[tuple[str, object]]


class ChoiceRow(HBox):
    """Widgets side by side that show a choice and change it.

    Parameters
    ----------
    choices : Choices
        What they show and change.
    name : str
        Of the choice, in the plan.
    guard : Guard
        Shows what goes wrong.
    """

    def __init__(self, choices: Choices, name: str, guard: Guard) -> None:
        self.choices, self.name = choices, name
        self._guard, self._reading = guard, False
        super().__init__(self.parts())
        choices.changed.connect(self._changed)
        self.refresh()

    def parts(self) -> list[Widget]:
        """Return the widgets."""
        raise NotImplementedError

    def show(self) -> None:
        """Make the widgets show what is chosen."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what is chosen, as it is now."""
        with self._not_heard():
            self.show()

    def choose(self, **values: object) -> None:
        """Choose, and show what has come of it, also where it was refused."""
        try:
            self.choices.choose(**values)
        finally:
            self.refresh()

    def on_change(self, action: Callable[[object], object]) -> Callable[[Bunch], None]:
        """Return a callback of a widget that calls `action` with its new value."""

        def changed(change: Bunch) -> None:
            if not self._reading:
                action(change.new)

        return self._guard(changed, clears=True)

    def _changed(self, name: str) -> None:
        if name in with_counterparts([self.name]):
            self.refresh()

    @contextmanager
    def _not_heard(self) -> Iterator[None]:
        before, self._reading = self._reading, True
        try:
            yield
        finally:
            self._reading = before


class Field(ChoiceRow):
    """A choice by its title: its control, what it means, and a way back to what was planned.

    Parameters
    ----------
    choices, name, guard
        See `ChoiceRow`.
    meaning : str
        What the choice means, in the user's words.
    """

    def __init__(self, choices: Choices, name: str, meaning: str, guard: Guard) -> None:
        self._meaning = meaning
        self._why = HTML()
        self._why.add_class("nbs-why")
        self._back = icon_button("", "undo", "As planned", guard(self._take_back, clears=True))
        self._back.add_class("nbs-back")
        super().__init__(choices, name, guard)
        self.add_class("nbs-field")
        self.add_class(f"nbs-field-{name.replace('_', '-')}")

    def parts(self) -> list[Widget]:
        """Return the title, the control, the way back and the reason."""
        label = HTML(f"<b>{escape(TITLES[self.name])}</b>")
        label.add_class("nbs-label")
        return [label, self.control(), self._back, self._why]

    def control(self) -> Widget:
        """Return what a person changes."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what is chosen, and why, as it is now."""
        super().refresh()
        is_chosen = self.choices.is_chosen(self.name)
        self._back.layout.visibility = "visible" if is_chosen else "hidden"
        reason = self.choices.why(self.name)
        planned = f" <i>As planned: {escape(reason)}.</i>" if reason and not is_chosen else ""
        self._why.value = escape(self.meaning) + planned

    @property
    def value(self) -> object:
        """What is chosen."""
        return getattr(self.choices.plan, self.name)

    @property
    def meaning(self) -> str:
        """What the choice means."""
        return self._meaning

    def _choose_value(self, value: object) -> None:
        self.choose(**{self.name: value})

    def _take_back(self) -> None:
        self.choices.as_planned(self.name)


class MenuField(Field):
    """One of several values.

    Parameters
    ----------
    choices, name, meaning, guard
        See `Field`.
    options : sequence of (str, object)
        What is read, and the value that it stands for.
    details : mapping of str to str, optional
        What there is to say of a value while it is chosen.
    """

    def __init__(
        self,
        choices: Choices,
        name: str,
        meaning: str,
        guard: Guard,
        options: Options,
        details: Mapping[str, str] | None = None,
    ) -> None:
        self._options = list(options)
        self._details = details or {}
        super().__init__(choices, name, meaning, guard)

    def control(self) -> Widget:
        """Return a menu."""
        self.menu = Dropdown(options=self._options)
        self.menu.observe(self.on_change(self._choose_value), "value")
        return self.menu

    def show(self) -> None:
        """Show the value, also one that only Python can choose."""
        if all(value != self.value for _, value in self._options):
            self._options.append(("your own", self.value))
            self.menu.options = self._options
        self.menu.value = self.value

    @property
    def meaning(self) -> str:
        """What the choice means, and the value."""
        return f"{self._meaning} {self._details.get(str(self.value), '')}".strip()


class NumberField(Field):
    """A number.

    Parameters
    ----------
    choices, name, meaning, guard
        See `Field`.
    lowest, highest : float
        Between which it lies; whole numbers where they are.
    """

    def __init__(
        self,
        choices: Choices,
        name: str,
        meaning: str,
        guard: Guard,
        lowest: float,
        highest: float,
    ) -> None:
        self._range = {"min": lowest, "max": highest}
        super().__init__(choices, name, meaning, guard)

    def control(self) -> Widget:
        """Return a field for a number."""
        whole = all(isinstance(end, int) for end in self._range.values())
        self.number = (BoundedIntText if whole else BoundedFloatText)(**self._range)
        self.number.observe(self.on_change(self._choose_value), "value")
        return self.number

    def show(self) -> None:
        """Show the number."""
        widen(self.number, self.value)
        self.number.value = self.value


class Duration(ChoiceRow):
    """For how long to train: a number of minutes or of epochs.

    Parameters
    ----------
    choices : Choices
    guard : Guard
    """

    def __init__(self, choices: Choices, guard: Guard) -> None:
        super().__init__(choices, DURATIONS[0], guard)
        self.add_class("nbs-duration")

    def parts(self) -> list[Widget]:
        """Return a number and what it counts."""
        self.amount = BoundedFloatText(min=0, max=100_000, layout=Layout(width="80px"))
        self.unit = Dropdown(options=DURATIONS, layout=Layout(width="110px"))
        self.unit.tooltip = "An epoch is a round of learning, after which the network is tested"
        for part in (self.amount, self.unit):
            part.observe(self.on_change(lambda value: self._write()), "value")
        return [HTML("Train for"), self.amount, self.unit]

    def show(self) -> None:
        """Show the one that the plan has."""
        plan = self.choices.plan
        self.unit.value = next(name for name in DURATIONS if getattr(plan, name) is not None)
        amount = getattr(plan, self.unit.value)
        widen(self.amount, amount)
        self.amount.value = amount

    def _write(self) -> None:
        unit, amount = self.unit.value, self.amount.value
        self.choose(**{unit: max(1, round(amount)) if unit == "epochs" else amount})


def widen(number: BoundedFloatText | BoundedIntText, value: Any) -> None:
    """Let a field show a value that only Python would choose, rather than the nearest it may have.

    Examples
    --------
    >>> number = BoundedIntText(4, min=1, max=1024)
    >>> widen(number, 2000)
    >>> number.max, number.value
    (2000, 4)
    """
    number.min, number.max = min(number.min, value), max(number.max, value)
