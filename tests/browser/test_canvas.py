"""The labeller's canvas in JupyterLab in Chromium, driven by mouse, keyboard and touch."""

import signal

import cv2
import numpy as np
import pytest

from notebook_seg.data import Dataset
from tests.browser import jupyter
from tests.browser.canvas import CELL, CanvasPage, Traffic, drawn
from tests.browser.jupyter import wait_until, write_notebook
from tests.browser.labelling import ellipse

pytestmark = pytest.mark.browser

MIDDLE = (440, 270)
OUTLINE = ellipse(MIDDLE, (200, 110), count=60)


@pytest.fixture
def traffic(page):
    return Traffic.of(page)


@pytest.fixture
def show(lab, open_notebook):
    """Run a labeller for a dataset, and return its page."""

    def run(data):
        notebook = write_notebook(lab.root / "canvas.ipynb", CELL.format(folder=str(data.folder)))
        return CanvasPage(open_notebook(notebook), data.folder)

    return run


@pytest.fixture
def canvas(show, data):
    return show(data)


@pytest.fixture
def large(tmp_path, photographs_of_fish):
    """A photograph of 24 megapixels."""
    photograph = cv2.imread(str(photographs_of_fish[0]))
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), cv2.resize(photograph, (6000, 4000), interpolation=cv2.INTER_CUBIC))
    return Dataset.create(tmp_path / "large", path, classes=["fish"])


def test_a_lasso_is_filled_at_once_and_on_disk_to_the_pixel(canvas, data):
    stem, view = canvas.stem(), canvas.view()
    canvas.drag(OUTLINE)
    canvas.settle()
    assert canvas.is_drawn(MIDDLE)
    mask = canvas.wait_for_mask(stem)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, mask.shape))
    canvas.wait_until_saved()

    canvas.key("u")
    wait_until(canvas.page, lambda: canvas.data.mask(stem) is None)
    wait_until(canvas.page, lambda: not canvas.is_drawn(MIDDLE))
    canvas.key("r")
    np.testing.assert_array_equal(canvas.wait_for_mask(stem), mask)
    wait_until(canvas.page, lambda: canvas.is_drawn(MIDDLE))


def test_after_the_wheel_and_a_push_a_lasso_lands_where_it_is_drawn(canvas, data):
    stem, shape = canvas.stem(), data.image_size(canvas.stem())
    view, about = canvas.view(), canvas.snapped([(300, 200)])[0]
    canvas.wheel((300, 200), 4)
    canvas.drag([(500, 400), (480, 380), (440, 370)], button="right")
    canvas.drag(OUTLINE)
    mask = canvas.wait_for_mask(stem)
    view = view.zoomed(1.25**4, *about, shape).moved(-60, -30, shape)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, shape))


def test_strokes_are_drawn_while_the_kernel_does_not_answer_and_saved_when_it_does(canvas):
    stem, view = canvas.stem(), canvas.view()
    canvas.signal(signal.SIGSTOP)
    second = ellipse((440, 120), (60, 40))
    canvas.drag(OUTLINE)
    canvas.drag(second)
    canvas.settle()
    assert canvas.is_drawn(MIDDLE)
    assert canvas.is_drawn((440, 120))
    assert canvas.safety() == "2 strokes are waiting for the kernel"
    wait_until(canvas.page, lambda: "The kernel does not answer" in canvas.safety())
    assert canvas.data.mask(stem) is None

    canvas.signal(signal.SIGCONT)
    canvas.wait_until_saved()
    mask = canvas.data.mask(stem)
    first = drawn(canvas.snapped(OUTLINE), view, mask.shape)
    np.testing.assert_array_equal(
        mask, drawn(canvas.snapped(second), view, mask.shape, labels=first)
    )


def test_what_was_acknowledged_outlives_a_kernel_that_is_killed(canvas, data, show):
    stem, view = canvas.stem(), canvas.view()
    canvas.drag(OUTLINE)
    canvas.wait_until_saved()
    canvas.press_and_move(ellipse((440, 120), (60, 40)))
    canvas.signal(signal.SIGKILL)
    canvas.page.mouse.up()
    mask = data.mask(stem)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, mask.shape))
    wait_until(canvas.page, lambda: "The kernel does not answer" in canvas.safety())

    jupyter.shut_kernels(canvas.page)
    again = show(data)
    again.key("p") if again.stem() != stem else None
    again.wait_until_painted(stem)
    wait_until(again.page, lambda: again.is_drawn(MIDDLE))
    again.key("u")
    wait_until(again.page, lambda: not again.is_drawn(MIDDLE))
    wait_until(again.page, lambda: not (data.mask(stem) is not None and data.mask(stem).any()))


def test_a_tab_that_is_closed_in_the_middle_of_a_stroke_loses_that_stroke_alone(canvas, data):
    stem, view = canvas.stem(), canvas.view()
    canvas.drag(OUTLINE)
    canvas.wait_until_saved()
    snapped = canvas.snapped(OUTLINE)
    canvas.press_and_move(ellipse((440, 120), (60, 40)))
    canvas.page.goto("about:blank")
    mask = data.mask(stem)
    np.testing.assert_array_equal(mask, drawn(snapped, view, mask.shape))


def test_leaving_a_picture_saves_it(canvas, data):
    first, second, *_ = data.stems
    canvas.drag(OUTLINE)
    canvas.key("n")
    canvas.wait_until_painted(second)
    wait_until(canvas.page, data.mask_path(first).exists)
    wait_until(canvas.page, lambda: not canvas.is_drawn(MIDDLE))
    canvas.drag(OUTLINE)
    canvas.wait_for_mask(second)
    canvas.key("p")
    canvas.wait_until_painted(first)
    wait_until(canvas.page, lambda: canvas.is_drawn(MIDDLE))


def test_what_goes_wrong_is_told_and_one_can_go_on(canvas, data):
    first, second, third, _ = data.stems
    data.mask_path(second).write_bytes(b"no picture")
    canvas.key("n")
    canvas.error().wait_for()
    assert str(data.mask_path(second)) in canvas.error().inner_text()
    canvas.drag(OUTLINE)
    canvas.settle()
    assert not canvas.is_drawn(MIDDLE)
    canvas.key("n")
    canvas.wait_until_painted(third)
    canvas.error().wait_for(state="detached")

    canvas.key("p")
    canvas.error().wait_for()
    canvas.key("p")
    canvas.wait_until_painted(first)
    canvas.error().wait_for(state="detached")
    photograph = data.image_path(first)
    photograph.rename(photograph.with_suffix(".aside"))
    canvas.drag(OUTLINE)
    canvas.error().wait_for()
    assert "kept here, and saved with the next stroke" in canvas.error().inner_text()
    wait_until(canvas.page, lambda: canvas.safety() == "Not saved: see the message below")
    assert canvas.is_drawn(MIDDLE)
    photograph.with_suffix(".aside").rename(photograph)
    canvas.drag(ellipse((440, 120), (60, 40)))
    canvas.error().wait_for(state="detached")
    canvas.wait_until_saved()
    mask, view = data.mask(first), canvas.view()
    assert mask[tuple(round(c) for c in reversed(view.to_picture(*MIDDLE)))] == 1


def test_a_stroke_on_24_megapixels_is_two_messages_and_a_few_kilobytes(traffic, show, large):
    canvas = show(large)
    canvas.drag(ellipse(MIDDLE, (20, 20)))
    canvas.wait_until_saved()
    canvas.page.wait_for_timeout(1000)
    traffic.start()
    canvas.drag(ellipse(MIDDLE, (300, 200), count=600))
    canvas.wait_until_saved()
    canvas.page.wait_for_timeout(500)
    strokes = [frame for frame in traffic.sent if b'"stroke"' in frame]
    patches = [frame for frame in traffic.received if b'"patch"' in frame]
    assert (len(strokes), len(patches)) == (1, 1)
    assert not [frame for frame in traffic.received if b'"tiles"' in frame]
    assert traffic.bytes < 100_000
    mask = large.mask(large.stems[0])
    assert (mask > 0).mean() > 0.3


def test_two_fingers_move_and_zoom_and_draw_nothing(canvas, data):
    stem, shape = canvas.stem(), data.image_size(canvas.stem())
    box = canvas.canvas.bounding_box()
    fingers = canvas.page.context.new_cdp_session(canvas.page)

    def touch(kind, *places):
        points = [
            {"x": box["x"] + x, "y": box["y"] + y, "id": number}
            for number, (x, y) in enumerate(places)
        ]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    view = canvas.view()
    touch("touchStart", (400, 270))
    touch("touchStart", (400, 270), (500, 270))
    for step in range(1, 11):
        touch("touchMove", (400 - 10 * step, 270), (500 + 10 * step, 270))
    touch("touchEnd")
    canvas.settle()
    assert canvas.zoom() == f"{round(300 * view.scale)} %"
    assert not canvas.is_drawn(MIDDLE)
    assert canvas.data.mask(stem) is None

    touch("touchStart", OUTLINE[0])
    for place in OUTLINE:
        touch("touchMove", place)
    touch("touchEnd")
    mask = canvas.wait_for_mask(stem)
    view = view.zoomed(3, 450, 270, shape)
    np.testing.assert_allclose((mask > 0).sum(), drawn(OUTLINE, view, shape).sum(), rtol=0.01)


def test_the_labeller_fits_a_narrow_cell_and_fills_the_screen(canvas):
    canvas.page.set_viewport_size({"width": 560, "height": 900})
    wait_until(canvas.page, lambda: canvas.canvas.bounding_box()["width"] < 460)
    panel = canvas.page.locator(".nbs-labeller")
    assert panel.evaluate("p => p.scrollWidth <= p.clientWidth")
    canvas.page.set_viewport_size({"width": 1360, "height": 1000})
    wait_until(canvas.page, lambda: canvas.canvas.bounding_box()["width"] > 800)
    canvas.key("v")
    wait_until(canvas.page, lambda: panel.evaluate("p => document.fullscreenElement === p"))
    wait_until(canvas.page, lambda: canvas.canvas.bounding_box()["height"] > 700)
    stem = canvas.stem()
    view = canvas.view()
    canvas.drag(OUTLINE)
    mask = canvas.wait_for_mask(stem)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, mask.shape))
    canvas.key("v")
    wait_until(canvas.page, lambda: panel.evaluate("p => document.fullscreenElement === null"))
