import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.training import Plan
from notebook_seg.training.augmentation import compose
from notebook_seg.workflow.preview import AugmentedPatches, preview_augmentation

PLAN = Plan(epochs=1, patch=(64, 96))


@pytest.fixture(scope="module")
def patches(coin_dataset):
    return AugmentedPatches(coin_dataset, PLAN)


def test_patches_are_those_that_a_training_would_see(patches):
    before, after = patches.draw("specimen", n=3)
    assert all(image.shape == (64, 96, 3) for image, _ in before + after)
    assert all(mask.shape == (64, 96) for _, mask in before + after)
    assert any((a[0] != b[0]).any() for a, b in zip(before, after, strict=True))


def test_the_upper_row_shows_the_places_that_were_augmented(patches):
    before, after = patches.draw("none", n=4, seed=2)
    for (image, mask), (again, mask_again) in zip(before, after, strict=True):
        np.testing.assert_array_equal(image, again)
        np.testing.assert_array_equal(mask, mask_again)


def test_grey_networks_are_shown_grey_patches(coin_dataset):
    grey = AugmentedPatches(coin_dataset, PLAN.replace(channels=1))
    for image, _ in grey.draw("strong", n=2)[1]:
        assert (image == image[..., :1]).all()


def test_the_figure_holds_each_patch_twice_and_says_what_was_done(coin_dataset):
    figure = preview_augmentation(coin_dataset, compose("light"), n=5, plan=PLAN)
    headings = [axes.get_title() for axes in figure.axes]
    assert headings.count("as it is") == headings.count("augmented") == 5
    assert "HorizontalFlip" in figure.get_suptitle()


def test_the_plan_chooses_where_nobody_does(coin_dataset):
    figure = preview_augmentation(coin_dataset, n=1)
    assert figure.get_suptitle() == "Augmentation: specimen"


@pytest.mark.parametrize("wrong", [{"augmentation": "fog"}, {"n": 0}])
def test_what_makes_no_sense_is_told(coin_dataset, wrong):
    with pytest.raises(OptionError):
        preview_augmentation(coin_dataset, plan=PLAN, **wrong)


def test_a_dataset_without_masks_is_told_to_draw_some(coin_dataset, tmp_path):
    bare = Dataset.create(tmp_path / "bare", coin_dataset.folder / "images", ["coin"])
    with pytest.raises(DatasetError, match="draw some masks first"):
        preview_augmentation(bare)
