import h5py
import keras
import numpy as np
import pytest

from notebook_seg.errors import OptionError, WeightsError
from notebook_seg.training.networks import ARCHITECTURES, ENCODERS, build_network, preprocess


@pytest.fixture(autouse=True)
def forget_networks():
    yield
    keras.backend.clear_session()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 255, (1, 64, 96, 3), np.uint8)


def logits_of(network, encoder, pixels):
    return np.asarray(network(preprocess(encoder, pixels), training=False))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_is_rebuilt_from_its_name_and_its_weights(encoder, pixels, tmp_path):
    network = build_network("unet", encoder, n_classes=3)
    network.save_weights(tmp_path / "model.weights.h5")
    rebuilt = build_network("unet", encoder, n_classes=3)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    before, after = (logits_of(n, encoder, pixels) for n in (network, rebuilt))
    assert before.shape == (1, 64, 96, 3)
    assert before.std() > 0
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_is_rebuilt_from_its_name_and_its_weights(
    architecture, pixels, tmp_path
):
    network = build_network(architecture, "resnet18", n_classes=2)
    network.save_weights(tmp_path / "model.weights.h5")
    rebuilt = build_network(architecture, "resnet18", n_classes=2)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(*(logits_of(n, "resnet18", pixels) for n in (network, rebuilt)))


def test_pretrained_weights_arrive_in_the_encoder(encoder_weights):
    network = build_network("unet", "mobilenetv2", 2, encoder_weights)
    with h5py.File(encoder_weights) as file:
        expected = np.asarray(file["model_weights/Conv1/Conv1/kernel"])
    np.testing.assert_array_equal(network.get_layer("Conv1").get_weights()[0], expected)


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


def test_pixels_are_scaled_as_the_encoders_weights_expect():
    pixels = np.array([[[[0, 127, 255]]]], np.uint8)
    np.testing.assert_allclose(
        preprocess("mobilenetv2", pixels)[0, 0, 0], [-1, -0.004, 1], atol=1e-2
    )
    np.testing.assert_allclose(preprocess("resnet18", pixels)[0, 0, 0], [0, 127, 255])
    assert preprocess("vgg16", pixels)[0, 0, 0, 0] == pytest.approx(255 - 103.939)


def test_building_says_nothing(capfd):
    build_network("unet", "mobilenetv2", 2)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
