import pytest

from notebook_seg.data import Dataset


@pytest.fixture(scope="module")
def fish(tmp_path_factory, photographs):
    folder = photographs / "fish"
    return Dataset.create(
        tmp_path_factory.mktemp("fish") / "data", folder / "images", ["fish"], folder / "masks"
    )


@pytest.fixture(scope="module")
def yeast(tmp_path_factory, photographs):
    folder = photographs / "yeast"
    return Dataset.create(
        tmp_path_factory.mktemp("yeast") / "data",
        folder / "images",
        ["mother", "daughter"],
        folder / "masks",
    )


@pytest.fixture(scope="module")
def few(coin_dataset):
    return coin_dataset.subset(coin_dataset.stems[:4])


@pytest.fixture
def spoilt(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    return data.subset(data.stems[:4])
