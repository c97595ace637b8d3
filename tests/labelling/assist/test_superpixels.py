import numpy as np
import pytest
from skimage.measure import label as connected_regions

from notebook_seg.labelling.assist import Superpixels


def test_one_point_gives_one_connected_piece_around_it(coin_scene, as_pixels):
    image, labels = coin_scene
    piece = as_pixels(Superpixels(image).region([(40, 30)]), labels.shape)
    assert piece[30, 40]
    assert connected_regions(piece).max() == 1
    assert 5 < piece.sum() < 400


def test_all_points_of_one_piece_give_it_again(coin_scene, as_pixels):
    image, labels = coin_scene
    superpixels = Superpixels(image)
    piece = superpixels.region([(40, 30)])
    for row, column in np.argwhere(as_pixels(piece, labels.shape))[::7]:
        again = superpixels.region([(column, row)])
        assert again.box == piece.box
        np.testing.assert_array_equal(again.inside, piece.inside)


def test_a_path_takes_the_pieces_between_its_points_too(coin_scene, as_pixels):
    image, labels = coin_scene
    superpixels = Superpixels(image)
    ends = as_pixels(superpixels.region([(10, 30)]), labels.shape)
    ends |= as_pixels(superpixels.region([(90, 30)]), labels.shape)
    path = as_pixels(superpixels.region([(10, 30), (90, 30)]), labels.shape)
    assert path[30, 10:91].all()
    assert (path & ends).sum() == ends.sum()
    assert path.sum() > 2 * ends.sum()


def test_pieces_that_were_painted_one_by_one_cover_what_a_path_covers(coin_scene, as_pixels):
    image, labels = coin_scene
    superpixels = Superpixels(image)
    single = [as_pixels(superpixels.region([(x, 30)]), labels.shape) for x in range(10, 91)]
    path = as_pixels(superpixels.region([(10, 30), (90, 30)]), labels.shape)
    np.testing.assert_array_equal(np.any(single, axis=0), path)


def test_a_fish_painted_column_by_column_has_nearly_its_own_outline(fishes, as_pixels, iou):
    reached = []
    for image, fish in fishes:
        superpixels = Superpixels(image)
        painted = np.zeros(fish.shape, bool)
        for column in np.flatnonzero(fish.sum(axis=0) > 20)[::6]:
            rows = np.flatnonzero(fish[:, column])
            region = superpixels.region([(column, rows[0] + 6), (column, rows[-1] - 6)])
            painted |= as_pixels(region, fish.shape)
        reached.append(iou(painted, fish))
    assert np.median(reached) > 0.9


def test_a_large_picture_has_borders_without_steps():
    rows, columns = np.ogrid[:3000, :4000]
    image = np.zeros((3000, 4000, 3), np.uint8)
    image[columns > 1500 + 0.3 * rows] = 255
    box, inside = Superpixels(image).region([(1480 + 450, 1500)])
    right = box.left + inside.shape[1] - inside[:, ::-1].argmax(axis=1)
    expected = 1500 + 0.3 * np.arange(box.top, box.bottom)
    middle = slice(len(right) // 3, 2 * len(right) // 3)
    assert np.abs(right - expected)[middle].max() < 8


@pytest.mark.parametrize("points", [[], [(-5, 3)], [(3, -5), (50, -2)], [(np.nan, 3)], [(99, 3)]])
def test_a_path_beside_the_picture_touches_nothing(points):
    assert Superpixels(np.zeros((40, 60, 3), np.uint8)).region(points) is None


def test_a_path_may_come_from_far_outside():
    region = Superpixels(np.zeros((40, 60, 3), np.uint8)).region([(-1e9, 20), (1e9, 20)])
    assert region.inside[20 - region.box.top].all()
    assert region.box.shape[1] == 60


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (9, 9), (2, 900)])
@pytest.mark.parametrize("color", [0, 255])
def test_a_picture_of_a_few_pixels_has_a_piece_under_every_point(shape, color):
    region = Superpixels(np.full((*shape, 3), color, np.uint8)).region([(0, 0)])
    assert region.inside[0, 0]
    assert region.box[:2] == (0, 0)
