"""What the presets of augmentation do to one's own pictures, to be looked at before training."""

import io
from typing import Any

from ipywidgets import Button, Dropdown, HBox, Image, Layout, VBox

from notebook_seg.data import Dataset
from notebook_seg.training import Plan
from notebook_seg.training.augmentation import (
    AUGMENTATIONS,
    augmentation_as_plain,
    describe_augmentation,
)
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.workflow.preview import AugmentedPatches

__all__ = ["AugmentationPreview"]

Augmentation = str | dict[str, Any]


class AugmentationPreview(VBox):
    """Look at patches as the network will see them, under each preset of augmentation.

    Parameters
    ----------
    dataset : Dataset
        At least one picture must be labelled.
    plan : Plan, optional
        Decides scale and size of the patches, and which augmentation is shown first; without it,
        what `make_plan` would choose.
    n : int, optional
        How many patches.

    Attributes
    ----------
    patches : AugmentedPatches
        What draws them; in plain Python, ``preview.patches.figure("strong")``.
    augmentation : str or dict
        What is shown.
    seed : int
        Of the draw that is shown.

    Raises
    ------
    DatasetError
        If no picture is labelled.

    Examples
    --------
    >>> preview = AugmentationPreview(Dataset.sample(), n=2)
    >>> preview.show("light")
    >>> preview.draw_anew()
    >>> preview.augmentation, preview.seed
    ('light', 1)
    """

    def __init__(self, dataset: Dataset, plan: Plan | None = None, n: int = 8) -> None:
        self.patches = AugmentedPatches(dataset, plan)
        self.augmentation: Augmentation = self.patches.plan.augmentation
        self.seed = 0
        self.message = MessageLine()
        self._n = n
        guard = Guard(self.message)
        self.choice = Dropdown(
            options=_options(self.augmentation),
            value=self.augmentation,
            description="Augmentation",
            style={"description_width": "initial"},
        )
        self.choice.observe(guard(self._choose, clears=True), "value")
        self.button = Button(description="New draw", icon="refresh", tooltip="Other patches")
        self.button.on_click(guard(lambda _: self.draw_anew(), clears=True))
        self.picture = Image(format="png", layout=Layout(max_width="100%"))
        controls = HBox([self.choice, self.button], layout=Layout(flex_flow="row wrap"))
        super().__init__([controls, self.message, self.picture])
        guard(self._draw)(self.augmentation, self.seed)

    def show(self, augmentation: Any) -> None:
        """Show another augmentation of the same patches.

        Parameters
        ----------
        augmentation : str, albumentations.Compose or mapping

        Raises
        ------
        OptionError
            If it is not understood.
        ImageError, MaskError
            If a picture or its mask cannot be read.
        """
        plain = augmentation_as_plain(augmentation, self.patches.plan.patch)
        self._draw(plain, self.seed)
        if plain not in [value for _, value in self.choice.options]:
            self.choice.options = _options(plain)
        self.choice.value = plain

    def draw_anew(self) -> None:
        """Show other patches under the same augmentation."""
        self._draw(self.augmentation, self.seed + 1)

    def _choose(self, change: dict[str, Any]) -> None:
        if change["new"] != self.augmentation:
            self._draw(change["new"], self.seed)

    def _draw(self, augmentation: Augmentation, seed: int) -> None:
        png = io.BytesIO()
        self.patches.figure(augmentation, self._n, seed).savefig(png, format="png")
        self.picture.value = png.getvalue()
        self.augmentation, self.seed = augmentation, seed


def _options(first: Augmentation) -> list[tuple[str, Augmentation]]:
    own = [] if first in AUGMENTATIONS else [(f"your own: {describe_augmentation(first)}", first)]
    return [*own, *((name, name) for name in AUGMENTATIONS)]
