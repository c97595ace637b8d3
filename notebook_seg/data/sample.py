"""A dataset that needs no download: ancient coins, cut out of one museum photograph."""

import tempfile
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from PIL import Image
from skimage import data as skimage_data

from notebook_seg.data.box import Box
from notebook_seg.data.classes import make_classes
from notebook_seg.data.creation import new_dataset_folder
from notebook_seg.data.description import Description
from notebook_seg.data.masks import read_mask, write_mask

__all__ = ["create_sample"]

# Rows of coins, top to bottom, and the columns between which two coins lie whole.
_ROWS = (0, 82, 150, 226, 303)
_COLUMNS = ((0, 126, 247, 384), (0, 128, 236, 384), (0, 129, 244, 384), (0, 140, 272, 384))


def create_sample(folder: Path | None) -> Path:
    """Make the sample dataset; the argument is that of `Dataset.sample`."""
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="notebook_seg_")) / "coins"
    description = Description(make_classes(["coin"]))
    photograph = skimage_data.coins()
    mask = read_mask(Path(str(files("notebook_seg.data") / "sample" / "coins.png")))
    with new_dataset_folder(folder, description) as building:
        for number, box in enumerate(_pieces(), start=1):
            name = f"coin_{number:02d}.png"
            Image.fromarray(photograph[box.slices]).save(building / "images" / name)
            write_mask(building / "masks" / name, mask[box.slices], description.colors)
    return folder


def _pieces() -> list[Box]:
    return [
        Box(top, left, bottom, right)
        for (top, bottom), columns in zip(pairwise(_ROWS), _COLUMNS, strict=True)
        for left, right in pairwise(columns)
    ]
