import numpy as np
import pytest
from skimage.measure import label as connected_regions

from notebook_seg.labelling.assist import snap_region
from notebook_seg.labelling.raster import polygon_region


def largest(pixels):
    pieces = connected_regions(pixels)
    return pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])


@pytest.mark.parametrize("away", [10, -10])
def test_a_lasso_ten_pixels_off_a_fish_becomes_its_outline(
    fishes, outline_around, as_pixels, iou, away
):
    gained, reached = [], []
    for image, fish in fishes:
        lasso = outline_around(fish, away)
        drawn = iou(as_pixels(polygon_region(lasso, fish.shape), fish.shape), fish)
        reached.append(iou(as_pixels(snap_region(image, lasso), fish.shape), fish))
        gained.append(reached[-1] - drawn)
    assert np.median(reached) >= 0.94
    assert min(gained) > 0


@pytest.mark.parametrize("away", [4, -4])
def test_a_small_object_is_found_as_well(coin_scene, outline_around, as_pixels, iou, away):
    image, labels = coin_scene
    coin = largest(labels == 1)
    found = as_pixels(snap_region(image, outline_around(coin, away)), coin.shape)
    assert iou(found, coin) > 0.93


def test_a_lasso_on_the_very_outline_stays_there(fishes, outline_around, as_pixels, iou):
    for image, fish in fishes:
        found = as_pixels(snap_region(image, outline_around(fish, 0)), fish.shape)
        assert iou(found, fish) > 0.92


def test_direction_and_start_of_the_lasso_make_no_great_difference(
    coin_scene, outline_around, as_pixels, iou
):
    image, labels = coin_scene
    lasso = outline_around(largest(labels == 1), 4)
    other = np.roll(lasso[::-1], 5, axis=0)
    one, two = (as_pixels(snap_region(image, way), labels.shape) for way in (lasso, other))
    assert iou(one, two) > 0.97


def test_a_large_picture_gives_an_outline_without_steps():
    rows, columns = np.mgrid[:3000, :3000]
    disc = np.hypot(rows - 1500, columns - 1500) < 1100
    image = np.where(disc[..., np.newaxis], np.uint8(60), np.uint8(200)).repeat(3, axis=2)
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    lasso = 1500 + 1140 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    box, inside = snap_region(image, lasso)
    rows = np.arange(box.top, box.bottom)
    left = box.left + inside.argmax(axis=1)
    true = 1500 - np.sqrt(np.maximum(1100**2 - (rows - 1500) ** 2, 0))
    middle = abs(rows - 1500) < 700
    assert np.abs(left - true)[middle].max() <= 4
    # Blocks of the picture scaled down would leave runs of equal columns.
    slanted = (abs(rows - 1500) > 600) & (abs(rows - 1500) < 800)
    assert np.unique(left[slanted]).size > 0.4 * slanted.sum() / 2


@pytest.mark.parametrize("color", [0, 128, 255])
def test_where_nothing_is_to_be_seen_the_lasso_stays_about_as_it_was(color, as_pixels, iou):
    image = np.full((80, 90, 3), color, np.uint8)
    lasso = np.array([(20, 20), (60, 20), (60, 50), (20, 50)], float)
    drawn = as_pixels(polygon_region(lasso, image.shape[:2]), image.shape)
    assert iou(as_pixels(snap_region(image, lasso), image.shape), drawn) > 0.9


def test_noise_is_no_outline(as_pixels, iou):
    image = np.random.default_rng(1).integers(0, 256, (120, 130, 3), np.uint8)
    lasso = np.array([(30, 30), (90, 30), (90, 80), (30, 80)], float)
    drawn = as_pixels(polygon_region(lasso, image.shape[:2]), image.shape)
    assert iou(as_pixels(snap_region(image, lasso), image.shape), drawn) > 0.5


def test_an_object_cut_by_the_border_is_found_up_to_the_border(as_pixels, iou):
    image = np.full((100, 120, 3), 230, np.uint8)
    image[:40, :50] = 40
    found = as_pixels(snap_region(image, [(-20, -30), (57, -10), (56, 46), (-15, 47)]), (100, 120))
    assert iou(found, image[..., 0] == 40) > 0.95


def test_a_lasso_that_goes_far_outside_is_cut_off_at_the_picture():
    image = np.full((100, 120, 3), 230, np.uint8)
    region = snap_region(image, [(-1e7, -1e7), (1e7, -1e7), (1e7, 1e7), (-1e7, 1e7)])
    assert region.box == (0, 0, 100, 120)
    assert region.inside.all()


@pytest.mark.parametrize(
    "outline",
    [
        [],
        [(3, 3), (8, 8)],
        [(-9, -9), (-5, -9), (-5, -5)],
        [(4, 4)] * 9,
        [(2, 2), (9, np.nan), (9, 9)],
    ],
)
def test_a_lasso_around_nothing_finds_nothing(outline):
    assert snap_region(np.zeros((20, 30, 3), np.uint8), outline) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 3)])
def test_a_picture_of_a_few_pixels_is_no_trouble(shape):
    region = snap_region(np.zeros((*shape, 3), np.uint8), [(-9, -9), (99, -9), (99, 99), (-9, 99)])
    assert region.inside.all()
    assert region.box == (0, 0, *shape)


def test_an_outline_that_crosses_itself_is_no_trouble(coin_scene):
    image, labels = coin_scene
    region = snap_region(image, [(10, 10), (60, 60), (60, 10), (10, 60)])
    assert region.box.clip(labels.shape) == region.box
    assert region.inside.any()


def test_the_picture_is_left_as_it_is(coin_scene):
    image = coin_scene[0].copy()
    image.flags.writeable = False
    snap_region(image, [(10, 10), (60, 10), (60, 60), (10, 60)])
    np.testing.assert_array_equal(image, coin_scene[0])
