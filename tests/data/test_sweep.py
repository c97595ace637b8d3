import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from notebook_seg.data.sweep import sweep

# Off the grid, where no centre of a pixel lies on a line.
PLACES = st.integers(-40, 240).map(lambda number: number / 10 + 0.03)
POLYGONS = st.lists(st.tuples(PLACES, PLACES), min_size=3, max_size=8)


def covered(points, even_odd: bool) -> np.ndarray:
    start = np.array(points)
    region = sweep(start, np.roll(start, -1, axis=0), (20, 20), even_odd)
    mask = np.zeros((20, 20), bool)
    if region is not None:
        mask[region.box.slices] = region.inside
    return mask


@given(POLYGONS)
def test_the_even_odd_rule_counts_how_often_a_ray_meets_a_line(points):
    expected, close = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        for row in range(20):
            if (y0 > row) != (y1 > row):
                meets = x0 + (x1 - x0) * (row - y0) / (y1 - y0)
                expected[row] ^= np.arange(20) > meets
                # There, rounding decides on which side a centre lies.
                close[row] |= np.abs(np.arange(20) - meets) < 1e-9
    assert not ((covered(points, even_odd=True) != expected) & ~close).any()


@given(st.lists(st.tuples(PLACES, PLACES), min_size=3, max_size=3))
def test_a_triangle_is_the_same_by_both_rules(points):
    assert np.array_equal(covered(points, even_odd=True), covered(points, even_odd=False))


def test_a_ring_within_a_ring_is_a_hole_only_by_the_even_odd_rule():
    outer = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], float)
    inner = outer * 0.4 + 3
    start = np.concatenate([outer, inner])
    stop = np.concatenate([np.roll(outer, -1, axis=0), np.roll(inner, -1, axis=0)])
    assert sweep(start, stop, (20, 20)).inside.all()
    assert not sweep(start, stop, (20, 20), even_odd=True).inside[5, 5]
