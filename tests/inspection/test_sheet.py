import re
import zlib

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import MaskError, OptionError, SaveError
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.sheet import four_scores, open_sheet

NAMES, COLORS = ("background", "coin"), ("#000000", "#e6194b")


@pytest.fixture(scope="module")
def coins():
    data = Dataset.sample()
    return [(stem, data.image(stem), data.drawn_mask(stem)) for stem in data.stems[:4]]


@pytest.fixture(scope="module")
def sheet(coins, tmp_path_factory):
    path = tmp_path_factory.mktemp("sheet") / "sheet.pdf"
    with open_sheet(path, NAMES, COLORS) as open_one:
        for stem, image, mask in coins:
            open_one.add(stem, image, mask, np.roll(mask, 9, axis=1))
    return path.read_bytes()


def streams(pdf):
    """Yield what the streams of a PDF file hold, unpacked."""
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            yield found[1]


def test_four_pictures_fill_a_page_of_three_and_one_of_one(sheet):
    assert len(re.findall(rb"/Type /Page\b(?!s)", sheet)) == 2


def test_pages_are_a4_lying(sheet):
    box = re.search(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]", sheet)
    width, height = (float(side) / 72 * 25.4 for side in box.groups())
    assert (width, height) == pytest.approx((297, 210), abs=1)


def test_every_picture_has_four_panels_of_few_colours(sheet, coins):
    images = re.findall(rb"/Subtype /Image\b", sheet)
    assert len(images) == 4 * len(coins)
    assert sheet.count(b"/Indexed") == 4 * len(coins)


def test_what_was_said_is_text_and_no_picture(sheet):
    fonts = b" ".join(streams(sheet)) + sheet
    assert b"/Font" in fonts
    assert b"BT" in fonts


def test_a_picture_that_does_not_fit_leaves_no_file(tmp_path, coins):
    (stem, image, mask), path = coins[0], tmp_path / "sheet.pdf"
    with (
        pytest.raises(MaskError, match="photograph's size"),
        open_sheet(path, NAMES, COLORS) as new,
    ):
        new.add(stem, image, mask[:-1], mask[:-1])
    assert list(tmp_path.iterdir()) == []


def test_a_sheet_that_fails_leaves_the_one_before(tmp_path, coins):
    path = tmp_path / "sheet.pdf"
    path.write_bytes(b"before")
    stem, image, mask = coins[0]
    with pytest.raises(MaskError), open_sheet(path, NAMES, COLORS) as new:
        new.add(stem, image, mask, mask[1:])
    assert path.read_bytes() == b"before"


def test_a_class_without_a_colour_is_told(tmp_path):
    with (
        pytest.raises(OptionError, match="2 names and 1 colours"),
        open_sheet(tmp_path / "sheet.pdf", NAMES, COLORS[:1]),
    ):
        pass


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SaveError), open_sheet(tmp_path / "no" / "sheet.pdf", NAMES, COLORS):
        pass


def test_the_four_scores_are_those_of_the_masks(coins):
    stem, _, mask = coins[0]
    scores = Scores.from_masks(mask, np.roll(mask, 9, axis=1), NAMES)
    assert four_scores(stem, scores) == {
        "picture": stem,
        "pixel_accuracy": scores.pixel_accuracy,
        "mean_accuracy": scores.mean_accuracy,
        "mean_iou": scores.mean_iou,
        "frequency_weighted_iou": scores.frequency_weighted_iou,
    }
