"""What to do next to get a better model, drawn from numbers, most important first."""

from collections.abc import Callable, Iterator
from html import escape
from textwrap import fill
from typing import Final

from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.rules import classes, labels, learning, more, scale, split
from notebook_seg.inspection.rules.common import SEVERITY, Action, Advice

__all__ = ["ADVICE_STYLE", "NOTHING_WRONG", "SEVERITY", "Action", "Advice", "AdviceList", "advise"]

Rule = Callable[[Evidence], Iterator[Advice]]

_RULES: Final[tuple[Rule, ...]] = (
    learning.broken_weights,
    labels.unreadable,
    classes.untaught_classes,
    scale.objects_too_small,
    classes.only_background,
    classes.never_predicted,
    split.leaking_twins,
    split.leaking_groups,
    labels.mislabelled,
    learning.overfitting,
    learning.underfitting,
    learning.rising_loss,
    scale.objects_too_large,
    split.nothing_held_back,
    classes.few_pictures_of_a_class,
    scale.tile_seams,
    more.more_of_a_kind,
    split.few_to_judge_by,
    more.label_next,
)
# What is better said once: the first of each pair makes the second needless.
_IMPLIED = (("overfitting", "rising loss"), ("only background", "underfitting"))
NOTHING_WRONG = "Nothing that was looked at is wrong with this model and these pictures."
_WIDTH = 95
ADVICE_STYLE = """
.nbs-advice{max-width:60em}
.nbs-advice ol{margin:.4em 0;padding-left:1.6em}
.nbs-advice li{margin:.6em 0}
.nbs-advice p{margin:.2em 0}
.nbs-advice code{background:rgba(128,128,128,.15);color:inherit;padding:.1em .35em;
 border-radius:.25em;overflow-wrap:anywhere;white-space:pre-wrap}
.nbs-advice .nbs-level{font-size:.8em;font-weight:600;padding:.1em .5em;border-radius:1em;
 border:1px solid currentColor;white-space:nowrap;margin-right:.4em}
.nbs-advice .nbs-mend-first{border-left:4px solid #d55e00;padding-left:.6em}
.nbs-advice .nbs-worth-doing{border-left:4px solid #0072b2;padding-left:.6em}
.nbs-advice .nbs-hint{border-left:4px solid rgba(128,128,128,.5);padding-left:.6em}
"""


class AdviceList(tuple[Advice, ...]):
    """Pieces of advice, most important first; at the end of a cell they show themselves.

    Examples
    --------
    >>> print(AdviceList([Advice("overfitting", "By heart.", action=Action("train"))]))
    1. [mend first] By heart.
       nbs.train(data)
    """

    def __repr__(self) -> str:
        return "\n".join(_as_text(*item) for item in enumerate(self, 1)) or NOTHING_WRONG

    def _repr_html_(self) -> str:
        body = f"<ol>{''.join(map(_as_html, self))}</ol>" if self else f"<p>{NOTHING_WRONG}</p>"
        return f"<style>{ADVICE_STYLE}</style><div class='nbs-advice'>{body}</div>"


def _as_text(position: int, advice: Advice) -> str:
    sentence = fill(
        f"{position}. [{advice.level}] {advice.sentence}", _WIDTH, subsequent_indent="   "
    )
    return sentence if advice.action is None else f"{sentence}\n   {advice.action.text}"


def _as_html(advice: Advice) -> str:
    call = "" if advice.action is None else f"<p><code>{escape(advice.action.text)}</code></p>"
    return (
        f"<li class='nbs-{advice.level.replace(' ', '-')}'><p>"
        f"<span class='nbs-level'>{advice.level}</span>{escape(advice.sentence)}</p>{call}</li>"
    )


def advise(evidence: Evidence) -> AdviceList:
    """Draw conclusions from what is known of a model and a dataset.

    Parameters
    ----------
    evidence : Evidence
        From `notebook_seg.workflow.inspection.gather_evidence`, or put together by hand.

    Returns
    -------
    AdviceList
        Most important first; empty if nothing is wrong.

    Examples
    --------
    >>> history = {"loss": [0.9, 0.5, 0.3, 0.2, 0.1], "val_loss": [0.8, 0.6, 0.7, 0.9, 1.2]}
    >>> [advice.topic for advice in advise(Evidence(("background", "fish"), (), history))]
    ['rising loss']
    """
    found = [advice for rule in _RULES for advice in rule(evidence)]
    topics = {advice.topic for advice in found}
    implied = {second for first, second in _IMPLIED if first in topics}
    kept = [advice for advice in found if advice.topic not in implied]
    return AdviceList(sorted(kept, key=lambda advice: -advice.severity))
