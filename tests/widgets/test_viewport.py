import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_seg.data.box import Box
from notebook_seg.widgets.viewport import MAX_SCALE, Viewport

shapes = st.tuples(st.integers(1, 9000), st.integers(1, 9000))
screens = st.tuples(st.integers(50, 3000), st.integers(50, 2000))
places = st.tuples(st.floats(0, 1), st.floats(0, 1))
moves = st.lists(
    st.one_of(
        st.tuples(st.just("zoom"), st.floats(0.2, 5), places),
        st.tuples(st.just("push"), st.floats(-2000, 2000), st.floats(-2000, 2000)),
    ),
    max_size=6,
)


def after(view, shape, steps):
    for kind, first, second in steps:
        if kind == "zoom":
            x, y = second[0] * view.width, second[1] * view.height
            view = view.zoomed(first, x, y, shape)
        else:
            view = view.moved(first, second, shape)
    return view


@given(shapes, screens)
def test_a_fitting_view_shows_all_of_the_picture_and_touches_two_of_its_edges(shape, screen):
    view = Viewport.fit(shape, *screen)
    left, top = view.to_screen(-0.5, -0.5)
    right, bottom = view.to_screen(shape[1] - 0.5, shape[0] - 0.5)
    assert min(left, top, view.width - right, view.height - bottom) > -1e-6
    if view.scale < MAX_SCALE:
        assert min(left, top) == pytest.approx(0, abs=1e-6)
    assert left == pytest.approx(view.width - right, abs=1e-6)


@given(shapes, screens, moves, places)
def test_the_way_to_the_picture_and_back_ends_where_it_began(shape, screen, steps, place):
    view = after(Viewport.fit(shape, *screen), shape, steps)
    x, y = place[0] * view.width, place[1] * view.height
    assert view.to_screen(*view.to_picture(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(shapes, screens, moves)
def test_however_it_is_moved_some_of_the_picture_stays_in_view(shape, screen, steps):
    view = after(Viewport.fit(shape, *screen), shape, steps)
    x, y = view.to_picture(view.width / 2, view.height / 2)
    assert -0.5 - 1e-6 <= x <= shape[1] - 0.5 + 1e-6
    assert -0.5 - 1e-6 <= y <= shape[0] - 0.5 + 1e-6
    assert view.scale <= MAX_SCALE


def test_the_place_under_the_pointer_stays_there_when_zooming():
    view = Viewport.fit((600, 800), 760, 540)
    before = view.to_picture(300, 200)
    assert view.zoomed(7.3, 300, 200, (600, 800)).to_picture(300, 200) == pytest.approx(before)


@given(shapes, screens, moves)
def test_rows_and_columns_are_those_that_the_centres_of_the_screen_fall_into(shape, screen, steps):
    view = after(Viewport.fit(shape, *screen), shape, steps)
    for number in (0, view.width // 3, view.width - 1):
        x, _ = view.to_picture(number + 0.5, 0)
        assert abs(view.columns()[number] - x) <= 0.5 + 1e-9
    for number in (0, view.height // 3, view.height - 1):
        _, y = view.to_picture(0, number + 0.5)
        assert abs(view.rows()[number] - y) <= 0.5 + 1e-9


@given(shapes, screens, moves, places, places)
def test_the_box_on_the_screen_holds_every_pixel_that_shows_the_box(shape, screen, steps, a, b):
    view = after(Viewport.fit(shape, *screen), shape, steps)
    (top, bottom), (left, right) = (
        sorted((int(p * shape[axis]), int(q * shape[axis]) + 1))
        for axis, p, q in ((0, a[0], b[0]), (1, a[1], b[1]))
    )
    shown = view.screen_box(Box(top, left, bottom, right))
    rows = np.flatnonzero((view.rows() >= top) & (view.rows() < bottom))
    columns = np.flatnonzero((view.columns() >= left) & (view.columns() < right))
    if len(rows) and len(columns):
        assert shown.top <= rows[0]
        assert shown.bottom > rows[-1]
        assert shown.left <= columns[0]
        assert shown.right > columns[-1]


def test_a_screen_of_another_size_shows_the_same_place_in_its_middle():
    view = Viewport.fit((600, 800), 760, 540).zoomed(4, 100, 100, (600, 800))
    twice = view.resized(1520, 1080)
    assert twice.scale == 2 * view.scale
    assert twice.to_picture(760, 540) == pytest.approx(view.to_picture(380, 270))
