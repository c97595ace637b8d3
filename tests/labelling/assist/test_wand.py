import numpy as np
import pytest

from notebook_seg.labelling.assist import wand_region


@pytest.fixture
def stripes():
    """Greys from dark to light, from left to right, ten columns of each."""
    return (
        np.repeat(np.arange(0, 250, 10, dtype=np.uint8), 10)[np.newaxis, :, np.newaxis]
        .repeat(30, axis=0)
        .repeat(3, axis=2)
    )


def test_more_tolerance_takes_more(stripes):
    widths = [wand_region(stripes, (125, 5), t).box.shape[1] for t in (0, 15, 40, 100, 255)]
    assert widths[0] == 10
    assert widths[-1] == 250
    assert widths == sorted(set(widths))


def test_a_click_between_the_coins_takes_no_coin(coin_scene, as_pixels):
    image, labels = coin_scene
    background = np.argwhere(labels == 0)
    row, column = min(background, key=lambda place: image[tuple(place)].sum().item())
    taken = as_pixels(wand_region(image, (column, row), 25), labels.shape)
    assert taken[row, column]
    assert (taken & (labels == 0)).sum() > 0.9 * taken.sum()


def test_the_bare_ground_around_a_fish_is_taken_but_the_fish_is_not(fishes, as_pixels):
    kept, bare = [], []
    for image, fish in fishes:
        taken = as_pixels(wand_region(image, (5, 5), 40), fish.shape)
        kept.append((taken & fish).sum() / fish.sum())
        bare.append((taken & ~fish).sum() / (~fish).sum())
    assert np.median(kept) < 0.1
    assert np.median(bare) > 0.3


def test_noise_neither_stops_it_nor_leaves_holes(as_pixels):
    noise = np.random.default_rng(0)
    image = np.full((100, 120, 3), 200, np.uint8)
    image[20:80, 30:100] = (90, 60, 50)
    speckled = noise.random(image.shape[:2]) < 0.02
    image[speckled] = noise.integers(0, 256, (speckled.sum(), 3), np.uint8)
    row, column = np.argwhere(~speckled[40:60, 50:60])[0] + (40, 50)
    taken = as_pixels(wand_region(image, (column, row), 20), image.shape)
    assert taken[22:78, 32:98].all()
    assert not taken[:17].any()


def test_a_real_hole_stays_a_hole(as_pixels):
    image = np.full((100, 120, 3), 200, np.uint8)
    image[40:60, 50:70] = 10
    taken = as_pixels(wand_region(image, (5, 5), 20), image.shape)
    # The median may round its corners.
    assert (taken != (image[..., 0] == 200)).sum() <= 4


def test_what_only_touches_by_a_corner_is_not_connected():
    image = np.zeros((20, 20, 3), np.uint8)
    image[:10, :10] = image[10:, 10:] = 255
    assert wand_region(image, (2, 2), 20).box == (0, 0, 10, 10)


@pytest.mark.parametrize("point", [(-1, 5), (5, -1), (30, 5), (5, 20), (np.nan, 3), (np.inf, 3)])
def test_a_click_beside_the_picture_finds_nothing(point):
    assert wand_region(np.zeros((20, 30, 3), np.uint8), point, 20) is None


@pytest.mark.parametrize("point", [(-0.5, -0.5), (29.4, 19.4)])
def test_a_click_on_the_outermost_pixels_counts(point):
    assert wand_region(np.zeros((20, 30, 3), np.uint8), point, 20).box == (0, 0, 20, 30)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (2, 2)])
def test_a_picture_of_a_few_pixels_is_taken_whole(shape):
    assert wand_region(np.full((*shape, 3), 9, np.uint8), (0, 0), 0).box == (0, 0, *shape)


@pytest.mark.parametrize("reach", [100, 300, 700])
def test_a_region_is_the_same_whichever_window_holds_it(reach, as_pixels):
    rows, columns = np.mgrid[:1500, :1500]
    disc = np.hypot(rows - 750, columns - 750) < reach
    image = np.where(disc[..., np.newaxis], np.uint8(60), np.uint8(200)).repeat(3, axis=2)
    np.testing.assert_array_equal(as_pixels(wand_region(image, (750, 750), 20), disc.shape), disc)


def test_in_a_huge_picture_its_border_is_right_to_some_pixels_and_has_no_steps(as_pixels, iou):
    image = np.full((3000, 4000, 3), 200, np.uint8)
    rows, columns = np.ogrid[:3000, :4000]
    disc = (rows - 1500) ** 2 + (columns - 2000) ** 2 < 1400**2
    image[disc] = 60
    region = wand_region(image, (2000, 1500), 20)
    assert iou(as_pixels(region, image.shape), disc) > 0.998
    slanted = region.inside.argmax(axis=1)[300:700]
    assert np.unique(slanted).size > 200
