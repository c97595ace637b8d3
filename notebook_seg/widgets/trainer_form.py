"""The form of the trainer: what may be chosen before a training, folded away until it is wanted."""

from collections.abc import Iterable, Mapping

from ipywidgets import HTML, ToggleButton, VBox
from traitlets import Bunch

from notebook_seg.data import Dataset
from notebook_seg.training.augmentation import AUGMENTATIONS
from notebook_seg.training.contrast import CONTRASTS
from notebook_seg.training.freezing import FREEZES
from notebook_seg.training.networks import ENCODERS, describe_architectures
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.trainer_choices import Choices
from notebook_seg.widgets.trainer_compound import ClassWeights, LossTerms, PretrainedField
from notebook_seg.widgets.trainer_fields import Field, MenuField, NumberField, Options

__all__ = ["TrainerForm"]

_FREEZES = {
    "nothing": "all of the network",
    "encoder": "all but the encoder",
    "staged": "in stages: the end first, then all",
}
_CONTRASTS = {"stretched": "stretched: from black to white"}
_AUGMENTATIONS = {
    "none": "none: as they are",
    "light": "light: mirrored, turned a little",
    "medium": "medium: turned, zoomed, recoloured",
    "strong": "strong: bent too, noisy, parts hidden",
    "specimen": "specimen: stays the right way up",
    "microscopy": "microscopy: any way round",
}


class TrainerForm(VBox):
    """Shows what is planned, lets one change it, and says why it was planned so.

    Parameters
    ----------
    choices : Choices
        What it shows and changes.
    dataset : Dataset
        Its classes have weights.
    guard : Guard
        Shows what goes wrong.

    Attributes
    ----------
    fields : dict of str to Field
        By the name of the plan's field.
    """

    def __init__(self, choices: Choices, dataset: Dataset, guard: Guard) -> None:
        self.choices, self._training = choices, False
        self.fields = {f.name: f for f in _fields(choices, dataset, guard)}
        self.unfold = ToggleButton(description="Settings", icon="sliders")
        self.unfold.tooltip = "What is planned, and why; all of it may be changed"
        self._summary = HTML()
        self._summary.add_class("nbs-summary")
        self._folded = VBox(list(self.fields.values()))
        self._folded.add_class("nbs-fields")
        self.unfold.observe(self._fold, "value")
        choices.changed.connect(self._show_summary)
        super().__init__([self._folded])
        self._fold()
        self._show_summary()

    @property
    def head(self) -> tuple[ToggleButton, HTML]:
        """What stands outside: the button that unfolds it, and what is planned in short."""
        return self.unfold, self._summary

    def show(self) -> None:
        """Show what is chosen and planned, as it is now."""
        for field in self.fields.values():
            field.refresh()
        self._show_summary()

    def say_training(self, training: bool) -> None:
        """Say while a training goes on that what is changed now is for the next one."""
        if training != self._training:
            self._training = training
            self._show_summary()

    def _fold(self, change: Bunch | None = None) -> None:
        self.layout.display = None if self.unfold.value else "none"

    def _show_summary(self, name: str = "") -> None:
        plan = self.choices.plan
        chosen = len(self.choices.chosen)
        changed = f" · {chosen} changed" if chosen else ""
        later = " · changes are for the next training" if self._training else ""
        self._summary.value = f"{plan.network}, {plan.loss}{changed}{later}"


def _fields(choices: Choices, dataset: Dataset, guard: Guard) -> list[Field]:
    return [
        *_network(choices, guard),
        LossTerms(choices, guard),
        ClassWeights(choices, dataset.class_names, dataset.colors, guard),
        *_learning(choices, guard),
    ]


def _network(choices: Choices, guard: Guard) -> list[Field]:
    described = {row.name: row.description for row in describe_architectures()}
    return [
        MenuField(
            choices,
            "architecture",
            "What kind of network it is.",
            guard,
            [(text.partition(":")[0], name) for name, text in described.items()],
            described,
        ),
        MenuField(
            choices,
            "encoder",
            "Its first half, which sees. A larger one learns more, and slower.",
            guard,
            _labelled(ENCODERS, {}),
        ),
        PretrainedField(choices, guard),
        MenuField(
            choices,
            "freeze",
            "With very few pictures an encoder may be better left as it is.",
            guard,
            _labelled(FREEZES, _FREEZES),
        ),
    ]


def _learning(choices: Choices, guard: Guard) -> list[Field]:
    return [
        MenuField(
            choices,
            "augmentation",
            "Each time a picture is learned from, it is changed a little.",
            guard,
            _labelled(AUGMENTATIONS, _AUGMENTATIONS),
        ),
        MenuField(
            choices,
            "contrast",
            "Of the photographs, as the network sees them.",
            guard,
            _labelled(CONTRASTS, _CONTRASTS),
        ),
        NumberField(
            choices,
            "batch_size",
            "How many patches are learned from at a time; fewer need less memory.",
            guard,
            1,
            1024,
        ),
        NumberField(
            choices,
            "learning_rate",
            "How large a step it takes. Lower it where the loss jumps.",
            guard,
            1e-7,
            1.0,
        ),
        NumberField(
            choices,
            "encoder_rate",
            "Of that rate. With less, a pretrained encoder keeps more of what it knows.",
            guard,
            1e-3,
            1.0,
        ),
    ]


def _labelled(names: Iterable[str], labels: Mapping[str, str]) -> Options:
    """Return what a menu shows of names; one without a label is shown by itself."""
    return [(labels.get(name, name), name) for name in names]
