"""Every tool of the labeller by mouse, keyboard, pen and fingers, in JupyterLab in Chromium.

All tests share one page: each begins on a picture of its own, of which there are many copies. What
the browser makes of the pointer is compared with the same strokes drawn in Python.
"""

import shutil

import cv2
import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.labelling import LabellingSession
from notebook_seg.widgets.viewport import Viewport
from tests.browser import jupyter
from tests.browser.jupyter import wait_until, write_notebook
from tests.browser.labelling import overlap
from tests.conftest import SHARED

pytestmark = pytest.mark.browser

CELLS = """\
import notebook_seg as nbs
labeller = nbs.Labeller(nbs.Dataset({folder!r}))
labeller"""
FRAME = """canvas => {
  const { left, top } = canvas.getBoundingClientRect();
  return [left, top, canvas.clientWidth, canvas.clientHeight];
}"""
COPIES = 40
PHOTOGRAPH = "fish_349357957"


@pytest.fixture(scope="module")
def specimen(tmp_path_factory):
    """A photograph, and where the specimen is in it: a fish, or a coin where there are no fish."""
    fish = SHARED / "data" / "fish"
    if fish.is_dir():
        return fish / "images" / f"{PHOTOGRAPH}.jpg", truth_of(fish / "masks" / f"{PHOTOGRAPH}.png")
    sample = Dataset.sample(tmp_path_factory.mktemp("sample") / "coins")
    stem = sample.stems[0]
    return sample.image_path(stem), sample.mask(stem) == 1


def truth_of(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED) > 0


@pytest.fixture(scope="module")
def outline(specimen):
    """The contour of the specimen, about 60 vertices (x, y)."""
    contours, _ = cv2.findContours(
        specimen[1].astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    longest = max(contours, key=cv2.contourArea)[:, 0].astype(float)
    return longest[:: max(1, len(longest) // 60)]


@pytest.fixture(scope="module")
def data(specimen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    photograph = specimen[0]
    names = [folder / f"{number:02}{photograph.suffix}" for number in range(COPIES)]
    for name in names:
        shutil.copy(photograph, name)
    return Dataset.create(folder / "data", names, classes=["fish", "eye"])


@pytest.fixture(scope="module")
def twin(specimen, tmp_path_factory):
    """The same photograph for strokes that are drawn in Python."""
    folder = tmp_path_factory.mktemp("twin") / "data"
    return Dataset.create(folder, [specimen[0]], classes=["fish", "eye"])


@pytest.fixture(scope="module")
def surface(data, chromium, lab):
    context = chromium.new_context(viewport={"width": 1360, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    notebook = write_notebook(lab.root / "tools.ipynb", CELLS.format(folder=str(data.folder)))
    lab.open(page, notebook)
    yield ToolPage(page, data.folder)
    jupyter.shut_kernels(page)
    context.close()


@pytest.fixture
def tools(surface):
    """The labeller on a picture without a mask, with the pen that it starts with."""
    surface.start_afresh()
    yield surface
    surface.page.keyboard.press("Escape")
    assert surface.cells() == surface.cells_at_start
    assert surface.page_errors == []


@pytest.fixture
def in_python(twin, surface):
    """Draw strokes in Python and return the labels: each is (points, options of `stroke`)."""

    def draw(*strokes):
        session = LabellingSession(twin)
        session.clear()
        for points, options in strokes:
            session.stroke(np.float32(surface.snapped(points)), **options)
        return session.mask.labels

    return draw


class ToolPage:
    """A page with a labeller. Places are x and y in pixels of the picture."""

    def __init__(self, page, folder):
        self.page = page
        self.folder = folder
        self.page_errors = []
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.root = page.locator(".nbs-canvas").last
        self.top = page.locator(".nbs-layer-pointer").last
        page.locator('.nbs-canvas[data-picture="painted"]').wait_for()
        self.top.scroll_into_view_if_needed()
        page.set_default_timeout(8_000)
        self.cells_at_start = self.cells()
        self.began = False

    # ------------------------------------------------------------ what there is

    @property
    def stem(self):
        return self.root.get_attribute("data-stem")

    @property
    def mask(self):
        """The mask on disk, as any other program would find it."""
        data = Dataset(self.folder)
        labels = data.mask(self.stem)
        return np.zeros(data.image_size(self.stem), np.uint8) if labels is None else labels

    def cells(self):
        return self.page.locator(".jp-Cell").count()

    def wait_for(self, expected):
        """Wait until the mask on disk is this one, to the pixel, or fulfils a condition."""
        if callable(expected):
            wait_until(self.page, lambda: expected(self.mask), patience_s=8)
        else:
            wait_until(self.page, lambda: np.array_equal(self.mask, expected), patience_s=8)
        return self.mask

    def settle(self):
        """Wait until the kernel has answered to all that was asked."""
        self.page.wait_for_timeout(50)
        self.page.locator('.nbs-canvas[data-waiting="0"]').wait_for()

    def start_afresh(self):
        before = self.stem
        if self.began:
            self.press("n")
            wait_until(self.page, lambda: self.stem != before)
        self.began = True
        self.page.locator('.nbs-canvas[data-picture="painted"]').wait_for()
        self.settle()
        self.page.mouse.move(*self.place((0, 0)))
        self.top.focus()
        for key in ("1", "l"):
            self.press(key)
        self.button("Add").click()
        if self.button("Keep other classes").get_attribute("aria-pressed") == "true":
            self.press("o")

    # ------------------------------------------------------------ what one does

    def place(self, point):
        """Where on the page a place of the picture is, to the pixel."""
        left, top, view = self._frame()
        x, y = view.to_screen(*point)
        return round(left + x), round(top + y)

    def snapped(self, points):
        """The places of the picture nearest to some, to which the pointer can be put."""
        left, top, view = self._frame()
        return [view.to_picture(x - left, y - top) for x, y in map(self.place, points)]

    def _frame(self):
        """Where the canvas begins on the page, and what it shows."""
        left, top, width, height = self.top.evaluate(FRAME)
        return left, top, Viewport.fit(Dataset(self.folder).image_size(self.stem), width, height)

    def drag(self, points, release=True):
        places = [self.place(point) for point in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place)
        if release:
            self.page.mouse.up()

    def click(self, point, count=1):
        self.page.mouse.move(*self.place(point))
        self.page.mouse.click(*self.place(point), click_count=count)

    def press(self, key):
        self.page.keyboard.press(key)

    def touch(self, kind, *points):
        """Put fingers on the picture, move or lift them."""
        spots = [dict(zip("xy", self.place(point), strict=True)) for point in points]
        if not hasattr(self, "_devtools"):
            self._devtools = self.page.context.new_cdp_session(self.page)
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    def button(self, name):
        toolbar = self.page.locator(".nbs-toolbar").last
        return toolbar.locator(f'button[aria-label="{name}"]')

    def chosen(self, name):
        return self.button(name).get_attribute("aria-checked") == "true"

    def said(self):
        return self.page.locator(".nbs-toolbar .nbs-live").last.inner_text()

    def proposal(self):
        return self.page.locator(".nbs-toolbar .nbs-proposal").last


def corners(box):
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


@pytest.fixture(scope="module")
def square(specimen):
    """A square in the middle of the picture, as left, top, right, bottom."""
    height, width = specimen[1].shape
    middle, half = np.array([width // 2, height // 2]), min(height, width) // 5
    return (*(middle - half).tolist(), *(middle + half).tolist())


def shifted(box, dx, dy):
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


# ------------------------------------------------------------------ tools of the pointer


def test_a_lasso_is_filled_to_the_pixel_and_told_to_a_screen_reader(tools, outline, in_python):
    tools.drag(outline)
    mask = tools.wait_for(in_python((outline, {"tool": "lasso", "label": 1})))
    tools.settle()
    assert tools.said() == f"Lasso: fish, {np.count_nonzero(mask):,} pixels"


def test_vertices_of_a_polygon_are_dragged_taken_back_and_closed_by_a_double_click(
    tools, square, in_python
):
    left, top, right, bottom = square
    tools.press("g")
    for corner in corners(square)[:3]:
        tools.click(corner)
    tools.click((left - 20, bottom + 20))
    tools.press("Backspace")
    tools.drag([(right, top), (right + 15, top - 10), (right + 30, top - 20)])
    assert not tools.mask.any()
    tools.click((left, bottom), count=2)
    vertices = [(left, top), (right + 30, top - 20), (right, bottom), (left, bottom)]
    tools.wait_for(in_python((vertices, {"tool": "polygon", "label": 1})))


def test_a_polygon_is_closed_by_its_first_vertex_or_enter_and_forgotten_by_escape(
    tools, square, in_python
):
    tools.press("g")
    for corner in [*corners(square), corners(square)[0]]:
        tools.click(corner)
    first = in_python((corners(square), {"tool": "polygon", "label": 1}))
    tools.wait_for(first)

    for end in ("Escape", "Enter"):
        tools.press("2")
        for corner in corners(square)[:3]:
            tools.click(corner)
        tools.settle()
        assert np.array_equal(tools.mask, first)
        tools.press(end)
    second = (corners(square)[:3], {"tool": "polygon", "label": 2})
    tools.wait_for(in_python((corners(square), {"tool": "polygon", "label": 1}), second))


def test_a_polygon_that_is_begun_is_closed_by_going_to_the_list_of_pictures(
    tools, square, in_python
):
    left = tools.stem
    tools.press("g")
    for corner in corners(square):
        tools.click(corner)
    tools.page.locator('.nbs-strip button[title^="Next picture"]').last.click()
    wait_until(tools.page, lambda: tools.stem != left)
    expected = in_python((corners(square), {"tool": "polygon", "label": 1}))
    np.testing.assert_array_equal(Dataset(tools.folder).mask(left), expected)


def test_a_scribble_that_said_nothing_new_is_taken_back_with_the_first(tools, square):
    left, top, right, bottom = square
    layer = tools.page.locator(".nbs-layer-mask").last
    shown = """canvas => canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value > 0)"""
    tools.press("j")
    for _ in range(2):
        tools.drag([(left, top), (right, bottom)])
        tools.settle()
    assert layer.evaluate(shown)
    tools.press("u")
    wait_until(tools.page, lambda: not layer.evaluate(shown))


def test_boxes_add_subtract_and_draw_again_by_the_keys_that_are_held(tools, square, in_python):
    left, top, right, bottom = square
    diagonal = [(left, top), (right, bottom)]
    other = [(right - 10, bottom - 10), (right + 20, bottom + 20)]
    tools.press("k")
    tools.drag(diagonal)
    whole = (diagonal, {"tool": "box", "label": 1})
    tools.wait_for(in_python(whole))

    tools.page.keyboard.down("Alt")
    tools.drag(other)
    tools.page.keyboard.up("Alt")
    subtracted = (other, {"tool": "box", "label": 1, "mode": "subtract"})
    tools.wait_for(in_python(whole, subtracted))

    tools.page.keyboard.down("Shift")
    again = [(right - 45, bottom - 45), (right - 15, bottom - 15)]
    tools.drag(again)
    tools.page.keyboard.up("Shift")
    redrawn = (again, {"tool": "box", "label": 1, "mode": "replace"})
    expected = in_python(whole, subtracted, redrawn)
    tools.wait_for(expected)
    assert expected[bottom - 20, right - 20] == 1
    assert expected[top + 20, left + 20] == 0


def test_the_buttons_of_the_modes_do_what_the_keys_do(tools, square, in_python):
    left, top, right, bottom = square
    tools.press("k")
    tools.drag([(left, top), (right, bottom)])
    tools.button("Subtract").click()
    tools.drag([(left, top), (right, top + 10)])
    whole = ([(left, top), (right, bottom)], {"tool": "box", "label": 1})
    part = ([(left, top), (right, top + 10)], {"tool": "box", "label": 1, "mode": "subtract"})
    tools.wait_for(in_python(whole, part))


def test_brackets_change_the_size_of_brush_and_eraser(tools, square, in_python):
    left, top, right, bottom = square
    line = [(left, top), (right, top), (right, bottom)]
    radius = LabellingSession(Dataset(tools.folder)).pen.radius
    tools.press("b")
    for key in "]]]]":
        tools.press(key)
    tools.drag(line)
    wide = radius * 1.25**4
    drawn = (line, {"tool": "brush", "label": 1, "radius": wide})
    tools.wait_for(in_python(drawn))

    tools.press("e")
    for key in "[[[[":
        tools.press(key)
    tools.drag(line)
    narrow = wide
    for _ in range(4):
        narrow *= 1.25**-1
    tools.wait_for(in_python(drawn, (line, {"tool": "erase", "radius": narrow})))


def test_fill_gives_a_region_another_class(tools, square, in_python):
    left, top, right, bottom = square
    tools.press("k")
    tools.drag([(left, top), (right, bottom)])
    for key in "f2":
        tools.press(key)
    tools.click(((left + right) // 2, (top + bottom) // 2))
    tools.wait_for(in_python(([(left, top), (right, bottom)], {"tool": "box", "label": 2})))


def test_the_wand_takes_what_is_of_one_colour_by_its_tolerance(tools, in_python):
    corner = (5, 5)
    for key in "w,,":
        tools.press(key)
    tools.click(corner)
    strict = in_python(([corner], {"tool": "wand", "label": 1, "tolerance": 16}))
    tools.wait_for(strict)
    for key in "......2":
        tools.press(key)
    tools.click(corner)
    lenient = tools.wait_for(lambda mask: (mask == 2).any())
    assert np.count_nonzero(lenient == 2) > np.count_nonzero(strict)


def test_the_magnetic_lasso_clings_to_the_specimen(tools, outline, specimen):
    anchors = outline[:: len(outline) // 12]
    tools.press("m")
    for anchor in anchors:
        tools.click(anchor)
        tools.page.wait_for_timeout(30)
    tools.click((3, 3))
    tools.press("Backspace")
    tools.press("Enter")
    mask = tools.wait_for(lambda mask: mask.any())
    straight = cv2.fillPoly(np.zeros_like(mask), [anchors.round().astype(np.int32)], 1)
    assert overlap(mask, specimen[1]) > overlap(straight, specimen[1])


def test_superpixels_are_painted_along_the_way(tools, square, in_python):
    left, top, right, bottom = square
    line = [(left, top), (right, top), (right, bottom)]
    tools.press("q")
    tools.drag(line)
    tools.wait_for(in_python((line, {"tool": "superpixels", "label": 1})))


def test_scribbles_are_hints_and_never_in_the_mask(tools, square):
    left, top, right, bottom = square
    tools.press("j")
    tools.drag([(left, top), (right, bottom)])
    tools.settle()
    assert not tools.mask.any()
    tools.press("u")
    undo = tools.page.locator('.nbs-toolbar button[aria-label="Undo"][aria-disabled="true"]').last
    undo.wait_for()


def test_locked_other_classes_are_left_alone(tools, square, in_python):
    left, top, right, bottom = square
    tools.press("k")
    tools.drag([(left, top), (right, bottom)])
    tools.press("2")
    tools.press("o")
    tools.drag([(left - 20, top - 20), (right - 20, bottom - 20)])
    first = ([(left, top), (right, bottom)], {"tool": "box", "label": 1})
    second = ([(left - 20, top - 20), (right - 20, bottom - 20)], {"tool": "box", "label": 2})
    expected = in_python(first, (second[0], second[1] | {"keep": True}))
    tools.wait_for(expected)
    assert np.array_equal(expected == 1, in_python(first) == 1)


# ------------------------------------------------------------------ proposals


def loose(outline, by):
    """An outline drawn further out, as a hasty hand does."""
    middle = outline.mean(axis=0)
    away = outline - middle
    return outline + by * away / np.linalg.norm(away, axis=1, keepdims=True)


def test_snap_proposes_and_enter_accepts_as_one_step_to_undo(tools, outline, specimen):
    height, width = specimen[1].shape
    tools.press("s")
    tools.drag(np.clip(loose(outline, width / 80), 1, (width - 2, height - 2)))
    tools.proposal().wait_for()
    tools.settle()
    assert not tools.mask.any()
    tools.press("Enter")
    mask = tools.wait_for(lambda mask: mask.any())
    assert overlap(mask, specimen[1]) > 0.9
    tools.proposal().wait_for(state="hidden")
    tools.press("u")
    tools.wait_for(np.zeros_like(mask))
    tools.press("r")
    tools.wait_for(mask)


def test_a_proposal_is_refused_by_escape_or_its_button(tools, outline, specimen):
    height, width = specimen[1].shape
    around = np.clip(loose(outline, width / 80), 1, (width - 2, height - 2))
    for refuse in (lambda: tools.press("Escape"), lambda: tools.button("Refuse").click()):
        tools.press("s")
        tools.drag(around)
        tools.proposal().wait_for()
        refuse()
        tools.proposal().wait_for(state="hidden")
        tools.settle()
        assert not tools.mask.any()


def test_tidying_fills_holes_drops_specks_and_smooths_after_a_preview(tools, square, in_python):
    left, top, right, bottom = square
    tools.press("k")
    tools.drag([(left, top), (right, bottom)])
    tools.drag([(left - 25, top - 25), (left - 22, top - 22)])
    tools.press("0")
    tools.drag([(left + 20, top + 20), (left + 25, top + 25)])
    tools.settle()
    tools.press("1")
    box = ([(left, top), (right, bottom)], {"tool": "box", "label": 1})
    speck = ([(left - 25, top - 25), (left - 22, top - 22)], {"tool": "box", "label": 1})

    tools.press("i")
    tools.proposal().wait_for()
    tools.press("Enter")
    tools.wait_for(in_python(box, speck))
    tools.button("Drop specks").click()
    tools.proposal().wait_for()
    tools.button("Accept").click()
    tools.wait_for(in_python(box))
    tools.press("c")
    tools.proposal().wait_for()
    tools.press("Enter")
    rounded = tools.wait_for(lambda mask: not np.array_equal(mask, in_python(box)))
    assert overlap(rounded, in_python(box)) > 0.97


# ------------------------------------------------------------------ keys, help, fingers


def test_help_is_a_dialog_that_keeps_the_keys_until_escape(tools):
    tools.press("?")
    sheet = tools.page.get_by_role("dialog", name="Help of the labeller")
    sheet.wait_for()
    for name in ("Magnetic lasso", "Scribble", "two fingers"):
        assert sheet.get_by_text(name, exact=True).is_visible()
    tools.press("b")
    assert tools.chosen("Lasso")
    tools.press("Escape")
    sheet.wait_for(state="detached")
    tools.press("b")
    assert tools.chosen("Brush")
    tools.button("Help").click()
    sheet.wait_for()
    sheet.get_by_role("button", name="Close").click()
    sheet.wait_for(state="detached")


def test_the_toolbar_is_used_with_the_keyboard_alone(tools):
    tools.button("Lasso").focus()
    for _ in range(3):
        tools.press("ArrowRight")
    tools.press("Enter")
    assert tools.chosen("Box")
    tools.press("Home")
    tools.press("Space")
    assert tools.chosen("Lasso")
    tools.press("End")
    tools.press("Space")
    assert tools.chosen("unlabelled")
    assert tools.said() == "Lasso: unlabelled"
    tools.press("ArrowRight")
    tools.press("ArrowRight")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tools.page.evaluate(focused) == "Polygon"
    tools.press("Tab")
    assert tools.page.evaluate("document.activeElement.type") == "range"
    before = tools.page.evaluate("document.activeElement.value")
    tools.press("ArrowRight")
    assert tools.page.evaluate("document.activeElement.value") != before


def test_full_screen_comes_with_v_and_goes_with_escape(tools, square):
    full = "document.fullscreenElement !== null"
    tools.press("v")
    wait_until(tools.page, lambda: tools.page.evaluate(full))
    wait_until(tools.page, lambda: tools.top.bounding_box()["width"] > 1000)
    tools.press("g")
    tools.click(square[:2])
    tools.press("Escape")
    assert tools.page.evaluate(full)
    tools.press("Escape")
    wait_until(tools.page, lambda: not tools.page.evaluate(full))


def test_the_toolbar_wraps_in_a_narrow_cell(tools):
    wide = tools.page.viewport_size
    tools.page.set_viewport_size({"width": 540, "height": 1000})
    toolbar = tools.page.locator(".nbs-toolbar").last
    wait_until(tools.page, lambda: toolbar.bounding_box()["width"] < 430)
    frame = toolbar.bounding_box()
    for button in toolbar.locator("button:visible").all():
        box = button.bounding_box()
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    tools.page.set_viewport_size(wide)
    wait_until(tools.page, lambda: toolbar.bounding_box()["width"] > 430)


def test_each_key_chooses_its_tool_and_none_reaches_the_notebook(tools):
    keys = {
        "g": "Polygon",
        "m": "Magnetic lasso",
        "k": "Box",
        "b": "Brush",
        "e": "Eraser",
        "f": "Fill",
        "w": "Magic wand",
        "s": "Snap",
        "q": "Superpixels",
        "j": "Scribble",
        "l": "Lasso",
    }
    for key, name in keys.items():
        tools.press(key)
        assert tools.chosen(name), name
    for key, name in {"2": "eye", "0": "background", "x": "unlabelled", "1": "fish"}.items():
        tools.press(key)
        assert tools.chosen(name), name


def test_undo_and_redo_by_their_keys_and_while_a_polygon_is_open(tools, square, in_python):
    left, top, right, bottom = square
    tools.press("k")
    tools.drag([(left, top), (right, bottom)])
    box = in_python(([(left, top), (right, bottom)], {"tool": "box", "label": 1}))
    tools.wait_for(box)
    for undo, redo in (("Control+z", "Control+y"), ("u", "Control+Shift+Z")):
        tools.press(undo)
        tools.wait_for(np.zeros_like(box))
        tools.press(redo)
        tools.wait_for(box)

    tools.press("g")
    for corner in corners(shifted(square, 30, 30)):
        tools.click(corner)
    tools.press("u")
    tools.press("2")
    tools.press("Enter")
    triangle = (corners(shifted(square, 30, 30))[:3], {"tool": "polygon", "label": 2})
    tools.wait_for(in_python(([(left, top), (right, bottom)], {"tool": "box"}), triangle))


def test_a_finger_draws_and_a_second_one_makes_it_no_stroke(tools, square, in_python):
    points = [*corners(square), corners(square)[0]]
    tools.touch("touchStart", points[0])
    for point in points[1:]:
        tools.touch("touchMove", point)
    tools.touch("touchEnd")
    drawn = in_python((points, {"tool": "lasso", "label": 1}))
    tools.wait_for(drawn)

    tools.press("2")
    tools.touch("touchStart", points[0])
    tools.touch("touchMove", points[1])
    tools.touch("touchStart", points[1], points[2])
    tools.touch("touchMove", points[1], (points[2][0] + 30, points[2][1] + 30))
    tools.touch("touchEnd")
    tools.settle()
    assert np.array_equal(tools.mask, drawn)
    tools.press("h")


def test_a_pen_draws_with_the_brush(tools, square, in_python):
    left, top, right, _ = square
    devtools = tools.page.context.new_cdp_session(tools.page)
    tools.press("b")
    line = [(left, top), (right, top)]
    for kind, point in zip(
        ("mousePressed", "mouseMoved", "mouseReleased"), [*line, line[-1]], strict=True
    ):
        x, y = tools.place(point)
        event = {"type": kind, "x": x, "y": y, "button": "left", "pointerType": "pen"}
        devtools.send("Input.dispatchMouseEvent", event | {"buttons": 1, "clickCount": 1})
    tools.wait_for(in_python((line, {"tool": "brush", "label": 1})))
