import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from skimage.draw import polygon2mask
from skimage.measure import label as connected_regions

from notebook_seg.labelling.raster import (
    brush_region,
    fill_region,
    polygon_region,
    touched_pieces,
)

SHAPE = (40, 50)
# Quarters of pixels: centres lie exactly on outlines often enough to matter.
coordinates = st.integers(-60, 260).map(lambda n: n / 4)
points = st.tuples(coordinates, coordinates)
outlines = st.lists(points, min_size=3, max_size=9).map(np.array)
paths = st.lists(points, min_size=1, max_size=6).map(np.array)


def as_mask(region, shape=SHAPE):
    mask = np.zeros(shape, dtype=bool)
    if region is not None:
        mask[region.box.slices] = region.inside
    return mask


def pixel_centres(shape=SHAPE):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return columns, rows


def distance_to_path(path, shape=SHAPE):
    """How far each pixel's centre is from a polyline, by projection on each of its pieces."""
    columns, rows = pixel_centres(shape)
    nearest = np.full(shape, np.inf)
    for (x0, y0), (x1, y1) in zip(path, [*path[1:], path[-1]], strict=True):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = ((columns - x0) * (x1 - x0) + (rows - y0) * (y1 - y0)) / length if length else 0
        along = np.clip(along, 0, 1)
        there = np.hypot(columns - x0 - along * (x1 - x0), rows - y0 - along * (y1 - y0))
        nearest = np.minimum(nearest, there)
    return nearest


def winding_numbers(outline, shape=SHAPE):
    """How often the outline goes around each pixel's centre, as the sum of the angles it turns."""
    columns, rows = pixel_centres(shape)
    around = np.stack([np.arctan2(y - rows, x - columns) for x, y in outline])
    turns = np.diff(around, axis=0, append=around[:1])
    turns = (turns + np.pi) % (2 * np.pi) - np.pi
    return np.round(turns.sum(axis=0) / (2 * np.pi)).astype(int)


@given(outlines)
def test_a_polygon_covers_the_pixels_that_its_outline_goes_around(outline):
    clear = distance_to_path([*outline, outline[0]]) > 1e-6
    covered = as_mask(polygon_region(outline, SHAPE))
    np.testing.assert_array_equal(covered[clear], winding_numbers(outline)[clear] != 0)


def test_a_polygon_that_does_not_cross_itself_agrees_with_scikit_image():
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 12 + 5 * np.sin(5 * angle)
    outline = np.column_stack([24.3 + radius * np.cos(angle), 19.8 + radius * np.sin(angle)])
    np.testing.assert_array_equal(
        as_mask(polygon_region(outline, SHAPE)), polygon2mask(SHAPE, outline[:, ::-1])
    )


@given(points, points, st.integers(1, 9), st.integers(1, 9))
def test_two_polygons_with_a_common_edge_neither_overlap_nor_leave_a_gap(start, stop, one, other):
    start, stop = np.array(start), np.array(stop)
    middle, normal = (start + stop) / 2, (stop - start)[::-1] * (-1, 1) / 4
    tips = middle + one * normal, middle - other * normal
    halves = [as_mask(polygon_region(np.array([start, stop, tip]), SHAPE)) for tip in tips]
    kite = as_mask(polygon_region(np.array([start, tips[0], stop, tips[1]]), SHAPE))
    assert not (halves[0] & halves[1]).any()
    np.testing.assert_array_equal(halves[0] | halves[1], kite)


def test_a_lasso_drawn_past_its_own_start_leaves_no_hole():
    angle = np.linspace(0, 2.4 * np.pi, 200)
    radius = np.linspace(16, 12, 200)
    spiral = np.column_stack([25 + radius * np.cos(angle), 20 + radius * np.sin(angle)])
    covered = as_mask(polygon_region(spiral, SHAPE))
    assert connected_regions(~covered, connectivity=1).max() == 1


def test_a_lasso_drawn_as_an_eight_covers_both_loops():
    eight = np.array([(5, 5), (30, 30), (30, 5), (5, 30)], dtype=float)
    covered = as_mask(polygon_region(eight, SHAPE))
    assert covered[18, 10]
    assert covered[18, 25]
    assert not covered[8, 18]


@pytest.mark.parametrize(
    "outline",
    [
        [(-40, -40), (-20, -40), (-20, -20)],
        [(60, 10), (90, 10), (90, 30)],
        [(10.1, 10.1), (10.4, 10.1), (10.4, 10.4)],
        [(3, 3), (40, 3), (20, 3)],
    ],
    ids=["off the upper left", "off the right", "between the centres", "without an area"],
)
def test_a_polygon_without_a_pixel_centre_inside_covers_nothing(outline):
    assert polygon_region(np.array(outline, dtype=float), SHAPE) is None


def test_crossings_that_rounding_cannot_tell_apart_are_harmless():
    outline = np.array([(1.3e-57, 9), (0, 0), (0, 2), (0, 0)], dtype=float)
    covered = as_mask(polygon_region(outline, SHAPE))
    assert not covered[:, 1:].any()


def test_a_polygon_far_larger_than_the_picture_covers_all_of_it():
    outline = np.array([(-1e12, -1e12), (1e12, -1e12), (1e12, 1e12), (-1e12, 1e12)])
    assert as_mask(polygon_region(outline, SHAPE)).all()


@given(outlines)
def test_the_box_of_a_region_is_the_smallest_around_it(outline):
    region = polygon_region(outline, SHAPE)
    if region is not None:
        rows, columns = np.nonzero(as_mask(region))
        assert region.box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


@given(paths, st.sampled_from([0.5, 1, 1.5, 2, 3.7, 9, 40]))
def test_a_brush_covers_the_pixels_that_are_nearer_to_its_path_than_its_radius(path, radius):
    distance = distance_to_path(path)
    covered = as_mask(brush_region(path, radius, SHAPE))
    assert covered[distance < radius - 0.03].all()
    assert not covered[distance > radius + 0.03].any()


def test_a_brush_beside_the_picture_covers_nothing():
    assert brush_region(np.array([(-20.0, 5.0), (-20.0, 30.0)]), 5, SHAPE) is None


@given(st.integers(0, 2**32 - 1), st.integers(0, SHAPE[1] - 1), st.integers(0, SHAPE[0] - 1))
def test_a_fill_covers_the_region_that_scikit_image_calls_connected(seed, column, row):
    labels = np.random.default_rng(seed).choice([0, 1, 255], SHAPE, p=[0.6, 0.3, 0.1])
    labels = labels.astype(np.uint8)
    regions = connected_regions(labels, connectivity=1, background=-1)
    region = fill_region(labels, (column, row))
    np.testing.assert_array_equal(as_mask(region), regions == regions[row, column])
    assert region.inside.any(axis=0).all()
    assert region.inside.any(axis=1).all()


@given(st.integers(0, 2**32 - 1), outlines)
def test_the_touched_pieces_are_those_that_scikit_image_numbers(seed, outline):
    labels = np.random.default_rng(seed).choice([0, 1, 2], SHAPE, p=[0.6, 0.3, 0.1])
    labels = labels.astype(np.uint8)
    region = polygon_region(outline, SHAPE)
    assume(region is not None)
    numbers = connected_regions(labels == 1, connectivity=2)
    touched = np.isin(numbers, np.setdiff1d(numbers[as_mask(region)], 0))
    pieces = touched_pieces(labels, 1, region)
    np.testing.assert_array_equal(as_mask(pieces), touched)
    if pieces is not None:
        rows, columns = np.nonzero(touched)
        assert pieces.box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
