"""How the training went: by heart, not enough, or broken."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.rules.common import Action, Advice, listed, longer, train_again
from notebook_seg.inspection.rules.more import to_label_next
from notebook_seg.wording import counted

__all__ = ["broken_weights", "overfitting", "rising_loss", "underfitting"]

_GAP = 0.15  # of the IoU between pictures learned from and others
_POOR = 0.7  # IoU on the very pictures that were learned from
_RISE, _EPOCHS_AFTER = 1.25, 3
_STILL_FALLING = 0.03  # of the loss, over the last quarter of the epochs
_STRONGEST = "strong"
_NO_ENCODER = "none"  # of an architecture that brings its own
_NETWORK = ("architecture", "encoder", "encoder_weights")


def broken_weights(evidence: Evidence) -> Iterator[Advice]:
    """Tell layers whose weights are no numbers or have run away."""
    layers = evidence.broken_layers
    if not layers:
        return
    rate = float(evidence.plan.get("learning_rate") or 1e-3) / 10
    yield Advice(
        "broken weights",
        f"The network is broken: the weights of {listed(layers)} are no numbers any more or have "
        f"run away. Train again with a lower learning rate, such as {rate:.2g}.",
        {"layers": len(layers)},
        train_again(evidence.plan, learning_rate=float(f"{rate:.2g}")),
    )


def overfitting(evidence: Evidence) -> Iterator[Advice]:
    """Tell that a model is much better on what it has learned from than on other pictures."""
    learned, other = _overlaps(evidence)
    if not learned - other > _GAP:
        return
    pictures, unseen = len(evidence.part("train")), len(evidence.unseen)
    known = f" of {counted(pictures, 'picture')}" if pictures else ""
    others = f" {counted(unseen, 'picture')}" if unseen else " pictures"
    remedy, action = _against_overfitting(evidence)
    yield Advice(
        "overfitting",
        f"The model knows its training pictures by heart: its overlap (IoU) with the masks"
        f"{known} it learned from is {learned:.2f}, on{others} it has not learned from "
        f"{other:.2f}. {remedy}",
        {"IoU learned from": learned, "IoU other": other, "pictures learned from": pictures},
        action,
    )


def _overlaps(evidence: Evidence) -> tuple[float, float]:
    """Return the IoU on pictures learned from and on others; NaN where unknown."""
    scored = [evidence.scores(p) for p in (evidence.part("train"), evidence.unseen)]
    found = [float("nan") if s is None else s.foreground_mean_iou for s in scored]
    curves = (_last(evidence.history.get(name, ())) for name in ("iou", "val_iou"))
    measured = [c if np.isnan(f) else f for f, c in zip(found, curves, strict=True)]
    return measured[0], measured[1]


def _last(values: Sequence[float]) -> float:
    return float(values[-1]) if len(values) else float("nan")


def _against_overfitting(evidence: Evidence) -> tuple[str, Action]:
    next_ones = to_label_next(evidence)
    if next_ones:
        stems = [suggestion.stem for suggestion in next_ones]
        told = f"More labelled pictures help most; begin with {listed(stems)}."
        return told, Action("Labeller", stems, {"model": "model"})
    if evidence.plan.get("augmentation") != _STRONGEST:
        told = "More labelled pictures help most; until then, stronger augmentation."
        return told, train_again(evidence.plan, augmentation=_STRONGEST)
    return "Photograph and label more specimens; nothing helps as much.", Action("Labeller")


def rising_loss(evidence: Evidence) -> Iterator[Advice]:
    """Tell that the validation loss rises while that of training falls."""
    training, validation = (
        np.asarray(evidence.history.get(name, ()), float) for name in ("loss", "val_loss")
    )
    if training.size == 0 or validation.size != training.size or np.isnan(validation).any():
        return
    best = int(validation.argmin())
    after = validation.size - 1 - best
    if after < _EPOCHS_AFTER or training[-1] >= training[best]:
        return
    if not validation[-1] > _RISE * validation[best]:
        return
    remedy, action = _against_overfitting(evidence)
    yield Advice(
        "rising loss",
        f"From epoch {best + 1} on the model learned its training pictures by heart: the loss on "
        f"the validation pictures rose from {validation[best]:.2f} to {validation[-1]:.2f} while "
        f"that of training fell from {training[best]:.2f} to {training[-1]:.2f}. {remedy}",
        {"best epoch": best + 1, "lowest loss": validation[best], "last loss": validation[-1]},
        action,
    )


def underfitting(evidence: Evidence) -> Iterator[Advice]:
    """Tell that a model is poor even on the pictures that it has learned from."""
    learned, other = _overlaps(evidence)
    if not learned < _POOR or learned - other > _GAP:
        return
    loss = np.asarray(evidence.history.get("loss", ()), float)
    falling = _still_falling(loss)
    why = "and it was still getting better when training ended" if falling else ""
    remedy, action = _against_underfitting(evidence.plan, falling)
    yield Advice(
        "underfitting",
        f"The model has not learned enough: even on the pictures that it learned from, its "
        f"overlap (IoU) with the masks is {learned:.2f}{', ' + why if why else ''}. {remedy}",
        {"IoU learned from": learned, "epochs": int(loss.size), "still falling": str(falling)},
        action,
    )


def _still_falling(loss: np.ndarray) -> bool:
    before = loss.size - 1 - max(1, loss.size // 4)
    return bool(before >= 0 and loss[-1] < (1 - _STILL_FALLING) * loss[before])


def _pretrained(plan: Any) -> tuple[str, Action]:
    if plan.get("encoder") != _NO_ENCODER:
        remedy = "Start from pretrained weights."
        return remedy, train_again(plan, encoder_weights="imagenet")
    remedy = (
        f"For {plan['architecture']} there are no pretrained weights: take the planned network."
    )
    return remedy, train_again(plan, *_NETWORK)


def _against_underfitting(plan: Any, falling: bool) -> tuple[str, Action]:
    pretrained = bool(plan.get("encoder_weights")) or not plan
    if not falling and not pretrained:
        return _pretrained(plan)
    if not falling and plan.get("architecture") == "narrow_unet":
        return "Take a network with more filters.", train_again(plan, architecture="unet")
    return "Train for longer.", train_again(plan, **longer(plan))
