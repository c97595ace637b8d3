"""``notebook-seg app``: from an empty folder to results, in Chromium, the command being real."""

import re
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from notebook_seg.data import Dataset, read_mask
from notebook_seg.training.record import read_history
from tests.browser.jupyter import errors_of_cells, wait_until
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_S = 300


class AppPage:
    """A page that shows the app."""

    def __init__(self, page, address):
        self.page = page
        page.set_default_timeout(1000 * PATIENCE_S)
        page.goto(address)
        page.locator(".nbs-stages").wait_for()
        assert errors_of_cells(page) == []

    def stage(self, name):
        """Open a stage with the keyboard, and return where it is."""
        self.page.locator(f'.nbs-step[data-stage="{name}"]').focus()
        self.page.keyboard.press("Enter")
        self.page.locator(f'.nbs-step[data-stage="{name}"][aria-current]').wait_for()
        return self.page.locator(f".nbs-stage-{name}")

    def note(self, name, text):
        self.page.locator(f'.nbs-step[data-stage="{name}"]', has_text=text).wait_for()

    def button(self, name):
        # What comes before is the letter of the font that the icon is drawn with.
        return self.page.get_by_role("button", name=re.compile(rf"{name}$"))

    def message(self):
        return self.page.locator(".nbs-app > .nbs-message").inner_text().strip()

    def sticks_out(self):
        return self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path / "new" / "coins", tmp_path / "temporary", "app")
    yield served
    served.end()


@pytest.fixture
def app(page, served):
    return AppPage(page, served.address)


@pytest.fixture
def photographs(tmp_path):
    sample = Dataset.sample(tmp_path / "sample")
    return [sample.image_path(stem) for stem in sample.stems[:3]]


def test_a_person_goes_the_whole_way_on_the_sample(app, tmp_path):
    page, folder = app.page, tmp_path / "new" / "coins"
    app.stage("predict")
    page.locator(".nbs-obstacle", has_text="add photographs in “Pictures” first").wait_for()
    app.stage("pictures")
    app.button("Begin with twelve coins").click()
    app.note("label", "12 of 12 drawn")
    expect(page.locator(".nbs-stage-pictures figure img")).to_have_count(12)

    app.stage("label").locator('[data-testid="lasso-canvas"][data-picture="painted"]').wait_for()

    train = app.stage("train")
    train.locator(".nbs-trainer").wait_for()
    train.get_by_role("button", name=re.compile("Settings$")).click()
    train.locator(".nbs-field-architecture select").select_option("Small U-Net")
    amount = train.locator(".nbs-duration input")
    amount.fill("0.1")
    amount.press("Enter")
    train.get_by_role("button", name=re.compile("Start$")).click()
    page.get_by_text("Keep this page open: what runs ends with it").wait_for()
    train.locator(".nbs-status", has_text="Done after").wait_for()
    page.get_by_text("Keep this page open").wait_for(state="detached")
    app.note("train", "1 model")
    (run,) = (folder / "runs").iterdir()
    assert read_history(run)["epoch"]

    inspect = app.stage("inspect")
    inspect.locator('[data-testid="look-canvas"][data-picture="painted"]').wait_for()

    predict = app.stage("predict")
    predict.get_by_text("All pictures of this dataset (12)").click()
    predict.get_by_role("button", name=re.compile("Predict$")).click()
    wait_until(page, lambda: predict.locator("figure img").count() == 12, PATIENCE_S)
    (results,) = (folder / "results").iterdir()
    with page.expect_download() as expected:
        predict.get_by_role("button", name=re.compile("Download all as one file$")).click()
    saved = tmp_path / expected.value.suggested_filename
    expected.value.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        masks = [name for name in archive.namelist() if "/masks/" in name]
        assert len(masks) == 12
        on_disk = (results / "masks" / "coin_01.png").read_bytes()
        assert archive.read(f"{results.name}/masks/coin_01.png") == on_disk
    data = Dataset(folder)
    assert read_mask(results / "masks" / "coin_01.png").shape == data.image_size("coin_01")

    share = app.stage("share")
    share.get_by_text("The card of this model").click()
    share.locator("pre", has_text="coin").wait_for()
    assert app.message() == ""
    assert errors_of_cells(page) == []


def drop_one_after_the_other(page, paths):
    """Drop files, each while the one before is being sent."""
    page.locator(".nbs-upload").first.evaluate(
        """(area, files) => files.forEach(([name, bytes]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
            area.dispatchEvent(new DragEvent("drop", { dataTransfer }));
        })""",
        [[path.name, list(path.read_bytes())] for path in paths],
    )


def test_photographs_are_uploaded_and_a_stroke_is_a_mask_on_disk(app, photographs, tmp_path):
    page = app.page
    page.locator(".nbs-upload input").first.set_input_files(photographs[:1])
    drop_one_after_the_other(page, photographs[1:])
    page.get_by_text("3 photographs are here.").wait_for()
    page.locator(".nbs-classes .widget-text input").fill("coin")
    page.keyboard.press("Tab")
    app.button("Make the dataset").click()
    app.note("pictures", "3 photographs")

    data = Dataset(tmp_path / "new" / "coins")
    assert data.class_names == ("background", "coin")
    for path in photographs:
        assert data.image_path(path.stem).read_bytes() == path.read_bytes()

    label = app.stage("label")
    label.locator('[data-testid="lasso-canvas"][data-picture="painted"]').wait_for()
    box = label.locator('[data-testid="layer-pointer"]').bounding_box()
    across = np.array([[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]])
    x, y = (across * (box["width"], box["height"]) + (box["x"], box["y"])).T
    page.mouse.move(x[0], y[0])
    page.mouse.down()
    for place in zip(x, y, strict=True):
        page.mouse.move(*place)
    page.mouse.up()
    stem = photographs[0].stem
    wait_until(page, lambda: data.is_labelled(stem), PATIENCE_S)
    app.stage("pictures")
    app.note("label", "1 of 3 drawn")
    assert np.count_nonzero(read_mask(data.mask_path(stem))) > 0


def test_what_is_no_photograph_is_refused_in_the_page(app, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    app.page.locator(".nbs-upload input").first.set_input_files(notes)
    app.page.locator(".nbs-upload-status", has_text="notes.txt").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_light_as_the_system_and_fits_a_narrow_window(app, scheme):
    page = app.page
    page.emulate_media(color_scheme=scheme)
    light = page.evaluate(
        "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (np.mean(light[:3]) > 128) == (scheme == "light")
    app.button("Begin with twelve coins").click()
    app.note("label", "12 of 12 drawn")
    page.set_viewport_size({"width": 600, "height": 900})
    for stage in ("pictures", "label", "share"):
        app.stage(stage)
        page.wait_for_timeout(300)
        assert app.sticks_out() <= 0, stage
