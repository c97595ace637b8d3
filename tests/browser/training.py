"""A page that shows a trainer, and what a person does there."""

import re

from tests.browser.jupyter import errors_of_cells

PATIENCE_S = 240


class TrainerPage:
    """A page that shows a trainer."""

    def __init__(self, page):
        self.page = page
        self.panel = page.locator(".nbs-trainer").last
        self.panel.wait_for(timeout=1000 * PATIENCE_S)
        assert errors_of_cells(page) == []

    def button(self, name):
        # What comes before is the letter of the font that the icon is drawn with.
        return self.panel.get_by_role("button", name=re.compile(rf"{name}$"))

    def field(self, name):
        return self.panel.locator(f".nbs-field-{name}")

    def wait_for(self, selector, **options):
        self.panel.locator(selector, **options).first.wait_for(timeout=1000 * PATIENCE_S)

    def pictures(self):
        return self.panel.locator(".nbs-pictures img")

    def widths_of_pictures(self):
        return self.pictures().evaluate_all("all => all.map(image => image.naturalWidth)")

    def epochs_drawn(self):
        line = self.panel.locator("polyline.nbs-validation").first
        return len(line.get_attribute("points").split()) if line.count() else 0

    def run_last_cell(self):
        self.page.locator(".jp-CodeCell").last.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
