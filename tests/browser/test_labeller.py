"""The Matplotlib surface in JupyterLab in Chromium, driven by the mouse and keyboard."""

import numpy as np
import pytest

from notebook_seg.widgets.viewport import Viewport
from tests.browser.jupyter import wait_until, write_notebook
from tests.browser.labelling import CANVAS_SIZE, LabellerPage, ellipse, expected, overlap

pytestmark = pytest.mark.browser

CELLS = """\
import notebook_seg as nbs
labeller = nbs.Labeller(nbs.Dataset({folder!r}), surface="matplotlib")
labeller"""
# Fish that nearly fill an ellipse of this size, when the photograph is fitted into the canvas.
OUTLINE = ellipse((380, 270), (200, 110))


@pytest.fixture
def labeller(data, lab, open_notebook):
    notebook = write_notebook(lab.root / "label.ipynb", CELLS.format(folder=str(data.folder)))
    page = open_notebook(notebook)
    yield LabellerPage(page, data.folder)
    assert not [text for text in page.console_messages if "model not found" in text.lower()]


def fitted(data, stem):
    return Viewport.fit(data.image_size(stem), *CANVAS_SIZE)


def test_a_lasso_of_the_mouse_is_a_mask_on_disk_and_can_be_undone(labeller, data):
    stem = data.stems[0]
    labeller.drag(OUTLINE)
    mask = labeller.wait_for_mask(stem)
    drawn = expected(OUTLINE, fitted(data, stem), mask.shape)
    assert overlap(mask, drawn) > 0.97
    wait_until(labeller.page, lambda: labeller.pictures()[0].startswith("●"))

    labeller.press("Undo")
    wait_until(labeller.page, lambda: labeller.data.mask(stem) is None)
    labeller.press("Redo")
    np.testing.assert_array_equal(labeller.wait_for_mask(stem), mask)


def test_fill_eraser_and_brush_draw_where_the_mouse_is(labeller, data):
    stem = data.stems[0]
    view = fitted(data, stem)

    def at(mask, place):
        x, y = view.to_picture(*place)
        return mask[round(y), round(x)]

    labeller.drag(OUTLINE)
    labeller.wait_for_mask(stem)
    labeller.choose("Fill")
    labeller.choose("eye")
    labeller.click((380, 270))
    labeller.wait_for_mask(stem, lambda mask: at(mask, (380, 270)) == 2)

    labeller.choose("Erase")
    labeller.drag([(300, 270), (380, 270), (460, 270)])
    mask = labeller.wait_for_mask(stem, lambda mask: at(mask, (380, 270)) == 0)
    assert [at(mask, (x, 270)) for x in (305, 350, 455)] == [0, 0, 0]
    assert at(mask, (380, 330)) == 2

    labeller.choose("Brush")
    labeller.choose("fish")
    labeller.drag([(340, 440), (380, 450), (420, 440)])
    mask = labeller.wait_for_mask(stem, lambda mask: (mask == 1).any())
    assert at(mask, (380, 450)) == 1


def test_after_the_wheel_and_a_push_the_lasso_lands_where_it_is_drawn(labeller, data):
    stem = data.stems[0]
    shape = data.image_size(stem)
    labeller.wheel((300, 200), 4)
    labeller.drag([(500, 400), (480, 380), (440, 370)], button="right")
    labeller.drag(OUTLINE)
    mask = labeller.wait_for_mask(stem)
    view = fitted(data, stem).zoomed(1.25**4, 300, 200, shape).moved(-60, -30, shape)
    assert overlap(mask, expected(OUTLINE, view, shape)) > 0.95


def test_leaving_a_picture_saves_it_and_the_list_shows_and_jumps(labeller, data):
    first, second, _, last = data.stems
    labeller.drag(OUTLINE)
    labeller.wait_for_mask(first)
    labeller.press("Next picture")
    labeller.wait_for_title(second)
    wait_until(labeller.page, data.mask_path(first).exists)
    assert [text[0] for text in labeller.pictures()] == ["●", "○", "○", "○"]

    labeller.jump(3)
    labeller.wait_for_title(last)
    labeller.drag(OUTLINE)
    assert (
        overlap(
            labeller.wait_for_mask(last),
            expected(OUTLINE, fitted(data, last), data.image_size(last)),
        )
        > 0.97
    )
    wait_until(labeller.page, lambda: labeller.pictures()[3].startswith("●"))
    labeller.wait_for_title(last)


def test_keys_work_from_anywhere_in_the_labeller_and_never_reach_the_notebook(labeller, data):
    page = labeller.page
    cells = page.locator(".jp-Cell").count()
    for place in (labeller.canvas, page.get_by_role("button", name="eye", exact=True)):
        place.click()
        page.wait_for_timeout(500)
        for key, choice in (("b", "Brush"), ("1", "fish"), ("x", "unlabelled"), ("l", "Lasso")):
            page.keyboard.press(key)
            labeller.wait_for_choice(choice)
    assert page.locator(".jp-Cell").count() == cells

    page.keyboard.press("2")
    labeller.wait_for_choice("eye")
    labeller.drag(OUTLINE)
    labeller.wait_for_mask(data.stems[0], lambda mask: (mask == 2).any())
    page.keyboard.press("Control+z")
    wait_until(page, lambda: labeller.data.mask(data.stems[0]) is None)
    page.keyboard.press("n")
    labeller.wait_for_title(data.stems[1])


def test_what_goes_wrong_is_told_in_the_labeller_and_one_can_go_on(labeller, data):
    first, second, third, _ = data.stems
    data.mask_path(second).write_bytes(b"no picture")
    labeller.press("Next picture")
    labeller.error().wait_for()
    assert str(data.mask_path(second)) in labeller.error().inner_text()
    labeller.press("Next picture")
    labeller.wait_for_title(third)
    labeller.error().wait_for(state="detached")

    labeller.press("Previous picture")
    labeller.press("Previous picture")
    labeller.wait_for_title(first)
    photograph = data.image_path(first)
    photograph.rename(photograph.with_suffix(".aside"))
    labeller.drag(OUTLINE)
    labeller.error().wait_for()
    assert "kept here, and saved with the next stroke" in labeller.error().inner_text()
    labeller.move((100, 100))
    assert labeller.error().count() == 1
    photograph.with_suffix(".aside").rename(photograph)
    labeller.choose("eye")
    labeller.drag(ellipse((380, 270), (60, 60)))
    mask = labeller.wait_for_mask(first, lambda mask: (mask == 2).any())
    labeller.error().wait_for(state="detached")
    assert overlap(mask, expected(OUTLINE, fitted(data, first), mask.shape)) > 0.97
