"""What the tests of the formats share: pictures to annotate, and a way there and back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from notebook_seg.data import Dataset


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Write a photograph of a height and width, turned by EXIF if wanted, and return it."""

    def make(name: str = "fish_1.jpg", height: int = 60, width: int = 80, orientation=1) -> Path:
        folder = tmp_path / "photos"
        folder.mkdir(exist_ok=True)
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", (width, height), (9, 99, 199)).save(folder / name, exif=exif)
        return folder / name

    return make


@pytest.fixture
def document(tmp_path: Path) -> Callable[..., Path]:
    """Write a JSON document and return its path."""

    def make(content: object, name: str = "annotations.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(content), "utf-8")
        return path

    return make


@pytest.fixture
def leaves(photographs: Path, tmp_path: Path) -> Dataset:
    """Real leaves with small lesions, of 2 megapixels."""
    source = photographs / "leaf"
    some = sorted((source / "images").iterdir())[:2]
    return Dataset.create(tmp_path / "leaves", some, ["leaf", "symptom"], source / "masks")
