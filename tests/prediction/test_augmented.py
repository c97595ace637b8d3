import numpy as np
import pytest

from notebook_seg.prediction.augmented import View, averaged, views_of
from notebook_seg.training.augmentation import AUGMENTATIONS, augmentation_as_plain, compose

ALL = [View(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 255, (2, 32, 64, 3), np.uint8)


def test_the_eight_views_differ_and_can_all_be_undone(images):
    square = images[:, :, :32]
    assert len({view.of(square).tobytes() for view in ALL}) == 8
    for view in ALL:
        np.testing.assert_array_equal(view.undo(view.of(images)), images)


@pytest.mark.parametrize("preset", AUGMENTATIONS)
def test_what_the_training_kept_upright_is_not_turned(preset):
    views = views_of(preset)
    assert views[0] == View(0, mirrored=False)
    assert len(views) == (8 if preset == "microscopy" else 2)


def test_the_views_of_a_pipeline_of_ones_own_are_what_it_does(images):
    from notebook_seg.training.augmentation.library import albumentations

    a = albumentations()
    pipeline = compose("light")
    assert len(views_of(augmentation_as_plain(pipeline))) == 2
    pipeline.transforms = [*pipeline.transforms, a.VerticalFlip(p=0.5)]
    assert {view.turns for view in views_of(augmentation_as_plain(pipeline))} == {0, 2}
    for turning in (a.RandomRotate90(p=0.5), a.D4(p=0.5), a.Rotate(limit=(-180, 180), p=1)):
        within = a.OneOf([turning, a.GaussianBlur()], p=0.5)
        assert len(views_of(augmentation_as_plain(within))) == 8


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
