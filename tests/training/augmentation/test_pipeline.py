import json

import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.augmentation import AUGMENTATIONS, augmentation_as_plain, compose
from notebook_seg.training.augmentation.library import albumentations
from notebook_seg.training.augmentation.pipeline import transformed


@pytest.fixture(scope="module")
def a():
    return albumentations()


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_preset_survives_a_file(name, labels, image):
    plain = augmentation_as_plain(compose(name))
    again = json.loads(json.dumps(plain))
    assert again == plain
    for seed in range(5):
        first = transformed(compose(name), image, labels, seed)
        second = transformed(compose(again), image, labels, seed)
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


def test_a_preset_can_be_edited(a, labels, image):
    pipeline = compose("light")
    pipeline.transforms = [*pipeline.transforms, a.InvertImg(p=1)]
    edited = compose(augmentation_as_plain(pipeline))
    assert [type(t).__name__ for t in edited.transforms][-1] == "InvertImg"
    plain = transformed(compose("light"), image, labels, 4)[0]
    np.testing.assert_array_equal(transformed(edited, image, labels, 4)[0], 255 - plain)


def test_editing_a_preset_leaves_the_preset_alone():
    compose("light").transforms.clear()
    assert len(compose("light").transforms) == 3


def test_a_transform_or_a_list_of_them_is_a_pipeline(a):
    alone, listed = augmentation_as_plain(a.VerticalFlip()), augmentation_as_plain([a.Transpose()])
    assert type(compose(alone).transforms[0]).__name__ == "VerticalFlip"
    assert type(compose(listed).transforms[0]).__name__ == "Transpose"


def test_the_users_own_pipeline_is_not_changed_by_the_trial(a):
    pipeline = a.Compose([a.HorizontalFlip()], seed=5)
    image, mask = np.arange(48, dtype=np.uint8).reshape(4, 4, 3), np.zeros((4, 4), np.uint8)
    expected = a.Compose([a.HorizontalFlip()], seed=5)(image=image, mask=mask)["image"]
    augmentation_as_plain(pipeline)
    np.testing.assert_array_equal(pipeline(image=image, mask=mask)["image"], expected)


def test_a_mask_that_would_be_mixed_is_refused(a):
    mixing = a.Affine(rotate=(20, 40), mask_interpolation=1, p=1)
    with pytest.raises(OptionError, match="must not mix the values of a mask"):
        augmentation_as_plain([mixing])


def test_values_that_the_network_does_not_expect_are_refused(a):
    with pytest.raises(OptionError, match=r"uint8 became .* float32"):
        augmentation_as_plain([a.Normalize()])


def test_a_crop_is_judged_by_the_patch(a):
    crop = [a.RandomResizedCrop(size=(64, 96))]
    assert isinstance(augmentation_as_plain(crop, patch=(64, 96)), dict)
    with pytest.raises(OptionError, match="leave cropping to patch"):
        augmentation_as_plain(crop, patch=(96, 96))


def test_a_transform_that_fails_is_told_in_one_line(a):
    with pytest.raises(OptionError, match="fails on a patch of 64 x 96") as error:
        augmentation_as_plain([a.RandomCrop(400, 400)], patch=(64, 96))
    assert "\n" not in str(error.value)


def test_a_lambda_is_refused(a):
    def shift(image, **_):
        return image + 1

    for transform in (a.Lambda(image=shift), a.Lambda(image=shift, name="shift")):
        with pytest.raises(OptionError, match=r"cannot be (kept|read)"):
            augmentation_as_plain([transform])


@pytest.mark.parametrize("wrong", [3, None, ["specimen"], {"p": 1}, {"transform": "x"}, "fog"])
def test_what_is_no_augmentation_is_refused_in_one_line(wrong):
    with pytest.raises(OptionError) as error:
        augmentation_as_plain(wrong)
    assert "\n" not in str(error.value)


def test_a_pipeline_of_another_version_is_told_when_it_is_needed_and_not_before():
    plain = {"__version__": "9", "transform": {"__class_fullname__": "Telepathy", "p": 1}}
    assert augmentation_as_plain(plain) == plain
    with pytest.raises(OptionError, match="cannot be read by albumentations 2"):
        compose(plain)
