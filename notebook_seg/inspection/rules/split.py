"""Whether the scores can be believed: doubles across the split, and how many pictures there are."""

from collections.abc import Iterator, Mapping

import numpy as np

from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.likeness import Twins
from notebook_seg.inspection.rules.common import Action, Advice, listed, train_again
from notebook_seg.wording import counted

__all__ = ["few_to_judge_by", "leaking_groups", "leaking_twins", "nothing_held_back"]

_ENOUGH = 5  # pictures
_TWO_ERRORS = 0.05  # of the mean IoU, for the score to be of use
_FOLDS = 5


def leaking_twins(evidence: Evidence) -> Iterator[Advice]:
    """Tell pictures that were learned from and come again among those to judge by."""
    twins = evidence.twins
    if not twins:
        return
    again = tuple(dict.fromkeys(pair.other for pair in twins))
    first = twins[0]
    held_back = len(evidence.part("validation", "test", "new"))
    are = "is" if len(again) == 1 else "are"
    doubles = f"{len(again)} of {counted(held_back, 'picture')} to judge by {are}"
    yield Advice(
        "leaking split",
        f"The scores are better than the model is: {doubles} nearly the same as one it learned "
        f"from ({first.other} as {first.one}: {first.likeness:.2f} alike, where 1 is a copy). "
        "Remove the doubles, or keep them together as one group.",
        {"doubles": len(again), "pictures to judge by": held_back, "alike": first.likeness},
        Action("cross_validate", arguments={"groups": _grouped(twins, evidence.groups)}),
        tuple(dict.fromkeys(stem for pair in twins for stem in (pair.one, pair.other))),
    )


def _grouped(twins: tuple[Twins, ...], groups: Mapping[str, str]) -> dict[str, str]:
    """Give pictures that hang together by being alike one group; the others keep theirs."""
    group = dict(groups)
    for one, other, _ in twins:
        old, new = group.setdefault(other, other), group.setdefault(one, one)
        group = {stem: new if of == old else of for stem, of in group.items()}
    return group


def leaking_groups(evidence: Evidence) -> Iterator[Advice]:
    """Tell groups of pictures that are on both sides of the split."""
    learned, held_back = (
        _groups_in(evidence.groups, [p.stem for p in evidence.part(*parts)])
        for parts in (("train",), ("validation", "test"))
    )
    both = sorted(learned.keys() & held_back.keys())
    if not both:
        return
    stems = tuple(stem for group in both for stem in held_back[group])
    yield Advice(
        "leaking split",
        f"The scores are better than the model is: {counted(len(stems), 'picture')} to judge by "
        f"belong to {listed(both)}, of which the model has learned from other pictures. Train "
        "again: groups are kept together then.",
        {"groups on both sides": len(both), "pictures": len(stems)},
        train_again(evidence.plan),
        stems,
    )


def _groups_in(groups: Mapping[str, str], stems: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stem in stems:
        if stem in groups:
            found.setdefault(groups[stem], []).append(stem)
    return found


def nothing_held_back(evidence: Evidence) -> Iterator[Advice]:
    """Tell that every labelled picture was learned from."""
    labelled = len(evidence.labelled)
    if evidence.unseen or not labelled or evidence.is_cross_validated:
        return
    action = Action("cross_validate", arguments={"folds": min(_FOLDS, labelled)})
    yield Advice(
        "nothing held back",
        "Nothing tells how good the model is on new pictures: it has learned from each of the "
        f"{counted(labelled, 'labelled picture')}. Hold some back (test=0.2, or “Held back” "
        "among the trainer's settings), or cross-validate.",
        {"labelled pictures": labelled},
        action if labelled > 1 else None,
    )


def few_to_judge_by(evidence: Evidence) -> Iterator[Advice]:
    """Tell that a score rests on too few pictures to be believed."""
    trusted = [p.scores for p in evidence.unseen if p.stem not in evidence.suspicious]
    overlaps = [scores.foreground_mean_iou for scores in trusted if scores is not None]
    overlaps = [value for value in overlaps if not np.isnan(value)]
    if not overlaps or len(evidence.labelled) < 2:
        return
    error = 2 * float(np.std(overlaps, ddof=1)) / len(overlaps) ** 0.5 if len(overlaps) > 1 else 1.0
    if len(overlaps) >= _ENOUGH and error <= _TWO_ERRORS:
        return
    off = f" and may be off by {error:.2f}" if len(overlaps) > 1 else ", which may be an easy one"
    yield Advice(
        "few pictures to judge by",
        f"The overlap (IoU) of a picture, {np.mean(overlaps):.2f} on average, rests on "
        f"{counted(len(overlaps), 'picture')}{off}. Cross-validation scores all "
        f"{len(evidence.labelled)} labelled ones.",
        {"pictures": len(overlaps), "IoU": float(np.mean(overlaps)), "twice its error": error},
        Action("cross_validate", arguments={"folds": min(_FOLDS, len(evidence.labelled))}),
    )
