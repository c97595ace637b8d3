"""What the calls of the workflow share."""

import io
from collections.abc import Iterable
from functools import reduce
from operator import add
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

from matplotlib.figure import Figure

from notebook_seg.data import Dataset, atomic_write
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.inspection.surfaces import Spacing, pixel_size
from notebook_seg.prediction import Predictor, load_model

__all__ = [
    "SumsByPart",
    "check_classes",
    "check_labelled",
    "check_spacing",
    "loaded",
    "save_figure",
]


class _Summable(Protocol):
    def __add__(self, other: Self, /) -> Self: ...


Counted = TypeVar("Counted", bound=_Summable)


class SumsByPart(Generic[Counted]):
    """What is counted of pictures, added up for each part of the split.

    Which parts a model is judged on is known only after the last picture.

    Examples
    --------
    >>> sums = SumsByPart[int]()
    >>> for part, count in (("train", 3), ("test", 4), ("new", 5)):
    ...     sums.add(part, count)
    >>> sums.of(("test", "new")), sums.of(("validation",))
    (9, None)
    """

    def __init__(self) -> None:
        self._sums: dict[str, Counted] = {}

    def add(self, part: str, value: Counted) -> None:
        """Count what was found in a picture of some part."""
        before = self._sums.get(part)
        self._sums[part] = value if before is None else before + value

    def of(self, parts: Iterable[str]) -> Counted | None:
        """Return the sum over some parts; None where there is nothing."""
        found = [self._sums[part] for part in parts if part in self._sums]
        return reduce(add, found) if found else None


def check_labelled(dataset: Dataset) -> None:
    """Refuse a dataset without any mask.

    Raises
    ------
    DatasetError
        If no picture is labelled.
    """
    if not dataset.labelled:
        raise DatasetError(
            f"No picture of {dataset.folder} is labelled yet: draw some masks first, in "
            "notebook_seg.Labeller(data) or from existing ones with masks=FOLDER."
        )


def loaded(model: Predictor | str | Path) -> Predictor:
    """Return a model, read from its folder if that is what is given.

    Raises
    ------
    ModelError
        If the folder holds none.
    """
    return load_model(model) if isinstance(model, str | Path) else model


def check_classes(model: Predictor, dataset: Dataset) -> None:
    """Refuse a dataset of other classes than the model's.

    Raises
    ------
    OptionError
        If the names or their order differ.
    """
    if dataset.class_names != model.class_names:
        raise OptionError(
            f"The classes of {dataset.folder} are not those of the model. Received: "
            f"{', '.join(dataset.class_names)}; the model knows {', '.join(model.class_names)}"
        )


def check_spacing(spacing: Spacing | None) -> None:
    """Refuse a size of pixels that is none, before anything is worked out.

    Raises
    ------
    OptionError
        If it is not positive.
    """
    if spacing is not None:
        pixel_size(spacing)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG file, whole or not at all."""
    png = io.BytesIO()
    figure.savefig(png, format="png")
    atomic_write(path, png.getvalue())
