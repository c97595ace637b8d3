"""The form of the trainer: what may be chosen before a training, folded away until it is wanted."""

from collections.abc import Iterable, Mapping

from ipywidgets import HTML, ToggleButton, VBox
from traitlets import Bunch

from notebook_seg.data import Dataset
from notebook_seg.training.augmentation import AUGMENTATIONS
from notebook_seg.training.contrast import CONTRASTS
from notebook_seg.training.freezing import FREEZES
from notebook_seg.training.networks import ENCODERS, STRIDE, describe_architectures
from notebook_seg.training.optimizers import OPTIMIZERS
from notebook_seg.training.plan_values import SEEDS
from notebook_seg.training.schedules import SCHEDULES
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.trainer_choices import Choices
from notebook_seg.widgets.trainer_compound import ClassWeights, LossTerms, PretrainedField
from notebook_seg.widgets.trainer_fields import Field, MenuField, NumberField, Options
from notebook_seg.widgets.trainer_hints import SELDOM_CHANGED
from notebook_seg.widgets.trainer_sizes import PatchField, ScaleField

__all__ = ["TrainerForm"]

_FREEZES = {
    "nothing": "all of the network",
    "encoder": "all but the encoder",
    "staged": "in stages: the end first, then all",
}
_CHANNELS = (("in colour", 3), ("in grey", 1))
_SCHEDULES = {
    "cosine": "cosine: falls all the time",
    "constant": "constant: stays as it is",
    "step": "step: falls once",
}
_CONTRASTS = {"stretched": "stretched: from black to white"}
_AUGMENTATIONS = {
    "none": "none: as they are",
    "light": "light: mirrored, turned a little",
    "medium": "medium: turned, zoomed, recoloured",
    "strong": "strong: bent too, noisy, parts hidden",
    "specimen": "specimen: stays the right way up",
    "microscopy": "microscopy: any way round",
    "microscopy_inverted": "microscopy, also dark for bright",
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
        self.unfold_rest = ToggleButton(description="More settings", icon="ellipsis-h")
        self.unfold_rest.tooltip = "Sizes, patches, pictures held back, and other things"
        self._summary = HTML()
        self._summary.add_class("nbs-summary")
        often = [field for name, field in self.fields.items() if name not in SELDOM_CHANGED]
        self._rest = VBox([self.fields[name] for name in SELDOM_CHANGED])
        folded = VBox([*often, self.unfold_rest, self._rest])
        folded.add_class("nbs-fields")
        for button in (self.unfold, self.unfold_rest):
            button.observe(self._fold, "value")
        choices.changed.connect(self._show_summary)
        super().__init__([folded])
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
        self._rest.layout.display = None if self.unfold_rest.value else "none"

    def _show_summary(self, name: str = "") -> None:
        plan = self.choices.plan
        chosen = len(self.choices.chosen)
        changed = f" · {chosen} changed" if chosen else ""
        later = " · changes are for the next training" if self._training else ""
        self._summary.value = f"{plan.network}, {plan.loss}{changed}{later}"


def _fields(choices: Choices, dataset: Dataset, guard: Guard) -> list[Field]:
    return [
        *_network(choices, guard),
        LossTerms(
            choices,
            "loss",
            "What counts as a mistake. Several are added up, each times its weight.",
            guard,
        ),
        ClassWeights(choices, dataset.class_names, dataset.colors, guard),
        *_learning(choices, guard),
        *_seldom(choices, guard),
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
        PretrainedField(
            choices,
            "encoder_weights",
            "An encoder that has seen a million photographs learns from a dozen. From nothing it "
            "takes longer, and more pictures.",
            guard,
        ),
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


def _seldom(choices: Choices, guard: Guard) -> list[Field]:
    def menu(name: str, meaning: str, options: Options) -> Field:
        return MenuField(choices, name, meaning, guard, options)

    def number(name: str, meaning: str, lowest: float, highest: float) -> Field:
        return NumberField(choices, name, meaning, guard, lowest, highest)

    return [
        ScaleField(
            choices,
            "scale",
            "How large a photograph is as the network sees it: larger shows finer things, and "
            "takes longer. Patch and batch, unless chosen, follow when a new training starts.",
            guard,
        ),
        PatchField(
            choices,
            "patch",
            f"Height and width in pixels of what is cut out to learn from, multiples of {STRIDE}; "
            "smaller ones need less memory.",
            guard,
        ),
        number("sampling", "Share of the patches that are cut where something is drawn.", 0.0, 1.0),
        menu("channels", "What the network sees of the photographs.", _CHANNELS),
        number("validation", "Share of the pictures by which the best epoch is chosen.", 0.0, 0.9),
        number("steps", "Batches in an epoch, after which all is looked at and saved.", 1, 10_000),
        menu(
            "optimizer",
            "How weights are corrected after each batch.",
            _labelled(OPTIMIZERS, {}),
        ),
        menu("schedule", "Of the learning rate.", _labelled(SCHEDULES, _SCHEDULES)),
        number("seed", "Decides what is drawn by lot.", 0, SEEDS - 1),
    ]


def _labelled(names: Iterable[str], labels: Mapping[str, str]) -> Options:
    """Return what a menu shows of names; one without a label is shown by itself."""
    return [(labels.get(name, name), name) for name in names]
