"""Objects as QuPath writes them; what is written is judged by the rules of RFC 7946."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from notebook_seg.data.formats import geojson
from notebook_seg.data.formats.annotated import Hints
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import INDEXES, SIZE, write

OUTER = [[10, 10], [30, 10], [30, 30], [10, 30], [10, 10]]
HOLE = [[15, 15], [20, 15], [20, 20], [15, 20], [15, 15]]
FAR = [[50, 40], [60, 40], [60, 50], [50, 50], [50, 40]]


def feature(kind: str, coordinates, classification=None) -> dict:
    properties = {"objectType": "annotation", "isLocked": False}
    if classification is not None:
        properties["classification"] = classification
    return {
        "type": "Feature",
        "id": "81ccd6c1-6f5d-4a8a-9a9f-5d1b6c0f4a01",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def read(path):
    found = geojson.read([path], Hints())
    return found.pictures[0], found.classes


def test_holes_several_polygons_names_and_colours_are_read(document):
    picture, classes = read(
        document(
            {
                "type": "FeatureCollection",
                "features": [
                    feature("Polygon", [OUTER, HOLE], {"name": "fish", "color": [200, 0, 10]}),
                    feature("MultiPolygon", [[HOLE], [FAR]], {"name": "long fin", "colorRGB": -1}),
                    feature("Point", [3, 4], {"name": "eye"}),
                    feature("LineString", [[3, 4], [5, 6]]),
                ],
            },
            "fish_1.geojson",
        )
    )
    mask = picture.paint(SIZE, INDEXES)
    assert (mask == 1).sum() == 400 - 25
    assert (mask[15:20, 15:20] == 2).all()
    assert (mask[40:50, 50:60] == 2).all()
    assert picture.picture == "fish_1"
    assert picture.skipped == {"Point": 1, "LineString": 1}
    assert classes == {"fish": "#c8000a", "long fin": "#ffffff"}


@pytest.mark.parametrize(
    ("classification", "expected"),
    [
        (None, None),
        ("Tumor", "Tumor"),
        ({"names": ["Tumor", "Positive"], "color": [1, 2, 3]}, "Tumor: Positive"),
        ({"name": "Tumor: Positive"}, "Tumor: Positive"),
        ({"name": None}, None),
    ],
)
def test_the_class_is_the_classification(classification, expected, document):
    picture, _ = read(document([feature("Polygon", [OUTER], classification)]))
    assert picture.names == [expected]


@pytest.mark.parametrize("wrapped", [lambda f: f, lambda f: [f], lambda f: f["geometry"]])
def test_a_single_object_a_list_and_a_bare_shape_are_read(wrapped, document):
    picture, _ = read(document(wrapped(feature("Polygon", [OUTER]))))
    assert len(picture.shapes) == 1


def test_collections_and_objects_without_a_shape_are_read(document):
    both = {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [FAR]}]}
    picture, _ = read(
        document([{"type": "Feature", "geometry": both}, {"type": "Feature", "geometry": None}])
    )
    assert len(picture.shapes) == 1
    assert picture.skipped == {"nothing": 1}


def area(ring) -> float:
    x, y = np.array(ring).T
    return float(x[:-1] @ y[1:] - y[:-1] @ x[1:]) / 2


@settings(max_examples=25)
@given(hnp.arrays(np.uint8, (9, 9), elements={"min_value": 0, "max_value": 2}))
def test_rings_are_closed_run_the_right_way_and_never_meet_themselves(tmp_path_factory, mask):
    for path in write("geojson", mask, tmp_path_factory.mktemp("rings")):
        for entry in json.loads(path.read_text())["features"]:
            outer, *holes = entry["geometry"]["coordinates"]
            assert area(outer) < 0
            assert all(area(hole) > 0 for hole in holes)
            for ring in (outer, *holes):
                assert ring[0] == ring[-1]
                assert len({tuple(point) for point in ring}) == len(ring) - 1


def test_an_object_has_its_class_and_colour(tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    mask[5:20, 5:30] = 2
    (path,) = write("geojson", mask, tmp_path)
    (entry,) = json.loads(path.read_text())["features"]
    expected = {"name": "long fin", "color": [0xBB, 0xCC, 0x33]}
    assert entry["properties"] == {"objectType": "annotation", "classification": expected}


@pytest.mark.parametrize(
    "content",
    [
        {"type": "FeatureCollection"},
        {"type": "FeatureCollection", "features": [{"type": "Feature"}]},
        [feature("Polygon", 7)],
        [feature("Polygon", [OUTER], {"name": "x", "color": [1, 2]})],
        "text",
    ],
)
def test_what_cannot_be_understood_is_one_line_that_names_the_file(content, document):
    with pytest.raises(MaskError, match=r"bad\.geojson is no GeoJSON file"):
        read(document(content, "bad.geojson"))
