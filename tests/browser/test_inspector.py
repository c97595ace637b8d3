"""The inspector in JupyterLab in Chromium, as a person uses it."""

import math
import re

import pytest

from notebook_seg.data import Dataset
from tests.browser.jupyter import errors_of_cells, wait_until, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A network that learned nothing: what is looked at is the panel.
CELL = """\
import notebook_seg as nbs
from notebook_seg.training import Plan
from notebook_seg.training.record import ModelRecord
data = nbs.Dataset({folder!r})
plan = Plan(encoder="resnet18", encoder_weights=None, epochs=1)
split = {{"train": list(data.stems), "validation": [], "test": []}}
record = ModelRecord(data.classes, plan, split)
inspector = nbs.Inspector(nbs.Model(record.build(), record), data)
inspector"""
PATIENCE_S = 240


class InspectorPage:
    """A page that shows an inspector."""

    def __init__(self, page):
        self.page = page
        self.panel = page.locator(".nbs-inspector")
        self.canvas = page.locator('[data-testid="look-canvas"]')
        self.canvas.wait_for(timeout=1000 * PATIENCE_S)
        assert errors_of_cells(page) == []

    def view(self, name):
        self.panel.locator(".nbs-views button", has_text=name).click()

    def panes(self, *names):
        """Wait until these are seen side by side, all of them painted."""
        found = self.canvas.locator(".nbs-pane-name")
        wait_until(
            self.page,
            lambda: (
                len(found.all_inner_texts()) == len(names)
                and all(map(re.match, names, found.all_inner_texts()))
            ),
            PATIENCE_S,
        )
        wait_until(
            self.page, lambda: self.canvas.get_attribute("data-picture") == "painted", PATIENCE_S
        )

    def wait_for(self, selector, text=None):
        found = self.panel.locator(selector, has_text=text).first
        found.wait_for(timeout=1000 * PATIENCE_S)
        return found

    def wait_for_tool(self, name):
        self.page.locator(f'[data-testid="look-canvas"][data-tool="{name}"]').wait_for()

    def at(self, pane, across, down):
        box = self.canvas.locator('[data-testid="layer-pointer"]').nth(pane).bounding_box()
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def colors(self, pane):
        """The picture that a pane shows, as a text by which two can be told apart."""
        layer = self.canvas.locator('[data-testid="layer-picture"]').nth(pane)
        return layer.evaluate("canvas => canvas.toDataURL()")

    def draw_circle(self):
        mouse = self.page.mouse
        mouse.move(*self.at(0, 0.6, 0.5))
        mouse.down()
        for step in range(31):
            turn = 2 * math.pi * step / 30
            mouse.move(*self.at(0, 0.5 + 0.1 * math.cos(turn), 0.5 + 0.15 * math.sin(turn)))
        mouse.up()


@pytest.fixture
def inspector(lab, open_notebook, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    notebook = write_notebook(lab.root / "inspect.ipynb", CELL.format(folder=str(data.folder)))
    return InspectorPage(open_notebook(notebook))


def test_a_person_looks_through_layers_reasons_errors_and_advice(inspector):
    page = inspector.page
    inspector.panes("Photograph", "Channel")
    inspector.panel.locator(".nbs-network .nbs-encoder").first.click()
    inspector.panes("Photograph", "Channel .* of relu0")
    channels = inspector.panel.locator(".nbs-channel")
    assert channels.count() == 24
    second = channels.nth(1).get_attribute("data-channel")
    channels.nth(1).click()
    inspector.panes("Photograph", f"Channel {second} of relu0")

    inspector.view("Why")
    inspector.panes("Photograph", "Why coin")
    page.mouse.click(*inspector.at(0, 0.5, 0.5))
    inspector.wait_for(".nbs-why-view p", re.compile("at row 4[01], column 6[23]"))
    inspector.panel.get_by_role("button", name=re.compile("in a region")).click()
    inspector.wait_for_tool("lasso")
    inspector.draw_circle()
    inspector.wait_for(".nbs-why-view p", "in a region of")
    wait_until(page, lambda: int(inspector.canvas.get_attribute("data-marks")) >= 1)

    inspector.view("Overlap")
    inspector.panes("Your mask", "Prediction", "Errors")
    inspector.panel.get_by_role("button", name=re.compile("Score all pictures")).click()
    table = inspector.wait_for(".nbs-sortable table")
    first = table.locator("tbody td").first
    for stem in ("coin_01", "coin_12"):
        table.get_by_role("button", name="picture").click()
        wait_until(page, lambda stem=stem: first.inner_text() == stem)

    inspector.view("Advice")
    inspector.wait_for(".nbs-piece")
    assert errors_of_cells(page) == []
    assert inspector.panel.locator(".nbs-message").first.inner_text() == ""


def test_pictures_side_by_side_are_zoomed_together(inspector):
    page = inspector.page
    inspector.panes("Photograph", "Channel")
    before = [inspector.colors(pane) for pane in (0, 1)]
    page.mouse.move(*inspector.at(1, 0.5, 0.5))
    for _ in range(3):
        page.mouse.wheel(0, -100)
    for pane in (0, 1):
        wait_until(page, lambda pane=pane: inspector.colors(pane) != before[pane])
    # What is laid over it changes, what one looks at does not.
    near = inspector.colors(0)
    inspector.panel.locator(".nbs-channel").nth(2).click()
    wait_until(page, lambda: inspector.colors(1) != before[1], PATIENCE_S)
    page.wait_for_timeout(500)
    assert inspector.colors(0) == near


def test_nothing_sticks_out_of_a_narrow_page(inspector):
    inspector.page.set_viewport_size({"width": 700, "height": 1000})
    for view in ("Layers", "Why", "Overlap", "Advice"):
        inspector.view(view)
        inspector.page.wait_for_timeout(300)
        out = inspector.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth")
        assert out <= 0
