import cv2
import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.widgets.tiles import TILE, TilePyramid


@pytest.fixture
def image():
    """A picture with odd sides, smooth enough that a JPEG keeps it nearly as it is."""
    rows, columns = np.mgrid[0:1301, 0:2003]
    channels = [columns / 2003, rows / 1301, (rows + columns) / 3304]
    return (255 * np.stack(channels, axis=-1)).astype(np.uint8)


def decoded(tile):
    return cv2.imdecode(np.frombuffer(tile, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_the_coarsest_level_is_a_single_tile(image):
    tiles = TilePyramid(image)
    assert max(decoded(tiles.tile(tiles.levels - 1, 0, 0)).shape) <= TILE
    with pytest.raises(OptionError):
        tiles.tile(tiles.levels - 1, 0, 1)


def test_the_tiles_of_the_finest_level_put_together_are_the_picture(image):
    tiles = TilePyramid(image)
    rows = [
        np.hstack([decoded(tiles.tile(0, row, column)) for column in range(4)]) for row in range(3)
    ]
    together = np.vstack(rows)
    assert together.shape == image.shape
    assert np.abs(together.astype(int) - image).mean() < 2


@pytest.mark.parametrize("level", [1, 2])
def test_a_pixel_of_a_level_is_the_mean_of_the_pixels_that_it_stands_for(image, level):
    side = 2**level
    tile = decoded(TilePyramid(image).tile(level, 0, 0))
    part = image[: 100 * side, : 100 * side].reshape(100, side, 100, side, 3).mean(axis=(1, 3))
    assert np.abs(tile[:100, :100] - part).mean() < 2


def test_a_picture_no_larger_than_a_tile_comes_without_loss():
    image = np.random.default_rng(0).integers(0, 256, (300, 512, 3), np.uint8)
    tiles = TilePyramid(image)
    assert tiles.levels == 1
    np.testing.assert_array_equal(decoded(tiles.tile(0, 0, 0)), image)


def test_a_long_thin_picture_keeps_a_pixel_in_each_level():
    image = np.full((3, 5000, 3), 77, np.uint8)
    tiles = TilePyramid(image)
    assert decoded(tiles.tile(tiles.levels - 1, 0, 0)).shape[0] == 1


@pytest.mark.parametrize("key", [(0, 3, 0), (0, 0, 4), (9, 0, 0), (-1, 0, 0), (0, -1, 0)])
def test_a_tile_that_is_not_there_is_refused(image, key):
    with pytest.raises(OptionError, match="no such tile"):
        TilePyramid(image).tile(*key)
