import numpy as np
import pytest
from skimage.transform import resize

from notebook_seg.training.architectures.pspnet import AverageBins, ResizeLike


def image(height, width):
    return np.random.default_rng(0).uniform(0, 1, (2, height, width, 3)).astype(np.float32)


@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_where_sides_divide_each_part_is_averaged(bins):
    pixels = image(12, 18)
    parts = pixels.reshape(2, bins, 12 // bins, bins, 18 // bins, 3)
    expected = parts.mean(axis=(2, 4))
    np.testing.assert_allclose(AverageBins(bins)(pixels), expected, rtol=1e-5)


def test_where_a_side_is_shorter_than_the_parts_no_part_is_empty():
    averages = np.asarray(AverageBins(6)(image(4, 1)))
    assert averages.shape == (2, 6, 6, 3)
    np.testing.assert_allclose(averages[:, 0, 0], image(4, 1)[:, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(averages[:, 1, 0], image(4, 1)[:, :2, 0].mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(averages[:, -1, -1], image(4, 1)[:, -1, -1], rtol=1e-6)


def test_a_map_is_brought_to_the_size_of_another():
    small, large = image(2, 3)[:1], image(8, 12)[:1]
    resized = np.asarray(ResizeLike()([small, large]))
    expected = resize(small[0], (8, 12), order=1, mode="edge")
    np.testing.assert_allclose(resized[0], expected, atol=1e-5)
