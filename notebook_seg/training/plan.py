"""What training will do, decided from the pictures and open to change."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any

import cv2
import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError, TrainingError, check_choice
from notebook_seg.training.augmentation import AUGMENTATIONS
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import ARCHITECTURES, ENCODERS, STRIDE
from notebook_seg.training.scale import WorkingScale

__all__ = ["Fingerprint", "Plan", "fingerprint", "make_plan"]

_FRAMED = 0.25  # an object this long, against the photograph's longer side, fills its frame
_SMALLEST_OBJECT = 20  # pixels across at the working scale
_LONG_SIDES = (384, 1024)  # shortest and longest, for photographs that frame their specimen
_LARGEST_WORKED_ON = 1536  # pixels along the longer side, for photographs of a fixed scale
_WHOLE_PICTURE = 448  # up to this long side a patch is the whole picture
_PATCH = 256
_PIXELS_A_BATCH = 4 * 256 * 256
_PICTURES_LOOKED_AT = 60
_DEFAULT_SCALE = WorkingScale(long_side=_LONG_SIDES[0])


@dataclass(frozen=True)
class Plan:
    """Everything that decides how a network is built and trained.

    Parameters
    ----------
    architecture, encoder : str
        See `notebook_seg.training.networks`.
    encoder_weights : str or None
        ``"imagenet"``, a path, or None for random weights.
    loss : str
        Such as ``"dice + 0.5*focal"``; see `notebook_seg.training.losses`.
    scale : WorkingScale
        How many pixels of a photograph the network sees.
    patch : (int, int)
        Height and width in pixels at the working scale, multiples of 32.
    batch_size : int
        Patches the network sees before each correction of its weights.
    learning_rate : float
        The highest; it warms up to it and then falls to nothing along a cosine.
    augmentation : str
        See `notebook_seg.training.augmentation`.
    epochs : int or None
        Rounds of `steps` batches; None where `minutes` decides.
    minutes : float or None
        Time to train for.
    steps : int
        Batches an epoch.
    validation : float
        Share of the labelled pictures that are held back to choose the best epoch by, 0 to 1.
    seed : int
        Decides the split, the patches and the first weights.
    """

    architecture: str = "unet"
    encoder: str = "mobilenetv2"
    encoder_weights: str | None = "imagenet"
    loss: str = "cross_entropy + dice"
    scale: WorkingScale = _DEFAULT_SCALE
    patch: tuple[int, int] = (_PATCH, _PATCH)
    batch_size: int = 4
    learning_rate: float = 1e-3
    augmentation: str = "specimen"
    epochs: int | None = None
    minutes: float | None = None
    steps: int = 20
    validation: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("architecture", self.architecture, ARCHITECTURES)
        check_choice("encoder", self.encoder, ENCODERS)
        check_choice("augmentation", self.augmentation, AUGMENTATIONS)
        loss_by_name(self.loss)
        if (self.epochs is None) == (self.minutes is None):
            raise OptionError(
                "Say for how long to train: either epochs=... or minutes=.... "
                f"Received: epochs={self.epochs}, minutes={self.minutes}"
            )
        _check_positive(self, "epochs", "minutes", "batch_size", "learning_rate", "steps")
        if any(side <= 0 or side % STRIDE for side in self.patch):
            raise OptionError(
                f"The sides of a patch must be multiples of {STRIDE} pixels. Received: {self.patch}"
            )
        if not 0 <= self.validation < 1:
            raise OptionError(
                f"validation is a share, from 0 to below 1. Received: {self.validation}"
            )

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain values, as `model.json` keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Plan":
        """Rebuild a plan from what `to_json` returned."""
        known = {field.name for field in fields(cls)}
        plain = {name: value for name, value in values.items() if name in known}
        plain["scale"] = WorkingScale(**plain["scale"])
        plain["patch"] = tuple(plain["patch"])
        return cls(**plain)


def _check_positive(plan: Plan, *names: str) -> None:
    for name in names:
        value = getattr(plan, name)
        if value is not None and value <= 0:
            raise OptionError(f"{name} must be above 0. Received: {value}")


@dataclass(frozen=True)
class Fingerprint:
    """What matters of a dataset for choosing the working scale.

    Parameters
    ----------
    height, width : float
        Of the middle photograph, in pixels.
    framed : bool
        Whether the photographs frame their specimens, rather than show many small objects.
    smallest_object : float
        Typical diameter in pixels of the objects of the class whose objects are smallest.
    """

    height: float
    width: float
    framed: bool
    smallest_object: float


def _typical_diameter(areas: np.ndarray) -> float:
    # By area, so that crumbs of a mask do not decide.
    areas = np.sort(areas)
    middle = areas[np.searchsorted(np.cumsum(areas), areas.sum() / 2)]
    return float(2 * np.sqrt(middle / np.pi))


def _object_areas(mask: np.ndarray, label: int) -> np.ndarray:
    found = cv2.connectedComponentsWithStats((mask == label).astype(np.uint8))
    return found[2][1:, cv2.CC_STAT_AREA]


def fingerprint(dataset: Dataset, stems: tuple[str, ...]) -> Fingerprint:
    """Measure the photographs and objects of some labelled pictures of a dataset.

    Raises
    ------
    TrainingError
        If no class is drawn in any of the pictures.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> fingerprint(data, data.labelled).framed
    True
    """
    areas: dict[int, list[np.ndarray]] = {c.index: [] for c in dataset.classes}
    longest_object, shapes = [], []
    for stem in stems[:_PICTURES_LOOKED_AT]:
        mask = dataset.drawn_mask(stem)
        shapes.append(mask.shape)
        found = {label: _object_areas(mask, label) for label in areas}
        for label, of_class in found.items():
            areas[label].append(of_class)
        all_areas = np.concatenate(list(found.values()))
        if len(all_areas):
            longest_object.append(_typical_diameter(all_areas) / max(mask.shape))
    if not longest_object:
        raise TrainingError(
            f"Nothing to learn: no class is drawn in any of the {len(stems)} labelled pictures of "
            f"{dataset.folder}. Draw some masks first."
        )
    by_class = [np.concatenate(a) for a in areas.values()]
    return Fingerprint(
        height=median(height for height, _ in shapes),
        width=median(width for _, width in shapes),
        framed=median(longest_object) > _FRAMED,
        smallest_object=min(_typical_diameter(a) for a in by_class if len(a)),
    )


def _scale(seen: Fingerprint) -> WorkingScale:
    long_side = max(seen.height, seen.width)
    wanted = _SMALLEST_OBJECT / seen.smallest_object
    if seen.framed:
        return WorkingScale(long_side=round(np.clip(wanted * long_side, *_LONG_SIDES)))
    factor = max(wanted, min(1.0, _LARGEST_WORKED_ON / long_side))
    return WorkingScale(factor=round(min(factor, 1.0), 3))


def _patch(seen: Fingerprint, scale: WorkingScale) -> tuple[int, int]:
    height, width = scale.size(round(seen.height), round(seen.width))
    if max(height, width) > _WHOLE_PICTURE:
        height, width = min(height, _PATCH), min(width, _PATCH)
    return -(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE


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

    Examples
    --------
    >>> data = Dataset.sample()
    >>> make_plan(data, data.labelled, minutes=5, encoder="resnet18").encoder
    'resnet18'
    """
    for name in choices:
        check_choice("option", name, [field.name for field in fields(Plan)])
    seen = fingerprint(dataset, stems)
    scale = choices.get("scale") or _scale(seen)
    patch = choices.get("patch") or _patch(seen, scale)
    decided: dict[str, Any] = {
        "scale": scale,
        "patch": patch,
        "batch_size": max(1, round(_PIXELS_A_BATCH / (patch[0] * patch[1]))),
        "augmentation": "specimen" if seen.framed else "microscopy",
    }
    return Plan(**{**decided, **choices})
