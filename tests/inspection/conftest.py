"""Real pictures with real masks, and predictions that are wrong in known ways."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import read_image


class Labelled(NamedTuple):
    stem: str
    image: np.ndarray
    truth: np.ndarray
    names: tuple[str, ...]


NAMES = {
    "fish": ("background", "fish"),
    "leaf": ("background", "leaf", "symptom"),
    "yeast": ("background", "mother", "daughter"),
}
COLORS = ("#000000", "#ee3377", "#ccbb44")


@pytest.fixture(scope="session")
def labelled(photographs: Path) -> Callable[[str, int], Labelled]:
    def load(kind: str, number: int = 0) -> Labelled:
        path = sorted((photographs / kind / "masks").iterdir())[number]
        stem = path.name.removesuffix(path.suffix)
        suffix = ".png" if kind == "yeast" else ".jpg"
        mask = np.asarray(Image.open(path))
        truth = (mask > 0).astype(np.uint8) if kind == "fish" else mask
        image = read_image(photographs / kind / "images" / f"{stem}{suffix}")
        return Labelled(stem, image, truth, NAMES[kind])

    return load


def shifted(mask: np.ndarray, pixels: int) -> np.ndarray:
    return np.roll(mask, pixels, axis=1)
