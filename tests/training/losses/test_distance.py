import numpy as np

from notebook_seg.training.batches import one_hot
from notebook_seg.training.losses.distance import distance_to, signed_distance
from tests.training.losses import references


def test_distances_are_those_of_scipy_up_to_the_radius():
    target = np.random.default_rng(0).random((2, 40, 60, 2)) < 0.002
    found = np.asarray(distance_to(target.astype(np.float32)))
    for picture, channel in np.ndindex(2, 2):
        at = target[picture, ..., channel]
        np.testing.assert_allclose(found[picture, ..., channel], references.nearest(at), rtol=1e-6)
    assert found.max() == references.RADIUS


def test_unlabelled_pixels_are_no_boundary():
    masks = np.ones((1, 1, 8), np.uint8)
    masks[..., 4:] = 255
    inside = np.asarray(signed_distance(one_hot(masks, 2)))[0, 0, :4, 1]
    np.testing.assert_array_equal(inside, -references.RADIUS)
