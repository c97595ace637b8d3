"""What a network will be shown, seen before it is trained."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError
from notebook_seg.inspection.figures import InlineFigure, patch_pairs
from notebook_seg.training import Plan, make_plan
from notebook_seg.training.augmentation import augmentation_as_plain, describe_augmentation
from notebook_seg.training.batches import PatchBatches, as_channels
from notebook_seg.training.examples import Examples
from notebook_seg.workflow.shared import check_labelled

__all__ = ["AugmentedPatches", "preview_augmentation"]

Patches = list[tuple[np.ndarray, np.ndarray]]


def preview_augmentation(
    dataset: Dataset,
    augmentation: Any = None,
    n: int = 8,
    seed: int = 0,
    plan: Plan | None = None,
) -> InlineFigure:
    """Draw patches with their masks as the network will see them, above each what it was.

    Parameters
    ----------
    dataset : Dataset
    augmentation : str, albumentations.Compose or mapping, optional
        See `notebook_seg.training.augmentation`; without it, that of the plan.
    n : int
        How many patches.
    seed : int
        Another seed draws other patches; the same the same.
    plan : Plan, optional
        Decides their scale, size and colours; without it, what `make_plan` would choose.

    Raises
    ------
    DatasetError
        If no picture is labelled.
    OptionError
        If the augmentation is not understood, or `n` is not above 0.

    Examples
    --------
    >>> preview_augmentation(Dataset.sample(), "microscopy", n=2)
    <InlineFigure size ... with 4 Axes>
    """
    patches = AugmentedPatches(dataset, plan)
    return patches.figure(
        patches.plan.augmentation if augmentation is None else augmentation, n, seed
    )


class AugmentedPatches:
    """Draws patches of a dataset for people to look at; its photographs are decoded once.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan, optional
        Decides scale, size and colours of the patches; without it, what `make_plan` would choose.

    Raises
    ------
    DatasetError
        If no picture is labelled.

    Examples
    --------
    >>> patches = AugmentedPatches(Dataset.sample())
    >>> before, after = patches.draw("light", n=3)
    >>> len(before), len(after), before[0][0].shape == after[0][0].shape
    (3, 3, True)
    """

    def __init__(self, dataset: Dataset, plan: Plan | None = None) -> None:
        check_labelled(dataset)
        self.dataset = dataset
        self.plan = make_plan(dataset, dataset.labelled, minutes=1) if plan is None else plan
        self._examples = Examples(dataset, dataset.labelled, self.plan.scale, self.plan.contrast)

    def draw(self, augmentation: Any, n: int = 8, seed: int = 0) -> tuple[Patches, Patches]:
        """Return patches as they are and as they are augmented, each an image and its mask.

        Raises
        ------
        OptionError
            If the augmentation is not understood, or `n` is not above 0.
        ImageError, MaskError
            If a picture or its mask cannot be read.
        """
        if n < 1:
            raise OptionError(f"Ask for one patch at least. Received: n={n}")
        plain = augmentation_as_plain(augmentation, self.plan.patch)
        # What is cut follows from the seed alone, so both are of the same places.
        return self._patches("none", n, seed), self._patches(plain, n, seed)

    def figure(self, augmentation: Any, n: int = 8, seed: int = 0) -> InlineFigure:
        """Draw what `draw` returns."""
        plain = augmentation_as_plain(augmentation, self.plan.patch)
        before, after = self.draw(plain, n, seed)
        title = f"Augmentation: {describe_augmentation(plain)}"
        return patch_pairs(before, after, self.dataset.class_names, self.dataset.colors, title)

    def _patches(self, augmentation: str | Mapping[str, Any], n: int, seed: int) -> Patches:
        images, masks = PatchBatches(
            self._examples,
            self.dataset.n_classes,
            self.plan.patch,
            n,
            augmentation,
            np.asarray,
            seed,
            self.plan.sampling,
        ).patches(0)
        seen = np.broadcast_to(as_channels(images, self.plan.channels), images.shape)
        return list(zip(seen, masks, strict=True))
