import numpy as np
import pytest

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window


def test_points_go_to_the_window_and_back():
    window = Window.of(np.zeros((300, 500, 3), np.uint8), Box(20, 30, 300, 500), 9000)
    points = np.array([(30.0, 20.0), (431.5, 255.25)])
    np.testing.assert_allclose(window.to_picture(window.to_window(points)), points)


def test_the_corner_of_the_box_is_the_corner_of_the_window():
    window = Window.of(np.zeros((300, 500, 3), np.uint8), Box(20, 30, 300, 500), 9000)
    np.testing.assert_allclose(window.to_window(np.array([(29.5, 19.5)])), [(-0.5, -0.5)])


def test_a_small_box_is_not_copied():
    image = np.zeros((300, 500, 3), np.uint8)
    assert np.shares_memory(Window.of(image, Box.whole(image.shape), 150_000).pixels, image)


@pytest.mark.parametrize("shape", [(4000, 3000), (20_000, 7), (9, 90_000)])
def test_work_is_bounded(shape):
    window = Window.of(np.zeros(shape, np.uint8), Box.whole(shape), 10_000)
    assert window.pixels.size <= 11_000


@pytest.mark.parametrize("most", [10**9, 20_000, 2_000])
def test_a_region_comes_back_to_its_place(most):
    image = np.zeros((400, 600, 3), np.uint8)
    image[120:200, 250:420] = 255
    window = Window.of(image, Box(40, 60, 400, 600), most)
    box, inside = window.region(window.pixels[..., 0] > 127)
    np.testing.assert_allclose(box, (120, 250, 200, 420), atol=1.5 / window.scale.min())
    assert abs(inside.sum() - 80 * 170) < 0.1 * 80 * 170


def test_no_pixels_are_no_region():
    window = Window.of(np.zeros((400, 600), np.uint8), Box(0, 0, 400, 600), 2_000)
    assert window.region(np.zeros(window.pixels.shape, bool)) is None
