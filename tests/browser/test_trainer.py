"""The trainer in JupyterLab in Chromium, as a person uses it."""

import re

import pytest

from notebook_seg.data import Dataset
from notebook_seg.training.record import read_history
from tests.browser.jupyter import errors_of_cells, wait_until, write_notebook
from tests.browser.training import PATIENCE_S, TrainerPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Small pictures and a small network: what is looked at is the panel.
CELLS = (
    """\
import notebook_seg as nbs
from notebook_seg.training.scale import WorkingScale
trainer = nbs.Trainer(
    nbs.Dataset({folder!r}), minutes=30, steps=2, patch=(64, 64), batch_size=2,
    scale=WorkingScale(long_side=128), encoder_weights={weights!r},
)
trainer""",
    "print('another cell', trainer.state.state)",
)


@pytest.fixture
def data(tmp_path):
    return Dataset.sample(tmp_path / "coins")


@pytest.fixture
def trainer(data, lab, open_notebook, tmp_path):
    weights = str(tmp_path / "no such weights.h5")
    cells = [cell.format(folder=str(data.folder), weights=weights) for cell in CELLS[:1]]
    notebook = write_notebook(lab.root / "train.ipynb", *cells, CELLS[1])
    return TrainerPage(open_notebook(notebook))


def test_a_person_trains_watches_pauses_stops_and_trains_further(trainer, data):
    page = trainer.page
    trainer.button("Start").click()
    trainer.wait_for('.nbs-message [role="alert"]')
    assert "no such weights.h5" in trainer.panel.locator(".nbs-message").inner_text()

    trainer.button("Settings").click()
    trainer.field("encoder").locator("select").select_option("resnet18")
    trainer.field("encoder-weights").locator("select").select_option("nothing")
    trainer.button("Settings").click()
    trainer.button("Start").click()
    trainer.panel.locator('.nbs-message [role="alert"]').wait_for(state="detached")
    wait_until(page, lambda: trainer.epochs_drawn() >= 2, PATIENCE_S)
    wait_until(page, lambda: trainer.widths_of_pictures() == [128] * 3)

    trainer.run_last_cell()
    page.get_by_text("another cell running").wait_for()

    trainer.button("Pause").click()
    trainer.wait_for(".nbs-status", has_text="Paused at")
    trainer.button("Go on").click()
    trainer.button("Stop and keep").click()
    trainer.wait_for(".nbs-status", has_text="Stopped after")
    (run,) = [folder for folder in (data.folder / "runs").iterdir() if "resnet18" in folder.name]
    epochs = len(read_history(run)["epoch"])
    assert trainer.epochs_drawn() == epochs

    trainer.panel.locator(".nbs-duration select").select_option("epochs")
    amount = trainer.panel.locator(".nbs-duration input")
    amount.fill("1")
    amount.press("Enter")
    trainer.button("Train further").click()
    trainer.wait_for(".nbs-status", has_text=re.compile("Done after"))
    assert len(read_history(run)["epoch"]) == epochs + 1
    assert errors_of_cells(page) == []


def test_nothing_sticks_out_of_a_narrow_page(trainer):
    trainer.page.set_viewport_size({"width": 700, "height": 1000})
    trainer.button("Settings").click()
    trainer.field("loss").wait_for()
    trainer.button("More settings").click()
    trainer.field("seed").wait_for()
    out = trainer.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth")
    assert out <= 0
    box = trainer.panel.bounding_box()
    for field in trainer.panel.locator(".nbs-field").all():
        assert field.bounding_box()["width"] <= box["width"]
