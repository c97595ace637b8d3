import numpy as np
import pytest

from notebook_seg.inspection.seams import measure_seams
from notebook_seg.training.tiling import predict_in_tiles, tile_edges


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def test_even_noise_has_no_seams():
    found = measure_seams(noise((200, 300, 2)), rows=(50, 100), columns=(150,))
    assert found.times == pytest.approx(1, abs=0.1)


def test_a_jump_is_measured_at_its_line_and_not_beside_it():
    probabilities = 0.01 * noise((100, 120, 3))
    probabilities[40:] += 0.4
    assert measure_seams(probabilities, rows=(40,), columns=()).at_edges == pytest.approx(0.4, 0.02)
    assert measure_seams(probabilities, rows=(41,), columns=()).at_edges < 0.01
    assert measure_seams(probabilities.swapaxes(0, 1), (), (40,)).times > 50


def test_a_line_at_the_very_edge_is_compared_with_what_there_is():
    probabilities = np.zeros((2, 5, 2), np.float32)
    probabilities[1] = 1
    assert measure_seams(probabilities, rows=(1,), columns=()).at_edges == 1


def test_a_picture_of_one_tile_has_no_seams():
    assert measure_seams(noise((50, 50, 2)), *tile_edges((50, 50))).times == 1


def test_tiles_that_disagree_are_blended_without_a_seam():
    """Each tile claims another probability everywhere, and still no line jumps."""
    asked = iter(np.linspace(0.1, 0.9, 9))

    def constant(images):
        value = np.float32(next(asked))
        return np.stack([np.full(images.shape[:3], v, np.float32) for v in (value, 1 - value)], -1)

    blended = predict_in_tiles(np.zeros((300, 400, 3), np.uint8), constant, tile=192, overlap=64)
    edges = tile_edges((300, 400), tile=192, overlap=64)
    assert all(edges)
    assert measure_seams(blended, *edges).at_edges < 0.02
