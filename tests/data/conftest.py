"""Photographs for the tests of the data stage."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data as skimage_data

from notebook_seg.data import Dataset


@pytest.fixture(scope="session")
def photograph() -> np.ndarray:
    """A real photograph, wider than it is high, ``(48, 64, 3)`` uint8."""
    return np.ascontiguousarray(skimage_data.astronaut()[20:68, 180:244])


@pytest.fixture
def coins(tmp_path: Path) -> Dataset:
    """The sample in a folder of this test's own."""
    return Dataset.sample(tmp_path / "coins")


@pytest.fixture
def blank(tmp_path: Path, coins: Dataset) -> Dataset:
    """Three photographs that nobody has labelled, of two classes."""
    paths = [coins.image_path(stem) for stem in coins.stems[:3]]
    return Dataset.create(tmp_path / "blank", paths, classes=["coin", "dust"])
