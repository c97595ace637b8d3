"""Files as https://gitlab.com/vgg/via/-/blob/master/via-2.x.y/CodeDoc.md describes them."""

import json

import numpy as np
import pytest

from notebook_seg.data.formats import via
from notebook_seg.data.formats.annotated import Hints
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import INDEXES, SIZE, THREE_SHAPES, write

SQUARE = {"name": "polygon", "all_points_x": [10, 30, 30, 10], "all_points_y": [10, 10, 30, 30]}


def region(shape: dict, **attributes) -> dict:
    return {"shape_attributes": shape, "region_attributes": attributes}


def picture_1(*regions: dict) -> dict:
    """As version 1 writes a picture: its regions are numbered."""
    return {
        "fileref": "",
        "size": 16454,
        "filename": "fish_1.jpg",
        "base64_img_data": "",
        "file_attributes": {},
        "regions": {str(number): r for number, r in enumerate(regions)},
    }


def picture_2(*regions: dict) -> dict:
    """As version 2 writes a picture: its regions are a list."""
    return {
        "filename": "fish_1.jpg",
        "size": 16454,
        "regions": list(regions),
        "file_attributes": {"caption": "a fish"},
    }


def read(path, **hints):
    (picture,) = via.read([path], Hints(**hints)).pictures
    return picture


REGIONS = (
    region(SQUARE, name="fish"),
    region({"name": "rect", "x": 20, "y": 25, "width": 5, "height": 15}, name="long fin"),
    region({"name": "circle", "cx": 60, "cy": 30, "r": 6}, name="fish"),
    region({"name": "point", "cx": 1, "cy": 1}, name="eye"),
    region({"name": "polyline", "all_points_x": [1, 9], "all_points_y": [1, 9]}, name="scale"),
)
PROJECT = {
    "_via_settings": {},
    "_via_img_metadata": {"fish_1.jpg16454": picture_2(*REGIONS)},
    "_via_attributes": {"region": {}, "file": {}},
    "_via_data_format_version": "2.0.10",
    "_via_image_id_list": ["fish_1.jpg16454"],
}


@pytest.mark.parametrize(
    "content",
    [
        {"fish_1.jpg16454": picture_1(*REGIONS)},
        {"fish_1.jpg16454": picture_2(*REGIONS)},
        PROJECT,
    ],
    ids=["version 1", "version 2", "project"],
)
def test_files_of_both_versions_are_read(content, document):
    picture = read(document(content))
    assert picture.picture == "fish_1.jpg"
    assert picture.skipped == {"point": 1, "polyline": 1}
    assert np.array_equal(picture.paint(SIZE, INDEXES), THREE_SHAPES)


def test_a_turned_ellipse_is_read(document):
    shape = {"name": "ellipse", "cx": 40, "cy": 30, "rx": 25, "ry": 10, "theta": 0.5}
    mask = read(document({"a": picture_2(region(shape, name="fish"))})).paint(SIZE, INDEXES)
    assert mask[30 + 9, 40 + 18]
    assert not mask[30 - 9, 40 + 18]
    assert int(mask.sum()) == pytest.approx(np.pi * 250, rel=0.02)


def test_check_boxes_and_regions_without_attributes_are_read(document):
    checked = region(SQUARE, name={"fish": True, "fin": False})
    picture = read(document({"a": picture_2(checked, region(SQUARE))}))
    assert picture.names == ["fish", None]


def test_of_several_attributes_the_usual_one_tells_the_class_or_the_user_says_it(document):
    usual = document({"a": picture_2(region(SQUARE, quality="good", Label="fish"))})
    assert read(usual).names == ["fish"]
    assert read(usual, attribute="quality").names == ["good"]
    unusual = document({"a": picture_2(region(SQUARE, quality="good", taxon="fish"))})
    with pytest.raises(MaskError, match=r"attributes quality, taxon.*--attribute"):
        read(unusual)


def test_a_picture_without_regions_says_nothing(document):
    assert not read(document({"a": picture_2()})).stated


@pytest.mark.parametrize(("kind", "structure"), [("via1", dict), ("via", list)])
def test_each_version_is_written_in_its_own_way(kind, structure, tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    mask[5:20, 5:30] = 1
    (path,) = write(kind, mask, tmp_path)
    ((key, entry),) = json.loads(path.read_text()).items()
    assert key == f"fish_1.png{(tmp_path / 'fish_1.png').stat().st_size}"
    assert isinstance(entry["regions"], structure)
    assert ("fileref" in entry) == (kind == "via1")


@pytest.mark.parametrize(
    "content",
    [
        {"a": {"filename": "x.jpg"}},
        {"a": {"filename": "x.jpg", "regions": [{}]}},
        {"a": picture_2(region({"name": "rect", "x": 1}))},
        {"a": picture_2(region(SQUARE | {"all_points_x": [1]}))},
        [1],
    ],
)
def test_what_cannot_be_understood_is_one_line_that_names_the_file(content, document):
    with pytest.raises(MaskError, match=r"bad\.json is no VGG Image Annotator file"):
        read(document(content, "bad.json"))
