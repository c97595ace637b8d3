"""Labeller and trainer where notebooks run beside JupyterLab, used with the mouse."""

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.widgets.viewport import Viewport
from tests.browser.canvas import CELL, CanvasPage, drawn
from tests.browser.jupyter import wait_until, write_notebook
from tests.browser.labelling import CANVAS_SIZE, LabellerPage, ellipse, expected, overlap
from tests.browser.training import TrainerPage
from tests.conftest import SHARED

pytestmark = pytest.mark.browser

TRAINER = """\
import notebook_seg as nbs
nbs.Trainer(
    nbs.Dataset({folder!r}), epochs=2, steps=2, patch=(64, 64), batch_size=2,
    architecture="small_unet",
)"""
OUTLINE = ellipse((380, 240), (180, 100), count=60)


@pytest.fixture
def data(tmp_path):
    """Real photographs, or those of the sample where they are not to be had."""
    fish = sorted((SHARED / "data" / "fish" / "images").glob("*.jpg"))[:2]
    sample = Dataset.sample(tmp_path / "sample")
    return Dataset.create(tmp_path / "fish", fish or [sample.image_path("coin_01")], ["fish"])


@pytest.fixture(params=["notebook7", "voila"])
def show(request, page):
    """Run a cell in a notebook of its own, and return the page."""
    server = request.getfixturevalue(request.param)

    def run(cell):
        server.open(page, write_notebook(server.root / "fish.ipynb", cell))
        return page

    return run


def test_a_lasso_on_the_canvas_is_on_disk_to_the_pixel(show, data):
    canvas = CanvasPage(show(CELL.format(folder=str(data.folder))), data.folder)
    stem, view = canvas.stem(), canvas.view()

    canvas.drag(OUTLINE)

    mask = canvas.wait_for_mask(stem)
    np.testing.assert_array_equal(mask, drawn(canvas.snapped(OUTLINE), view, mask.shape))
    canvas.wait_until_saved()
    canvas.key("n")
    canvas.wait_until_painted(data.stems[1])


@pytest.mark.long
def test_a_lasso_on_the_matplotlib_surface_is_on_disk(show, data):
    cell = CELL.replace("(folder))", "(folder), surface='matplotlib')")
    labeller = LabellerPage(show(cell.format(folder=str(data.folder))), data.folder)
    stem = data.stems[0]

    labeller.drag(OUTLINE)

    mask = labeller.wait_for_mask(stem)
    view = Viewport.fit(mask.shape, *CANVAS_SIZE)
    assert overlap(mask, expected(OUTLINE, view, mask.shape)) > 0.97


def test_a_training_begins_at_a_click_and_shows_its_curves(show, tmp_path):
    coins = Dataset.sample(tmp_path / "coins")
    trainer = TrainerPage(show(TRAINER.format(folder=str(coins.folder))))

    trainer.button("Start").click()

    trainer.wait_for(".nbs-status", has_text="Done after 2 epochs")
    wait_until(trainer.page, lambda: trainer.epochs_drawn() == 2)
    wait_until(trainer.page, lambda: trainer.pictures().count() == 3)
