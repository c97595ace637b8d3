import numpy as np
import pytest
from matplotlib.backend_bases import LocationEvent

from notebook_seg.data import Dataset
from notebook_seg.labelling import LabellingSession, Mask
from notebook_seg.widgets.lasso import LassoAxes
from notebook_seg.widgets.messages import Guard, MessageLine
from tests.widgets.conftest import LEFT, MIDDLE, RIGHT

OUTLINE = [(200, 150), (500, 150), (520, 260), (350, 400), (220, 300), (200, 150)]


@pytest.fixture(params=["coin", "leaf"])
def surface(request, coins, tmp_path):
    """On a picture smaller than the canvas, and on one that is larger."""
    data = coins
    if request.param == "leaf":
        leaf = request.getfixturevalue("photographs") / "leaf/images/leaf_106.jpg"
        data = Dataset.create(tmp_path / "leaf", leaf, ["leaf"])
    surface = LassoAxes(LabellingSession(data), Guard(MessageLine()))
    surface.widget.draw()
    return surface


@pytest.fixture
def mouse(surface, pointer):
    return pointer(surface.widget)


def labels(surface):
    return surface.session.mask.labels


def drawn(surface, outline):
    """What the same outline gives when it is drawn in Python, without a canvas."""
    mask = Mask(np.zeros(labels(surface).shape, np.uint8), 3)
    mask.polygon([surface.view.to_picture(x, y) for x, y in outline], 1)
    return mask.labels


def pixels(surface):
    return np.asarray(surface.widget.buffer_rgba())[..., :3]


def test_a_lasso_drawn_with_the_pointer_covers_what_it_encircles(surface, mouse):
    mouse.drag(OUTLINE)
    np.testing.assert_array_equal(labels(surface), drawn(surface, OUTLINE))
    assert labels(surface).any()


def test_after_zooming_and_pushing_a_lasso_lands_where_it_is_drawn(surface, mouse):
    for _ in range(6):
        mouse.wheel((350, 250), 1)
    mouse.drag([(400, 300), (330, 260)], RIGHT)
    mouse.drag(OUTLINE)
    np.testing.assert_array_equal(labels(surface), drawn(surface, OUTLINE))
    surface.reset_view()
    assert labels(surface)[tuple(np.flip(np.round(surface.view.to_picture(345, 250)).astype(int)))]


def test_the_wheel_zooms_about_the_pointer(surface, mouse):
    before = surface.view.to_picture(350, 250)
    mouse.wheel((350, 250), 1)
    assert surface.view.scale == pytest.approx(
        1.25 * surface.view.fit(surface.session.shape, 760, 540).scale
    )
    assert surface.view.to_picture(350, 250) == pytest.approx(before)


@pytest.mark.parametrize("button", [RIGHT, MIDDLE])
def test_another_button_pushes_the_picture_and_draws_nothing(surface, mouse, button):
    before = surface.view.to_picture(300, 300)
    mouse.drag([(300, 300), (320, 310), (360, 290)], button)
    assert surface.view.to_picture(360, 290) == pytest.approx(before)
    assert not labels(surface).any()


def test_all_of_the_picture_is_shown_again_at_reset(surface, mouse):
    before = surface.view
    mouse.wheel((100, 100), 3)
    surface.reset_view()
    assert surface.view == before


def test_the_brush_paints_along_the_pointer_with_its_radius_in_pixels_of_the_picture(
    surface, mouse
):
    surface.session.pen.tool, surface.session.pen.radius = "brush", 6
    mouse.drag([(300, 300), (400, 300)])
    x, y = surface.view.to_picture(350, 300)
    column = labels(surface)[:, round(x)]
    assert np.flatnonzero(column).min() == pytest.approx(y - 6, abs=1)
    assert np.flatnonzero(column).max() == pytest.approx(y + 6, abs=1)


def test_a_click_fills(surface, mouse):
    surface.session.pen.tool = "fill"
    mouse.press((380, 270))
    mouse.release((380, 270))
    assert labels(surface).all()


def test_a_click_with_the_lasso_draws_nothing(surface, mouse):
    mouse.press((380, 270))
    mouse.release((380, 270))
    assert not surface.session.mask.can_undo


def test_a_stroke_that_is_cancelled_draws_nothing(surface, mouse):
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    surface.cancel_stroke()
    mouse.release(OUTLINE[-1])
    assert not labels(surface).any()


def test_a_button_released_outside_the_canvas_ends_the_stroke_at_the_edge(surface, mouse):
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    mouse.move((700, 20))
    mouse.move((650, 30))
    np.testing.assert_array_equal(labels(surface), drawn(surface, OUTLINE))


def test_a_move_from_before_the_press_that_arrives_after_it_does_not_end_the_stroke(surface, mouse):
    mouse.press(OUTLINE[0])
    mouse.move(OUTLINE[0])
    for place in OUTLINE[1:]:
        mouse.move(place, LEFT)
    mouse.release(OUTLINE[-1])
    np.testing.assert_array_equal(labels(surface), drawn(surface, OUTLINE))


def test_a_stroke_can_be_finished_without_the_pointer(surface, mouse):
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    surface.finish_stroke()
    np.testing.assert_array_equal(labels(surface), drawn(surface, OUTLINE))


def test_the_mask_is_shown_over_the_picture_as_soon_as_it_is_drawn(surface, mouse):
    before = pixels(surface).copy()
    mouse.drag(OUTLINE)
    surface.widget.draw()
    changed = (pixels(surface) != before).any(axis=2)
    assert changed[250, 345]
    assert not changed[450, 345]


def test_what_is_updated_by_strokes_is_what_would_be_drawn_anew(surface, mouse):
    mouse.drag(OUTLINE)
    mouse.drag([(x - 60, y + 40) for x, y in OUTLINE])
    surface.session.undo()
    surface.widget.draw()
    by_strokes = pixels(surface).copy()
    surface.reset_view()
    surface.widget.draw()
    np.testing.assert_array_equal(by_strokes, pixels(surface))


def test_the_line_is_shown_while_it_is_drawn(surface, mouse):
    before = pixels(surface).copy()
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    surface.widget.draw()
    changed = (pixels(surface) != before).any(axis=2)
    assert changed[149:152, 350].any()
    assert not changed[250, 345]


def test_the_line_is_gone_when_the_stroke_is_cancelled(surface, mouse):
    before = pixels(surface).copy()
    mouse.press(OUTLINE[0])
    for place in OUTLINE:
        mouse.move(place, LEFT)
    surface.cancel_stroke()
    surface.widget.draw()
    np.testing.assert_array_equal(pixels(surface), before)


def test_the_size_of_the_brush_is_shown_under_the_pointer_until_it_leaves(surface, mouse):
    surface.session.pen.tool = "brush"
    before = pixels(surface).copy()
    mouse.move((300, 200))
    surface.widget.draw()
    assert (pixels(surface) != before).any()
    LocationEvent("figure_leave_event", surface.widget, 0, 0)._process()
    surface.widget.draw()
    np.testing.assert_array_equal(pixels(surface), before)


def test_opacity_changes_what_is_shown(surface, mouse):
    before = pixels(surface).copy()
    mouse.drag(OUTLINE)
    surface.session.pen.opacity = 0
    surface.widget.draw()
    np.testing.assert_array_equal(pixels(surface), before)


def test_on_a_screen_of_twice_the_density_the_picture_is_as_sharp_as_the_screen(surface, mouse):
    surface.widget._handle_message(
        surface.widget, {"type": "set_device_pixel_ratio", "device_pixel_ratio": 2}, []
    )
    surface.widget.draw()
    assert pixels(surface).shape == (1080, 1520, 3)
    assert surface.view.width == 1520
    outline = [(2 * x, 2 * y) for x, y in OUTLINE]
    mouse.drag(outline)
    np.testing.assert_array_equal(labels(surface), drawn(surface, outline))


def test_another_picture_is_shown_whole(coins, pointer):
    session = LabellingSession(coins)
    surface = LassoAxes(session, Guard(MessageLine()))
    mouse = pointer(surface.widget)
    surface.widget.draw()
    mouse.wheel((100, 100), 5)
    before = pixels(surface).copy()
    session.next()
    surface.widget.draw()
    assert surface.view == surface.view.fit(session.shape, 760, 540)
    assert (pixels(surface) != before).any()


def test_an_error_in_a_stroke_is_shown_and_the_next_stroke_works(coins, pointer):
    session, line = LabellingSession(coins), MessageLine()
    surface = LassoAxes(session, Guard(line))
    photograph = coins.image_path(session.stem)
    aside = photograph.rename(photograph.with_suffix(".aside"))
    pointer(surface.widget).drag(OUTLINE)
    assert "kept here, and saved with the next stroke" in line.text
    aside.rename(photograph)
    pointer(surface.widget).drag([(x + 30, y + 20) for x, y in OUTLINE])
    assert line.text == ""
    np.testing.assert_array_equal(Dataset(coins.folder).mask(session.stem), session.mask.labels)
