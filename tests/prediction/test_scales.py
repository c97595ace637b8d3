from pathlib import Path

import pytest

from notebook_seg.data.photographs import Photograph
from notebook_seg.errors import OptionError
from notebook_seg.prediction.scales import read_scales

PHOTOGRAPHS = [Photograph(f"site/fish_{n}", Path(f"photos/site/fish_{n}.jpg")) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "photograph,millimetres_per_pixel\nfish_1.jpg,0.05\nsite/fish_2,0.1\n",
        "fish_1;0,05\n\nsite/fish_2.jpg;0,1\n",
        "\ufefffish_1\t0.05\nphotos/site/fish_2.jpg\t0.1",
        "Fish_1.JPG,0.05\nSite\\fish_2.jpg,0.1\n",
        "\nfish_1,0.05\nfish_2,0.1,\nlake;fish_3,0.2\n",
        "photograph,site,mm per pixel,comment\nfish_1,3,0.05,\nfish_2,,0.1,dark\n",
    ],
)
def test_scales_are_read_from_a_table_as_people_write_it(tmp_path, text):
    (tmp_path / "scales.csv").write_text(text, encoding="utf-8")
    scale_of = read_scales(tmp_path / "scales.csv")
    assert [scale_of(photograph) for photograph in PHOTOGRAPHS] == [0.05, 0.1, None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path, encoding):
    (tmp_path / "scales.csv").write_text("m\u00fccke\t0,05\r\n", encoding=encoding)
    scale_of = read_scales(tmp_path / "scales.csv")
    apart = "mu\u0308cke"
    assert scale_of(Photograph(apart, Path(f"{apart}.jpg"))) == 0.05


@pytest.mark.parametrize(
    "text", ["fish_1,3,0.05\n", "photograph,site,scale\nfish_1,3,\n", "fish_1,0,05\n"]
)
def test_more_columns_than_two_are_refused_unless_one_is_headed_with_millimetres(tmp_path, text):
    (tmp_path / "scales.csv").write_text(text)
    with pytest.raises(OptionError, match=r"line 1.*head one with millimetres_per_pixel"):
        read_scales(tmp_path / "scales.csv")


def test_pixels_per_millimetre_are_refused(tmp_path):
    (tmp_path / "scales.csv").write_text("photograph,pixels per mm\nfish_1,20\n")
    with pytest.raises(OptionError, match="Divide 1 by each"):
        read_scales(tmp_path / "scales.csv")


def test_two_scales_of_one_photograph_are_refused(tmp_path):
    (tmp_path / "scales.csv").write_text("fish_1,0.05\nfish_2,0.1\nFish_1,0.05\nFish_2,0.2\n")
    with pytest.raises(OptionError, match=r"Fish_2 is there twice.*0\.1 and 0\.2"):
        read_scales(tmp_path / "scales.csv")


def test_what_is_no_text_is_told(tmp_path):
    (tmp_path / "scales.xlsx").write_bytes(b"PK\x03\x04\x14\0\x06\0")
    with pytest.raises(OptionError, match="it is no text"):
        read_scales(tmp_path / "scales.xlsx")


def test_one_scale_is_of_all_photographs():
    assert [read_scales(0.5)(photograph) for photograph in PHOTOGRAPHS] == [0.5] * 3


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), {"fish_1": 0}])
def test_a_pixel_measures_something(scale):
    with pytest.raises(OptionError, match="more than 0 millimetres"):
        read_scales(scale)


@pytest.mark.parametrize("text", ["fish_1,0.05\nfish_2\n", "a,b\nfish_1,wide\n"])
def test_a_line_that_is_no_scale_is_shown(tmp_path, text):
    (tmp_path / "scales.csv").write_text(text)
    with pytest.raises(OptionError, match="line 2"):
        read_scales(tmp_path / "scales.csv")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OptionError, match=r"scales\.csv"):
        read_scales(tmp_path / "scales.csv")
