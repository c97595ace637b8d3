import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.path import Path as Polygon
from scipy import ndimage

from notebook_seg.data.formats.bridged import one_line
from notebook_seg.data.formats.outlines import box_of, pieces
from notebook_seg.data.formats.shapes import Outline, circle, ellipse, points_of, rectangle

REGIONS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


def filled(rings, shape) -> np.ndarray:
    region = Outline(None, tuple(points_of(ring) for ring in rings)).region(shape)
    mask = np.zeros(shape, bool)
    if region is not None:
        mask[region.box.slices] = region.inside
    return mask


def sum_of_pieces(region: np.ndarray, rings_of) -> np.ndarray:
    counts = np.zeros(region.shape, int)
    for piece in pieces(region):
        inside = filled(rings_of(piece), region.shape)
        assert inside.sum() == piece.area
        counts += inside
    return counts


@given(REGIONS)
def test_filling_the_rings_gives_the_very_same_pixels_once_each(region):
    assert np.array_equal(sum_of_pieces(region, lambda p: (p.outer, *p.holes)), region)


@given(REGIONS)
def test_one_line_into_the_holes_and_back_gives_the_very_same_pixels(region):
    assert np.array_equal(sum_of_pieces(region, lambda p: (one_line(p),)), region)


@given(REGIONS)
def test_a_piece_hangs_together_by_sides_and_its_rings_never_meet_themselves(region):
    found = pieces(region)
    assert len(found) == ndimage.label(region)[1]
    for piece in found:
        for ring in (piece.outer, *piece.holes):
            assert len({tuple(corner) for corner in ring.tolist()}) == len(ring)
            steps = np.abs(np.roll(ring, -1, axis=0) - ring)
            assert (np.count_nonzero(steps, axis=1) == 1).all()


@given(REGIONS, st.booleans())
def test_another_rasteriser_fills_one_line_alike(region, transposed):
    region = region.T if transposed else region
    centres = np.argwhere(np.ones(region.shape, bool))[:, ::-1] + 0.5
    for piece in pieces(region):
        if not piece.holes:
            inside = Polygon(piece.outer).contains_points(centres).reshape(region.shape)
            assert np.array_equal(inside, filled([piece.outer], region.shape))


def test_bands_of_a_tall_picture_fit_together():
    region = np.zeros((1300, 7), bool)
    region[3:1290, 1:6] = True
    region[500:530, 3] = region[1020:1030, 2:4] = False
    (piece,) = pieces(region)
    assert len(piece.holes) == 2
    assert np.array_equal(filled((piece.outer, *piece.holes), region.shape), region)


def test_holes_within_holes_and_thousands_of_them_end():
    region = np.ones((301, 301), bool)
    region[1:-1:2, 1:-1:2] = False
    (piece,) = pieces(region)
    assert len(piece.holes) == 150 * 150
    assert np.array_equal(filled([one_line(piece)], region.shape), region)


def test_nothing_has_no_pieces_and_no_box():
    assert pieces(np.zeros((3, 4), bool)) == []
    assert box_of(np.zeros((3, 4), bool)).is_empty


def test_a_figure_of_eight_is_filled_in_both_loops_and_what_lies_twice_inside_is_outside():
    eight = [(0, 0), (8, 8), (8, 0), (0, 8)]
    assert filled([eight], (8, 8)).sum() == pytest.approx(32, abs=8)
    twice = [(1, 1), (7, 1), (7, 7), (1, 7), (1, 1), (3, 3), (5, 3), (5, 5), (3, 5), (3, 3)]
    mask = filled([twice], (8, 8))
    assert mask[1, 1]
    assert not mask[4, 4]


def test_shapes_beyond_the_picture_are_cut_and_those_outside_are_nothing():
    assert filled([rectangle(-5, -5, 8, 8)], (10, 10)).sum() == 9
    assert not filled([rectangle(20, 20, 5, 5)], (10, 10)).any()
    assert filled([rectangle(-1e300, -1e300, 2e300, 2e300)], (10, 10)).all()


def test_circles_and_turned_ellipses_cover_the_centres_within():
    y, x = np.mgrid[:60, :80] + 0.5
    assert np.array_equal(filled([circle((40, 30), 20)], (60, 80)), np.hypot(x - 40, y - 30) < 20)
    along = (x - 40) * np.cos(0.5) + (y - 30) * np.sin(0.5)
    across = (y - 30) * np.cos(0.5) - (x - 40) * np.sin(0.5)
    inside = (along / 25) ** 2 + (across / 10) ** 2 < 1
    assert np.array_equal(filled([ellipse((40, 30), (25, 10), 0.5)], (60, 80)), inside)


@pytest.mark.parametrize("points", [[[1, float("nan")]], [[1]], ["ab"]])
def test_what_are_no_points_is_refused(points):
    with pytest.raises((ValueError, IndexError)):
        points_of(points)
