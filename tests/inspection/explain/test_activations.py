import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain import activations, network_stages

from .conftest import model_of, square


def test_values_are_those_of_the_layer(color_model):
    image = square()
    found = activations(color_model, image, "features")
    assert (found.stride, found.layer, len(found)) == (1, "features", 4)
    np.testing.assert_allclose(found.values[..., :3], image / 255, atol=1e-6)


def test_channels_are_sorted_by_how_much_they_respond_and_dead_ones_come_last(color_model):
    image = square() + square(0, 0, 4, color=(0, 200, 0))
    found = activations(color_model, image, "features")
    assert found.order[:2].tolist() == [0, 1]
    assert found.dead.tolist() == [False, False, True, True]


def test_a_dead_channel_is_zero_and_not_divided_by_zero(color_model):
    with np.errstate(all="raise"):
        found = activations(color_model, square(), "features")
        assert not found.channel(3).any()
        assert not found.enlarged(2).any()


def test_a_constant_channel_says_nothing_however_large(deep_model):
    large = square(color=(200,) * 3, ground=(200,) * 3)
    interior = activations(deep_model, large, "relu0").values[8:-8, 8:-8]
    assert np.ptp(interior, axis=(0, 1)).max() < 1e-3


def test_a_channel_is_enlarged_to_what_was_shown(deep_model):
    image = np.random.default_rng(0).integers(0, 255, (50, 70, 3), np.uint8)
    for stage in network_stages(deep_model.network)[::3]:
        found = activations(deep_model, image, stage.layer)
        assert found.values.shape == (*stage.size(64, 96), stage.channels)
        enlarged = found.enlarged(int(found.order[0]))
        assert enlarged.shape == (50, 70)
        assert 0 <= enlarged.min() < enlarged.max() <= 1


def test_of_a_large_picture_the_middle_is_shown(color_model):
    found = activations(color_model, square(shape=(64, 1500)), "features")
    assert found.values.shape == (64, 512, 4)
    assert found.window.in_photograph().left in range(480, 513)


def test_a_photograph_is_seen_at_the_working_scale(color_model):
    found = activations(model_of(color_model.network, factor=0.5), square(), "features")
    assert found.values.shape == (32, 64, 4)
    assert found.window.shape == (32, 48)


def test_a_channel_that_is_not_there_is_told(color_model):
    with pytest.raises(OptionError, match=r"0 to 3\. Received: 4"):
        activations(color_model, square(), "features").channel(4)
