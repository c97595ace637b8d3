"""Photographs for the tests of the data stage."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from skimage import data as skimage_data

from notebook_seg.data import Dataset

# How long a disk takes to write is no matter of these tests.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
