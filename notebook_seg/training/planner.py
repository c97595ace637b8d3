"""Decides how to train from what the pictures, the computer and the user say."""

from dataclasses import fields
from typing import Any

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.errors import check_choice
from notebook_seg.training.device import has_gpu, shareable
from notebook_seg.training.encoder_choice import beside_encoder, encoder_for
from notebook_seg.training.fingerprint import Fingerprint, fingerprint
from notebook_seg.training.networks import up_to_stride
from notebook_seg.training.plan import BALANCED_LOSS, LEFT_OPEN, YOUR_CHOICE, Plan
from notebook_seg.training.plan_values import plan_value
from notebook_seg.training.scale import WorkingScale

__all__ = ["make_plan", "validation_share"]

_SMALL = 0.25  # of the photograph's longer side: objects that a narrow decoder is enough for
_SMALLEST_OBJECT = 20  # pixels across at the working scale
_LONG_SIDES = (384, 1024)  # shortest and longest, for photographs that frame their specimen
_LARGEST_WORKED_ON = 1536  # pixels along the longer side, for photographs of a fixed scale
_WHOLE_PICTURE = 448  # up to this long side a patch is the whole picture
_PATCH = 256
_FEW_LEVELS = 128  # of 256, from black to white
_PIXELS_A_BATCH = {"CPU": 4 * 256 * 256, "GPU": 16 * 256 * 256}

_HARDLY_ANY, _FEW, _MANY = 2, 8, 20  # pictures, those of one group counted once
_RARE = 0.05  # of what is labelled
_SAMPLING = 0.6
_MINUTES = 5.0

# Why of what neither pictures nor computer decide.
_ALWAYS = {
    "optimizer": "gives each weight its own step, so that one rate suits most pictures",
    "learning_rate": "the usual one of this optimiser",
    "schedule": "the last steps are the smallest, so that the weights settle",
    "steps": "tested and saved so often that a stop costs little",
    "seed": "any number does; the same one gives the same split",
}

_Decision = tuple[Any, str]


def _scale(seen: Fingerprint) -> _Decision:
    if seen.smallest_object is None:
        why = "no object is drawn as a whole: taken for photographs that frame their specimens"
        return WorkingScale(long_side=_LONG_SIDES[0]), f"{why}; say scale=... if they do not"
    long_side = max(seen.height, seen.width)
    wanted = _SMALLEST_OBJECT / seen.smallest_object
    if seen.framed:
        side = round(np.clip(wanted * long_side, *_LONG_SIDES))
        scale, why = WorkingScale(long_side=side), "photographs frame their specimens"
    else:
        factor = min(max(wanted, min(1.0, _LARGEST_WORKED_ON / long_side)), 1.0)
        scale, why = WorkingScale(factor=round(factor, 3)), "many objects of one scale"
    across = seen.smallest_object * max(_working_size(seen, scale)) / long_side
    return scale, f"{why}; the smallest are then {across:.0f} pixels across"


def _working_size(seen: Fingerprint, scale: WorkingScale) -> tuple[int, int]:
    return scale.size(round(seen.height), round(seen.width))


def _patch(seen: Fingerprint, scale: WorkingScale) -> _Decision:
    height, width = _working_size(seen, scale)
    why = f"the whole picture, {height} × {width} pixels at this scale"
    if max(height, width) > _WHOLE_PICTURE:
        why = f"cut from pictures of {height} × {width} pixels at this scale"
        height, width = min(height, _PATCH), min(width, _PATCH)
    return (up_to_stride(height), up_to_stride(width)), why


def _batch_size(patch: tuple[int, int]) -> _Decision:
    device = "GPU" if has_gpu() else "CPU"
    size = shareable(_PIXELS_A_BATCH[device] / (patch[0] * patch[1]))
    return size, f"so many patches of this size at a time suit a {device}"


def _contrast(seen: Fingerprint) -> _Decision:
    levels = f"{seen.levels:.0f} of the 256 levels"
    if seen.levels < _FEW_LEVELS:
        return "stretched", f"a quarter of the photographs use no more than {levels}"
    return "as it is", f"most photographs use more than {levels}"


def validation_share(dataset: Dataset) -> _Decision:
    """Return which share of the labelled pictures is held back to validate, and why.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    share : float
        0 to below 1.
    why : str

    Examples
    --------
    >>> validation_share(Dataset.sample())[0]
    0.1
    """
    count = len({dataset.group_of(stem) for stem in dataset.labelled})
    if count < _FEW:
        return 0.0, "too few to hold any back; cross_validate tells how good it gets"
    if count < _MANY:
        return 0.1, "no more is held back of few pictures; cross_validate tells more"
    return 0.2, "the best epoch is chosen by these pictures"


def _architecture(seen: Fingerprint) -> _Decision:
    smallest = seen.smallest_object or np.inf
    if has_gpu() or smallest > _SMALL * max(seen.height, seen.width):
        return "unet", "made for few pictures and fine outlines"
    return "narrow_unet", "enough for small objects, and on a CPU far faster than unet"


def _network(seen: Fingerprint, choices: dict[str, Any]) -> dict[str, _Decision]:
    architecture = _architecture(seen)
    encoder = encoder_for(str(choices.get("architecture", architecture[0])))
    weights = choices.get("encoder_weights", encoder["encoder_weights"][0])
    beside = beside_encoder(pretrained=weights is not None)
    return {"architecture": architecture, **encoder, **beside}


def _loss(seen: Fingerprint, choices: dict[str, Any]) -> _Decision:
    if seen.shares[seen.rarest] >= _RARE:
        return Plan.loss, "right pixel by pixel, and small classes count too"
    if choices.get("class_weights") is not None:
        return Plan.loss, "right pixel by pixel; what is rare counts as much as your weights say"
    return (
        BALANCED_LOSS,
        f"{seen.rarest} would be learned late or never if all pixels counted alike",
    )


def _rare_classes(seen: Fingerprint, choices: dict[str, Any]) -> dict[str, _Decision]:
    loss = _loss(seen, choices)
    covers = f"{seen.rarest} covers {_percent(seen.shares[seen.rarest])} of what is labelled"
    if not seen.background:
        covers += "; background is labelled nowhere, so that none will be found: paint some of it"
    often = choices.get("sampling", _SAMPLING)
    if choices.get("loss", loss[0]) == BALANCED_LOSS:
        alike = "none: the loss evens out rare and common classes as it is"
    else:
        alike = "none" + (": rare classes are seen often as it is" if often else "")
    objects = f"{10 * _SAMPLING:.0f} of 10 patches are cut at objects; {covers}"
    return {"loss": loss, "sampling": (_SAMPLING, objects), "class_weights": (None, alike)}


def _percent(share: float) -> str:
    percent = 100 * share
    if percent < 0.01:
        return "less than 0.01 %"
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"


def _augmentation(seen: Fingerprint) -> _Decision:
    if seen.framed:
        return "specimen", "objects are seen the right way up"
    any_way = "objects are seen from above, whichever way round"
    if seen.pictures > _HARDLY_ANY:
        return "microscopy", any_way
    few = "a single picture does" if seen.pictures == 1 else f"{seen.pictures} pictures do"
    return "microscopy_inverted", f"{any_way}; {few} not tell whether others are dark or bright"


def _duration(choices: dict[str, Any]) -> dict[str, _Decision]:
    minutes: _Decision = (_MINUTES, "enough for a dozen photographs; more of them want longer")
    if choices.get("epochs") is not None:
        minutes = (None, LEFT_OPEN["minutes"])
    return {"epochs": (None, LEFT_OPEN["epochs"]), "minutes": minutes}


def _decide(seen: Fingerprint, choices: dict[str, Any]) -> dict[str, _Decision]:
    scale = _scale(seen)
    patch = _patch(seen, choices.get("scale") or scale[0])
    return {
        **{name: (getattr(Plan, name), why) for name, why in _ALWAYS.items()},
        **_network(seen, choices),
        **_rare_classes(seen, choices),
        **_duration(choices),
        "scale": scale,
        "contrast": _contrast(seen),
        "patch": patch,
        "batch_size": _batch_size(choices.get("patch") or patch[0]),
        "augmentation": _augmentation(seen),
    }


def make_plan(dataset: Dataset, stems: tuple[str, ...], **choices: Any) -> Plan:
    """Decide how to train on some labelled pictures of a dataset.

    Parameters
    ----------
    dataset : Dataset
    stems : tuple of str
        The pictures to learn from.
    **choices
        Any field of `Plan`, to override what would be decided; 5 minutes if neither `epochs` nor
        `minutes` is given.

    Raises
    ------
    OptionError
        If a choice is not a field of `Plan`, or its value is not understood.
    TrainingError
        If no class is drawn in any of the pictures, or one alone and no background.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> plan = make_plan(data, data.labelled, encoder="resnet18")
    >>> plan.encoder, plan.reasons["encoder"]
    ('resnet18', 'your choice')
    """
    for name in choices:
        check_choice("option", name, [field.name for field in fields(Plan)])
    choices = {name: plan_value(name, value) for name, value in choices.items()}
    decided = _decide(fingerprint(dataset, stems), choices)
    decided["validation"] = validation_share(dataset)
    values = {name: value for name, (value, _) in decided.items()} | choices
    reasons = {
        name: why if values[name] == value else YOUR_CHOICE
        for name, (value, why) in decided.items()
    }
    return Plan(**{"reasons": reasons, **values})
