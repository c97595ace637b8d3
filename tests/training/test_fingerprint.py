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


@pytest.fixture
def scribbled(tmp_path):
    """Coins with a stroke through each, and one through what is beside it."""
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.stems:
        coin = data.mask(stem)
        rows, columns = (int(np.median(at)) for at in np.nonzero(coin == 1))
        mask = np.full_like(coin, 255)
        mask[rows : rows + 3, columns - 9 : columns + 9] = 1
        mask[:3] = np.where(coin[:3] == 0, 0, 255)
        data.save_mask(stem, mask)
    return data


def test_a_stroke_is_not_taken_for_an_object(scribbled):
    seen = fingerprint(scribbled, scribbled.stems)
    assert seen.smallest_object is None
    assert seen.framed
    assert 0 < seen.shares["coin"] < 1
    plan = make_plan(scribbled, scribbled.stems, minutes=5)
    assert plan.scale.long_side == 384
    assert "no object is drawn as a whole" in plan.reasons["scale"]


def test_an_object_with_background_around_it_is_measured_wherever_it_is(scribbled):
    stem = scribbled.stems[0]
    mask = scribbled.mask(stem)
    mask[10:30, 10:30] = 0
    mask[15:25, 15:25] = 1
    scribbled.save_mask(stem, mask)
    seen = fingerprint(scribbled, scribbled.stems)
    assert seen.smallest_object == pytest.approx(2 * np.sqrt(100 / np.pi))


def test_masks_that_are_drawn_as_a_whole_outweigh_strokes(scribbled, coin_dataset):
    whole = fingerprint(coin_dataset, coin_dataset.stems[:3])
    for stem in scribbled.stems[:3]:
        scribbled.save_mask(stem, coin_dataset.mask(stem))
    seen = fingerprint(scribbled, scribbled.stems)
    assert (seen.framed, seen.smallest_object) == (whole.framed, whole.smallest_object)


def test_the_smallest_object_is_that_of_the_smaller_class(yeast):
    assert 10 < fingerprint(yeast, yeast.labelled).smallest_object < 40
