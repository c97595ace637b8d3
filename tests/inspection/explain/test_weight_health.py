import keras
import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain.weight_health import (
    draw_weight_health,
    layer_health,
    weight_health,
)

LAYERS = keras.layers


@pytest.fixture(scope="module")
def network():
    given = keras.Input((8, 8, 3))
    maps = LAYERS.Conv2D(4, 3, name="first")(given)
    maps = LAYERS.DepthwiseConv2D(3, name="depthwise")(maps)
    maps = LAYERS.BatchNormalization(name="norm")(maps)
    return keras.Model(given, LAYERS.Conv2D(2, 1, name="last")(maps))


def broken(network, layer, change):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    weights = [w.copy() for w in copy.get_layer(layer).get_weights()]
    change(weights[0])
    copy.get_layer(layer).set_weights(weights)
    return {(h.name, h.mark): h for h in weight_health(copy) if h.mark}


def test_a_new_network_has_nothing_wrong(network):
    assert [health.mark for health in weight_health(network)] == [""] * 8


def test_weights_that_are_no_numbers_are_told(network):
    (found,) = broken(network, "last", lambda kernel: kernel.fill(np.nan)).items()
    assert found[0] == ("last", "not finite")
    assert found[1].is_broken


def test_one_weight_that_ran_away_is_told(network):
    def run_away(kernel):
        kernel[0, 0, 0, 0] = -1e4

    (found,) = broken(network, "first", run_away).items()
    assert found[0][1].startswith("exploding")
    assert found[1].is_broken


def test_dead_channels_are_counted_and_do_not_break_the_network(network):
    def kill(kernel):
        kernel[..., 1:3] = 0

    ((named, health),) = broken(network, "first", kill).items()
    assert named == ("first", "2 of 4 channels dead")
    assert not health.is_broken


def test_channels_of_a_depthwise_layer_are_those_it_is_given(network):
    def kill(kernel):
        kernel[:, :, 3] = 0

    assert ("depthwise", "1 of 4 channels dead") in broken(network, "depthwise", kill)


def test_a_layer_of_zeros_breaks_the_network(network):
    ((named, health),) = broken(network, "last", lambda kernel: kernel.fill(0)).items()
    assert named == ("last", "dead")
    assert health.is_broken


def test_biases_of_zero_are_not_dead():
    assert layer_health("first", "bias", np.zeros(9)).mark == ""


def test_the_figure_shows_what_is_wrong_first(network):
    healthy = [layer_health(f"layer_{n}", "kernel", np.eye(3) + 1) for n in range(20)]
    bad = layer_health("bad", "kernel", np.full((3, 3), np.inf))
    weak = layer_health("weak", "kernel", np.diag([1.0, 1.0, 0.0]))
    figure = draw_weight_health([*healthy, weak, bad])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["bad kernel\nnot finite", "weak kernel\n1 of 3 channels dead"]
    assert len(titles) == 12
    assert titles[2] == "layer_0 kernel"
    assert titles[-1] == "layer_19 kernel"
    assert figure.get_suptitle() == "Weights: 2 of 22 arrays marked"


def test_there_is_no_figure_of_nothing():
    with pytest.raises(OptionError, match="no weights"):
        draw_weight_health([])
