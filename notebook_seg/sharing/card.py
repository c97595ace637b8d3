"""`card.md` of a shared model: what a colleague has to know before they rely on it.

It follows the model cards of Mitchell et al. 2019, "Model Cards for Model Reporting",
doi:10.1145/3287560.3287596, as far as it applies to label maps of photographs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.sharing.info import BundleInfo
from notebook_seg.training.augmentation import describe_augmentation
from notebook_seg.training.record import ModelRecord

__all__ = ["write_card"]

_FEW = 20  # pictures to learn from


def write_card(
    info: BundleInfo,
    record: ModelRecord,
    scores: Evaluation | None = None,
    as_bundle: bool = True,
) -> str:
    """Return the text of a card, as Markdown.

    Parameters
    ----------
    info : BundleInfo
    record : ModelRecord
        Of the model, or of an ensemble.
    scores : Evaluation, optional
        On pictures that the model has not seen.
    as_bundle : bool
        Whether the commands of this package can open what the card goes with, and are told.

    Examples
    --------
    >>> from notebook_seg.data import ClassLabel
    >>> from notebook_seg.training import Plan
    >>> split = {"train": ["a", "b"], "validation": ["c"], "test": []}
    >>> record = ModelRecord((ClassLabel(1, "fin", "#e6194b"),), Plan(epochs=1), split)
    >>> print(write_card(BundleInfo("minnows", ("fin",)), record))
    # minnows
    <BLANKLINE>
    Segments photographs into: fin.
    ...
    """
    sections: dict[str, Iterable[str]] = {
        "What it learned from": _learning(record),
        "How good it is": _scores(record, scores),
        "What not to expect": _limits(info, record, scores),
        "Licence": [info.licence or "None was given: ask whoever made it before you use it."],
        "How to cite it": [info.citation or "Nothing was said."],
        "Who made it": [", ".join(info.authors) or "Nobody was named."],
    }
    if as_bundle:
        sections["How to use it"] = _use(info)
    opening = [f"# {info.name}", *filter(None, [info.description]), _classes(info)]
    parts = [f"## {title}\n\n{chr(10).join(lines)}" for title, lines in sections.items()]
    return "\n\n".join([*opening, *parts]) + "\n"


def _classes(info: BundleInfo) -> str:
    return f"Segments photographs into: {', '.join(info.classes)}."


def _learning(record: ModelRecord) -> Iterator[str]:
    plan, models = record.plan, _models(record)
    n_train, n_validation = (len(record.split[part]) for part in ("train", "validation"))
    yield f"- Pictures: {n_train} to learn from, {n_validation} to choose the best epoch by"
    if len(models) > 1:
        yield f"- {len(models)} networks, whose probabilities are averaged"
    yield (
        f"- Network: {plan.network}, which started from {plan.encoder_weights or 'random'} weights"
    )
    yield f"- It sees photographs at this scale: {plan.scale}; contrast {plan.contrast}"
    yield f"- Augmentation: {describe_augmentation(plan.augmentation)}; loss: {plan.loss}"
    minutes = sum(float(told.get("seconds", 0)) for told in models) / 60
    epochs = sum(int(told.get("epochs", 0)) for told in models)
    yield f"- Training: {epochs} epochs in {minutes:.1f} minutes"
    yield f"- Made with {', '.join(f'{name} {v}' for name, v in record.versions.items())}"


def _models(record: ModelRecord) -> Sequence[Mapping[str, Any]]:
    return record.training.get("models") or [record.training]


def _scores(record: ModelRecord, scores: Evaluation | None) -> Iterator[str]:
    known = [told.get("best_validation_iou") for told in _models(record)]
    overlaps = [float(iou) for iou in known if iou is not None]
    if overlaps:
        yield (
            f"IoU with the hand-made masks {np.mean(overlaps):.3f}, where 1 is perfect, on the "
            "pictures that chose the best epoch, which flatters a little."
        )
    if scores is None:
        yield "" if overlaps else "Nothing is known."
        return
    yield f"\nOn {len(scores)} pictures that it has never seen:\n"
    yield "| class | IoU | Dice | recall | precision |"
    yield "|---|---|---|---|---|"
    overall = scores.overall
    columns = (overall.iou, overall.dice, overall.recall, overall.precision)
    for name, *values in zip(scores.class_names, *columns, strict=True):
        yield f"| {name} | {' | '.join(_number(value) for value in values)} |"


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def _limits(info: BundleInfo, record: ModelRecord, scores: Evaluation | None) -> Iterator[str]:
    if info.limits:
        yield f"{info.limits}\n"
    yield f"- It says background, {', '.join(info.classes)} of anything that it is shown."
    yield "- Photographs of other things, cameras or light than it learned from are a guess."
    n_train = len(record.split["train"])
    if n_train < _FEW:
        yield f"- It has seen {n_train} pictures, which is few: look at its results."
    if scores is None:
        yield "- It was not scored on pictures that it has never seen."


def _use(info: BundleInfo) -> Iterator[str]:
    yield f"    notebook-seg get {info.name}.nbseg.zip --out {info.name}"
    yield f"    notebook-seg predict {info.name} PHOTOGRAPHS --out RESULTS"
