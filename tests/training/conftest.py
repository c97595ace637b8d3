import pytest

from notebook_seg.data import Dataset


@pytest.fixture
def coins(tmp_path):
    return Dataset.sample(tmp_path / "coins")
