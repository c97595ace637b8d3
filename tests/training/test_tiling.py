from dataclasses import replace

import numpy as np
import pytest

from notebook_seg.data import read_image
from notebook_seg.prediction import Model
from notebook_seg.training.tiling import predict_in_tiles


def brightness(images):
    return images[..., :2].astype(np.float32)


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 255, (333, 517, 3), np.uint8)


@pytest.mark.parametrize(("tile", "overlap"), [(64, 32), (128, 32), (256, 96), (1024, 96)])
def test_every_pixel_is_predicted_once_whatever_the_tiles(image, tile, overlap):
    tiled = predict_in_tiles(image, brightness, tile, overlap)
    np.testing.assert_allclose(tiled, image[..., :2], rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (31, 33), (32, 2000), (129, 5)])
def test_pictures_of_any_shape_are_predicted_at_their_size(shape):
    image = np.full((*shape, 3), 7, np.uint8)
    tiled = predict_in_tiles(image, brightness, 64, 32)
    assert tiled.shape == (*shape, 2)
    np.testing.assert_allclose(tiled, 7, rtol=1e-5)


def test_the_network_is_given_nothing_but_multiples_of_its_stride(image):
    seen = []

    def note(images):
        seen.append(images.shape)
        return brightness(images)

    predict_in_tiles(image, note, 128, 32)
    assert len(seen) > 4
    assert all(height % 32 == width % 32 == 0 for _, height, width, _ in seen)
    assert max(max(shape[1:3]) for shape in seen) <= 128


def test_there_is_no_seam_where_tiles_meet(brief_model, photographs):
    image = read_image(photographs / "leaf" / "images" / "leaf_106.jpg")[:512, :768]
    # Without its temperature, which enlarges all steps of a network that learned nothing.
    model = Model(brief_model.network, replace(brief_model.record, training={}))
    whole = predict_in_tiles(image, model._probabilities, 768, 192)
    tiled = predict_in_tiles(image, model._probabilities, 384, 192)
    steps = np.abs(np.diff(tiled[..., 1], axis=1)).mean(0)
    steps_whole = np.abs(np.diff(whole[..., 1], axis=1)).mean(0)
    # Tiles start at columns 0, 192 and 384; a seam would stand out from the picture's own steps.
    for column in (192, 384, 576):
        around = slice(column - 3, column + 3)
        assert steps[around].max() < 3 * steps_whole[around].max() + 1e-4
