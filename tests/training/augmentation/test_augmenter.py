from concurrent.futures import ThreadPoolExecutor

import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.augmentation import augmentation_as_plain, augmenter
from notebook_seg.training.augmentation.library import albumentations


@pytest.mark.parametrize("name", ["specimen", "strong"])
def test_threads_do_not_disturb_one_another(name, labels, image):
    augment = augmenter(name)
    alone = [augment(image, labels, seed)[0] for seed in range(16)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda seed: augment(image, labels, seed)[0], range(16)))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_ones_own_pipeline_acts_as_a_preset_does(labels, image):
    own = augmentation_as_plain([albumentations().HorizontalFlip(p=1)])
    moved_image, moved_labels = augmenter(own)(image, labels, 0)
    assert (moved_image == image[:, ::-1]).all()
    assert (moved_labels == labels[:, ::-1]).all()


def test_a_pipeline_that_does_not_fit_the_patch_is_told(labels, image):
    crop = augmentation_as_plain([albumentations().RandomCrop(256, 256)])
    with pytest.raises(OptionError, match="patch of 96 x 128"):
        augmenter(crop)(image, labels, 0)
