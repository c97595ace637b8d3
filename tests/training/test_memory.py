import psutil

from notebook_seg.training.device import precision
from notebook_seg.training.memory import (
    bytes_of_patch,
    free_memory,
    patches_that_fit,
    smaller_batch,
)
from notebook_seg.training.networks import build_network


def small_unet():
    return build_network("small_unet", "none", n_classes=2)


def test_half_the_precision_takes_about_half_the_memory():
    with precision("mixed_bfloat16"):
        half = small_unet()
    share = bytes_of_patch(half, (64, 64)) / bytes_of_patch(small_unet(), (64, 64))
    assert 0.5 <= share < 0.6


def test_more_patches_fit_when_they_are_smaller():
    network = small_unet()
    assert patches_that_fit(network, (64, 64)) > 2 * patches_that_fit(network, (256, 256))


def test_where_nothing_fits_one_patch_is_tried():
    assert patches_that_fit(small_unet(), (1 << 20, 1 << 20)) == 1


def test_no_more_is_free_than_there_is():
    assert 0 < free_memory() <= psutil.virtual_memory().total


def test_smaller_batches_leave_every_gpu_its_share_until_there_is_nothing_to_share():
    assert [smaller_batch(size, multiple=2) for size in (8, 6, 4, 2)] == [4, 2, 2, 0]
