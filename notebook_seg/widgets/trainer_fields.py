"""Fields of the trainer's form: each shows one choice, changes it, and says why it is as it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

from ipywidgets import HTML, BoundedFloatText, BoundedIntText, Dropdown, HBox, Layout, Widget
from traitlets import Bunch

from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button
from notebook_seg.widgets.trainer_choices import Choices

__all__ = ["Duration", "Field", "MenuField", "NumberField", "widen"]

Options = Sequence[tuple[str, object]]


class Field(HBox):
    """A choice by its name: its control, what it means, and a way back to what was planned.

    Parameters
    ----------
    choices : Choices
        What it shows and changes.
    names : str or tuple of str
        Of the plan; the first is written.
    title, meaning : str
        In the user's words.
    guard : Guard
        Shows what goes wrong.
    """

    def __init__(
        self,
        choices: Choices,
        names: str | tuple[str, ...],
        title: str,
        meaning: str,
        guard: Guard,
    ) -> None:
        self.choices = choices
        self.names = (names,) if isinstance(names, str) else names
        self.title = title
        self._meaning, self._guard = meaning, guard
        self._reading = False
        self._why = HTML()
        self._why.add_class("nbs-why")
        self._back = icon_button("", "undo", "As planned", guard(self._take_back, clears=True))
        self._back.add_class("nbs-back")
        label = HTML(f"<b>{escape(title)}</b>")
        label.add_class("nbs-label")
        super().__init__([label, self.control(), self._back, self._why])
        self.add_class("nbs-field")
        self.add_class(f"nbs-field-{self.names[0].replace('_', '-')}")
        choices.changed.connect(self._changed)
        self.refresh()

    def control(self) -> Widget:
        """Return what a person changes."""
        raise NotImplementedError

    def show(self) -> None:
        """Make the control show what is chosen."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what is chosen, and why, as it is now."""
        with self._not_heard():
            self.show()
        is_chosen = any(self.choices.is_chosen(name) for name in self.names)
        self._back.layout.visibility = "visible" if is_chosen else "hidden"
        reason = self.choices.why(self.names[0])
        planned = f" <i>As planned: {escape(reason)}.</i>" if reason and not is_chosen else ""
        self._why.value = escape(self.meaning) + planned

    @property
    def value(self) -> object:
        """What is chosen."""
        return getattr(self.choices.plan, self.names[0])

    def choose(self, **values: object) -> None:
        """Choose, and show what has come of it, also where it was refused."""
        try:
            self.choices.choose(**values)
        finally:
            self.refresh()

    def on_change(self, action: Callable[[object], object]) -> Callable[[Bunch], None]:
        """Return a callback of a control that calls `action` with its new value."""

        def changed(change: Bunch) -> None:
            if not self._reading:
                action(change.new)

        return self._guard(changed, clears=True)

    def _take_back(self) -> None:
        self.choices.as_planned(self.names[0])

    def _changed(self, name: str) -> None:
        if name in self.names:
            self.refresh()

    @property
    def meaning(self) -> str:
        """What the choice means."""
        return self._meaning

    @contextmanager
    def _not_heard(self) -> Iterator[None]:
        before, self._reading = self._reading, True
        try:
            yield
        finally:
            self._reading = before


class MenuField(Field):
    """One of several values.

    Parameters
    ----------
    choices, names, title, meaning, guard
        See `Field`.
    options : sequence of (str, object)
        What is read, and the value that it stands for.
    details : mapping of str to str, optional
        What there is to say of a value while it is chosen.
    """

    def __init__(
        self,
        choices: Choices,
        names: str,
        title: str,
        meaning: str,
        guard: Guard,
        options: Options,
        details: Mapping[str, str] | None = None,
    ) -> None:
        self._options = list(options)
        self._details = details or {}
        super().__init__(choices, names, title, meaning, guard)

    def control(self) -> Widget:
        """Return a menu."""
        self.menu = Dropdown(options=self._options)
        self.menu.observe(
            self.on_change(lambda value: self.choose(**{self.names[0]: value})), "value"
        )
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
    choices, names, title, meaning, guard
        See `Field`.
    lowest, highest : float
        Between which it lies; whole numbers where they are.
    """

    def __init__(
        self,
        choices: Choices,
        names: str,
        title: str,
        meaning: str,
        guard: Guard,
        lowest: float,
        highest: float,
    ) -> None:
        self._range = {"min": lowest, "max": highest}
        super().__init__(choices, names, title, meaning, guard)

    def control(self) -> Widget:
        """Return a field for a number."""
        whole = all(isinstance(end, int) for end in self._range.values())
        self.number = (BoundedIntText if whole else BoundedFloatText)(**self._range)
        self.number.observe(
            self.on_change(lambda value: self.choose(**{self.names[0]: value})), "value"
        )
        return self.number

    def show(self) -> None:
        """Show the number."""
        widen(self.number, self.value)
        self.number.value = self.value


class Duration(HBox):
    """For how long to train: a number of minutes or of epochs.

    Parameters
    ----------
    choices : Choices
    guard : Guard
    """

    def __init__(self, choices: Choices, guard: Guard) -> None:
        self.choices = choices
        self._reading = False
        self.amount = BoundedFloatText(min=0, max=100_000, layout=Layout(width="80px"))
        self.unit = Dropdown(options=["minutes", "epochs"], layout=Layout(width="110px"))
        self.unit.tooltip = "An epoch is a round of learning, after which the network is tested"
        self.amount.observe(guard(self._write, clears=True), "value")
        self.unit.observe(guard(self._write, clears=True), "value")
        super().__init__([HTML("Train for"), self.amount, self.unit])
        self.add_class("nbs-duration")
        choices.changed.connect(self._changed)
        self.refresh()

    def _write(self, change: Bunch) -> None:
        if self._reading:
            return
        amount = self.amount.value
        value = max(1, round(amount)) if self.unit.value == "epochs" else amount
        try:
            self.choices.choose(**{self.unit.value: value})
        finally:
            self.refresh()

    def _changed(self, name: str) -> None:
        if name in ("minutes", "epochs"):
            self.refresh()

    def refresh(self) -> None:
        """Show what is chosen, as it is now."""
        plan = self.choices.plan
        self._reading = True
        amount = plan.minutes if plan.epochs is None else plan.epochs
        self.unit.value = "minutes" if plan.epochs is None else "epochs"
        widen(self.amount, amount)
        self.amount.value = amount
        self._reading = False


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
