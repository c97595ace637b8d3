import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.augmentation import AUGMENTATIONS, augmenter, compose
from notebook_seg.training.augmentation.library import albumentations

CHANGING = [name for name in AUGMENTATIONS if name != "none"]


def leaves(transforms):
    for transform in transforms:
        if isinstance(transform, albumentations().BaseCompose):
            yield from leaves(transform.transforms)
        else:
            yield transform


def overlap_of_shown_and_drawn(image, mask):
    grey = image.mean(-1)
    bright = grey > (np.percentile(grey, 2) + np.percentile(grey, 98)) / 2
    # What is drawn may be the dark part, once dark and bright have changed places.
    return max(
        (shown & (mask > 0)).sum() / (shown | (mask > 0)).sum() for shown in (bright, ~bright)
    )


@pytest.mark.parametrize("name", CHANGING)
def test_label_values_survive(name, labels):
    image = np.zeros((*labels.shape, 3), np.uint8)
    augment = augmenter(name)
    for seed in range(60):
        _, mask = augment(image, labels, seed)
        assert set(np.unique(mask)) <= {0, 1, 2, 255}


@pytest.mark.parametrize("name", CHANGING)
def test_every_transform_of_a_preset_moves_image_and_mask_in_step(name, labels):
    mask = (labels > 0).astype(np.uint8)
    image = np.repeat(40 + 170 * mask[..., None], 3, axis=2).astype(np.uint8)
    shown = [t for t in leaves(compose(name).transforms) if type(t).__name__ != "CoarseDropout"]
    for transform in shown:
        transform.p = 1
        alone = albumentations().Compose([transform])
        for seed in range(10):
            alone.set_random_seed(seed)
            moved = alone(image=image, mask=mask)
            overlap = overlap_of_shown_and_drawn(moved["image"], moved["mask"])
            assert overlap > 0.92, (transform, seed)


@pytest.mark.parametrize("name", CHANGING)
def test_the_whole_preset_keeps_image_and_mask_in_step(name, labels):
    mask = (labels > 0).astype(np.uint8)
    image = np.repeat(40 + 170 * mask[..., None], 3, axis=2).astype(np.uint8)
    augment = augmenter(name)
    overlaps = [overlap_of_shown_and_drawn(*augment(image, mask, seed)) for seed in range(40)]
    assert np.median(overlaps) > 0.95
    assert min(overlaps) > 0.6  # "strong" hides parts of the picture


@pytest.mark.parametrize("name", CHANGING)
def test_different_seeds_give_different_pictures_and_the_same_seed_the_same(name, labels, image):
    augment = augmenter(name)
    first, again, other = (augment(image, labels, seed)[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_none_changes_nothing(labels, image):
    same_image, same_labels = augmenter("none")(image, labels, 3)
    assert (same_image == image).all()
    assert (same_labels == labels).all()


def test_each_preset_changes_pictures_more_than_the_weaker_one(coin_dataset):
    image, mask = coin_dataset.image("coin_01"), coin_dataset.mask("coin_01")

    def change(name):
        augment = augmenter(name)
        colours = [augment(image, mask, seed)[0].mean((0, 1)) for seed in range(60)]
        return np.std(colours, axis=0).mean()

    assert change("none") < 1e-6
    assert change("none") < change("light") < change("medium") < change("strong")


@pytest.mark.parametrize(("name", "upside_down"), [("specimen", False), ("microscopy", True)])
def test_only_under_a_microscope_a_picture_may_stand_on_its_head(name, upside_down, image):
    top = np.zeros(image.shape[:2], np.uint8)
    top[:48] = 1
    augment = augmenter(name)
    masks = [augment(image, top, seed)[1] for seed in range(40)]
    assert any(m[-10:].mean() > m[:10].mean() for m in masks) == upside_down


def test_dark_and_bright_change_places_now_and_then(labels):
    image = np.full((*labels.shape, 3), 20, np.uint8)

    def times_bright(name):
        augment = augmenter(name)
        return sum(augment(image, labels, seed)[0].mean() > 128 for seed in range(40))

    assert times_bright("microscopy") == 0
    assert 4 < times_bright("microscopy_inverted") < 20


def test_an_unknown_augmentation_is_told_with_a_hint():
    with pytest.raises(OptionError, match="did you mean 'specimen'"):
        augmenter("specimens")
