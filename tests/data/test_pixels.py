import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from notebook_seg.data.pixels import over_white, to_uint8

REAL = st.sampled_from(
    [np.uint16, np.uint32, np.int8, np.int16, np.int64, np.float16, np.float32, np.float64]
)
PICTURES = REAL.flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=2, max_dims=3)))


@given(PICTURES)
@example(np.array([[2e84, 0.0, 5e-224]]))
def test_any_samples_fill_the_range_or_are_one_value(samples):
    with np.errstate(all="raise"):
        grey = to_uint8(samples)
    assert grey.dtype == np.uint8
    assert grey.shape == samples.shape
    finite = samples[np.isfinite(samples)]
    scaled = grey[np.isfinite(samples)]
    if finite.size and float(finite.max()) > float(finite.min()):
        assert (scaled[finite == finite.min()] == 0).all()
        assert (scaled[finite == finite.max()] == 255).all()
    else:
        assert not scaled.any()
    assert not grey[np.isnan(samples)].any()


@given(PICTURES)
def test_the_order_of_grey_levels_is_kept(samples):
    samples = samples[np.isfinite(samples)]
    order = np.argsort(samples)
    assert (np.diff(to_uint8(samples)[order].astype(int)) >= 0).all() if samples.size else True


def test_eight_bits_are_kept_as_they_are():
    samples = np.array([[3, 200]], np.uint8)
    assert to_uint8(samples) is samples


def test_an_infinity_is_the_end_of_the_range():
    assert to_uint8(np.array([-np.inf, 1.0, 3.0, np.inf])).tolist() == [0, 0, 255, 255]


def test_complex_numbers_are_no_picture():
    with pytest.raises(TypeError, match="complex"):
        to_uint8(np.zeros((2, 2), complex))


@given(hnp.arrays(np.uint8, (3, 4, 3)), hnp.arrays(np.uint8, (3, 4)))
def test_laying_over_white_is_exact_to_half_a_grey_level(rgb, alpha):
    weight = alpha[..., np.newaxis] / 255
    assert np.abs(over_white(rgb, alpha) - (rgb * weight + 255 * (1 - weight))).max() <= 0.5 + 1e-9
