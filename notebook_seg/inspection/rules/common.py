"""A piece of advice, and what one does about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notebook_seg.inspection.inline import shortened
from notebook_seg.wording import enumerated

__all__ = ["SEVERITY", "Action", "Advice", "listed", "longer", "share", "train_again"]

SEVERITY = {
    # Nothing else can be told while these last.
    "broken weights": 1.0,
    "unreadable pictures": 0.98,
    "class without training pictures": 0.95,
    # Causes stand before what they bring about.
    "objects too small": 0.92,
    "only background": 0.9,
    "class never predicted": 0.85,
    "leaking split": 0.8,
    "probably mislabelled": 0.75,
    "overfitting": 0.7,
    "underfitting": 0.65,
    "rising loss": 0.6,
    "objects too large": 0.55,
    "nothing held back": 0.5,
    "too few pictures of a class": 0.48,
    "small objects": 0.45,
    "tile seams": 0.44,
    "more of a kind": 0.4,
    "few pictures to judge by": 0.3,
    "label next": 0.25,
}
"""How much it matters, 0 to 1, for each topic; advice is sorted by it."""

_MEND, _WORTHWHILE = 0.7, 0.4
_LISTED, _LONGEST_NAME = 4, 32
# As a plan gives the reason of what a person decided, or took over from others.
_CHOSEN = ("your choice", "the recipe of", "ours: the recipe")
_DURATIONS = {"minutes", "epochs"}


@dataclass(frozen=True)
class Action:
    """A call that acts on advice.

    Parameters
    ----------
    kind : str
        The name of the function in `notebook_seg`: ``"Labeller"``, ``"train"`` or
        ``"cross_validate"``.
    stems : sequence of str
        The pictures that it is given; all of the dataset where empty.
    arguments : mapping
        What else it is given, as plain values: ``scale`` as the arguments of ``WorkingScale``,
        ``model`` as the name of the variable.

    Examples
    --------
    >>> Action("Labeller", ["pike"], {"model": "model"}).text
    'nbs.Labeller(data.subset(["pike"]), model=model)'
    >>> Action("train", arguments={"scale": {"long_side": 768}, "minutes": 10}).text
    'nbs.train(data, scale=nbs.WorkingScale(long_side=768), minutes=10)'
    """

    kind: str
    stems: Sequence[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The call as Python, with ``nbs``, ``data`` and ``model`` as in the notebooks."""
        data = f"data.subset({_written(list(self.stems))})" if self.stems else "data"
        rest = (f", {name}={_argument(name, value)}" for name, value in self.arguments.items())
        return f"nbs.{self.kind}({data}{''.join(rest)})"


def _argument(name: str, value: Any) -> str:
    if name == "model":
        return str(value)
    if name == "scale":
        said = {key: given for key, given in value.items() if given is not None}
        chosen = ", ".join(f"{key}={_written(given)}" for key, given in said.items())
        return f"nbs.WorkingScale({chosen})"
    return _written(value)


def _written(value: Any) -> str:
    # JSON writes strings, lists and mappings of them as Python does, with double quotes.
    if value is None or isinstance(value, bool | tuple):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def train_again(plan: Mapping[str, Any], /, *left_open: str, **changes: Any) -> Action:
    """Return a training as a person had chosen it, but for what is to be changed.

    Parameters
    ----------
    plan : mapping
        That of the model, as `Evidence.plan`.
    *left_open
        The names of what the next plan is to decide, whatever was chosen.
    **changes
        What is to be different.

    Examples
    --------
    >>> plan = {"encoder": "resnet18", "minutes": 60, "reasons": {"minutes": "your choice"}}
    >>> train_again(plan, augmentation="strong").text
    'nbs.train(data, minutes=60, augmentation="strong")'
    """
    reasons = plan.get("reasons") or {}
    kept = {name for name, why in reasons.items() if why.startswith(_CHOSEN)}
    kept -= set(left_open)
    if changes.keys() & _DURATIONS:
        kept -= _DURATIONS
    # A duration without a value is no choice: the other of the two has one.
    kept -= {name for name in _DURATIONS if plan.get(name) is None}
    # An augmentation written out in full would be longer than the rest of the page.
    if isinstance(plan.get("augmentation"), Mapping):
        kept.discard("augmentation")
    chosen = {name: value for name, value in plan.items() if name in kept}
    plain = {n: tuple(v) if isinstance(v, list) else v for n, v in chosen.items()}
    return Action("train", arguments=plain | changes)


def longer(plan: Mapping[str, Any]) -> dict[str, float]:
    """Return three times the duration of a plan.

    Examples
    --------
    >>> longer({"epochs": 20}), longer({"minutes": 0.5}), longer({})
    ({'epochs': 60}, {'minutes': 1.5}, {'minutes': 15})
    """
    if plan.get("epochs"):
        return {"epochs": 3 * int(plan["epochs"])}
    minutes = 3 * float(plan.get("minutes") or 5)
    return {"minutes": int(minutes) if minutes % 1 == 0 else minutes}


@dataclass(frozen=True)
class Advice:
    """What to do next, and why.

    Parameters
    ----------
    topic : str
        What it is about, a key of `SEVERITY`.
    sentence : str
        In plain words, with its numbers and what to do.
    evidence : mapping of str to float, int or str
        The numbers it rests on, by name.
    action : Action or None
        A call that acts on it.
    stems : tuple of str
        The pictures that it is about; empty where it is about all.

    Examples
    --------
    >>> advice = Advice("overfitting", "By heart.", {"gap": 0.3}, Action("train"))
    >>> advice.severity, advice.level
    (0.7, 'mend first')
    """

    topic: str
    sentence: str
    evidence: Mapping[str, float | int | str] = field(default_factory=dict)
    action: Action | None = None
    stems: tuple[str, ...] = ()

    @property
    def severity(self) -> float:
        """How much it matters, 0 to 1."""
        return SEVERITY[self.topic]

    @property
    def level(self) -> str:
        """The same in words: ``"mend first"``, ``"worth doing"`` or ``"hint"``."""
        if self.severity >= _MEND:
            return "mend first"
        return "worth doing" if self.severity >= _WORTHWHILE else "hint"

    def __str__(self) -> str:
        return self.sentence


def listed(names: Sequence[str]) -> str:
    """Write names as people do, many of them shortened.

    Examples
    --------
    >>> listed(["pike"]), listed(["pike", "perch"]), listed(list("abcdef"))
    ('pike', 'pike and perch', 'a, b, c and 3 more')
    """
    short = [shortened(name, _LONGEST_NAME) for name in names]
    if len(short) > _LISTED:
        short = [*short[: _LISTED - 1], f"{len(short) - _LISTED + 1} more"]
    return enumerated(short)


def share(value: float) -> str:
    """Write a share as per cent.

    Examples
    --------
    >>> share(0.123), share(0.0042)
    ('12 %', '0.4 %')
    """
    return f"{100 * value:.0f} %" if value >= 0.01 or value == 0 else f"{100 * value:.1f} %"
