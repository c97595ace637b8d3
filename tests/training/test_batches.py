import numpy as np
import pytest

from notebook_seg.training.batches import Example, PatchBatches, WholeImages


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
        "steps": 5,
        "augmentation": "specimen",
        "preprocess": unscaled,
    }
    return PatchBatches(examples, **{**options, **changes})


def test_a_batch_has_the_shapes_that_the_network_expects(examples):
    images, truth = batches_of(examples)[0]
    assert images.shape == (4, 64, 96, 3)
    assert truth.shape == (4, 64, 96, 3)
    assert (truth.sum(-1) <= 1).all()


def test_the_same_seed_gives_the_same_batches_and_another_others(examples):
    first, again, other = (batches_of(examples, seed=seed)[2][0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_epochs_differ(examples):
    batches = batches_of(examples)
    before = batches[0][0]
    batches.on_epoch_end()
    assert (batches[0][0] != before).any()


def test_a_rare_class_is_shown_far_more_often_than_chance(examples):
    batches = batches_of(examples, augmentation="none", steps=50)
    shown = np.mean([truth[..., 2].any() for i in range(50) for truth in batches[i][1]])
    by_chance = 0.5 * (64 * 96) / (160 * 200)
    assert shown > 2 * by_chance


def test_unlabelled_pixels_have_no_truth(examples):
    masked = [Example(e.image, np.full_like(e.mask, 255)) for e in examples]
    assert not batches_of(masked)[0][1].any()


def test_a_picture_smaller_than_a_patch_is_padded_with_unlabelled_pixels():
    tiny = Example(np.full((40, 50, 3), 9, np.uint8), np.ones((40, 50), np.uint8))
    images, truth = batches_of([tiny], augmentation="none")[0]
    assert images.shape == (4, 64, 96, 3)
    assert (truth.sum((1, 2, 3)) == 40 * 50).all()


def test_pictures_in_which_nothing_is_drawn_still_make_batches(examples):
    empty = [Example(e.image, np.zeros_like(e.mask)) for e in examples]
    assert batches_of(empty)[0][1][..., 0].all()


def test_whole_images_are_padded_to_the_stride_without_labels(examples):
    image, truth = WholeImages(
        [Example(e.image[:150], e.mask[:150]) for e in examples], 3, unscaled
    )[0]
    assert image.shape == (1, 160, 224, 3)
    assert truth.sum() == 150 * 200
