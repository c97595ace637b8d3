"""Files as https://cocodataset.org/#format-data tells, and pycocotools as the judge."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from notebook_seg.data.formats import coco, export_masks
from notebook_seg.data.formats.annotated import Hints
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import INDEXES, SIZE, write

# Its own, of each mask that it decodes.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning:pycocotools")

REGION = np.zeros(SIZE, np.uint8)
REGION[20:40, 30:60] = 1
REGION[25:30, 35:40] = 0


def file_of(*segmentations, **more) -> dict:
    return {
        "info": {},
        "licenses": [],
        "images": [
            {"id": 9, "file_name": "train/fish_1.jpg", "height": SIZE[0], "width": SIZE[1]},
            {"id": 4, "file_name": "fish_2.jpg", "height": 10, "width": 10},
        ],
        "categories": [{"id": 7, "name": "long fin"}, {"id": 3, "name": "fish"}],
        "annotations": [
            {"id": n, "image_id": 9, "category_id": 3, "segmentation": s, "iscrowd": 0}
            for n, s in enumerate(segmentations)
        ],
    } | more


def paint(path) -> np.ndarray:
    return coco.read([path], Hints()).pictures[0].paint(SIZE, INDEXES)


def test_polygons_and_both_kinds_of_runs_are_read(document):
    encoded = coco_mask.encode(np.asfortranarray(REGION))
    counts = [30 * 60 + 20, *[20, 40] * 30]
    counts[-1] = 20 * 60 + 20
    path = document(
        file_of(
            [[1, 1, 5, 1, 5, 5, 1, 5], [10, 1, 12, 1, 12, 3, 10, 3]],
            {"size": list(SIZE), "counts": encoded["counts"].decode()},
        )
    )
    mask = paint(path)
    assert np.array_equal(mask[10:], REGION[10:])
    assert mask[:10].sum() == 16 + 4
    plain = paint(document(file_of({"size": list(SIZE), "counts": counts})))
    assert np.array_equal(plain, np.pad(np.ones((20, 30)), ((20, 20), (30, 20))))


def test_pictures_classes_and_boxes_without_outline_are_told(document):
    found = coco.read([document(file_of([], [[1, 1, 2, 2]]))], Hints())
    first, second = found.pictures
    assert list(found.classes) == ["fish", "long fin"]
    assert (first.picture, first.size, first.stated) == ("fish_1.jpg", SIZE, True)
    assert first.skipped == {"object without outline": 1}
    assert (second.picture, second.stated) == ("fish_2.jpg", False)


@pytest.mark.parametrize("kind", ["coco", "coco-rle"])
def test_pycocotools_reads_the_very_same_masks(kind, leaves, tmp_path):
    exported = export_masks(leaves, tmp_path / "out", kind, progress=False)
    theirs = COCO(str(exported.folder / "annotations.json"))
    for image in theirs.loadImgs(theirs.getImgIds()):
        stem = image["file_name"].removesuffix(".jpg")
        mask = np.zeros((image["height"], image["width"]), np.uint8)
        for entry in theirs.loadAnns(theirs.getAnnIds(image["id"])):
            inside = theirs.annToMask(entry)
            mask[inside == 1] = entry["category_id"]
            assert entry["area"] == inside.sum()
            box = coco_mask.toBbox(theirs.annToRLE(entry)).tolist()
            assert entry["bbox"] == box
        assert np.array_equal(mask, leaves.mask(stem))


def test_polygons_are_for_what_has_no_holes(tmp_path):
    mask = REGION.copy()
    mask[0:5, 0:5] = 2
    (path,) = write("coco", mask, tmp_path)
    content = json.loads(path.read_text())
    kinds = {a["category_id"]: type(a["segmentation"]) for a in content["annotations"]}
    assert kinds == {1: dict, 2: list}


@pytest.mark.parametrize(
    "content",
    [
        file_of(annotations=[{"image_id": 9, "category_id": 1, "segmentation": []}]),
        file_of(images=[{"id": 1}]),
        {"annotations": [], "images": []},
    ],
)
def test_what_cannot_be_understood_is_one_line_that_names_the_file(content, document):
    with pytest.raises(MaskError, match=r"bad\.json is no COCO file"):
        coco.read([document(content, "bad.json")], Hints())


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [60, 80], "counts": [1, 2]},
        {"size": [6, 8], "counts": [48]},
        {"counts": "121"},
        [[1, 2, 3]],
        [["a", "b"]],
        7,
    ],
)
def test_an_object_that_cannot_be_understood_is_one_line_that_names_the_file(
    segmentation, document
):
    with pytest.raises(MaskError, match=r"bad\.json is no file of outlines"):
        paint(document(file_of(segmentation), "bad.json"))
