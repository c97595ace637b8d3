import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import TrainingError
from notebook_seg.training.fingerprint import fingerprint
from notebook_seg.training.planner import make_plan


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


@pytest.fixture
def objects_alone(tmp_path, coin_dataset):
    """Coins of which nobody has said what is beside them."""
    data = Dataset.create(tmp_path / "coins", coin_dataset.folder / "images", ["coin", "rim"])
    for stem in data.stems:
        data.save_mask(stem, np.where(coin_dataset.mask(stem) == 1, 1, 255))
    return data


def test_one_class_without_background_is_nothing_to_learn(objects_alone):
    with pytest.raises(TrainingError, match=r"Background is labelled nowhere .*Paint some"):
        fingerprint(objects_alone, objects_alone.stems)


def test_background_in_a_single_picture_is_enough(objects_alone):
    stem = objects_alone.stems[-1]
    objects_alone.save_mask(stem, np.where(objects_alone.mask(stem) == 1, 1, 0))
    assert 0 < fingerprint(objects_alone, objects_alone.stems).background < 0.2


def test_several_classes_without_background_are_told_of_in_the_plan(objects_alone):
    stem = objects_alone.stems[0]
    mask = objects_alone.mask(stem)
    mask[:9] = 2
    objects_alone.save_mask(stem, mask)
    plan = make_plan(objects_alone, objects_alone.stems, minutes=5)
    assert "background is labelled nowhere" in plan.reasons["sampling"]
