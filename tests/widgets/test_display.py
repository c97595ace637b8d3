import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.box import Box
from notebook_seg.widgets.display import SURROUND, Display
from notebook_seg.widgets.viewport import Viewport

COLORS = ["#000000", "#ff0000", "#0000ff"]


@pytest.fixture(scope="module")
def photograph():
    return Dataset.sample().image("coin_01")


def random_labels(shape, seed=0):
    """Blobs of all labels, in pieces of 20 pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.choice([0, 1, 2, 255], (shape[0] // 20 + 1, shape[1] // 20 + 1))
    return coarse.repeat(20, 0).repeat(20, 1)[: shape[0], : shape[1]].astype(np.uint8)


def views(shape):
    fit = Viewport.fit(shape, 300, 220)
    return {
        "all of it": fit,
        "a little nearer": fit.zoomed(2.3, 100, 80, shape),
        "pixels as squares": fit.zoomed(30, 200, 100, shape),
        "pushed to the side": fit.moved(120, -90, shape),
    }


def test_without_a_mask_a_view_at_full_size_is_the_photograph(photograph):
    height, width = photograph.shape[:2]
    view = Viewport.fit(photograph.shape, width, height)
    shown = Display(photograph, COLORS).compose(view, None, 0.5)
    np.testing.assert_array_equal(shown, photograph)


def test_a_mask_without_opacity_is_not_seen(photograph):
    display = Display(photograph, COLORS)
    for view in views(photograph.shape).values():
        np.testing.assert_array_equal(
            display.compose(view, random_labels(photograph.shape), 0),
            display.compose(view, None, 0),
        )


def test_an_opaque_mask_shows_its_colours_where_its_labels_are(photograph):
    labels = random_labels(photograph.shape)
    for view in views(photograph.shape).values():
        shown = Display(photograph, COLORS).compose(view, labels, 1)
        for row in range(0, view.height, 17):
            for column in range(0, view.width, 13):
                x, y = np.round(view.to_picture(column + 0.5, row + 0.5)).astype(int)
                inside = 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1]
                if inside and labels[y, x] in {1, 2}:
                    assert tuple(shown[row, column]) == ((255, 0, 0), (0, 0, 255))[labels[y, x] - 1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["all of it", "a little nearer", "pixels as squares"])
def test_a_part_is_composed_as_it_is_in_the_whole(photograph, name, seed):
    rng = np.random.default_rng(seed)
    labels = random_labels(photograph.shape, seed)
    view = views(photograph.shape)[name]
    display = Display(photograph, COLORS)
    whole = display.compose(view, labels, 0.4)
    for _ in range(5):
        (top, bottom), (left, right) = np.sort(rng.integers(0, 220, (2, 2))).tolist()
        part = Box(top, left, bottom, right)
        np.testing.assert_array_equal(display.compose(view, labels, 0.4, part), whole[part.slices])


def test_around_the_picture_is_the_surround(photograph):
    view = Viewport.fit(photograph.shape, 2000, 100)
    shown = Display(photograph, COLORS).compose(view, random_labels(photograph.shape), 1)
    assert (shown[:, :50] == SURROUND).all()
    assert (shown[:, -50:] == SURROUND).all()


def test_unlabelled_pixels_are_striped_in_grey(photograph):
    labels = np.full(photograph.shape[:2], 255, np.uint8)
    view = Viewport.fit(photograph.shape, photograph.shape[1], photograph.shape[0])
    shown = Display(photograph, COLORS).compose(view, labels, 1)
    assert {tuple(color) for color in shown.reshape(-1, 3)} == {(70, 70, 70), (190, 190, 190)}


def test_an_area_has_a_stronger_outline(photograph):
    labels = np.zeros(photograph.shape[:2], np.uint8)
    labels[20:60, 20:60] = 1
    view = Viewport.fit(photograph.shape, photograph.shape[1], photograph.shape[0])
    shown = Display(np.zeros_like(photograph), COLORS).compose(view, labels, 0.3)
    assert shown[20, 40, 0] == pytest.approx(0.9 * 255, abs=1)
    assert shown[40, 40, 0] == pytest.approx(0.3 * 255, abs=1)
    assert shown[19, 40, 0] == 0


def test_a_reduced_photograph_is_averaged_and_not_thinned_out():
    stripes = np.zeros((1024, 2048, 3), np.uint8)
    stripes[:, ::2] = 200
    shown = Display(stripes, COLORS).compose(Viewport.fit(stripes.shape, 256, 128), None, 0)
    inner = shown[4:-4, 4:-4]
    assert abs(inner.astype(int) - 100).max() <= 2


def test_a_mark_is_shown_where_it_is_at_every_scale():
    for zoom in (1, 1.7, 3.9, 9.5):
        picture = np.zeros((1501, 2203, 3), np.uint8)
        picture[700:740, 1000:1060] = 255
        view = Viewport.fit(picture.shape, 400, 300).zoomed(zoom, 187, 144, picture.shape)
        shown = Display(picture, COLORS).compose(view, None, 0)[..., 0].astype(float)
        shown = np.maximum(shown - max(SURROUND), 0)
        rows, columns = np.mgrid[:300, :400] + 0.5
        middle = (shown * columns).sum() / shown.sum(), (shown * rows).sum() / shown.sum()
        left, top = view.to_screen(999.5, 699.5)
        right, bottom = view.to_screen(1059.5, 739.5)
        shown_middle = (left + right) / 2, (top + bottom) / 2
        assert middle == pytest.approx(shown_middle, abs=0.3), zoom


def test_a_picture_with_a_side_beyond_the_reach_of_opencv_is_shown():
    strip = np.zeros((400, 40_000, 3), np.uint8)
    strip[:, 35_000:] = 200
    view = Viewport.fit(strip.shape, 700, 100)
    shown = Display(strip, COLORS).compose(view, None, 0)
    assert tuple(shown[50, 300]) == (0, 0, 0)
    assert tuple(shown[50, 650]) == (200, 200, 200)
    near = view.zoomed(50, 650, 50, strip.shape)
    assert tuple(Display(strip, COLORS).compose(near, None, 0)[50, 350]) == (200, 200, 200)
