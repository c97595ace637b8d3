"""Pictures that cannot be read, and masks that are probably wrong."""

from collections.abc import Iterator

import numpy as np

from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.rules.common import Action, Advice, listed, share
from notebook_seg.wording import counted

__all__ = ["mislabelled", "unreadable"]


def unreadable(evidence: Evidence) -> Iterator[Advice]:
    """Tell pictures that are left out since they, or their masks, cannot be read."""
    if not evidence.unreadable:
        return
    stems = list(evidence.unreadable)
    count = counted(len(stems), "picture")
    yield Advice(
        "unreadable pictures",
        f"{count} could not be read and {'is' if len(stems) == 1 else 'are'} left out "
        f"({listed(stems)}): {evidence.unreadable[stems[0]]}",
        {"pictures": len(stems)},
    )


def mislabelled(evidence: Evidence) -> Iterator[Advice]:
    """Tell masks that a model which is otherwise right surely disagrees with."""
    stems = evidence.suspicious
    if not stems:
        return
    found = {p.stem: p.disagreement for p in evidence.labelled if p.disagreement is not None}
    shares = [found[stem].share for stem in stems]
    typical = float(np.median([each.share for each in found.values()]))
    masks = "mask of {} is" if len(stems) == 1 else "masks of {} are"
    between = " to ".join(dict.fromkeys([share(min(shares)), share(max(shares))]))
    yield Advice(
        "probably mislabelled",
        f"The {masks.format(listed(stems))} probably wrong: on {between} of what is drawn or "
        f"found there the model is sure of another class, on {share(typical)} in a typical "
        f"picture.{_mostly(evidence, stems)} Look at them in the labeller and draw anew what is "
        "wrong.",
        {"pictures": len(stems), "highest share": shares[0], "typical share": typical},
        Action("Labeller", stems, {"model": "model"}),
        stems,
    )


def _mostly(evidence: Evidence, stems: tuple[str, ...]) -> str:
    """Say which classes are taken for each other, where neither is the background."""
    names = evidence.class_names
    pairs = [
        p.disagreement.strongest
        for p in evidence.labelled
        if p.stem in stems and p.disagreement is not None
    ]
    drawn, seen = max(pairs, key=pairs.count)
    if not drawn or not seen:
        return ""
    return f" Mostly, what is drawn as {names[drawn]} it calls {names[seen]}."
