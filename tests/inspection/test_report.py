import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.inspection.charts import learning_curves
from notebook_seg.inspection.report import (
    Section,
    WorstPictures,
    facts_html,
    figure_html,
    html_page,
    photograph_html,
)

NAMES, COLORS = ("background", "coin"), ("#000000", "#e6194b")
ALONE = {"meta", "img", "br", "hr", "input", "link"}


class Outline(HTMLParser):
    """Reads a page, and fails where a tag is closed that is not open."""

    def __init__(self, page):
        super().__init__()
        self.open, self.links, self.texts = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def pictures_in(html):
    found = re.findall(r"src='data:image/\w+;base64,([^']+)'", html)
    return [Image.open(io.BytesIO(base64.b64decode(content))) for content in found]


@pytest.fixture(scope="module")
def coins():
    data = Dataset.sample()
    return [(stem, data.image(stem), data.drawn_mask(stem)) for stem in data.stems[:5]]


def test_a_page_is_whole_and_loads_nothing(coins):
    worst = WorstPictures(NAMES, COLORS, limit=2)
    for stem, image, mask in coins:
        worst.add(stem, image, mask, np.roll(mask, 9, axis=1))
    figure = figure_html(learning_curves({"loss": [0.9, 0.5]}), "curves")
    sections = [Section("Pictures", worst.html), Section("Learning & curves", figure)]
    read = Outline(html_page("A <model>", "IoU < 1.", sections))
    assert all(link.startswith(("data:", "#")) for link in read.links)
    assert {"A <model>", "IoU < 1.", "Learning & curves"} <= set(read.texts)
    assert [link for link in read.links if link[0] == "#"] == ["#s1", "#s2"]


def test_figures_and_photographs_are_in_the_page_as_they_are():
    figure = learning_curves({"loss": [0.9, 0.5]})
    (drawn,) = pictures_in(figure_html(figure))
    assert drawn.size == tuple(round(side * figure.dpi) for side in figure.get_size_inches())
    image = np.full((40, 60, 3), (200, 30, 60), np.uint8)
    (shown,) = pictures_in(photograph_html(image))
    assert np.abs(np.asarray(shown).astype(int) - image).max() < 8


def test_large_photographs_are_reduced():
    (shown,) = pictures_in(photograph_html(np.zeros((3000, 4000, 3), np.uint8)))
    assert max(shown.size) <= 600
    assert shown.size[0] / shown.size[1] == pytest.approx(4 / 3, abs=0.01)


def test_the_worst_pictures_are_kept_and_come_in_their_order(coins):
    worst, shifts = WorstPictures(NAMES, COLORS, limit=3), [3, 20, 0, 12, 7]
    for (stem, image, mask), shift in zip(coins, shifts, strict=True):
        worst.add(stem, image, mask, np.roll(mask, shift, axis=1))
    expected = [coins[number][0] for number in (1, 3, 4)]
    assert list(worst.stems) == expected
    places = [worst.html.index(f"<h3>{stem}</h3>") for stem in expected]
    assert places == sorted(places)
    assert len(pictures_in(worst.html)) == 4 * 3


def test_a_picture_without_any_class_comes_last_and_says_so(coins):
    worst = WorstPictures(NAMES, COLORS)
    stem, image, mask = coins[0]
    worst.add("nothing", image, 0 * mask, 0 * mask)
    worst.add(stem, image, mask, mask)
    assert worst.stems == (stem, "nothing")
    assert "nothing drawn and nothing found" in worst.html


def test_names_cannot_break_the_page(coins):
    (_, image, mask) = coins[0]
    worst = WorstPictures(("background", "<b>coin"), COLORS)
    worst.add("</div>'\"><script>", image, mask, mask)
    page = html_page("t", "l", [Section("s", worst.html + facts_html([("<i>", "&amp;")]))])
    assert "<script>" not in page
    assert "<b>coin" not in page
    assert "<b>coin" in "".join(Outline(page).texts)
