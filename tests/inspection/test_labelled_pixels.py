import numpy as np
import pytest

from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.labelled_pixels import labelled_pixels


def test_every_labelled_pixel_of_a_large_picture_comes_once():
    truth = np.zeros((1500, 1000), np.uint8)
    truth[:, 900:] = 255
    probabilities = np.linspace(0, 1, truth.size, dtype=np.float32).reshape(truth.shape)
    parts = list(labelled_pixels(probabilities, truth))
    assert len(parts) > 1
    np.testing.assert_array_equal(
        np.concatenate([p for p, _ in parts]), probabilities[:, :900].ravel()
    )
    assert sum(len(true) for _, true in parts) == 1500 * 900


def test_the_truth_is_taken_at_the_scale_that_the_network_worked_at():
    truth = np.kron(np.array([[0, 1], [2, 255]], np.uint8), np.ones((50, 70), np.uint8))
    probabilities = np.zeros((10, 14, 3), np.float32)
    probabilities[:5, 7:] = 0.5
    ((found, true),) = labelled_pixels(probabilities, truth)
    assert np.bincount(true).tolist() == [35, 35, 35]
    assert (found[true == 1] == 0.5).all()
    assert (found[true != 1] == 0).all()


@pytest.mark.parametrize("shape", [(6, 4), (8, 12), (2, 6), (0, 0)])
def test_probabilities_of_another_picture_are_an_error(shape):
    with pytest.raises(MaskError, match=r"must have the shape of the truth.*of \(4, 6\)$"):
        list(labelled_pixels(np.zeros(shape), np.zeros((4, 6), np.uint8)))


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_what_is_no_probability_is_an_error(value):
    with pytest.raises(OptionError, match="numbers from 0 to 1"):
        list(labelled_pixels(np.full((2, 2), value), np.zeros((2, 2), np.uint8)))
