"""The quickstart in JupyterLab in Chromium, from its first cell to its last."""

import shutil
from pathlib import Path

import pytest

from tests.browser.canvas import CanvasPage
from tests.browser.jupyter import errors_of_cells, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
PATIENCE = 600  # seconds; training takes about one minute where nothing else runs

# The pictures, with their sizes as the browser has decoded them, and tables of a cell.
_SHOWN = """
cell => {
  const pictures = [...cell.querySelectorAll(".jp-OutputArea-output img")];
  return {
    pictures: pictures.filter(picture => picture.complete).map(picture => picture.naturalWidth),
    tables: [...cell.querySelectorAll("table")].map(table => table.innerText),
  };
}
"""


class QuickstartPage:
    """A page on which the whole quickstart has run."""

    def __init__(self, page, folder):
        self.page = page
        self.folder = folder

    def run_to_the_end(self):
        """Wait until the last cell has a number, or any cell shows an error."""
        last = self.cell("cutout.resize(")
        number = last.locator(".jp-InputPrompt")

        def ended():
            return errors_of_cells(self.page) or number.inner_text().strip("[]: ").isdigit()

        wait_until(self.page, ended, PATIENCE)

    def cell(self, source):
        """Return the code cell that contains some text, in view."""
        cells = self.page.locator(".jp-CodeCell", has=self.page.locator(".cm-content"))
        cell = cells.filter(has_text=source).first
        cell.scroll_into_view_if_needed()
        return cell

    def shown(self, source):
        """Return what a cell shows: the widths of its pictures, and the text of its tables."""
        cell = self.cell(source)
        wait_until(self.page, lambda: any(cell.evaluate(_SHOWN).values()))
        return cell.evaluate(_SHOWN)


@pytest.fixture(scope="module")
def quickstart(chromium, lab):
    """Run the quickstart once for all tests of this file."""
    from tests.browser import jupyter

    notebook = Path(shutil.copy(QUICKSTART, lab.root))
    context = chromium.new_context(viewport={"width": 1360, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    lab.open(page, notebook)
    opened = QuickstartPage(page, lab.root / "work")
    opened.run_to_the_end()
    yield opened
    jupyter.shut_kernels(page)
    context.close()


def test_no_cell_shows_an_error_or_a_message_of_a_library(quickstart):
    assert errors_of_cells(quickstart.page) == []
    stderr = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
    assert quickstart.page.locator(stderr).all_inner_texts() == []


def test_the_labeller_shows_a_photograph_with_its_mask(quickstart):
    quickstart.cell("nbs.Labeller(")

    canvas = CanvasPage(quickstart.page, quickstart.folder / "coins")

    canvas.wait_until_painted("coin_09")
    assert canvas.is_drawn_anywhere()
    assert quickstart.page.locator(".nbs-strip option").count() == 12


@pytest.mark.parametrize("source", ["figures.overlay(", "learning_curves(", "nbs.worst_first("])
def test_a_figure_is_visible_and_large_enough_to_read(source, quickstart):
    (width,) = quickstart.shown(source)["pictures"]

    assert width > 700


def test_the_table_of_scores_names_each_picture_that_was_not_learned_from(quickstart):
    classes, pictures = quickstart.shown("nbs.evaluate(")["tables"]

    assert "coin" in classes
    predicted = {path.stem for path in (quickstart.folder / "results" / "masks").iterdir()}
    assert len(predicted) == 4
    assert all(stem in pictures for stem in predicted)


def test_an_overlay_is_shown_for_each_photograph_that_was_predicted(quickstart):
    assert len(quickstart.shown("display(Image(")["pictures"]) == 4
