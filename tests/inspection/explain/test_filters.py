import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.files import make_folder
from notebook_seg.errors import OptionError
from notebook_seg.inspection.explain import activations, excite, exciting_patches
from notebook_seg.inspection.explain.colors import network_colors
from notebook_seg.training.batches import as_channels
from notebook_seg.training.networks import preprocess

from .conftest import model_of, square


def test_a_picture_is_made_in_the_color_that_a_channel_looks_for(color_model):
    made = excite(color_model, "features", 1, size=32, steps=12, progress=False)
    red, green, blue = made.reshape(-1, 3).mean(axis=0)
    assert made.shape == (32, 32, 3)
    assert green > 1.5 * max(red, blue)


def test_the_longer_a_picture_is_made_the_more_it_excites_the_channel(deep_model):
    layer = "stage3_unit1_relu1"
    after = [
        activations(
            deep_model, excite(deep_model, layer, 5, size=32, steps=steps, progress=False), layer
        )
        for steps in (1, 10)
    ]
    responses = [found.values[..., 5].mean() for found in after]
    assert responses[1] > 1.2 * responses[0]


@pytest.mark.parametrize(("encoder", "channels"), [("resnet18", 3), ("vgg16", 3), ("vgg16", 1)])
def test_colors_reach_the_network_as_photographs_do(encoder, channels):
    model = model_of(None, architecture="unet", encoder=encoder, channels=channels)
    colors = np.random.default_rng(0).integers(0, 255, (5, 7, 3), np.uint8)
    matrix, offset = network_colors(model)
    expected = preprocess(encoder, as_channels(colors, channels))
    # A grey value is rounded to a 255th of its range.
    step = np.ptp(expected) / 200
    np.testing.assert_allclose(colors / 255 @ matrix + offset, expected, atol=step)


@pytest.fixture
def squares(tmp_path):
    from PIL import Image

    make_folder(tmp_path / "photos")
    for name, color in (("dark", 60), ("bright", 250), ("middle", 150)):
        image = square(8, 24, color=(color, 0, 0))
        Image.fromarray(image).save(tmp_path / "photos" / f"{name}.png")
    return Dataset.create(tmp_path / "squares", tmp_path / "photos", ["red"])


def test_the_patches_that_excite_a_channel_most_are_found(color_model, squares):
    patches = exciting_patches(color_model, squares, "features", 0, n=2, progress=False)
    assert all(patch.image.base is None for patch in patches), "photographs are kept"
    assert [patch.stem for patch in patches] == ["bright", "middle"]
    assert [patch.value for patch in patches] == pytest.approx([250 / 255, 150 / 255])
    image = squares.image("bright")
    np.testing.assert_array_equal(patches[0].image, image[patches[0].box.slices])
    assert patches[0].image[..., 0].max() == 250


def test_patches_of_one_picture_lie_apart(color_model, squares):
    patches = exciting_patches(
        color_model, squares.subset(["bright"]), "features", 0, n=4, progress=False
    )
    centers = np.array(
        [((p.box.top + p.box.bottom) / 2, (p.box.left + p.box.right) / 2) for p in patches]
    )
    apart = np.abs(centers[:, None] - centers).max(axis=-1)[~np.eye(len(centers), dtype=bool)]
    assert apart.min() >= 8


def test_all_parts_of_large_pictures_are_looked_through(color_model, tmp_path):
    from PIL import Image

    make_folder(tmp_path / "photos")
    Image.fromarray(square(600, 900, 8, shape=(700, 1100))).save(tmp_path / "photos" / "large.png")
    data = Dataset.create(tmp_path / "data", tmp_path / "photos", ["red"])
    (patch,) = exciting_patches(color_model, data, "features", 0, n=1, progress=False)
    assert patch.box.top <= 600 < patch.box.bottom
    assert patch.box.left <= 900 < patch.box.right


def test_what_is_out_of_range_is_told(color_model, squares):
    with pytest.raises(OptionError, match=r"0 to 3\. Received: 4"):
        excite(color_model, "features", 4)
    with pytest.raises(OptionError, match="size=40"):
        excite(color_model, "features", 0, size=40)
    with pytest.raises(OptionError, match="n=0"):
        exciting_patches(color_model, squares, "features", 0, n=0)
