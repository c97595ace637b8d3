import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.training.fingerprint import fingerprint


@pytest.fixture
def spotted(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    data = data.subset(data.stems[:2])
    for stem in data.stems:
        mask = np.zeros(data.image_size(stem), np.uint8)
        mask[10:14, 10:14] = mask[30:34, 30:34] = 1
        mask[:, -20:] = 255
        data.save_mask(stem, mask)
    return data


def test_sizes_and_shares_are_those_of_the_masks(spotted):
    seen = fingerprint(spotted, spotted.stems)
    height, width = np.median([spotted.image_size(stem) for stem in spotted.stems], axis=0)
    assert (seen.height, seen.width) == (height, width)
    assert seen.smallest_object == pytest.approx(2 * np.sqrt(16 / np.pi))
    assert not seen.framed
    labelled = sum(h * (w - 20) for h, w in map(spotted.image_size, spotted.stems))
    assert seen.shares == {"coin": pytest.approx(2 * 32 / labelled)}


def test_the_rarest_class_is_the_one_that_covers_least(tmp_path, photographs):
    folder = photographs / "leaf"
    data = Dataset.create(
        tmp_path / "leaf", folder / "images", ["leaf", "symptom"], folder / "masks"
    )
    assert fingerprint(data, data.labelled[:3]).rarest == "symptom"
