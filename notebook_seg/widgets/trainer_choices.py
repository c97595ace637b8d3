"""What a person chooses for a training, beside what was planned."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from threading import Lock
from typing import Any

import numpy as np
from psygnal import Signal

from notebook_seg.errors import OptionError
from notebook_seg.training import Plan
from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.networks import NO_ENCODER
from notebook_seg.training.plan import YOUR_CHOICE
from notebook_seg.training.plan_values import DURATIONS, with_counterparts

__all__ = ["Choices", "Term", "differences", "split_terms", "with_term", "without_term"]

Term = tuple[float, str]


class Choices:
    """A plan and what a person wants otherwise; only that is passed on to the training.

    Parameters
    ----------
    planned : Plan
        What is done where nothing is chosen.

    Attributes
    ----------
    plan : Plan
        The plan with all choices.
    changed : psygnal.Signal
        Emitted with the name of a field after its value has changed.

    Examples
    --------
    >>> choices = Choices(Plan(minutes=5))
    >>> choices.choose(encoder="resnet18")
    >>> choices.choose(epochs=3)
    >>> choices.chosen
    {'encoder': 'resnet18', 'epochs': 3}
    >>> choices.choose(minutes=5)
    >>> choices.chosen
    {'encoder': 'resnet18'}
    """

    changed = Signal(str)

    def __init__(self, planned: Plan) -> None:
        self.planned = self.plan = planned
        # A training that begins brings its plan from a thread of its own.
        self._lock = Lock()

    @property
    def chosen(self) -> dict[str, Any]:
        """The fields, by name, whose value is not the planned one."""
        return differences(self.planned, self.plan)

    def is_chosen(self, name: str) -> bool:
        """Return whether a field has another value than the planned one."""
        return bool(getattr(self.plan, name) != getattr(self.planned, name))

    def choose(self, **values: object) -> None:
        """Choose the values of some fields of the plan, and what they bring with them.

        An architecture with an encoder of its own has no other, and no weights for it.

        Raises
        ------
        OptionError
            If a name is no field, or its value is not understood; then all stays as it was.
        """
        with self._lock:
            before = self.plan
            self.plan = before.replace(**{**self._planned_encoder(values), **values})
        self._tell(before)

    def follow(self, plan: Plan, since: Plan, chosen: Collection[str]) -> None:
        """Take over the plan of a training that has begun, and keep what was chosen meanwhile.

        Nothing is emitted: this may be called in any thread.

        Parameters
        ----------
        plan : Plan
            By which the training goes.
        since : Plan
            What `plan` was when the training was asked for.
        chosen : collection of str
            The fields that were chosen for it: they can still be taken back.
        """
        with self._lock:
            later = differences(since, self.plan)
            self.planned = _without(plan, self.planned, chosen)
            self.plan = _replaced(plan, later)

    def as_planned(self, name: str) -> None:
        """Take back what was chosen for a field."""
        names = with_counterparts([name])
        given = {n: v for n in names if (v := getattr(self.planned, n)) is not None}
        self.choose(**(given or {name: None}))
        with self._lock:
            self.plan = self.plan.replace(reasons=_reasons(self.plan, self.planned, names))

    def why(self, name: str) -> str:
        """Return why a field has the value that was planned, empty if nothing was said."""
        reason = self.planned.reasons.get(name, "")
        return "" if reason == YOUR_CHOICE else reason

    def _planned_encoder(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the encoder that was planned, where an architecture wants one again."""
        architecture = values.get("architecture")
        wants_one = architecture in ARCHITECTURES and not has_own_encoder(architecture)
        if self.planned.encoder == NO_ENCODER or self.plan.encoder != NO_ENCODER or not wants_one:
            return {}
        return {n: getattr(self.planned, n) for n in ("encoder", "encoder_weights")}

    def _tell(self, before: Plan) -> None:
        plan = self.plan
        for name in (f.name for f in fields(Plan) if f.compare):
            if getattr(plan, name) != getattr(before, name):
                self.changed.emit(name)


def _without(plan: Plan, planned: Plan, chosen: Collection[str]) -> Plan:
    """Return a plan as it would be without what was chosen: that is as it was planned before."""
    names = with_counterparts(chosen)
    values = {name: getattr(planned, name) for name in names}
    reasons = _reasons(plan, planned, names)
    return _replaced(plan, {**values, "reasons": reasons}) if names else plan


def _reasons(plan: Plan, planned: Plan, names: Iterable[str]) -> dict[str, str]:
    """Return the reasons of a plan, those of some fields as they were planned."""
    return {**plan.reasons, **{name: planned.reasons.get(name, "") for name in names}}


def _replaced(plan: Plan, values: dict[str, Any]) -> Plan:
    try:
        return plan.replace(**values) if values else plan
    except OptionError:  # they do not go together with what this plan has
        return plan


def differences(before: Plan, now: Plan) -> dict[str, Any]:
    """Return the fields of a plan, by name, that differ from another plan's.

    Examples
    --------
    >>> differences(Plan(minutes=5), Plan(epochs=3, encoder="resnet18"))
    {'encoder': 'resnet18', 'epochs': 3}
    """
    names = (f.name for f in fields(Plan) if f.compare)
    found = {n: getattr(now, n) for n in names if getattr(now, n) != getattr(before, n)}
    # Of the two, the one that is not given is no choice.
    return {n: v for n, v in found.items() if n not in DURATIONS or v is not None}


def split_terms(loss: str) -> tuple[Term, ...]:
    """Return the weights and names of a loss that a plan has accepted.

    Examples
    --------
    >>> split_terms("dice + 0.5*focal")
    ((1.0, 'dice'), (0.5, 'focal'))
    """
    parts = (term.rpartition("*") for term in loss.split("+"))
    return tuple((float(weight or 1), name.strip()) for weight, _, name in parts)


def with_term(loss: str, number: int, term: Term) -> str:
    """Return a loss with another term in a place, or behind the last; the rest stays as written.

    Examples
    --------
    >>> with_term("dice + 0.001*focal", 0, (0.5, "jaccard"))
    '0.5*jaccard + 0.001*focal'
    >>> with_term("dice", 1, (1.0, "focal"))
    'dice + focal'
    """
    weight, name = term
    # A loss is written without exponents.
    factor = np.format_float_positional(weight, precision=6, fractional=False, trim="-")
    written = name if weight == 1 else f"{factor}*{name}"
    return _joined([*_written(loss)[:number], written, *_written(loss)[number + 1 :]])


def without_term(loss: str, number: int) -> str:
    """Return a loss without the term in a place; the rest stays as written.

    Examples
    --------
    >>> without_term("dice + 0.001*focal", 0)
    '0.001*focal'
    """
    return _joined([*_written(loss)[:number], *_written(loss)[number + 1 :]])


def _written(loss: str) -> list[str]:
    return [term.strip() for term in loss.split("+")]


def _joined(terms: list[str]) -> str:
    return " + ".join(terms)
