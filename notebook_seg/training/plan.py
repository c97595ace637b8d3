"""What training will do: every choice, with its reason, open to change."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

import numpy as np

from notebook_seg.data.files import atomic_write
from notebook_seg.errors import OptionError, check_choice
from notebook_seg.training.augmentation import augmentation_as_plain, describe_augmentation
from notebook_seg.training.contrast import CONTRASTS, working_image
from notebook_seg.training.encoder_choice import (
    ENCODER,
    ENCODER_WEIGHTS,
    beside_encoder,
    encoder_for,
)
from notebook_seg.training.freezing import FREEZES
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import (
    NO_ENCODER,
    check_encoder_weights,
    check_network,
)
from notebook_seg.training.optimizers import OPTIMIZERS
from notebook_seg.training.plan_table import plan_as_html, plan_as_text
from notebook_seg.training.plan_values import (
    DURATIONS,
    checksum,
    plan_value,
    scale_from_json,
    with_counterparts,
)
from notebook_seg.training.scale import WorkingScale
from notebook_seg.training.schedules import SCHEDULES

__all__ = ["BALANCED_LOSS", "LEFT_OPEN", "YOUR_CHOICE", "Plan"]

YOUR_CHOICE = "your choice"
"""The reason of a value that a person chose."""
BALANCED_LOSS = "weighted_cross_entropy + dice"
"""What finds classes that cover next to nothing."""
LEFT_OPEN = {"epochs": "as many as fit into the minutes", "minutes": "the epochs decide"}
"""The reason of the one duration where the other is given."""
_CHECKSUMS = "checksums"
_CHANNELS = (1, 3)
_DEFAULT_SCALE = WorkingScale(long_side=384)


@dataclass(frozen=True)
class Plan:
    """Everything that decides how a network is built and trained.

    Parameters
    ----------
    architecture, encoder : str
        See `notebook_seg.training.networks`.
    encoder_weights : str or None
        ``"imagenet"``, a path, or None for random weights.
    channels : {3, 1}
        Of what the network sees: the photograph's colours, or its grey values alone.
    freeze : {"nothing", "encoder", "staged"}
        What keeps its weights: nothing, the encoder, or at first the encoder, then its lower
        half, then nothing.
    loss : str
        Such as ``"dice + 0.5*focal"``; see `notebook_seg.training.losses`.
    class_weights : tuple of float, optional
        How much each class counts in the loss, background first; without them all count alike.
    scale : WorkingScale
        How many pixels of a photograph the network sees.
    contrast : {"as it is", "stretched"}
        Stretched, each photograph fills the range from black to white.
    patch : (int, int)
        Height and width in pixels at the working scale, multiples of 32; a single number is
        both.
    batch_size : int
        Patches the network sees before each correction of its weights.
    sampling : float
        Share of the patches that are cut where a class is drawn, each class as often, 0 to 1.
    optimizer : {"adamw", "adam", "rmsprop"}
        How the weights are corrected.
    learning_rate : float
        The highest; see `schedule`.
    encoder_rate : float
        The learning rate of a pretrained encoder as a share of `learning_rate`, above 0.
    schedule : {"cosine", "constant", "step"}
        After a short warm-up the learning rate falls to nothing along a cosine, stays, or falls
        to a tenth after a fifth of the training.
    augmentation : str or dict
        A preset's name; an albumentations ``Compose`` may be given too and is kept as plain
        values. See `notebook_seg.training.augmentation`.
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
    reasons : mapping of str to str
        Why a field has its value, where there is something to say.

    Examples
    --------
    >>> print(Plan(minutes=5, reasons={"minutes": "your choice"}))
    architecture     unet
    ...
    minutes          5                        your choice
    ...
    """

    architecture: str = "unet"
    encoder: str = ENCODER
    encoder_weights: str | None = ENCODER_WEIGHTS
    channels: int = 3
    freeze: str = "nothing"
    loss: str = "cross_entropy + dice"
    class_weights: tuple[float, ...] | None = None
    scale: WorkingScale = _DEFAULT_SCALE
    contrast: str = "as it is"
    patch: tuple[int, int] = (256, 256)
    batch_size: int = 4
    sampling: float = 0.6
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    encoder_rate: float = 1.0
    schedule: str = "cosine"
    augmentation: str | dict[str, Any] = "specimen"
    epochs: int | None = None
    minutes: float | None = None
    steps: int = 20
    validation: float = 0.2
    seed: int = 0
    reasons: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, plan_value(each.name, getattr(self, each.name)))
        check_network(self.architecture, self.encoder)
        check_encoder_weights(self.encoder, self.encoder_weights)
        check_choice("freeze", self.freeze, FREEZES)
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("contrast", self.contrast, CONTRASTS)
        loss_by_name(self.loss)
        self._check_duration()
        self._check_numbers()
        plain = augmentation_as_plain(self.augmentation, self.patch)
        object.__setattr__(self, "augmentation", plain)

    def _check_duration(self) -> None:
        if (self.epochs is None) == (self.minutes is None):
            raise OptionError(
                "Say for how long to train: either epochs=... or minutes=.... "
                f"Received: epochs={self.epochs}, minutes={self.minutes}"
            )

    def _check_numbers(self) -> None:
        for name in (*DURATIONS, "batch_size", "learning_rate", "encoder_rate", "steps"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise OptionError(f"{name} must be above 0. Received: {value}")
        if self.channels not in _CHANNELS:
            raise OptionError(f"channels is 3 (colour) or 1 (grey). Received: {self.channels}")
        self._check_shares()

    def _check_shares(self) -> None:
        if not 0 <= self.validation < 1:
            raise OptionError(
                f"validation is a share, from 0 to below 1. Received: {self.validation}"
            )
        if not 0 <= self.sampling <= 1:
            raise OptionError(f"sampling is a share, from 0 to 1. Received: {self.sampling}")
        weights = self.class_weights
        if weights is not None and not (all(0 <= w < np.inf for w in weights) and any(weights)):
            raise OptionError(
                f"class_weights are 0 or more, and not all of them 0. Received: {weights}"
            )

    def __str__(self) -> str:
        return plan_as_text(self._rows())

    def _repr_html_(self) -> str:
        return plan_as_html(self._rows())

    def _rows(self) -> list[tuple[str, str, str]]:
        shown = [f.name for f in fields(self) if f.name != "reasons"]
        return [(n, _readable(n, getattr(self, n)), self.reasons.get(n, "")) for n in shown]

    def working_image(self, image: np.ndarray) -> np.ndarray:
        """Return a photograph ``(H, W, 3)`` uint8 as the network is to see it, ``(h, w, 3)``."""
        return working_image(image, self.scale, self.contrast)

    def replace(self, **choices: Any) -> "Plan":
        """Return the plan with some choices changed, and what cannot stay as it is beside them.

        Epochs take the place of minutes. An architecture with an encoder of its own takes the
        place of the encoder, and one without is given the usual encoder; how fast an encoder learns
        follows from whether it is pretrained, unless somebody has said how fast. An encoder that is
        to begin from nothing is no longer frozen.

        Raises
        ------
        OptionError
            If a choice is not a field of a plan, or its value is not understood.

        Examples
        --------
        >>> Plan(minutes=5).replace(epochs=3).minutes is None
        True
        """
        for name in choices:
            check_choice("option", name, [f.name for f in fields(self)])
        choices = {**dict.fromkeys(with_counterparts(choices) - choices.keys()), **choices}
        brought = self._encoder_beside(choices)
        brought |= self._decided_by_encoder(brought, choices)
        why = {name: reason for name, (_, reason) in brought.items()}
        values = {name: value for name, (value, _) in brought.items()}
        reasons = {**self.reasons, **why, **_reasons_of_choices(choices)}
        return replaced(self, **{"reasons": reasons, **values, **choices})

    def _encoder_beside(self, choices: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
        architecture = choices.get("architecture", self.architecture)
        wanted = encoder_for(architecture)
        has_one = self.encoder != NO_ENCODER
        return {} if has_one == (wanted["encoder"][0] != NO_ENCODER) else wanted

    def _decided_by_encoder(
        self, brought: Mapping[str, tuple[Any, str]], choices: Mapping[str, Any]
    ) -> dict[str, tuple[Any, str]]:
        """Return what nobody chose and what follows from whether the encoder knows anything."""
        weights, _ = brought.get("encoder_weights", (self.encoder_weights, ""))
        weights = choices.get("encoder_weights", weights)
        before = beside_encoder(pretrained=self.encoder_weights is not None)
        now = beside_encoder(pretrained=weights is not None)
        if now == before:
            return {}
        nothing_to_keep = {"freeze"} if weights is None else set()
        return {
            name: now[name]
            for name in now
            if name in nothing_to_keep or self._is_as_decided(name, *before[name])
        }

    def _is_as_decided(self, name: str, value: object, why: str) -> bool:
        return getattr(self, name) == value and self.reasons.get(name, why) == why

    @property
    def keeps_random_encoder(self) -> bool:
        """Whether the encoder begins from nothing and does not learn either."""
        has_one = self.encoder != NO_ENCODER
        return has_one and self.encoder_weights is None and self.freeze == "encoder"

    @property
    def network(self) -> str:
        """What is trained, as ``"unet with mobilenetv2"``, or ``"small_unet"`` by itself."""
        if self.encoder == NO_ENCODER:
            return self.architecture
        return f"{self.architecture} with {self.encoder}"

    def save(self, file: str | Path) -> None:
        """Write the plan as a JSON file that people can edit, for `load`.

        Beside its reasons stand ``checksums`` of the values, by which `load` sees what was edited.

        Raises
        ------
        SaveError
            If it cannot be written.
        """
        content = {**self.to_json(), _CHECKSUMS: self._checksums()}
        text = json.dumps(content, indent=2, ensure_ascii=False)
        atomic_write(file, f"{text}\n".encode())

    @classmethod
    def load(cls, file: str | Path) -> "Plan":
        """Read a plan that `save` has written; the reason of what was edited is a person's choice.

        Raises
        ------
        OptionError
            If the file is not there, is not a plan, or names what no plan has.
        """
        try:
            # Windows marks the beginning of what is edited there.
            values = json.loads(Path(file).read_text(encoding="utf-8-sig"))
            checksums = values.pop(_CHECKSUMS, {})
            # People edit it: what is misspelt must not be passed over.
            for name in values:
                check_choice("choice", name, [f.name for f in fields(cls)])
            return cls.from_json(values)._edited_since(checksums)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, OptionError):
                raise OptionError(f"In {file}: {error}") from error
            raise OptionError(
                f"{file} is no plan that can be read ({error}): write one with plan.save(FILE)."
            ) from error

    def _checksums(self) -> dict[str, int]:
        plain = self.to_json()
        return {name: checksum(value) for name, value in plain.items() if name != "reasons"}

    def _edited_since(self, checksums: Mapping[str, int]) -> "Plan":
        """Return the same with a person's reasons for what has another checksum now."""
        now = self._checksums()
        edited = {n: getattr(self, n) for n in now if now[n] != checksums.get(n, now[n])}
        return replaced(self, reasons={**self.reasons, **_reasons_of_choices(edited)})

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain values, as `model.json` keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Plan":
        """Rebuild a plan from what `to_json` returned; what a later version adds is passed over."""
        known = {f.name for f in fields(cls)}
        plain = {name: value for name, value in values.items() if name in known}
        plain["scale"] = scale_from_json(plain["scale"])
        return cls(**plain)


def _reasons_of_choices(choices: Mapping[str, Any]) -> dict[str, str]:
    left_open = {n: why for n, why in LEFT_OPEN.items() if n in choices and choices[n] is None}
    return dict.fromkeys(choices, YOUR_CHOICE) | left_open


def _readable(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return (" × " if name == "patch" else " : ").join(f"{number:g}" for number in value)
    if isinstance(value, dict):
        return describe_augmentation(value)
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else str(value)
