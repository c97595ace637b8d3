import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes
from skimage.measure import perimeter_crofton, regionprops

from notebook_seg.prediction import Prediction
from notebook_seg.prediction.objects import find_objects
from notebook_seg.prediction.traits import (
    object_columns,
    object_traits,
    picture_columns,
    picture_traits,
)

NAMES, COLORS = ("background", "leaf", "spot"), ("#000000", "#ff0000", "#00ff00")
CENTER = (150.25, 200.5)


def predicted(labels, image=None):
    """Return a prediction that says just these labels."""
    image = np.zeros((*labels.shape, 3), np.uint8) if image is None else image
    return Prediction(image, np.eye(3, dtype=np.float32)[labels], NAMES, COLORS)


def measured(region, scale=None):
    prediction = predicted(region.astype(np.uint8))
    (traits,) = object_traits(prediction, find_objects(prediction.labels, split=False), scale)
    return traits


def disc(radius):
    y, x = np.mgrid[:301, :401]
    return np.hypot(y - CENTER[0], x - CENTER[1]) <= radius


def rectangle(length, width, angle):
    """Return a rectangle that rises by so many degrees towards the right."""
    y, x = np.mgrid[:301, :401]
    turn = np.radians(angle)
    along = (x - CENTER[1]) * np.cos(turn) - (y - CENTER[0]) * np.sin(turn)
    across = (x - CENTER[1]) * np.sin(turn) + (y - CENTER[0]) * np.cos(turn)
    return (np.abs(along) <= length / 2) & (np.abs(across) <= width / 2)


@pytest.mark.parametrize("radius", [10, 50, 120])
def test_a_disc_has_the_size_that_it_has(radius):
    traits = measured(disc(radius))
    assert traits["area_pixels"] == pytest.approx(np.pi * radius**2, rel=0.01)
    assert traits["perimeter_pixels"] == pytest.approx(2 * np.pi * radius, rel=0.02)
    assert traits["length_pixels"] == pytest.approx(2 * radius, abs=1)
    assert traits["width_pixels"] == pytest.approx(2 * radius, abs=1)
    assert traits["centroid_x"] == pytest.approx(CENTER[1], abs=0.3)
    assert traits["centroid_y"] == pytest.approx(CENTER[0], abs=0.3)


@pytest.mark.parametrize("angle", [-77, -45, -22.5, 0, 1, 15, 30, 45, 60, 89])
@pytest.mark.parametrize(("length", "width"), [(100, 40), (200, 10)])
def test_a_rectangle_has_its_length_and_width_however_it_is_turned(length, width, angle):
    traits = measured(rectangle(length, width, angle))
    assert traits["length_pixels"] == pytest.approx(length, abs=1.2)
    assert traits["width_pixels"] == pytest.approx(width, abs=1.2)
    assert traits["angle"] == pytest.approx(angle, abs=0.3)
    assert traits["perimeter_pixels"] == pytest.approx(2 * (length + width), rel=0.06)
    assert traits["area_pixels"] == pytest.approx(length * width, rel=0.06)


def test_what_scikit_image_measures_too_is_the_same():
    y, x = np.mgrid[:301, :401]
    region = rectangle(140, 50, 33) | (np.hypot(y - 190, x - 170) < 45)
    region &= np.hypot(y - 150, x - 210) > 12
    traits = measured(region)
    (props,) = regionprops(region.astype(np.uint8))
    assert traits["area_pixels"] == props.area
    assert (traits["centroid_y"], traits["centroid_x"]) == pytest.approx(props.centroid, abs=1e-3)
    assert traits["perimeter_pixels"] == pytest.approx(
        perimeter_crofton(binary_fill_holes(region), 4), abs=1e-3
    )
    # Theirs is counted from the rows, ours from the columns.
    assert abs(traits["angle"]) == pytest.approx(90 - abs(np.degrees(props.orientation)), abs=0.01)
    top, left, bottom, right = props.bbox
    box = (traits["box_left"], traits["box_top"], traits["box_width"], traits["box_height"])
    assert box == (left, top, right - left, bottom - top)


def test_with_a_scale_there_are_millimetres_too():
    traits = measured(rectangle(100, 40, 0), scale=0.25)
    assert traits["length_mm"] == traits["length_pixels"] / 4
    assert traits["width_mm"] == traits["width_pixels"] / 4
    assert traits["perimeter_mm"] == pytest.approx(traits["perimeter_pixels"] / 4, abs=1e-3)
    assert traits["area_mm2"] == traits["area_pixels"] / 16


def test_sizes_under_a_microscope_keep_their_digits(leaf):
    scale = 0.0003251234567
    (traits,) = object_traits(leaf, find_objects(leaf.labels, together=True), scale)
    assert traits["area_mm2"] == pytest.approx(2400 * scale**2, rel=1e-6)
    assert traits["length_mm"] == pytest.approx(60 * scale, rel=1e-6)
    traits = picture_traits(leaf, [], scale)
    assert traits["millimetres_per_pixel"] == scale
    assert traits["spot_mm2"] == pytest.approx(120 * scale**2, rel=1e-6)


def test_touching_the_border_is_told():
    region = np.zeros((20, 30), bool)
    region[5:10, 5:10] = True
    assert measured(region)["touches_border"] == 0
    region[9:, 5:10] = True
    assert measured(region)["touches_border"] == 1


@pytest.fixture
def leaf():
    """A leaf of 40 x 60 with a spot of 10 x 12 in it, and its photograph."""
    labels = np.zeros((100, 120), np.uint8)
    labels[20:60, 30:90] = 1
    labels[30:40, 40:52] = 2
    image = np.random.default_rng(0).integers(0, 255, (100, 120, 3), np.uint8)
    return predicted(labels, image)


def test_a_picture_tells_the_share_and_the_colours_of_each_class(leaf):
    traits = picture_traits(leaf, [], scale=0.5)
    assert (traits["width"], traits["height"]) == (120, 100)
    assert traits["spot_pixels"] == 120
    assert traits["spot_mm2"] == 30
    assert traits["spot_share"] == 120 / 12000
    assert traits["spot_share_of_specimen"] == 120 / 2400
    pixels = leaf.image[leaf.labels == 2]
    said = [traits[f"spot_{color}_mean"] for color in ("red", "green", "blue")]
    np.testing.assert_allclose(said, pixels.mean(0), atol=1e-3)
    said = [traits[f"spot_{color}_spread"] for color in ("red", "green", "blue")]
    np.testing.assert_allclose(said, pixels.std(0), atol=1e-3)


def test_a_speck_in_a_large_picture_is_counted():
    working = np.zeros((4100, 4100, 2), np.float32)
    working[7, 9, 1] = 1
    image = np.zeros((4100, 4100, 3), np.uint8)
    traits = picture_traits(Prediction(image, working, NAMES[:2], COLORS[:2]), [])
    assert (traits["leaf_pixels"], traits["leaf_share_of_specimen"]) == (1, 1)


def test_a_class_that_is_not_there_has_no_colour():
    traits = picture_traits(predicted(np.ones((4, 5), np.uint8)), [])
    assert traits["spot_pixels"] == 0
    assert "spot_red_mean" not in traits


def test_a_specimen_tells_the_share_of_each_trait(leaf):
    (traits,) = object_traits(leaf, find_objects(leaf.labels, together=True))
    assert traits["class"] == "specimen"
    assert traits["area_pixels"] == 2400
    assert traits["spot_share"] == pytest.approx(0.05)
    assert traits["leaf_share"] == pytest.approx(0.95)
    for label, name in enumerate(NAMES[1:], 1):
        pixels = leaf.image[leaf.labels == label]
        said = [traits[f"{name}_{color}_mean"] for color in ("red", "green", "blue")]
        np.testing.assert_allclose(said, pixels.mean(0), atol=1e-3)
        said = [traits[f"{name}_{color}_spread"] for color in ("red", "green", "blue")]
        np.testing.assert_allclose(said, pixels.std(0), atol=1e-3)


def test_colours_of_an_object_are_of_its_own_pixels(leaf):
    traits = object_traits(leaf, find_objects(leaf.labels))[1]
    assert traits["class"] == "spot"
    assert traits["share_of_specimen"] == pytest.approx(0.05)
    expected = leaf.image[leaf.labels == 2].mean(0)
    said = [traits[f"{color}_mean"] for color in ("red", "green", "blue")]
    np.testing.assert_allclose(said, expected, atol=1e-3)


@pytest.mark.parametrize("scale", [None, 0.1])
@pytest.mark.parametrize("together", [True, False])
def test_every_measure_has_a_column(leaf, scale, together):
    objects = find_objects(leaf.labels, together=together)
    scaled = scale is not None
    columns = picture_columns(NAMES, scaled)
    assert sorted(picture_traits(leaf, objects, scale)) == sorted(columns)
    for traits in object_traits(leaf, objects, scale):
        columns = ["object", *traits]
        assert sorted(columns) == sorted(object_columns(NAMES, scaled, together))
