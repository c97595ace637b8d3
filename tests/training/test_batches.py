import itertools
import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.batches import PatchBatches, as_channels, whole_image
from notebook_seg.training.examples import Example


def unscaled(images):
    return images.astype(np.float32)


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    common = np.zeros((160, 200), np.uint8)
    common[40:120, 40:160] = 1
    with_rare = common.copy()
    with_rare[100:104, 150:154] = 2
    return [
        Example(rng.integers(0, 255, (160, 200, 3), np.uint8), mask) for mask in (common, with_rare)
    ]


def batches_of(examples, **changes):
    options = {
        "n_classes": 3,
        "patch": (64, 96),
        "batch_size": 4,
        "augmentation": "specimen",
        "preprocess": unscaled,
    }
    return PatchBatches(examples, **{**options, **changes})


def test_a_batch_has_the_shapes_that_the_network_expects(examples):
    images, truth = batches_of(examples).batch(0)
    assert images.shape == (4, 64, 96, 3)
    assert truth.shape == (4, 64, 96, 3)
    assert (truth.sum(-1) <= 1).all()


def test_the_same_seed_gives_the_same_batches_and_another_others(examples):
    first, again, other = (batches_of(examples, seed=seed).batch(2)[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_batches_come_in_order_however_the_threads_run(examples):
    batches = batches_of(examples)
    for index, (images, _) in enumerate(itertools.islice(batches.stream(), 12)):
        np.testing.assert_array_equal(images, batches.batch(index)[0])


def test_a_stream_that_goes_on_gives_what_would_have_come(examples):
    batches = batches_of(examples)
    through = list(itertools.islice(batches.stream(), 6))
    resumed = list(itertools.islice(batches_of(examples).stream(start=4), 2))
    for (images, truth), (images_again, truth_again) in zip(through[4:], resumed, strict=True):
        np.testing.assert_array_equal(images, images_again)
        np.testing.assert_array_equal(truth, truth_again)


def test_closing_the_stream_ends_its_threads(examples):
    before = threading.active_count()
    stream = batches_of(examples).stream()
    next(stream)
    assert threading.active_count() > before
    stream.close()
    assert threading.active_count() == before


def test_a_batch_that_is_no_longer_wanted_is_given_up(examples):
    ended = threading.Event()
    ended.set()
    with pytest.raises(CancelledError):
        batches_of(examples).batch(0, ended)


def test_no_two_batches_are_alike(examples):
    first, second = itertools.islice(batches_of(examples).stream(), 2)
    assert (first[0] != second[0]).any()


def test_a_rare_class_is_shown_far_more_often_than_chance(examples):
    batches = batches_of(examples, augmentation="none")
    shown = np.mean([truth[..., 2].any() for i in range(50) for truth in batches.batch(i)[1]])
    by_chance = 0.5 * (64 * 96) / (160 * 200)
    assert shown > 2 * by_chance


def test_the_share_of_patches_with_a_class_follows_the_choice(examples):
    def share(sampling):
        batches = batches_of(examples, augmentation="none", sampling=sampling)
        return np.mean([t[..., 2].any() for i in range(40) for t in batches.batch(i)[1]])

    assert share(0.0) < share(0.5) < share(1.0)


def test_each_class_is_shown_about_as_often_as_the_others(examples):
    batches = batches_of(examples, patch=(32, 32), augmentation="none", sampling=1.0)
    truth = np.concatenate([batches.batch(i)[1] for i in range(60)])
    with_rare = truth[..., 2].any((1, 2)).mean()
    assert 0.4 < with_rare < 0.75


def test_what_a_person_sees_is_what_the_network_is_given(examples):
    batches = batches_of(examples)
    (images, masks), (given, truth) = batches.patches(1), batches.batch(1)
    assert images.dtype == masks.dtype == np.uint8
    np.testing.assert_array_equal(unscaled(images), given)
    np.testing.assert_array_equal(masks[truth.any(-1)], truth.argmax(-1)[truth.any(-1)])


def test_pictures_are_left_as_they_were(examples):
    before = [e.image.copy() for e in examples]
    batches_of(examples, patch=(160, 192), augmentation="specimen").batch(0)
    for example, image in zip(examples, before, strict=True):
        np.testing.assert_array_equal(example.image, image)


def test_a_network_for_grey_pictures_gets_one_channel(examples):
    images, truth = batches_of(examples, channels=1).batch(0)
    assert images.shape == (4, 64, 96, 1)
    assert truth.shape == (4, 64, 96, 3)
    seen = batches_of(examples).patches(0)[0]
    np.testing.assert_allclose(images[..., 0], seen @ [0.299, 0.587, 0.114], atol=1)
    assert whole_image(examples[0], 3, unscaled, channels=1)[0].shape == (1, 160, 224, 1)


def test_channels_that_photographs_do_not_have_are_refused(examples):
    with pytest.raises(OptionError, match="Received: 4"):
        as_channels(examples[0].image, 4)


def test_unlabelled_pixels_have_no_truth(examples):
    masked = [Example(e.image, np.full_like(e.mask, 255)) for e in examples]
    assert not batches_of(masked).batch(0)[1].any()


def test_a_picture_smaller_than_a_patch_is_padded_with_unlabelled_pixels():
    tiny = Example(np.full((40, 50, 3), 9, np.uint8), np.ones((40, 50), np.uint8))
    images, truth = batches_of([tiny], augmentation="none").batch(0)
    assert images.shape == (4, 64, 96, 3)
    assert (truth.sum((1, 2, 3)) == 40 * 50).all()


def test_pictures_in_which_nothing_is_drawn_still_make_batches(examples):
    empty = [Example(e.image, np.zeros_like(e.mask)) for e in examples]
    assert batches_of(empty).batch(0)[1][..., 0].all()


def test_a_whole_image_is_padded_to_the_stride_without_labels(examples):
    cut = Example(examples[0].image[:150], examples[0].mask[:150])
    image, truth = whole_image(cut, 3, unscaled)
    assert image.shape == (1, 160, 224, 3)
    assert truth.sum() == 150 * 200
