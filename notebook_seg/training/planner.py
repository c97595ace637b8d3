"""Decides how to train from what the pictures, the computer and the user say."""

from dataclasses import fields
from typing import Any

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.errors import check_choice
from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.device import batch_multiple, has_gpu
from notebook_seg.training.fingerprint import Fingerprint, fingerprint
from notebook_seg.training.networks import NO_ENCODER, STRIDE
from notebook_seg.training.plan import Plan
from notebook_seg.training.plan_values import plan_value
from notebook_seg.training.scale import WorkingScale

__all__ = ["make_plan", "validation_share"]

_SMALLEST_OBJECT = 20  # pixels across at the working scale
_LONG_SIDES = (384, 1024)  # shortest and longest, for photographs that frame their specimen
_LARGEST_WORKED_ON = 1536  # pixels along the longer side, for photographs of a fixed scale
_WHOLE_PICTURE = 448  # up to this long side a patch is the whole picture
_PATCH = 256
_FEW_LEVELS = 128  # of 256, from black to white
_PIXELS_A_BATCH = {"CPU": 4 * 256 * 256, "GPU": 16 * 256 * 256}

_FEW, _MANY = 8, 20  # pictures, those of one group counted once

_Decision = tuple[Any, str]


def _scale(seen: Fingerprint) -> _Decision:
    long_side = max(seen.height, seen.width)
    wanted = _SMALLEST_OBJECT / seen.smallest_object
    if seen.framed:
        side = round(np.clip(wanted * long_side, *_LONG_SIDES))
        return WorkingScale(long_side=side), "the photographs frame their specimens" + _seen_at(
            seen, side / long_side
        )
    factor = min(max(wanted, min(1.0, _LARGEST_WORKED_ON / long_side)), 1.0)
    scale = WorkingScale(factor=round(factor, 3))
    return scale, "many objects of one scale in each photograph" + _seen_at(seen, factor)


def _seen_at(seen: Fingerprint, factor: float) -> str:
    return f"; the smallest are about {seen.smallest_object * factor:.0f} pixels across then"


def _patch(seen: Fingerprint, scale: WorkingScale) -> _Decision:
    height, width = scale.size(round(seen.height), round(seen.width))
    why = f"the whole picture, {height} × {width} pixels at this scale"
    if max(height, width) > _WHOLE_PICTURE:
        why = f"cut from pictures of {height} × {width} pixels at this scale"
        height, width = min(height, _PATCH), min(width, _PATCH)
    return (-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE), why


def _batch_size(patch: tuple[int, int]) -> _Decision:
    device = "GPU" if has_gpu() else "CPU"
    size, multiple = _PIXELS_A_BATCH[device] / (patch[0] * patch[1]), batch_multiple()
    return max(1, round(size / multiple)) * multiple, f"what a {device} does in one go"


def _contrast(seen: Fingerprint) -> _Decision:
    levels = f"{seen.levels:.0f} of the 256 levels from black to white"
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
        return 0.0, "too few pictures to hold any back; cross_validate tells how good it gets"
    if count < _MANY:
        return 0.1, "no more is held back of few pictures; cross_validate tells more"
    return 0.2, "the best epoch is chosen by them"


def _encoder(architecture: str | None) -> dict[str, _Decision]:
    if architecture in ARCHITECTURES and has_own_encoder(architecture):
        why = "the architecture brings its own"
        return {"encoder": (NO_ENCODER, why), "encoder_weights": (None, why)}
    return {"encoder": ("mobilenetv2", "the fastest of the pretrained ones on a CPU")}


def _decide(seen: Fingerprint, choices: dict[str, Any]) -> dict[str, _Decision]:
    scale = _scale(seen)
    patch = _patch(seen, choices.get("scale") or scale[0])
    rare = f"{seen.rarest} covers {100 * seen.shares[seen.rarest]:.2g} % of what is labelled"
    whatever = "from above, whichever way round" if not seen.framed else "the right way up"
    return {
        **_encoder(choices.get("architecture")),
        "scale": scale,
        "contrast": _contrast(seen),
        "patch": patch,
        "batch_size": _batch_size(choices.get("patch") or patch[0]),
        "sampling": (0.6, f"so that every class is often seen: {rare}"),
        "loss": ("cross_entropy + dice", "right pixel by pixel, and small classes count too"),
        "augmentation": (
            "specimen" if seen.framed else "microscopy",
            f"{seen.pictures} pictures become many; objects are seen {whatever}",
        ),
    }


def make_plan(dataset: Dataset, stems: tuple[str, ...], **choices: Any) -> Plan:
    """Decide how to train on some labelled pictures of a dataset.

    Parameters
    ----------
    dataset : Dataset
    stems : tuple of str
        The pictures to learn from.
    **choices
        Any field of `Plan`, to override what would be decided.

    Raises
    ------
    OptionError
        If a choice is not a field of `Plan`, or its value is not understood.
    TrainingError
        If no class is drawn in any of the pictures.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> plan = make_plan(data, data.labelled, minutes=5, encoder="resnet18")
    >>> plan.encoder, plan.reasons["encoder"]
    ('resnet18', 'your choice')
    """
    for name in choices:
        check_choice("option", name, [field.name for field in fields(Plan)])
    choices = {name: plan_value(name, value) for name, value in choices.items()}
    decided = _decide(fingerprint(dataset, stems), choices)
    decided["validation"] = validation_share(dataset)
    values = {name: value for name, (value, _) in decided.items()} | choices
    reasons = {name: why for name, (_, why) in decided.items()} | _chosen(choices)
    return Plan(**{"reasons": reasons, **values})


def _chosen(choices: dict[str, Any]) -> dict[str, str]:
    usual = {field.name: field.default for field in fields(Plan)}
    return {name: "your choice" for name, value in choices.items() if value != usual[name]}
