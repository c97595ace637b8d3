"""Whether the network sees objects at a size that suits it, and pictures whole."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.rules.common import Action, Advice, train_again
from notebook_seg.inspection.seams import Seams

__all__ = ["objects_too_large", "objects_too_small", "tile_seams"]

_SMALL, _WELL_SEEN = 8.0, 20.0  # pixels across
_FOUND, _FOUND_WELL = 0.6, 0.85  # IoU
_TIMES_PATCH = 2.0
_STRIDE = 32
_LARGEST_PATCH = 512
_JUMP, _TIMES_BESIDE = 0.02, 3.0


def objects_too_small(evidence: Evidence) -> Iterator[Advice]:
    """Tell classes whose objects are a few pixels wide by the time that the network sees them."""
    for label, name in enumerate(evidence.class_names[1:], start=1):
        seen = evidence.sizes(label).typical_diameter
        if not seen < _SMALL:
            continue
        factor = _factor(evidence)
        overlap = _overlap(evidence, label)
        remedy, action = _enlarged(evidence, seen, factor)
        found = "" if np.isnan(overlap) else f"; it is found with an overlap (IoU) of {overlap:.2f}"
        yield Advice(
            "small objects" if overlap >= _FOUND else "objects too small",
            f"The network sees {name} too small: a typical one is {seen:.0f} pixels across when "
            f"it comes to the network, {seen / factor:.0f} in the photograph{found}. {remedy}",
            {"pixels seen": seen, "pixels in the photograph": seen / factor, "IoU": overlap},
            action,
        )


def _factor(evidence: Evidence) -> float:
    return float(np.median([p.factor for p in evidence.labelled]))


def _overlap(evidence: Evidence, label: int) -> float:
    scores = evidence.scores(evidence.unseen) or evidence.scores(evidence.labelled)
    return float("nan") if scores is None else float(scores.iou[label])


def _enlarged(evidence: Evidence, seen: float, factor: float) -> tuple[str, Action | None]:
    in_photograph = seen / factor
    if in_photograph < _SMALL:
        return "Photograph from nearer, or with more pixels.", None
    times = min(1.0, _WELL_SEEN / in_photograph) / factor
    told = f"Train at a larger scale, where it is {seen * times:.0f} pixels across."
    return told, train_again(evidence.plan, scale=_scaled(evidence.plan, times, factor))


def _scaled(plan: Any, times: float, factor: float) -> dict[str, float | int]:
    long_side = (plan.get("scale") or {}).get("long_side")
    if long_side:
        return {"long_side": int(-(-long_side * times // _STRIDE) * _STRIDE)}
    return {"factor": round(factor * times, 3)}


def objects_too_large(evidence: Evidence) -> Iterator[Advice]:
    """Tell classes found badly whose objects are far larger than the patches learned from."""
    patch = max(evidence.plan.get("patch") or (0,))
    if not patch:
        return
    for label, name in enumerate(evidence.class_names[1:], start=1):
        length, overlap = evidence.sizes(label).typical_length, _overlap(evidence, label)
        if not length > _TIMES_PATCH * patch or not overlap < _FOUND_WELL:
            continue
        remedy, action = _whole_objects(evidence, length, patch)
        yield Advice(
            "objects too large",
            f"The network has never seen a whole {name} while it learned: a typical one is "
            f"{length:.0f} pixels long when it comes to the network, and the patches it learned "
            f"from are {patch} pixels wide; it is found with an overlap (IoU) of {overlap:.2f}. "
            + remedy,
            {"length": length, "patch": patch, "IoU": overlap},
            action,
        )


def _whole_objects(evidence: Evidence, length: float, patch: int) -> tuple[str, Action | None]:
    times = patch / length
    diameters = [
        evidence.sizes(label).typical_diameter for label in range(1, len(evidence.class_names))
    ]
    if np.nanmin(diameters) * times >= _WELL_SEEN:
        scale = _scaled(evidence.plan, times, _factor(evidence))
        return "Train at a smaller scale.", train_again(evidence.plan, scale=scale)
    return _larger_patches(evidence.plan, length, patch)


def _larger_patches(plan: Any, wanted: float, patch: int) -> tuple[str, Action | None]:
    side = min(_LARGEST_PATCH, int(-(-wanted // _STRIDE) * _STRIDE))
    if side <= patch:
        return "Patches are as large as they get: more pictures that show it whole help.", None
    return "Train on larger patches.", train_again(plan, patch=(side, side))


def tile_seams(evidence: Evidence) -> Iterator[Advice]:
    """Tell that predictions jump where tiles begin or end."""
    tiled = [p for p in evidence.pictures if p.seams.at_edges > 0]
    if not tiled:
        return
    seams = Seams(*np.mean([(p.seams.at_edges, p.seams.beside) for p in tiled], axis=0).tolist())
    if seams.at_edges < _JUMP or seams.times < _TIMES_BESIDE:
        return
    patch = max(evidence.plan.get("patch") or (_LARGEST_PATCH,))
    remedy, action = _larger_patches(evidence.plan, 2 * patch, patch)
    yield Advice(
        "tile seams",
        f"Large pictures show the tiles that they are predicted in: where a tile begins or ends, "
        f"probabilities jump by {seams.at_edges:.2f}, {seams.times:.0f} times as much as beside "
        f"it. The network needs more around a pixel than a tile's edge has. {remedy}",
        {"jump": seams.at_edges, "beside": seams.beside, "pictures": len(tiled)},
        action,
        tuple(p.stem for p in sorted(tiled, key=lambda p: -p.seams.times)[:12]),
    )
