"""``notebook-seg label``: the labeller alone on a page, the command being the real one."""

import numpy as np
import psutil
import pytest

from notebook_seg.data import Dataset, read_mask
from tests.browser.canvas import CanvasPage, drawn
from tests.browser.jupyter import wait_until
from tests.browser.labelling import ellipse
from tests.conftest import SHARED
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OUTLINE = ellipse((380, 240), (180, 100), count=60)


@pytest.fixture
def data(tmp_path):
    """Real photographs, or those of the sample where they are not to be had."""
    fish = sorted((SHARED / "data" / "fish" / "images").glob("*.jpg"))[:2]
    sample = Dataset.sample(tmp_path / "sample")
    photographs = fish or [sample.image_path(stem) for stem in sample.stems[:2]]
    return Dataset.create(tmp_path / 'Bob\'s "Fänge" 2', photographs, ["fish"])


@pytest.fixture
def served(data, tmp_path):
    served = Served(data.folder, tmp_path / "temporary")
    yield served
    served.end()


@pytest.fixture
def requests(page):
    """The addresses that the page has asked for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


@pytest.fixture
def canvas(page, requests, served, data):
    page.goto(served.address)
    return CanvasPage(page, data.folder)


def test_a_lasso_of_the_mouse_is_a_mask_on_disk(canvas, data):
    stem, view = canvas.stem(), canvas.view()

    canvas.drag(OUTLINE)

    mask = canvas.wait_for_mask(stem)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, mask.shape))


def test_selected_text_is_not_dragged_in_place_of_a_stroke(canvas):
    stem, view = canvas.stem(), canvas.view()
    canvas.key("Control+a")
    canvas.page.evaluate("getSelection().selectAllChildren(document.body)")

    canvas.drag(OUTLINE)

    mask = canvas.wait_for_mask(stem)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, mask.shape))


def test_the_page_shows_the_labeller_and_nothing_else_over_its_full_width(canvas, data):
    page = canvas.page
    panel = page.locator(".nbs-labeller")

    assert page.title() == f"{data.folder.name} – notebook_seg"
    assert panel.bounding_box()["width"] > 0.97 * page.viewport_size["width"]
    assert page.evaluate("document.body.innerText").split() == panel.inner_text().split()


def test_keys_work_from_the_start_and_the_picture_takes_the_height_of_the_window(canvas, data):
    page = canvas.page
    canvas_with_focus = page.locator(".nbs-layer-pointer:focus")
    canvas_with_focus.wait_for()
    page.keyboard.press("n")
    canvas.wait_until_painted(data.stems[1])
    page.keyboard.press("y")
    page.locator(".nbs-tile:focus").wait_for()
    page.keyboard.press("Escape")
    canvas_with_focus.wait_for()
    page.keyboard.press("p")
    canvas.wait_until_painted(data.stems[0])

    assert canvas.canvas.bounding_box()["height"] > 0.75 * page.viewport_size["height"]
    page_height = page.evaluate("document.documentElement.scrollHeight")
    assert page_height <= page.viewport_size["height"]


def test_the_page_asks_for_nothing_on_the_internet(canvas, requests):
    canvas.page.wait_for_load_state("networkidle")

    local = ("http://127.0.0.1:", "data:", "blob:")
    assert [address for address in requests if not address.startswith(local)] == []


def test_a_page_that_is_closed_leaves_its_mask_and_no_kernel(canvas, served, data):
    page, stem = canvas.page, canvas.stem()
    canvas.drag(OUTLINE)
    mask = canvas.wait_for_mask(stem)
    (kernel,) = served.kernels()

    watcher = page.context.new_page()
    page.close(run_before_unload=True)
    wait_until(watcher, lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE)

    np.testing.assert_array_equal(read_mask(data.mask_path(stem)), mask)
    assert served.program.poll() is None


def test_ctrl_c_saves_the_mask_and_the_page_says_that_nothing_is_saved_any_more(
    canvas, served, data
):
    stem = canvas.stem()
    canvas.drag(OUTLINE)
    mask = canvas.wait_for_mask(stem)

    assert served.end() == ""

    np.testing.assert_array_equal(read_mask(data.mask_path(stem)), mask)
    ended = canvas.page.get_by_role("alert").filter(has_text="The labeller has ended")
    ended.wait_for()
    assert served.program.returncode == 0
    assert not [path for path in data.folder.rglob("*") if path.suffix == ".ipynb"]
