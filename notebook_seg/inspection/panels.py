"""What the panels of a figure show: a picture shrunk to their size, and what its colours mean."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Patch

from notebook_seg.data import BACKGROUND, UNLABELLED
from notebook_seg.errors import OptionError
from notebook_seg.inspection.inline import DPI, LegendEntry
from notebook_seg.inspection.overlays import (
    ERROR_COLORS,
    ERROR_NAMES,
    Image,
    Mask,
    check_overlay,
    error_map,
    reduced_image,
    reduced_mask,
)

__all__ = ["WIDTH", "Classes", "View", "class_entries", "error_entries", "legend_entry"]

# Of a figure of pictures, in inches.
WIDTH = 10.0


class Classes(NamedTuple):
    """Names and colours of the classes, background first."""

    names: tuple[str, ...]
    colors: tuple[str, ...]

    @classmethod
    def of(cls, class_names: Sequence[str], colors: Sequence[str]) -> "Classes":
        """Check that every class has both."""
        if len(class_names) != len(colors):
            raise OptionError(
                "Every class has a name and a colour, the background first. "
                f"Received: {len(class_names)} names and {len(colors)} colours"
            )
        return cls(tuple(class_names), tuple(colors))


class View(NamedTuple):
    """A picture and its masks, shrunk to what a panel of `width` by `height` inches can show."""

    image: Image
    truth: Mask
    prediction: Mask
    width: float
    height: float

    @classmethod
    def of(
        cls, arrays: tuple[Image, Mask, Mask], classes: Classes, columns: int, tallest: float
    ) -> "View":
        """Check that the masks fit the photograph, and shrink all three to a column's width."""
        image, *masks = arrays
        for mask in masks:
            check_overlay(image, mask, len(classes.colors))
        height, width = image.shape[:2]
        scale = min(WIDTH / columns / width, tallest / height)
        longest = round(max(height, width) * scale * DPI)
        truth, prediction = (reduced_mask(mask, longest) for mask in masks)
        return cls(reduced_image(image, longest), truth, prediction, width * scale, height * scale)


def class_entries(views: Iterable[View], classes: Classes) -> list[LegendEntry]:
    """Return a legend of the classes that are seen in some mask."""
    masks = [mask for view in views for mask in (view.truth, view.prediction)]
    seen = sorted(set().union(*(np.unique(mask).tolist() for mask in masks)))
    entries = [
        legend_entry(classes.names[index], classes.colors[index])
        for index in seen
        if index not in (BACKGROUND, UNLABELLED)
    ]
    if UNLABELLED in seen:
        entries.append(
            ("unlabelled", Patch(facecolor="#d0d0d0", edgecolor="#606060", hatch="/////"))
        )
    return entries


def error_entries(views: Iterable[View]) -> list[LegendEntry]:
    """Return a legend of the kinds of errors that are seen."""
    seen = set().union(
        *(np.unique(error_map(view.truth, view.prediction)).tolist() for view in views)
    )
    return [
        legend_entry(name, ERROR_COLORS[error])
        for error, name in ERROR_NAMES.items()
        if error in seen
    ]


def legend_entry(name: str, color: str) -> LegendEntry:
    """Return a name beside a field of its colour."""
    return name, Patch(facecolor=color, edgecolor="#00000060", linewidth=0.5)
