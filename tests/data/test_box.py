import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from notebook_seg.data import Box

SIDE = st.integers(-5, 15)
BOXES = st.builds(Box, SIDE, SIDE, SIDE, SIDE)


def covered(box: Box) -> np.ndarray:
    rows, columns = np.mgrid[-5:15, -5:15]
    return (box.top <= rows) & (rows < box.bottom) & (box.left <= columns) & (columns < box.right)


@given(BOXES, st.integers(0, 10), st.integers(0, 10))
def test_clipping_keeps_just_what_lies_inside(box, height, width):
    clipped = box.clip((height, width, 3))
    inside = covered(box) & covered(Box.whole((height, width)))
    assert np.array_equal(covered(clipped), inside)
    assert clipped.is_empty == (not inside.any())


@given(BOXES.filter(lambda b: not b.is_empty), BOXES.filter(lambda b: not b.is_empty))
def test_the_union_is_the_smallest_box_around_both(one, other):
    rows, columns = np.nonzero(covered(one) | covered(other))
    expected = Box(rows.min() - 5, columns.min() - 5, rows.max() - 4, columns.max() - 4)
    assert one.union(other) == expected


def test_the_slices_cut_out_the_shape():
    box = Box(1, 2, 4, 7)
    assert np.zeros((10, 10))[box.slices].shape == box.shape == (3, 5)
