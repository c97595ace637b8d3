import keras
import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.freezing import FREEZES, PARTS, part_that_learns, set_trainable
from notebook_seg.training.networks import build_network


@pytest.fixture(scope="module")
def built():
    keras.utils.set_random_seed(0)
    network = build_network("unet", "resnet18", 2)
    yield network, network.get_weights()
    keras.backend.clear_session()


@pytest.fixture
def network(built):
    network, first_weights = built
    network.set_weights(first_weights)
    return network


def learned(network, part):
    """Train one step; return the names of the layers any of whose weights changed."""
    set_trainable(network, part)
    network.compile(
        "adam", keras.losses.CategoricalCrossentropy(from_logits=True), run_eagerly=True
    )
    before = {x.name: x.get_weights() for x in network.layers if x.weights}
    random = np.random.default_rng(0)
    truth = np.eye(2, dtype=np.float32)[random.integers(0, 2, (2, 64, 64))]
    network.train_on_batch(random.uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32), truth)
    return {
        name
        for name, old in before.items()
        if not all(map(np.array_equal, old, network.get_layer(name).get_weights()))
    }


def test_with_the_heads_alone_the_encoder_stays_as_it_is(network):
    changed = learned(network, "heads")
    heads = {x.name for x in network.layers if x.weights} - network.parts.encoder
    assert changed == heads


def test_with_the_upper_encoder_the_lower_one_stays_as_it_is(network):
    changed = learned(network, "upper")
    assert {"stage3_unit1_conv1", "stage4_unit2_bn2", "decoder_0a_conv"} <= changed
    assert not {"bn_data", "conv0", "bn0", "stage1_unit1_conv1", "stage2_unit2_conv2"} & changed
    assert not changed & (network.parts.encoder - network.parts.upper)


def test_all_of_it_learns(network):
    learned(network, "heads")
    changed = learned(network, "all")
    assert changed == {x.name for x in network.layers if x.weights}


def test_statistics_of_a_pretrained_encoder_stay_whatever_learns(encoder_weights):
    network = build_network("unet", "mobilenetv2", 2, encoder_weights)
    statistics = {
        x.name for x in network.layers if isinstance(x, keras.layers.BatchNormalization)
    } & network.parts.encoder
    assert statistics
    changed = learned(network, "all")
    assert not changed & statistics
    assert {"Conv1", "decoder_0a_conv", "decoder_0a_bn"} <= changed
    assert not learned(network, "upper") & statistics


def test_without_an_encoder_all_learns_always():
    network = build_network("plain_unet", "none", 2)
    for part in PARTS:
        set_trainable(network, part)
        assert len(network.trainable_weights) == len(network.weights)


def test_whatever_is_frozen_no_less_learns_later_on():
    for freeze in FREEZES:
        amount = [PARTS.index(part_that_learns(freeze, done / 100)) for done in range(101)]
        assert amount == sorted(amount)


def test_an_encoder_learns_from_the_start_never_or_from_a_fifth_on():
    first = {freeze: part_that_learns(freeze, 0.0) for freeze in FREEZES}
    assert first == {"nothing": "all", "encoder": "heads", "staged": "heads"}
    assert part_that_learns("staged", 0.2) == "upper"
    assert part_that_learns("encoder", 1.0) == "heads"


def test_unknown_parts_are_told(network):
    with pytest.raises(OptionError, match="did you mean 'heads'"):
        set_trainable(network, "head")
