import itertools

import numpy as np
import pytest

from notebook_seg.prediction.augmented import View, averaged, views_of
from notebook_seg.training import recipes
from notebook_seg.training.augmentation import AUGMENTATIONS, augmentation_as_plain, compose
from notebook_seg.training.augmentation.library import albumentations

ALL = [View(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 255, (2, 32, 64, 3), np.uint8)


def test_the_eight_views_differ_and_can_all_be_undone(images):
    square = images[:, :, :32]
    assert len({view.of(square).tobytes() for view in ALL}) == 8
    for view in ALL:
        np.testing.assert_array_equal(view.undo(view.of(images)), images)


def test_a_view_of_what_was_seen_another_way_is_a_view_of_the_picture(images):
    for one, other in itertools.product(ALL, repeat=2):
        both = one.after(other)
        np.testing.assert_array_equal(both.of(images), one.of(other.of(images)))


@pytest.mark.parametrize("preset", AUGMENTATIONS)
def test_what_the_training_kept_upright_is_not_turned(preset):
    views = views_of(preset)
    assert views[0] == View(0, mirrored=False)
    assert len(views) == {"microscopy": 8, "microscopy_inverted": 8, "none": 1}.get(preset, 2)


@pytest.mark.parametrize("recipe", [recipes.carvana, recipes.bgnn, recipes.ac295])
def test_nothing_is_mirrored_that_a_published_training_did_not_mirror(recipe):
    views = {"carvana": [(0, False)], "bgnn": [(0, False), (0, True)]}
    both_ways = [(0, False), (0, True), (2, False), (2, True)]
    assert list(views_of(recipe().augmentation)) == views.get(recipe.__name__, both_ways)


def test_the_views_of_a_pipeline_of_ones_own_are_what_it_does(images):
    a = albumentations()
    pipeline = compose("light")
    assert len(views_of(augmentation_as_plain(pipeline))) == 2
    pipeline.transforms = [*pipeline.transforms, a.VerticalFlip(p=0.5)]
    assert {view.turns for view in views_of(augmentation_as_plain(pipeline))} == {0, 2}
    for turning, views in (
        (a.RandomRotate90(p=0.5), {view for view in ALL if not view.mirrored}),
        (a.Rotate(limit=(-180, 180), p=1), {view for view in ALL if not view.mirrored}),
        (a.D4(p=0.5), set(ALL)),
        (a.VerticalFlip(p=0.5), {View(0, False), View(2, True)}),
        (a.Transpose(p=0.5), {View(0, False), View(1, True)}),
    ):
        within = a.OneOf([turning, a.GaussianBlur()], p=0.5)
        assert set(views_of(augmentation_as_plain(within))) == views


def test_flips_and_transposes_are_the_views_that_they_are_taken_for(images):
    a = albumentations()
    for transform in (a.HorizontalFlip(p=1), a.VerticalFlip(p=1), a.Transpose(p=1)):
        _, view = views_of(augmentation_as_plain(transform))
        for image, seen in zip(images, view.of(images), strict=True):
            np.testing.assert_array_equal(transform(image=image)["image"], seen)


def test_what_does_not_care_for_direction_is_predicted_as_without_views(images):
    def brightness(images):
        values = images.mean(-1, keepdims=True, dtype=np.float32) / 255
        return np.concatenate([1 - values, values], axis=-1)

    np.testing.assert_allclose(averaged(brightness, ALL)(images), brightness(images), rtol=1e-5)


def test_a_mean_over_views_is_the_same_for_each_of_them(images):
    def shades(images):
        rows = np.linspace(0, 1, images.shape[1], dtype=np.float32)[:, None, None]
        return images[..., :2] * rows

    predict = averaged(shades, ALL)
    for view in ALL:
        seen = view.undo(predict(view.of(images)))
        np.testing.assert_allclose(seen, predict(images), rtol=1e-4)


def test_one_view_goes_through_the_network_at_a_time(images):
    shapes = []

    def predict(images):
        shapes.append(images.shape)
        return images.astype(np.float32)

    averaged(predict, ALL)(images)
    assert sorted(shapes) == [(2, 32, 64, 3)] * 4 + [(2, 64, 32, 3)] * 4
