"""A dataset that needs no download: ancient coins, cut out of one museum photograph."""

import tempfile
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data as skimage_data

from notebook_seg.data.box import Box
from notebook_seg.data.classes import make_classes
from notebook_seg.data.creation import new_dataset_folder
from notebook_seg.data.description import Description
from notebook_seg.data.masks import read_mask, write_mask

__all__ = ["create_sample"]

# Rows and columns at which no coin is cut: four rows of coins, two coins in each piece.
_ROWS = (0, 82, 154, 228, 303)
_COLUMNS = (0, 127, 243, 384)


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
            write_mask(
                building / "masks" / name,
                np.ascontiguousarray(mask[box.slices]),
                description.colors,
            )
    return folder


def _pieces() -> list[Box]:
    return [
        Box(top, left, bottom, right)
        for top, bottom in pairwise(_ROWS)
        for left, right in pairwise(_COLUMNS)
    ]
