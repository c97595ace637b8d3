"""U-Net, LinkNet and FPN compute what those of `segmentation_models` do, given the same weights."""

import keras
import numpy as np
import pytest

from notebook_seg.training import networks


@pytest.fixture(autouse=True)
def forget_networks():
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize("encoder", ["resnet18", "vgg16"])
@pytest.mark.parametrize(
    ("name", "theirs"), [("unet", "Unet"), ("linknet", "Linknet"), ("fpn", "FPN")]
)
def test_the_decoder_is_that_of_segmentation_models(name, theirs, encoder):
    library = networks._segmentation_models()
    original = getattr(getattr(library.models, name), theirs)(
        encoder,
        input_shape=(None, None, 3),
        classes=3,
        activation="linear",
        encoder_weights=None,
        **networks._keras_for(),
    )
    ours = networks.build_network(name, encoder, 3)
    assert ours.count_params() == original.count_params()
    ours.set_weights(original.get_weights())
    images = np.random.default_rng(0).uniform(0, 1, (1, 64, 96, 3)).astype(np.float32)
    ours, original = (np.asarray(n(images, training=False)) for n in (ours, original))
    assert original.std() > 0
    np.testing.assert_allclose(ours, original, rtol=1e-4, atol=1e-4 * np.abs(original).max())
