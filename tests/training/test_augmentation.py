import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from skimage.draw import disk

from notebook_seg.errors import OptionError
from notebook_seg.training.augmentation import AUGMENTATIONS, augmenter

CHANGING = [name for name in AUGMENTATIONS if name != "none"]


@pytest.fixture
def labels():
    mask = np.zeros((96, 128), np.uint8)
    for label, centre in {1: (30, 40), 2: (60, 90), 255: (80, 20)}.items():
        mask[disk(centre, 15, shape=mask.shape)] = label
    return mask


@pytest.mark.parametrize("name", CHANGING)
def test_label_values_survive(name, labels):
    image = np.zeros((*labels.shape, 3), np.uint8)
    for seed in range(30):
        _, mask = augmenter(name)(image, labels, seed)
        assert set(np.unique(mask)) <= {0, 1, 2, 255}


@pytest.mark.parametrize("name", CHANGING)
def test_image_and_mask_move_in_step(name, labels):
    mask = (labels > 0).astype(np.uint8)
    image = np.repeat(40 + 170 * mask[..., None], 3, axis=2).astype(np.uint8)
    for seed in range(30):
        moved_image, moved_mask = augmenter(name)(image, mask, seed)
        grey = moved_image.mean(-1)
        bright = grey > (np.percentile(grey, 2) + np.percentile(grey, 98)) / 2
        overlap = (bright & (moved_mask > 0)).sum() / (bright | (moved_mask > 0)).sum()
        assert overlap > 0.9, seed


@pytest.mark.parametrize("name", CHANGING)
def test_different_seeds_give_different_pictures_and_the_same_seed_the_same(name, labels):
    image = np.random.default_rng(0).integers(0, 255, (*labels.shape, 3), np.uint8)
    augment = augmenter(name)
    first, again, other = (augment(image, labels, seed)[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_threads_do_not_disturb_one_another(labels):
    image = np.random.default_rng(0).integers(0, 255, (*labels.shape, 3), np.uint8)
    augment = augmenter("specimen")
    alone = [augment(image, labels, seed)[0] for seed in range(16)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda seed: augment(image, labels, seed)[0], range(16)))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_none_changes_nothing(labels):
    image = np.random.default_rng(0).integers(0, 255, (*labels.shape, 3), np.uint8)
    same_image, same_labels = augmenter("none")(image, labels, 3)
    assert (same_image == image).all()
    assert (same_labels == labels).all()


def test_the_environment_is_left_as_it_was(labels):
    augmenter("specimen")(np.zeros((*labels.shape, 3), np.uint8), labels, 0)
    assert "NO_ALBUMENTATIONS_UPDATE" not in os.environ


def test_threads_that_begin_together_leave_the_environment_as_it_was():
    source = """
import os
from concurrent.futures import ThreadPoolExecutor
from notebook_seg.training.augmentation import _albumentations

with ThreadPoolExecutor(8) as threads:
    assert len(set(threads.map(lambda _: _albumentations(), range(8)))) == 1
assert "NO_ALBUMENTATIONS_UPDATE" not in os.environ
"""
    assert subprocess.run([sys.executable, "-c", source], timeout=120).returncode == 0


def test_an_unknown_augmentation_is_told_with_a_hint():
    with pytest.raises(OptionError, match="did you mean 'specimen'"):
        augmenter("specimens")
