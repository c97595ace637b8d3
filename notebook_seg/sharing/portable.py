"""What a model's record may tell strangers, and what opening it may need."""

from dataclasses import asdict, replace
from pathlib import Path

from notebook_seg.prediction import Ensemble, Model
from notebook_seg.prediction.augmented import views_of
from notebook_seg.training.augmentation import AUGMENTATIONS
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import ModelRecord

__all__ = ["portable"]


def portable(model: Model | Ensemble) -> Model | Ensemble:
    """Return the same networks, with records that hold no path and no pipeline of one's own.

    A file of encoder weights keeps its name and loses its folder. An albumentations pipeline
    becomes a preset that mirrors and turns as it does, or less, which is all that a prediction asks
    of it; its values stay to be read in ``training["augmentation"]``.

    Examples
    --------
    >>> from notebook_seg.data import ClassLabel
    >>> split = {"train": ["a"], "validation": [], "test": []}
    >>> plan = Plan(epochs=1, encoder="resnet18", encoder_weights="/home/me/weights.h5")
    >>> record = ModelRecord((ClassLabel(1, "fin", "#e6194b"),), plan, split)
    >>> portable(Model(record.build(), record)).record.plan.encoder_weights
    'weights.h5'
    """
    if isinstance(model, Ensemble):
        return Ensemble(_portable(member) for member in model.models)
    return _portable(model)


def _portable(model: Model) -> Model:
    return Model(model.network, _record(model.record), model.history)


def _record(record: ModelRecord) -> ModelRecord:
    plan, training = record.plan, dict(record.training)
    if plan.encoder_weights is not None:
        plan = replace(plan, encoder_weights=Path(plan.encoder_weights).name)
    if not isinstance(plan.augmentation, str):
        training["augmentation"] = asdict(plan)["augmentation"]
        plan = replace(plan, augmentation=_preset_like(plan))
    return replace(record, plan=plan, training=training)


def _preset_like(plan: Plan) -> str:
    views = set(views_of(plan.augmentation))
    alike = [name for name in AUGMENTATIONS if set(views_of(name)) <= views]
    return max(alike, key=lambda name: len(views_of(name)))
