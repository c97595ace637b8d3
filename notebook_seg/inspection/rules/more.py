"""Which pictures to label next."""

from collections.abc import Iterator, Sequence

import numpy as np

from notebook_seg.inspection.evidence import Evidence, PictureEvidence
from notebook_seg.inspection.rules.common import Action, Advice, listed, share
from notebook_seg.labelling.ranking import Suggestion, rank_looks
from notebook_seg.wording import counted

__all__ = ["label_next", "more_of_a_kind", "to_label_next"]

_SUGGESTED = 5
_WORSE = 0.15  # of the IoU, for a kind of pictures to be worse than the others
_FEWEST = 4  # pictures with a score


def to_label_next(evidence: Evidence) -> list[Suggestion]:
    """Return the unlabelled pictures that a model would learn most from, the best first."""
    looks = {p.stem: p.look for p in evidence.unlabelled}
    known = {p.stem: p.look for p in evidence.labelled}
    unsure = {p.stem: p.unsure for p in evidence.unlabelled}
    return rank_looks(looks, known, unsure, min(_SUGGESTED, len(looks)))


def label_next(evidence: Evidence) -> Iterator[Advice]:
    """Name unlabelled pictures that the model is unsure of and that are unlike the others."""
    suggested = to_label_next(evidence)
    if not suggested:
        return
    stems = tuple(suggestion.stem for suggestion in suggested)
    unsure = {p.stem: p.unsure for p in evidence.unlabelled}
    typical = float(np.median(list(unsure.values())))
    of = f" of {len(unsure)} unlabelled ones" if len(unsure) > 1 else ""
    yield Advice(
        "label next",
        f"The model would learn most from {listed(stems)}{of}: it is unsure of "
        f"{share(unsure[stems[0]])} of the pixels of {stems[0]}, of {share(typical)} in a typical "
        "one. Label these next.",
        {"unsure share": unsure[stems[0]], "typical share": typical, "unlabelled": len(unsure)},
        Action("Labeller", stems, {"model": "model"}),
        stems,
    )


def more_of_a_kind(evidence: Evidence) -> Iterator[Advice]:
    """Tell the kind of pictures that the model does worst on, and name unlabelled ones of it."""
    scored = [p for p in evidence.unseen if _is_scored(p) and p.stem not in evidence.suspicious]
    if len(scored) < _FEWEST:
        return
    scored.sort(key=_overlap)
    worst, others = scored[: max(1, len(scored) // 4)], scored[max(1, len(scored) // 4) :]
    low, usual = (float(np.mean([_overlap(p) for p in part])) for part in (worst, others))
    if usual - low < _WORSE:
        return
    stems = tuple(p.stem for p in worst)
    alike = _most_alike(evidence.unlabelled, worst)
    what = (
        f"Label {listed(alike)}, which look most like them"
        if alike
        else "Photograph and label some"
    )
    yield Advice(
        "more of a kind",
        f"More pictures like {listed(stems)} would help most: there the overlap (IoU) is "
        f"{low:.2f}, in the other {counted(len(others), 'picture')} {usual:.2f}"
        f"{_strangeness(evidence, worst)}. {what}.",
        {"IoU of these": low, "IoU of the others": usual},
        Action("Labeller", alike, {"model": "model"}) if alike else None,
        stems,
    )


def _is_scored(picture: PictureEvidence) -> bool:
    return picture.scores is not None and not np.isnan(picture.scores.foreground_mean_iou)


def _overlap(picture: PictureEvidence) -> float:
    assert picture.scores is not None
    return picture.scores.foreground_mean_iou


def _most_alike(
    candidates: Sequence[PictureEvidence], kind: Sequence[PictureEvidence]
) -> tuple[str, ...]:
    def unlike(picture: PictureEvidence) -> float:
        return min(picture.look.unlike(other.look) for other in kind)

    return tuple(p.stem for p in sorted(candidates, key=unlike)[:_SUGGESTED])


def _strangeness(evidence: Evidence, kind: Sequence[PictureEvidence]) -> str:
    """Say how unlike the pictures are to all that were learned from, where that is known."""
    learned = evidence.part("train")
    if not learned:
        return ""
    nearest = [min(p.look.unlike(other.look) for other in learned) for p in kind]
    return (
        f"; {share(float(np.mean(nearest)))} of what they look like is in none of the pictures "
        "that it learned from"
    )
