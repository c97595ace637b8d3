import re
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from notebook_seg.errors import OptionError, WeightsError
from notebook_seg.training.networks import (
    ARCHITECTURES,
    ENCODERS,
    NO_ENCODER,
    REFUSED_ENCODERS,
    STRIDE,
    build_network,
    describe_architectures,
    describe_encoders,
    preprocess,
)

DOCS = Path(__file__).parents[2] / "docs" / "networks.md"

# Deeper versions of what smaller encoders are made of; that they build is tested with the docs.
DEEPER = {f"efficientnetb{size}" for size in (2, 3, 4, 5, 6, 7)} | {
    *("resnet101", "resnet152", "resnext101"),
    *("seresnet101", "seresnet152", "seresnext101", "senet154"),
}
SLOW = {
    *("resnet50", "resnext50", "seresnet50", "seresnext50"),
    *("inceptionv3", "inceptionresnetv2", "efficientnetb1"),
}


@pytest.fixture(autouse=True)
def forget_networks():
    yield
    keras.backend.clear_session()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 255, (1, 64, 96, 3), np.uint8)


def logits_of(network, encoder, pixels):
    return np.asarray(network(preprocess(encoder, pixels), training=False))


@pytest.mark.parametrize(
    "encoder",
    [
        pytest.param(e, marks=pytest.mark.long if e in SLOW else ())
        for e in ENCODERS
        if e not in {NO_ENCODER, *DEEPER}
    ],
)
def test_every_kind_of_encoder_is_rebuilt_from_its_name_and_its_weights(encoder, pixels, tmp_path):
    network = build_network("unet", encoder, n_classes=3)
    network.save_weights(tmp_path / "model.weights.h5")
    rebuilt = build_network("unet", encoder, n_classes=3)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    before, after = (logits_of(n, encoder, pixels) for n in (network, rebuilt))
    assert before.shape == (1, 64, 96, 3)
    assert before.std() > 0
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("encoder", REFUSED_ENCODERS)
def test_encoders_that_do_not_build_are_refused_with_the_reason(encoder):
    with pytest.raises(OptionError, match=f"{encoder} does not work: .* slash"):
        build_network("unet", encoder, 2)


def rows_of_the_docs():
    """Return the cells of each row of the tables, by the first cell."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", DOCS.read_text(), re.MULTILINE)
    return {name: cells for name, *cells in rows}


def as_documented(row):
    return ["" if row.millions is None else str(row.millions), row.status]


def test_the_docs_list_every_architecture_and_encoder_once():
    offered = {*ARCHITECTURES, *ENCODERS, *REFUSED_ENCODERS} - {NO_ENCODER}
    assert set(rows_of_the_docs()) == offered


@pytest.mark.parametrize("architecture", describe_architectures(), ids=lambda row: row.name)
def test_the_docs_say_of_an_architecture_what_is_true(architecture):
    encoder = NO_ENCODER if architecture.has_own_encoder else "mobilenetv2"
    parameters = build_network(architecture.name, encoder, n_classes=2).count_params()
    said = rows_of_the_docs()[architecture.name]
    assert said == [architecture.description, f"{parameters / 1e6:.1f}"]


def test_the_docs_say_of_an_encoder_what_is_true():
    for row in describe_encoders(("resnet18", "vgg16", "efficientnetb0", "densenet121")):
        assert rows_of_the_docs()[row.name] == as_documented(row)


@pytest.mark.long
@pytest.mark.parametrize("encoder", sorted(DEEPER))
def test_deeper_encoders_build_as_the_docs_say(encoder):
    (row,) = describe_encoders((encoder,))
    assert row.status == "works"
    assert rows_of_the_docs()[encoder] == as_documented(row)


def test_pretrained_weights_arrive_in_the_encoder(encoder_weights):
    network = build_network("unet", "mobilenetv2", 2, encoder_weights)
    with h5py.File(encoder_weights) as file:
        expected = np.asarray(file["model_weights/Conv1/Conv1/kernel"])
    np.testing.assert_array_equal(network.get_layer("Conv1").get_weights()[0], expected)


@pytest.mark.parametrize("architecture", ["deeplabv3plus", "fastfcn", "gated_scnn"])
@pytest.mark.parametrize(
    ("encoder", "layer"), [("mobilenetv2", "Conv_1"), ("mobilenet", "conv_pw_13")]
)
def test_our_own_architectures_use_pretrained_encoders(architecture, encoder, layer, shared):
    folder = shared / "weights"
    file = next(folder.glob(f"{encoder.replace('v2', '_v2')}_*no_top.h5"))
    network = build_network(architecture, encoder, 2, file)
    with h5py.File(file) as weights:
        expected = np.asarray((weights.get("model_weights") or weights)[layer][layer]["kernel"])
    np.testing.assert_array_equal(network.get_layer(layer).get_weights()[0], expected)


def test_imagenet_weights_are_found_in_keras_cache(encoder_weights, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / encoder_weights.name).symlink_to(encoder_weights)
    cached = build_network("unet", "mobilenetv2", 2, "imagenet")
    given = build_network("unet", "mobilenetv2", 2, encoder_weights)
    np.testing.assert_array_equal(
        *(n.get_layer("block_1_expand").get_weights()[0] for n in (cached, given))
    )


def test_a_file_that_is_no_weights_is_told(tmp_path):
    (tmp_path / "weights.h5").write_bytes(b"not HDF5")
    with pytest.raises(WeightsError, match=r"weights\.h5"):
        build_network("unet", "mobilenetv2", 2, tmp_path / "weights.h5")


def test_weights_of_another_encoder_are_told(shared):
    weights = shared / "weights" / "mobilenet_1_0_224_tf_no_top.h5"
    with pytest.raises(WeightsError, match="mobilenetv2"):
        build_network("unet", "mobilenetv2", 2, weights)


def test_unknown_names_are_told_with_a_hint():
    with pytest.raises(OptionError, match="did you mean 'resnet18'"):
        build_network("unet", "resnet-18", 2)
    with pytest.raises(OptionError, match="did you mean 'linknet'"):
        build_network("link_net", "resnet18", 2)


@pytest.mark.parametrize(
    ("choices", "advice"),
    [
        (("plain_unet", "resnet18", 2), "pass encoder='none'"),
        (("unet", "none", 2), "needs an encoder"),
        (("plain_unet", "none", 2, "imagenet"), "pass encoder_weights=None"),
        (("unet", "resnet18", 1), "n_classes must be 2 or more"),
        (("unet", "resnet18", 2, None, 0), "channels must be 1 or more"),
    ],
)
def test_choices_that_do_not_go_together_are_told(choices, advice):
    with pytest.raises(OptionError, match=advice):
        build_network(*choices)


def test_a_grey_picture_is_seen_as_the_same_grey_in_three_colours(encoder_weights, pixels):
    grey = pixels[..., :1]
    colored, single = (
        build_network("unet", "mobilenetv2", 2, encoder_weights, channels) for channels in (3, 1)
    )
    seen = [
        np.asarray(
            keras.Model(n.input, n.get_layer("out_relu").output)(preprocess("mobilenetv2", x))
        )
        for n, x in ((colored, np.repeat(grey, 3, axis=-1)), (single, grey))
    ]
    assert seen[0].std() > 0
    np.testing.assert_allclose(*seen, atol=1e-3)


@pytest.mark.parametrize("encoder", ["resnet18", "vgg16", "efficientnetb0", "none"])
def test_pixels_of_any_number_of_channels_are_scaled(encoder):
    grey = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    colored = preprocess(encoder, np.repeat(grey, 3, axis=-1))
    for channels in (1, 5):
        scaled = preprocess(encoder, np.repeat(grey, channels, axis=-1))
        assert scaled.dtype == np.float32
        assert scaled.shape == (1, 16, 16, channels)
        np.testing.assert_allclose(scaled[..., -1], colored.mean(axis=-1), rtol=1e-5, atol=1e-5)


def test_pixels_are_scaled_as_the_encoders_weights_expect():
    pixels = np.array([[[[0, 127, 255]]]], np.uint8)
    np.testing.assert_allclose(
        preprocess("mobilenetv2", pixels)[0, 0, 0], [-1, -0.004, 1], atol=1e-2
    )
    np.testing.assert_allclose(preprocess("resnet18", pixels)[0, 0, 0], [0, 127, 255])
    np.testing.assert_allclose(preprocess("none", pixels)[0, 0, 0], [0, 0.498, 1], atol=1e-3)
    assert preprocess("vgg16", pixels)[0, 0, 0, 0] == pytest.approx(255 - 103.939)


def test_running_statistics_follow_within_a_short_training():
    network = build_network("unet", "resnet18", 2)
    kinds = [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert {x.momentum for x in kinds} == {0.9}


def test_building_says_nothing(capfd):
    build_network("unet", "mobilenetv2", 2)
    build_network("gated_scnn", "mobilenetv2", 2, channels=5)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_the_smallest_picture_is_one_stride_wide():
    network = build_network("unet", "mobilenetv2", 2)
    assert network(np.zeros((1, STRIDE, STRIDE, 3), np.float32)).shape == (1, STRIDE, STRIDE, 2)
