import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from notebook_seg.labelling.assist import Scissors


@pytest.fixture
def disc():
    rows, columns = np.mgrid[:200, :240]
    pixels = np.hypot(rows - 100, columns - 120) < 70
    return np.where(pixels[..., np.newaxis], np.uint8(60), np.uint8(210)).repeat(3, axis=2)


def test_the_way_goes_around_a_disc_and_not_across(disc):
    way = Scissors(disc).path((120 - 70, 100), (120, 100 - 70))
    assert np.abs(np.hypot(*(way - (120, 100)).T) - 70).max() < 3
    assert len(way) > 70


def test_the_way_clings_to_a_fish(fishes):
    away = []
    for image, fish in fishes:
        border = distance_transform_edt(fish) + distance_transform_edt(~fish)
        middle = int(np.median(np.nonzero(fish)[1]))
        columns = (middle - 40, middle + 40)
        start, stop = [(column, int(np.argmax(fish[:, column]))) for column in columns]
        x, y = np.round(Scissors(image).path(start, stop)).astype(int).T
        away.append(np.median(border[y, x]))
    assert np.median(away) < 4


def test_both_ends_are_kept_as_they_were_given(disc):
    start, stop = (30.25, 40.75), (90.5, 20.125)
    way = Scissors(disc).path(start, stop)
    np.testing.assert_array_equal(way[[0, -1]], [start, stop])


def test_the_way_has_no_gaps(disc):
    way = Scissors(disc).path((50, 100), (120, 30))
    assert np.hypot(*np.diff(way, axis=0).T).max() < 2


def test_moving_the_end_gives_the_same_as_starting_anew(disc):
    moved = Scissors(disc)
    for stop in [(60, 60), (200, 150), (80, 40), (120, 30)]:
        way = moved.path((50, 100), stop)
        np.testing.assert_array_equal(way, Scissors(disc).path((50, 100), stop))


def test_moving_the_end_works_the_map_out_once(disc):
    scissors = Scissors(disc)
    scissors.path((50, 100), (70, 60))
    disc[:] = 0
    before = scissors.path((50, 100), (120, 30))
    assert np.abs(np.hypot(*(before - (120, 100)).T) - 70).max() < 3
    assert np.abs(np.hypot(*(Scissors(disc).path((50, 100), (120, 30)) - (120, 100)).T)).min() < 60


def test_from_one_point_to_itself_there_are_the_two_ends(disc):
    way = Scissors(disc).path((40, 50), (40, 50))
    np.testing.assert_array_equal(way, [(40, 50), (40, 50)])


def test_ends_outside_the_picture_are_kept_and_the_way_between_is_inside(disc):
    way = Scissors(disc).path((-30, 20), (900, 1e6))
    np.testing.assert_array_equal(way[[0, -1]], [(-30, 20), (900, 1e6)])
    assert (way[1:-1] >= -0.5).all()
    assert (way[1:-1] < (240, 200)).all()


def test_points_that_are_not_finite_give_a_straight_line(disc):
    assert len(Scissors(disc).path((np.nan, 3), (9, 9))) == 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (3, 3)])
@pytest.mark.parametrize("color", [0, 255])
def test_a_picture_of_a_few_pixels_is_no_trouble(shape, color):
    way = Scissors(np.full((*shape, 3), color, np.uint8)).path((0, 0), (shape[1] - 1, shape[0] - 1))
    np.testing.assert_array_equal(way[[0, -1]], [(0, 0), (shape[1] - 1, shape[0] - 1)])


def test_points_far_apart_in_a_huge_picture_are_joined():
    image = np.full((6000, 8000, 3), 230, np.uint8)
    image[3000:] = 20
    way = Scissors(image).path((500, 3000), (7500, 3000))
    assert np.abs(way[:, 1] - 3000).max() < 100
    assert len(way) > 100
