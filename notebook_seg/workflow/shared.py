"""What the calls of the workflow share."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from notebook_seg.data import Dataset, atomic_write
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.prediction import Predictor

__all__ = ["check_classes", "check_labelled", "save_figure"]


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


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG file, whole or not at all."""
    png = io.BytesIO()
    figure.savefig(png, format="png")
    atomic_write(path, png.getvalue())
