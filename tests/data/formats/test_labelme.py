"""Files as LabelMe writes them, https://github.com/wkentaro/labelme."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data.formats import labelme
from notebook_seg.data.formats.annotated import Hints
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import INDEXES, SIZE, THREE_SHAPES, write


def shape(label: str, points, kind: str = "polygon", **more) -> dict:
    fields = {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}}
    return fields | more


def file_of(*shapes: dict, **more) -> dict:
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": "..\\photos\\fish_1.jpg",
        "imageData": None,
        "imageHeight": SIZE[0],
        "imageWidth": SIZE[1],
    } | more


def read(path):
    (picture,) = labelme.read([path], Hints()).pictures
    return picture


def test_polygons_rectangles_and_circles_are_painted_in_their_order(document):
    picture = read(
        document(
            file_of(
                shape("fish", [[10, 10], [30, 10], [30, 30], [10, 30]]),
                shape("long fin", [[25, 40], [20, 25]], "rectangle"),
                shape("fish", [[60, 30], [60, 36]], "circle"),
            )
        )
    )
    mask = picture.paint(SIZE, INDEXES)
    assert (picture.picture, picture.size) == ("fish_1.jpg", SIZE)
    assert np.array_equal(mask, THREE_SHAPES)


def test_a_mask_lies_between_its_two_corners(document):
    pixels = np.array([[255, 0, 255], [0, 255, 0]], np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).convert("1").save(content, "PNG")
    text = base64.b64encode(content.getvalue()).decode()
    picture = read(document(file_of(shape("fish", [[78, 5], [80, 6]], "mask", mask=text))))
    mask = picture.paint(SIZE, INDEXES)
    assert np.array_equal(mask[5:7, 78:80], [[1, 0], [0, 1]])
    assert mask.sum() == 2


def test_points_lines_and_what_is_unknown_are_counted_and_passed_over(document):
    picture = read(
        document(
            file_of(
                shape("eye", [[1, 1]], "point"),
                shape("scale", [[1, 1], [5, 5]], "line"),
                shape("scale", [[1, 1], [5, 5], [9, 1]], "linestrip"),
                shape("x", [[1, 1]], "hypercube"),
                shape("x", [[1, 1], [2, 2]]),
            )
        )
    )
    assert picture.shapes == []
    assert picture.skipped == {"point": 1, "line": 1, "linestrip": 1, "hypercube": 1, "polygon": 1}


def test_old_files_without_a_kind_or_a_size_are_read(document):
    old = {"shapes": [{"label": "fish", "points": [[0, 0], [4, 0], [4, 2], [0, 2]]}]}
    picture = read(document(old, "fish_7.json"))
    assert (picture.picture, picture.size) == ("fish_7", None)
    assert picture.paint(SIZE, INDEXES).sum() == 8


def test_what_is_written_has_the_fields_that_labelme_reads(tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    mask[5:20, 5:30] = 1
    mask[8:10, 8:10] = 0
    (path,) = write("labelme", mask, tmp_path)
    content = json.loads(path.read_text())
    assert content["imagePath"] == "fish_1.png"
    assert (content["imageHeight"], content["imageWidth"]) == SIZE
    assert content["imageData"] is None
    (entry,) = content["shapes"]
    assert (entry["label"], entry["shape_type"], entry["group_id"]) == ("fish", "polygon", None)
    assert len(entry["points"]) == 4 + 4 + 3


@pytest.mark.parametrize(
    "content",
    [
        {"shapes": 7},
        {"shapes": [{"label": "fish"}]},
        {"shapes": [shape("fish", [[1, 2], "no"])]},
        {"shapes": [shape("fish", [[1, 2]], "circle")]},
        {"shapes": [shape("fish", [[1, 2], [3, 4]], "mask", mask="!")]},
        [],
    ],
)
def test_what_cannot_be_understood_is_one_line_that_names_the_file(content, document):
    with pytest.raises(MaskError, match=r"bad\.json is no LabelMe file") as raised:
        read(document(content, "bad.json"))
    assert "\n" not in str(raised.value)
