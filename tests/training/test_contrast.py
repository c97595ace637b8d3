import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.contrast import used_range, with_contrast


def test_a_few_outliers_are_not_in_the_range_that_is_used():
    image = np.full((100, 100, 3), 40, np.uint8)
    image[50:] = 90
    image[0, 0], image[0, 1] = 0, 255
    assert used_range(image) == (40, 90)


def test_stretched_a_dark_picture_fills_the_range_and_keeps_its_order():
    image = np.linspace(3, 60, 300).astype(np.uint8).reshape(10, 10, 3)
    stretched = with_contrast(image, "stretched")
    assert (stretched.min(), stretched.max(), stretched.dtype) == (0, 255, np.uint8)
    assert (np.diff(stretched.ravel().astype(int)) >= 0).all()


def test_stretched_two_exposures_of_one_field_look_alike():
    field = np.random.default_rng(0).integers(0, 200, (60, 60, 3)).astype(np.uint8)
    dark = (field // 4).astype(np.uint8)
    bright, raised = (with_contrast(x, "stretched").astype(int) for x in (field, dark))
    assert np.abs(bright - raised).mean() < 4


def test_noise_of_an_empty_field_stays_faint():
    noise = np.random.default_rng(0).integers(9, 12, (60, 60, 3)).astype(np.uint8)
    assert np.ptp(with_contrast(noise, "stretched")) < 64


def test_as_it_is_nothing_changes():
    image = np.full((4, 4, 3), 7, np.uint8)
    assert with_contrast(image, "as it is") is image


def test_another_contrast_is_refused():
    with pytest.raises(OptionError, match="did you mean 'stretched'"):
        with_contrast(np.zeros((4, 4, 3), np.uint8), "streched")
