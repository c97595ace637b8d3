"""Regions written by roifile, the reader and writer of ImageJ's format."""

import struct
import zipfile

import numpy as np
import pytest
from roifile import ROI_SUBTYPE, ROI_TYPE, ImagejRoi, roiread, roiwrite

from notebook_seg.data.formats import imagej
from notebook_seg.data.formats.annotated import Hints
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import INDEXES, SIZE, THREE_SHAPES, write

SQUARE = np.array([[10, 10], [30, 10], [30, 30], [10, 30]])


def box(kind: ROI_TYPE, name: str, **more) -> ImagejRoi:
    region = ImagejRoi()
    region.roitype = kind
    region.left, region.top, region.right, region.bottom = 20, 25, 25, 40
    region.name = name
    for field, value in more.items():
        setattr(region, field, value)
    return region


def read(path, known=()):
    (picture,) = imagej.read([path], Hints(known)).pictures
    return picture


def test_polygons_rectangles_and_ovals_are_painted_in_their_order(tmp_path):
    path = tmp_path / "fish_1.zip"
    oval = box(ROI_TYPE.OVAL, "fish-3", left=54, top=24, right=66, bottom=36)
    square = ImagejRoi.frompoints(SQUARE, name="fish-1")
    line = box(ROI_TYPE.LINE, "scale")
    roiwrite(path, [square, box(ROI_TYPE.RECT, "long fin 02"), oval, line])
    picture = read(path)
    assert picture.picture == "fish_1"
    assert picture.skipped == {"line": 1}
    assert np.array_equal(picture.paint(SIZE, INDEXES), THREE_SHAPES)


def test_fractions_of_pixels_and_a_single_region_are_read(tmp_path):
    path = tmp_path / "fish_1.roi"
    ImagejRoi.frompoints(SQUARE + 0.6, name="fish").tofile(path)
    mask = read(path).paint(SIZE, INDEXES)
    assert mask[11:31, 11:31].all()
    assert mask.sum() == 400


def test_a_turned_ellipse_is_read(tmp_path):
    style, head, arc = struct.unpack(">BBh", struct.pack(">f", 0.4))
    turned = box(
        ROI_TYPE.FREEHAND,
        "fish",
        subtype=ROI_SUBTYPE.ELLIPSE,
        x1=20.0,
        y1=20.0,
        x2=60.0,
        y2=40.0,
        arrow_style_or_aspect_ratio=style,
        arrow_head_size=head,
        rounded_rect_arc_size=arc,
        n_coordinates=0,
        integer_coordinates=np.zeros((0, 2), np.int32),
    )
    turned.tofile(tmp_path / "fish_1.roi")
    mask = read(tmp_path / "fish_1.roi").paint(SIZE, INDEXES)
    half = np.hypot(20, 10)
    assert int(mask.sum()) == pytest.approx(np.pi * half * half * 0.4, rel=0.02)
    assert mask[37, 54]
    assert not mask[23, 54]


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("0012-0345", (), None),
        ("0001-0012-0345", (), None),
        ("ROI 7", (), None),
        ("fish-0012", (), "fish"),
        ("fish", (), "fish"),
        ("stage 2", ("stage 1", "stage 2"), "stage 2"),
        ("stage 12", ("stage 1",), "stage"),
        ("L1", (), "L1"),
        ("L2-0001", (), "L2"),
        ("M3", (), "M3"),
        ("L1-0012-0345", ("L", "L1"), "L1"),
        ("Fish7", ("fish",), "fish"),
    ],
)
def test_the_class_is_what_the_name_tells(name, known, expected, tmp_path):
    path = tmp_path / "fish_1.zip"
    roiwrite(path, [ImagejRoi.frompoints(SQUARE, name=name)])
    assert read(path, known).names == [expected]


def test_regions_without_a_name_are_of_the_class_of_their_group(tmp_path):
    path = tmp_path / "fish_1.zip"
    names = {"0012-0345": 2, "": 3, "0001-0002": 0, "fish-1": 4}
    roiwrite(path, [box(ROI_TYPE.RECT, name, group=group) for name, group in names.items()])
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 4
    assert read(path).names == ["group 2", "group 3", None, "fish"]


def test_roifile_reads_what_is_written_holes_and_all(tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    mask[5:20, 5:30] = 1
    mask[8:10, 8:10] = 0
    mask[30:40, 30:50] = 2
    (path,) = write("imagej", mask, tmp_path)
    fish, fin = roiread(path)
    assert [ring.shape for ring in fish.coordinates(multi=True)] == [(5, 2), (5, 2)]
    assert fin.coordinates().tolist() == [[30, 30], [50, 30], [50, 40], [30, 40]]
    assert (fin.roitype, fin.group) == (ROI_TYPE.TRACED, 2)
    assert fin.properties == {"class": "long fin"}
    assert (fin.left, fin.top, fin.right, fin.bottom) == (30, 30, 50, 40)
    assert fin.hexcolor(fin.stroke_color) == "#bbcc33"


def test_outlines_of_pictures_beyond_32767_pixels_come_back(tmp_path):
    mask = np.zeros((8, 40000), np.uint8)
    mask[2:5, 39000:39990] = 1
    (path,) = write("imagej", mask, tmp_path)
    assert np.array_equal(read(path).paint(mask.shape, INDEXES), mask)


def test_other_files_in_a_zip_are_left_alone(tmp_path):
    path = tmp_path / "fish_1.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "not a region")
        archive.writestr("__MACOSX/._fish.roi", "nor this")
        archive.writestr("fish.roi", ImagejRoi.frompoints(SQUARE).tobytes())
    assert len(read(path).shapes) == 1


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"not a zip"])
def test_what_is_no_zip_is_one_line_that_names_the_file(content, tmp_path):
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(MaskError, match=r"bad\.zip is no file of ImageJ regions"):
        read(tmp_path / "bad.zip")


@pytest.mark.parametrize("length", [0, 30, 70])
def test_a_region_that_was_cut_off_is_one_line_that_names_the_file(length, tmp_path):
    whole = ImagejRoi.frompoints(SQUARE).tobytes()
    (tmp_path / "bad.roi").write_bytes(whole[:length])
    with pytest.raises(MaskError, match=r"bad\.roi is no file of ImageJ regions"):
        read(tmp_path / "bad.roi")
