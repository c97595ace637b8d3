import itertools
import tracemalloc

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.segmentation import find_boundaries

from notebook_seg.data.classes import color_to_rgb
from notebook_seg.data.overlays import overlay_image
from notebook_seg.errors import DatasetError, ImageError, MaskError, OptionError
from notebook_seg.inspection.overlays import (
    ERROR_COLORS,
    ERROR_NAMES,
    Error,
    error_map,
    error_overlay,
    reduced_image,
    reduced_mask,
)

from .conftest import COLORS, shifted

# Machado, Oliveira & Fernandes 2009 (doi:10.1109/TVCG.2009.113), full severity, linear RGB.
COLOR_VISION = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def as_seen(color, vision):
    rgb = np.array(color_to_rgb(color)) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(COLOR_VISION[vision] @ linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("opacity", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", ["fish", "leaf", "yeast"])
def test_each_class_is_mixed_with_its_colour_and_the_background_is_left(labelled, kind, opacity):
    _, image, mask, names = labelled(kind)
    painted = overlay_image(image, mask, COLORS[: len(names)], opacity, outline=0)
    np.testing.assert_array_equal(painted[mask == 0], image[mask == 0])
    for index in np.unique(mask)[1:]:
        color = np.array(color_to_rgb(COLORS[index]))
        expected = (1 - opacity) * image[mask == index] + opacity * color
        np.testing.assert_allclose(painted[mask == index], expected, atol=1.5)


def test_the_outline_is_in_full_colour_inside_and_dark_outside(labelled):
    _, image, mask, _ = labelled("fish")
    painted = overlay_image(image, mask, COLORS[:2], opacity=0, outline=1)
    inner, outer = (find_boundaries(mask, 1, mode) for mode in ("inner", "outer"))
    inner &= mask == 1
    outer &= mask == 0
    assert (painted[inner] == color_to_rgb(COLORS[1])).all()
    np.testing.assert_array_equal(painted[outer], image[outer] // 3)
    rest = ~inner & ~outer
    np.testing.assert_array_equal(painted[rest], image[rest])


def test_outlines_do_not_break_where_one_band_of_a_large_picture_ends():
    mask = np.zeros((2200, 1100), np.uint8)
    band = (1 << 20) // 1100
    mask[band - 1 : 2 * band + 2, 100:900] = 1
    mask[:, 500:600] = 2
    image = np.full((*mask.shape, 3), 200, np.uint8)
    large = overlay_image(image, mask, COLORS, outline=3)
    for top in range(0, 2200, 200):
        part = slice(max(0, top - 10), top + 210)
        small = overlay_image(image[part], mask[part], COLORS, outline=3)
        inner = slice(top, min(2190, top + 200))
        offset = top - part.start
        np.testing.assert_array_equal(
            large[inner], small[offset : offset + inner.stop - inner.start]
        )


def test_outlines_grow_with_the_picture():
    mask = np.zeros((3000, 3000), np.uint8)
    mask[:, 1500:] = 1
    painted = overlay_image(np.zeros((3000, 3000, 3), np.uint8), mask, COLORS[:2], opacity=0)
    assert painted[1000].any(axis=1).sum() == 6


def test_unlabelled_pixels_are_striped_in_grey():
    image = np.zeros((100, 100, 3), np.uint8)
    mask = np.zeros((100, 100), np.uint8)
    mask[:50] = 255
    painted = overlay_image(image, mask, COLORS)
    striped = painted[:48].reshape(-1, 3)
    assert len(np.unique(striped, axis=0)) == 2
    assert (striped == striped[:, :1]).all()
    light = (striped[:, 0] > striped[:, 0].mean()).mean()
    assert 0.4 < light < 0.6
    assert not painted[52:].any()


def test_stripes_run_on_through_a_large_picture():
    mask = np.full((2100, 1100), 255, np.uint8)
    painted = overlay_image(np.zeros((*mask.shape, 3), np.uint8), mask, COLORS)
    np.testing.assert_array_equal(painted[1:, :-1], painted[:-1, 1:])


def test_the_arrays_given_are_not_changed(labelled):
    _, image, mask, _ = labelled("fish")
    before = image.copy(), mask.copy()
    overlay_image(image, mask, COLORS)
    error_overlay(image, mask, mask)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_24_megapixels_need_little_memory_beside_the_result():
    image = np.zeros((4000, 6000, 3), np.uint8)
    mask = np.indices((4000, 6000), np.uint8).sum(0, dtype=np.uint8) % 2
    tracemalloc.start()
    painted = overlay_image(image, mask, COLORS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < painted.nbytes + 40e6


def test_the_error_map_tells_every_kind_of_error_apart():
    truth = np.array([[0, 0, 1, 1, 1, 2, 255, 255]], np.uint8)
    prediction = np.array([[0, 2, 0, 1, 2, 2, 0, 1]], np.uint8)
    assert error_map(truth, prediction).tolist() == [
        [
            Error.NOTHING,
            Error.FALSE_ALARM,
            Error.MISSED,
            Error.HIT,
            Error.WRONG_CLASS,
            Error.HIT,
            Error.NOT_LABELLED,
            Error.NOT_LABELLED,
        ]
    ]


@pytest.mark.parametrize("kind", ["fish", "leaf", "yeast"])
def test_errors_are_painted_in_their_colours_where_they_are(labelled, kind):
    _, image, truth, _ = labelled(kind)
    prediction = shifted(truth, 9)
    prediction[(truth == truth.max()) & (prediction > 0)] = 1
    painted = error_overlay(image, truth, prediction)
    where = {
        Error.MISSED: (truth > 0) & (prediction == 0),
        Error.FALSE_ALARM: (truth == 0) & (prediction > 0),
        Error.WRONG_CLASS: (truth > 0) & (prediction > 0) & (truth != prediction),
    }
    for error, pixels in where.items():
        assert (painted[pixels] == color_to_rgb(ERROR_COLORS[error])).all()
    assert where[Error.MISSED].any()
    assert where[Error.FALSE_ALARM].any()
    assert where[Error.WRONG_CLASS].any() == (truth.max() > 1)
    nothing = painted[(truth == 0) & (prediction == 0)]
    assert (nothing == nothing[:, :1]).all()


@pytest.mark.parametrize("vision", COLOR_VISION)
def test_the_colours_of_errors_are_told_apart_with_any_colour_vision(vision):
    colors = ["#808080", *(ERROR_COLORS[error] for error in ERROR_NAMES)]
    seen = [rgb2lab(as_seen(color, vision)) for color in colors]
    apart = [deltaE_ciede2000(a, b) for a, b in itertools.combinations(seen, 2)]
    assert min(apart) > 15


@pytest.mark.parametrize(("shape", "small"), [((40, 30), (40, 30)), ((400, 100), (100, 25))])
def test_pictures_and_masks_shrink_to_the_same_size_and_never_grow(shape, small):
    mask = np.ones(shape, np.uint8)
    assert reduced_mask(mask, 100).shape == small
    assert reduced_image(np.dstack([mask] * 3), 100).shape == (*small, 3)


def test_a_shrunk_mask_holds_no_new_class_and_about_the_same_areas(labelled):
    truth = labelled("leaf").truth
    small = reduced_mask(truth, 500)
    assert set(np.unique(small)) == set(np.unique(truth))
    areas = [np.bincount(mask.ravel()) / mask.size for mask in (truth, small)]
    np.testing.assert_allclose(areas[1], areas[0], rtol=0.05)


def test_a_mask_of_another_size_is_an_error_that_tells_both():
    image, mask = np.zeros((4, 6, 3), np.uint8), np.zeros((6, 4), np.uint8)
    with pytest.raises(MaskError, match=r"size \(4, 6\). Received: uint8 of shape \(6, 4\)"):
        overlay_image(image, mask, COLORS)


def test_a_class_without_a_colour_is_an_error():
    image, mask = np.zeros((2, 2, 3), np.uint8), np.full((2, 2), 3, np.uint8)
    with pytest.raises(MaskError, match="Received: class 3"):
        overlay_image(image, mask, COLORS)


@pytest.mark.parametrize(
    "image", [np.zeros((2, 2)), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3))]
)
def test_a_picture_that_is_not_rgb_bytes_is_an_error(image):
    with pytest.raises(ImageError, match="must be an array"):
        overlay_image(image, np.zeros((2, 2), np.uint8), COLORS)


def test_a_colour_or_opacity_that_is_not_understood_is_an_error():
    image, mask = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8)
    with pytest.raises(DatasetError, match="Received: 'reddish'"):
        overlay_image(image, mask, ["#000000", "reddish"])
    with pytest.raises(OptionError, match=r"between 0 and 1.*Received: 50"):
        overlay_image(image, mask, COLORS, opacity=50)
