"""The right advice comes first where something was broken on purpose before a real training."""

import shutil

import pytest

from notebook_seg.data import Dataset
from notebook_seg.training.scale import WorkingScale
from notebook_seg.workflow import advise, train

pytestmark = pytest.mark.long

QUICK = {
    "scale": WorkingScale(long_side=128),
    "patch": (128, 128),
    "batch_size": 4,
    "epochs": 12,
    "steps": 20,
    "progress": False,
    "seed": 0,
}


@pytest.fixture
def trained(tmp_path, encoder_weights):
    """Train for a minute or so."""

    def training(data, **choices):
        return train(
            data, tmp_path / "model", **QUICK | {"encoder_weights": encoder_weights} | choices
        )

    return training


def first_advice(model, data):
    return advise(model, data, progress=False)[0]


def crossed(data, one, other):
    """Give each of two pictures the mask of the other, as far as it reaches."""
    masks = {one: data.mask(other), other: data.mask(one)}
    for stem, mask in masks.items():
        height, width = data.image(stem).shape[:2]
        drawn = data.mask(stem) * 0
        part = mask[:height, :width]
        drawn[: part.shape[0], : part.shape[1]] = part
        data.save_mask(stem, drawn)


def test_masks_that_were_swapped_are_found(tmp_path, trained):
    data = Dataset.sample(tmp_path / "coins")
    crossed(data, "coin_01", "coin_05")
    advice = first_advice(trained(data, test=0.25), data)
    assert advice.topic == "probably mislabelled"
    # One of the two may be learned all the same.
    assert advice.stems
    assert set(advice.stems) <= {"coin_01", "coin_05"}


def test_a_class_that_was_taken_out_of_all_masks_is_missed(tmp_path, trained):
    coins = Dataset.sample(tmp_path / "coins")
    data = Dataset.create(tmp_path / "data", coins.folder / "images", classes=["coin", "rim"])
    for stem in coins.stems:
        data.save_mask(stem, coins.mask(stem))
    advice = first_advice(trained(data, test=0.25), data)
    assert advice.topic == "class without training pictures"
    assert "rim" in advice.sentence


def test_copies_on_both_sides_of_the_split_are_found(tmp_path, trained):
    coins = Dataset.sample(tmp_path / "coins")
    photographs, masks = tmp_path / "photographs", tmp_path / "masks"
    for source, target in (("images", photographs), ("masks", masks)):
        target.mkdir()
        for path in (coins.folder / source).iterdir():
            shutil.copy(path, target / path.name)
            shutil.copy(path, target / f"again_{path.name}")
    data = Dataset.create(tmp_path / "data", photographs, masks=masks, classes=["coin"])
    advice = first_advice(trained(data, test=0.25), data)
    assert advice.topic == "leaking split"
    assert len(advice.stems) >= 2


def test_a_working_scale_at_which_nuclei_are_a_few_pixels_is_found(tmp_path, trained, photographs):
    nuclei = photographs / "nuclei"
    data = Dataset.create(
        tmp_path / "data", nuclei / "images", masks=nuclei / "masks", classes=["nucleus"]
    )
    small = WorkingScale(long_side=32)
    model = trained(data, test=0.25, scale=small, patch=(32, 32))
    assert first_advice(model, data).topic in ("objects too small", "small objects")


def test_learning_one_picture_by_heart_is_found(tmp_path, trained, photographs):
    fish = photographs / "fish"
    data = Dataset.create(
        tmp_path / "data",
        fish / "images",
        masks=fish / "masks",
        values={0: "background", 255: "fish"},
    )
    model = trained(
        data.subset(data.stems[:1]), validation=0.0, augmentation="none", freeze="nothing"
    )
    # Only the mask of a fish that it sees quite otherwise may come before.
    assert "overfitting" in [a.topic for a in advise(model, data, progress=False)[:2]]
