import keras
import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain import layer_names, network_stages
from notebook_seg.inspection.explain.stages import map_layer
from notebook_seg.training.architectures import ARCHITECTURES, has_own_encoder
from notebook_seg.training.networks import build_network

KINDS_OF_ENCODERS = (
    *("mobilenetv2", "vgg16", "efficientnetb0"),
    *(
        pytest.param(name, marks=pytest.mark.long)
        for name in ("inceptionv3", "inceptionresnetv2", "seresnext50")
    ),
)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def network(request):
    yield build_network(request.param, "none" if has_own_encoder(request.param) else "resnet18", 3)
    keras.backend.clear_session()


def test_every_architecture_is_a_u(network):
    stages = network_stages(network)
    sides = [stage.side for stage in stages]
    order = ["encoder", "centre", "decoder", "outputs"]
    assert sides == sorted(sides, key=order.index)
    assert set(sides) == set(order)
    assert (sides.count("centre"), sides.count("outputs")) == (1, 1)
    down = [stage.stride for stage in stages if stage.side in ("encoder", "centre")]
    up = [stage.stride for stage in stages if stage.side in ("decoder", "outputs")]
    assert down == sorted(set(down))
    assert up[:-1] == sorted(set(up[:-1]), reverse=True)
    assert down[-1] == max(stage.stride for stage in stages)
    assert (stages[-1].layer, stages[-1].stride, stages[-1].channels) == ("logits", 1, 3)


def test_sizes_and_channels_are_those_of_the_maps(network):
    stages = network_stages(network)
    maps = keras.Model(network.input, [network.get_layer(s.layer).output for s in stages])
    given = np.zeros((1, 64, 96, 3), np.float32)
    for stage, values in zip(stages, maps(given, training=False), strict=True):
        assert tuple(values.shape) == (1, *stage.size(64, 96), stage.channels)


@pytest.mark.parametrize("encoder", KINDS_OF_ENCODERS)
def test_every_kind_of_encoder_has_its_stages(encoder):
    network = build_network("linknet", encoder, 2)
    stages = [stage for stage in network_stages(network) if stage.side in ("encoder", "centre")]
    joined = {
        tuple(tensor.shape)
        for layer in network.layers
        if layer.name.startswith("decoder") and layer.name.endswith("_sum")
        for tensor in layer.input
    }
    assert [stage.stride for stage in stages][-5:] == [2, 4, 8, 16, 32]
    assert {(None, None, None, stage.channels) for stage in stages[-5:-1]} <= joined
    keras.backend.clear_session()


def test_layers_that_give_no_map_of_the_picture_are_left_out():
    network = build_network("deeplabv3plus", "seresnet18", 2)
    names = layer_names(network)
    assert "aspp_pooling" not in names
    assert "aspp_local" in names
    for name in names[::20]:
        assert map_layer(network, name).stride in (1, 2, 4, 8, 16, 32)


def test_a_network_of_a_single_layer_has_outputs_alone():
    pixels = keras.Input((None, None, 3))
    network = keras.Model(pixels, keras.layers.Conv2D(2, 1, name="logits")(pixels))
    assert [stage.side for stage in network_stages(network)] == ["outputs"]


def test_a_layer_that_is_not_there_is_told_with_those_that_are(color_model):
    with pytest.raises(OptionError, match=r"features, outputs.*Received: 'feature'"):
        map_layer(color_model.network, "feature")


def test_layers_that_do_not_tell_their_shape_are_found_by_trying():
    pixels = keras.Input((None, None, 3), name="pixels")
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", name="halved")(pixels)
    doubled = keras.layers.Lambda(lambda values: 2 * values, (None, None, 4), name="doubled")
    network = keras.Model(pixels, keras.layers.Conv2D(2, 1, name="logits")(doubled(x)))
    assert layer_names(network) == ("pixels", "halved", "doubled", "logits")
    assert {stage.stride for stage in network_stages(network)} == {2}
