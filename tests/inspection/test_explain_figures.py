import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from notebook_seg.data.box import Box
from notebook_seg.errors import ImageError, OptionError
from notebook_seg.inspection.explain_figures import (
    channel_grid,
    exciting_grid,
    faithfulness_curves,
    heat_overlay,
    network_drawing,
)
from notebook_seg.inspection.heat import Faithfulness, Heatmap
from notebook_seg.inspection.responses import Activations, ExcitingPatch, Stage
from notebook_seg.inspection.windows import Window

WHOLE = Window((128, 192), (64, 96), Box.whole((64, 96)))


def heat_of(values, region, window=WHOLE, method="hires_cam"):
    return Heatmap(values, values, region, "here", 0.9, 1, "fish", method, "decoder", window)


@pytest.fixture
def values():
    values = np.zeros((64, 96), np.float32)
    values[20:30, 50:70] = 1
    return values


@pytest.fixture
def photograph(labelled):
    return np.ascontiguousarray(labelled("fish").image[:128, :192])


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def activations_of(channels=30):
    values = np.random.default_rng(0).random((8, 12, channels), np.float32)
    values[..., 3] = 7
    values[..., 5] *= 100
    return Activations("decoder", 8, values, WHOLE)


def test_channels_are_drawn_by_response_and_dead_ones_marked():
    figure = channel_grid(activations_of(), page=1)
    assert titles(figure)[-1] == "3 dead"
    assert len(figure.axes) == 30 - 24
    assert figure.get_suptitle() == "decoder: channels 25 to 30 of 30 by response, 1 dead"
    assert titles(channel_grid(activations_of()))[0] == "5"


def test_what_is_drawn_of_a_channel_is_stretched_from_dark_to_bright():
    (image,) = channel_grid(activations_of()).axes[0].get_images()
    assert image.get_clim() == (0, 1)
    assert 0 <= image.get_array().min() < 0.1
    assert 0.9 < image.get_array().max() <= 1


@pytest.mark.parametrize("page", [-1, 2])
def test_a_page_that_is_not_there_is_told(page):
    with pytest.raises(OptionError, match=f"30 channels.*page={page}"):
        channel_grid(activations_of(), page)


def test_heat_lies_over_the_photograph_and_its_patch_is_boxed(values, photograph):
    figure = heat_overlay(photograph, heat_of(values, values > 0))
    axes = figure.axes[0]
    photo, heat = axes.get_images()
    assert list(photo.get_extent()) == list(heat.get_extent()) == [0, 96, 64, 0]
    np.testing.assert_array_equal(heat.get_array(), values)
    box = axes.patches[-1]
    assert (box.get_xy(), box.get_width(), box.get_height()) == ((50, 20), 20, 10)
    assert "HiResCAM" in figure.get_supxlabel()
    assert "border is no hotter" in figure.get_supxlabel()


def test_the_box_is_right_in_a_window_too(values, photograph):
    window = Window((128, 192), (128, 192), Box(64, 96, 128, 192))
    axes = heat_overlay(photograph, heat_of(values, values > 0, window)).axes[0]
    box = axes.patches[-1]
    assert (box.get_xy(), box.get_width(), box.get_height()) == ((50, 20), 20, 10)


def test_a_region_is_outlined_and_a_pixel_is_ringed(values, photograph):
    pixel = np.zeros(values.shape, bool)
    pixel[40, 10] = True
    ringed = heat_overlay(photograph, heat_of(values, pixel)).axes[0]
    assert [line.get_xydata().tolist() for line in ringed.lines] == [[[10.5, 40.5]]] * 2
    outlined = heat_overlay(photograph, heat_of(values, values > 0)).axes[0]
    assert len(outlined.collections) == 2
    assert not outlined.lines


def test_a_map_without_heat_has_no_box(values, photograph):
    assert not heat_overlay(photograph, heat_of(0 * values, values > 0)).axes[0].patches


def test_another_photograph_is_refused(values, photograph):
    with pytest.raises(ImageError, match="128 x 192"):
        heat_overlay(photograph[:64], heat_of(values, values > 0))


def test_curves_of_faithfulness_tell_their_areas():
    at = np.linspace(0, 1, 3)
    figure = faithfulness_curves(Faithfulness(at, np.array([1, 0.2, 0]), np.array([0, 0.8, 1])))
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["hottest shown first, area 0.65", "hottest hidden first, area 0.35"]
    assert figure.axes[0].get_title("left") == "Faithfulness: gap +0.30"


def test_stages_are_drawn_with_their_real_sizes():
    stages = [
        Stage("relu0", 2, 64, "encoder"),
        Stage("stage2", 4, 64, "encoder"),
        Stage("relu1", 32, 512, "centre"),
        Stage("decoder_2", 4, 64, "decoder"),
        Stage("decoder_3", 2, 32, "decoder"),
        Stage("logits", 1, 2, "outputs"),
    ]
    axes = network_drawing(stages, 340, 384).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert texts[0] == "relu0\n170 × 192, 64 channels"
    assert texts[2] == "relu1\n11 × 12, 512 channels"
    assert texts[-1] == "logits\n340 × 384, 2 classes"
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    assert len([patch for patch in axes.patches if isinstance(patch, Rectangle)]) == len(stages)
    assert len(arrows) == (len(stages) - 1) + 2


def test_patches_are_drawn_with_picture_and_value():
    image = np.zeros((32, 32, 3), np.uint8)
    patches = [ExcitingPatch(f"pike_{i}", Box(0, 0, 32, 32), 2.5 - i, image) for i in range(6)]
    figure = exciting_grid(patches, "decoder", 3, made=image)
    assert titles(figure)[:2] == ["made for it", "pike_0\n2.5"]
    assert len(figure.axes) == 7
    with pytest.raises(OptionError, match="no patch"):
        exciting_grid([], "decoder", 3)
