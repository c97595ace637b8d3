"""Classes that are not found, and those that few pictures show."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.rules.common import (
    Action,
    Advice,
    listed,
    longer,
    share,
    train_again,
)
from notebook_seg.wording import counted

__all__ = ["few_pictures_of_a_class", "never_predicted", "only_background", "untaught_classes"]

_FEW = 5  # training pictures that show a class
_GOOD = 0.8  # IoU, from which on a class has enough of them
_BALANCED = "weighted_cross_entropy + dice"  # the plan's for rare classes


def untaught_classes(evidence: Evidence) -> Iterator[Advice]:
    """Tell classes that are drawn in none of the pictures that a model has learned from."""
    learned = evidence.part("train")
    if not learned:
        return
    for label, name in enumerate(evidence.class_names[1:], start=1):
        if any(p.shows(label) for p in learned):
            continue
        elsewhere = tuple(p.stem for p in evidence.labelled if p.shows(label))
        where = f"only {listed(elsewhere)} {'does' if len(elsewhere) == 1 else 'do'}"
        yield Advice(
            "class without training pictures",
            f"The model cannot know {name}: none of the {counted(len(learned), 'picture')} that it "
            f"learned from shows it{', ' + where if elsewhere else ''}. Draw {name} in more "
            "pictures and train again, or remove the class.",
            {"training pictures": len(learned), "with the class": 0, "others": len(elsewhere)},
            Action("Labeller", [p.stem for p in evidence.unlabelled][:12]),
            elsewhere,
        )


def only_background(evidence: Evidence) -> Iterator[Advice]:
    """Tell that a model finds nothing at all."""
    scores = evidence.scores(evidence.labelled)
    if scores is None or not scores.pixels_truth[1:].any() or scores.pixels_predicted[1:].any():
        return
    covered = float(scores.pixels_truth[1:].sum() / scores.pixels)
    remedy, arguments = _remedy(evidence.plan)
    yield Advice(
        "only background",
        f"The model calls everything background in all {len(evidence.labelled)} labelled "
        f"pictures, although {share(covered)} of their pixels are drawn as something. {remedy}",
        {"share drawn": covered, "pictures": len(evidence.labelled)},
        train_again(evidence.plan, **arguments),
    )


def never_predicted(evidence: Evidence) -> Iterator[Advice]:
    """Tell classes that a model has learned from and never finds, while it finds others."""
    scores = evidence.scores(evidence.labelled)
    if scores is None or not scores.pixels_predicted[1:].any():
        return
    missed = (scores.pixels_truth > 0) & (scores.pixels_predicted == 0)
    for label in map(int, np.flatnonzero(missed)):
        name, learned = evidence.class_names[label], evidence.part("train")
        shown = sum(p.shows(label) for p in learned)
        if label == 0 or (learned and not shown):
            continue
        covers = float(scores.pixels_truth[label] / scores.pixels)
        taken_for = evidence.class_names[int(scores.counts[label].argmax())]
        remedy, arguments = _remedy(evidence.plan)
        yield Advice(
            "class never predicted",
            f"The model never finds {name}, which covers {share(covers)} of the labelled pixels; "
            f"it calls it {taken_for}. {counted(shown, 'picture')} that it learned from "
            f"{'shows' if shown == 1 else 'show'} it. {remedy}",
            {"share drawn": covers, "training pictures": shown},
            train_again(evidence.plan, **arguments),
            tuple(p.stem for p in evidence.labelled if p.shows(label)),
        )


def _remedy(plan: Any) -> tuple[str, dict[str, Any]]:
    is_balanced = "weighted_cross_entropy" in str(plan.get("loss")) or plan.get("class_weights")
    if plan and not is_balanced:
        told = "Train with a loss in which rare classes count as much as common ones."
        return told, {"loss": _BALANCED}
    told = "Train for longer; if that does not help, label more pictures that show it."
    return told, longer(plan)


def few_pictures_of_a_class(evidence: Evidence) -> Iterator[Advice]:
    """Tell classes that are found badly and that few pictures to learn from show."""
    scores, learned = evidence.scores(evidence.unseen), evidence.part("train")
    if scores is None or not learned:
        return
    for label, name in enumerate(evidence.class_names[1:], start=1):
        shown = sum(p.shows(label) for p in learned)
        overlap = float(scores.iou[label])
        if not 0 < shown < _FEW or not overlap < _GOOD:
            continue
        only = f"only {shown}" if shown < len(learned) else f"{shown}"
        yield Advice(
            "too few pictures of a class",
            f"More pictures that show {name} would help: it is found with an overlap (IoU) of "
            f"{overlap:.2f}, and {only} of the {counted(len(learned), 'picture')} that the model "
            "learned from show it.",
            {"training pictures": shown, "IoU": overlap},
            Action("Labeller", [p.stem for p in evidence.unlabelled][:12]),
            tuple(p.stem for p in learned if p.shows(label)),
        )
