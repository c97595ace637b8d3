"""Hypothesis without its stop-watch: a busy machine is no fault of the code under test."""

import pytest
from hypothesis import settings

from notebook_seg.data import Dataset

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def coins(tmp_path):
    """Four photographs of the sample, with two classes and no masks."""
    sample = Dataset.sample(tmp_path / "sample")
    photographs = [sample.image_path(stem) for stem in sample.stems[:4]]
    return Dataset.create(tmp_path / "coins", photographs, classes=["coin", "scratch"])
