"""The review in JupyterLab in Chromium, looked at by mouse and keyboard."""

import numpy as np
import pytest

from notebook_seg.data import Dataset
from tests.browser.canvas import CanvasPage
from tests.browser.jupyter import errors_of_cells, wait_until, write_notebook
from tests.conftest import SHARED

pytestmark = pytest.mark.browser

CELL = """\
import notebook_seg as nbs
nbs.Review(nbs.Dataset({folder!r}))"""


class ReviewPage:
    """A page that shows a review."""

    def __init__(self, page):
        self.page = page
        self.root = page.get_by_test_id("review").last
        self.wait_until_measured()
        self.root.scroll_into_view_if_needed()
        assert errors_of_cells(page) == []

    def wait_until_measured(self):
        self.page.locator('[data-testid="review"][data-measured="all"]').last.wait_for()

    def shown(self):
        return self.root.locator(".nbs-tile").evaluate_all("all => all.map(t => t.dataset.stem)")

    def tile(self, stem):
        return self.root.locator(f'.nbs-tile[data-stem="{stem}"]')

    def with_thumbnails(self):
        return self.root.locator(".nbs-tile img").evaluate_all(
            "all => all.filter(i => i.naturalWidth).map(i => i.closest('.nbs-tile').dataset.stem)"
        )

    def show_only(self, name):
        self.root.get_by_role("button", name=name).click()


@pytest.fixture
def coins(tmp_path):
    """The sample, in which one mask has a speck and one picture none."""
    data = Dataset.sample(tmp_path / "coins")
    labels = data.mask("coin_07").copy()
    labels[3:5, 5:7] = 1
    data.save_mask("coin_07", labels)
    data.mask_path("coin_10").unlink()
    return data


@pytest.fixture
def show(lab, open_notebook):
    def run(folder):
        notebook = write_notebook(lab.root / "review.ipynb", CELL.format(folder=str(folder)))
        return ReviewPage(open_notebook(notebook))

    return run


def test_every_picture_is_shown_with_its_mask_and_the_filters_choose(show, coins):
    review = show(coins.folder)
    assert review.shown() == list(coins.stems)
    wait_until(review.page, lambda: review.with_thumbnails() == list(coins.stems))

    review.show_only("To do")
    assert review.shown() == ["coin_10"]
    review.show_only("Suspicious")
    assert review.shown() == ["coin_07"]
    review.tile("coin_07").get_by_text("A tiny island of coin: 4 pixels").wait_for()
    review.show_only("All")
    review.root.get_by_label("Class").select_option("coin")
    assert "coin_10" not in review.shown()
    review.root.get_by_label("Find by name").fill("_1")
    assert review.shown() == ["coin_11", "coin_12"]


def test_a_suspicion_leads_to_its_picture_and_the_way_back_sees_what_was_corrected(show, coins):
    review = show(coins.folder)
    review.root.get_by_role("button", name="A tiny island").last.click()
    canvas = CanvasPage(review.page, coins.folder)
    canvas.wait_until_painted("coin_07")

    coins.save_mask("coin_07", np.zeros(coins.image_size("coin_07"), np.uint8))
    review.page.get_by_role("button", name="Review").click()

    review.wait_until_measured()
    review.root.get_by_text("Nothing is drawn").first.wait_for()


def test_the_arrows_go_from_picture_to_picture_and_draw_nothing(show, coins):
    review = show(coins.folder)
    wait_until(review.page, lambda: review.with_thumbnails() == list(coins.stems))
    review.tile("coin_01").focus()
    for key in ("ArrowRight", "ArrowRight", "d", "u", "n"):
        review.page.keyboard.press(key)
    focused = review.page.evaluate("document.activeElement.dataset.stem")
    assert focused == "coin_03"

    review.page.keyboard.press("Enter")

    CanvasPage(review.page, coins.folder).wait_until_painted("coin_03")
    assert not coins.is_labelled("coin_10")


def test_of_hundreds_of_pictures_those_in_view_are_sent(show, tmp_path):
    sample = Dataset.sample(tmp_path / "sample")
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for number in range(400):
        stem = sample.stems[number % len(sample)]
        (photographs / f"{number:03}.png").hardlink_to(sample.image_path(stem))
    data = Dataset.create(tmp_path / "many", photographs, ["coin"])

    review = show(data.folder)

    assert len(review.shown()) == 400
    wait_until(review.page, lambda: "000" in review.with_thumbnails())
    assert len(review.with_thumbnails()) < 150
    review.tile("399").scroll_into_view_if_needed()
    wait_until(review.page, lambda: "399" in review.with_thumbnails())


def test_real_photographs_are_shown_in_light_and_in_dark(lab, page, tmp_path):
    leaves = SHARED / "data" / "leaf"
    if not leaves.is_dir():
        pytest.skip("the real photographs are not here: ../shared is absent")
    names = ["leaf", "symptom"]
    data = Dataset.create(tmp_path / "leaf", leaves / "images", names, leaves / "masks")
    cell = CELL.format(folder=str(data.folder))
    colors = set()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.open(page, write_notebook(lab.root / "leaves.ipynb", cell), theme)
        review = ReviewPage(page)
        wait_until(page, lambda review=review: len(review.with_thumbnails()) > 5)
        colors.add(review.root.evaluate("e => getComputedStyle(e).color"))
        assert len(review.root.locator(".nbs-suspicion").all()) == 7
    assert len(colors) == 2
