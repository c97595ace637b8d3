"""Hypothesis without its stop-watch: a busy machine is no fault of the code under test."""

import resource
from contextlib import contextmanager

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


@pytest.fixture
def full_disk():
    """Let the system refuse to write a single byte more, as it does when the disk is full."""

    @contextmanager
    def full():
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return full
