import io

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.labelling.ranking import rank_unlabelled
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.review import ReviewGrid


class Browser:
    """The browser's half: asks as it does, and keeps what is answered."""

    def __init__(self, grid):
        self.grid = grid
        self.heard = []
        grid.send = lambda content, buffers=None: self.heard.append((content, buffers))

    def ask(self, **message):
        self.heard.clear()
        self.grid._handle_custom_msg(message, [])
        return self.heard

    def measure(self):
        """Ask until all is known; return what was told of the pictures, and the summary."""
        pictures = {}
        for _ in range(100):
            for content, _ in self.ask(type="measure"):
                pictures |= {told["stem"]: told for told in content.get("pictures", ())}
                if content["type"] == "summary":
                    return pictures, content
        raise AssertionError("There is no end to measuring")


def corner_of(jpeg):
    return np.array(Image.open(io.BytesIO(jpeg)))[2, 2].astype(int)


@pytest.fixture
def data(tmp_path):
    return Dataset.sample(tmp_path / "coins")


@pytest.fixture
def line():
    return MessageLine()


@pytest.fixture
def grid(data, line):
    return ReviewGrid(LabellingSession(data), Guard(line))


@pytest.fixture
def browser(grid):
    return Browser(grid)


def test_a_browser_that_appears_is_told_all_pictures_at_once(browser, data):
    (pictures, _), (suggestions, _) = browser.ask(type="hello")

    assert [told["stem"] for told in pictures["pictures"]] == list(data.stems)
    assert all(told["labelled"] for told in pictures["pictures"])
    assert suggestions["suggestions"] == []


def test_all_masks_are_measured_bit_by_bit(browser, data):
    browser.ask(type="hello")

    pictures, summary = browser.measure()

    mask = data.mask("coin_03")
    assert set(pictures) == set(data.stems)
    assert pictures["coin_03"]["shares"] == {1: pytest.approx((mask == 1).mean())}
    assert [total["class"] for total in summary["totals"]] == ["background", "coin"]
    assert summary["suspicions"] == []


def test_thumbnails_come_with_their_masks_painted(browser, data):
    labels = np.full(data.image_size("coin_04"), 1, np.uint8)
    data.save_mask("coin_04", labels)

    ((content, (plain, painted)),) = browser.ask(type="thumbnails", stems=["coin_03", "coin_04"])

    assert [told["stem"] for told in content["pictures"]] == ["coin_03", "coin_04"]
    corners = [
        np.array(Image.open(io.BytesIO(jpeg)))[2, 2].astype(int) for jpeg in (plain, painted)
    ]
    assert np.ptp(corners[0]) < 20  # grey, as the photograph is
    assert np.ptp(corners[1]) > 40


def test_a_photograph_that_cannot_be_read_leaves_its_place_empty(browser, data, line):
    data.image_path("coin_02").write_bytes(b"no picture")
    data.image_path("coin_03").unlink()

    ((_, pictures),) = browser.ask(type="thumbnails", stems=["coin_01", "coin_02", "coin_03"])
    _, summary = browser.measure()

    assert [bool(picture) for picture in pictures] == [True, False, False]
    assert {found["stem"] for found in summary["suspicions"]} == {"coin_02", "coin_03"}
    assert line.text == ""


def test_a_click_opens_the_picture_and_says_where_to_look(browser, grid, data):
    labels = data.mask("coin_07").copy()
    labels[2:4, 5:7] = 1
    data.save_mask("coin_07", labels)
    chosen = []
    grid.chosen.connect(lambda stem, box: chosen.append((stem, box)))
    browser.ask(type="hello")
    _, summary = browser.measure()

    (found,) = summary["suspicions"]
    browser.ask(type="open", stem=found["stem"], box=found["box"])

    assert grid.session.stem == grid.stem == "coin_07"
    assert chosen == [("coin_07", (2, 5, 4, 7))]


def test_a_picture_that_cannot_be_opened_is_told_in_the_panel(browser, grid, data, line):
    data.mask_path("coin_07").write_bytes(b"no mask")

    browser.ask(type="open", stem="coin_07", box=None)

    assert str(data.mask_path("coin_07")) in line.text


def test_what_was_drawn_since_is_seen_when_the_grid_is_shown_again(browser, grid, data):
    browser.ask(type="hello")
    before, _ = browser.measure()
    grid.session.open("coin_05")
    grid.session.clear()

    grid.refresh()
    after, summary = browser.measure()

    assert before["coin_05"]["shares"]
    assert after["coin_05"]["shares"] == {}
    assert [found["stem"] for found in summary["suspicions"]] == ["coin_05"]


def test_suggestions_of_the_ranking_are_told_with_their_reasons(data, tmp_path, line):
    bare = Dataset.create(tmp_path / "bare", data.folder / "images", ["coin"])
    bare.save_mask("coin_01", data.mask("coin_01"))
    grid = ReviewGrid(LabellingSession(bare), Guard(line))
    browser = Browser(grid)
    ranked = rank_unlabelled(bare, limit=3)

    grid.suggest(ranked)

    ((content, _),) = browser.heard
    assert content["suggestions"] == [{"stem": found.stem, "why": found.why} for found in ranked]


def test_going_back_to_drawing_is_told(browser, grid):
    told = []
    grid.closed.connect(lambda: told.append("closed"))

    browser.ask(type="close")

    assert told == ["closed"]
