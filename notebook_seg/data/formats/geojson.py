"""GeoJSON as QuPath writes it: a file a photograph.

https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html tells that
coordinates are pixels from the upper left corner. An object is a feature whose classification has
a name and a colour; its polygons have holes. The rest is RFC 7946, https://doi.org/10.17487/RFC7946.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from notebook_seg.data.classes import ClassLabel, color_to_rgb
from notebook_seg.data.formats.annotated import (
    Drawing,
    Found,
    Hints,
    Labelled,
    Out,
    read_json,
    understanding,
)
from notebook_seg.data.formats.outlines import Piece
from notebook_seg.data.formats.shapes import Outline, points_of
from notebook_seg.data.sweep import Points

__all__ = ["read", "write"]


def read(paths: Sequence[Path], hints: Hints) -> Found:
    """Read GeoJSON files."""
    colors: dict[str, str | None] = {}
    return Found([_read_one(path, colors) for path in paths], colors)


def _read_one(path: Path, colors: dict[str, str | None]) -> Drawing:
    content = read_json(path)
    shapes: list[Outline] = []
    skipped: Counter[str] = Counter()
    with understanding(path, "GeoJSON file"):
        for feature in _features(content):
            name, color = _classification(feature.get("properties") or {})
            polygons = list(_polygons(feature["geometry"], skipped))
            if polygons and name is not None:
                colors[name] = colors.get(name) or color
            shapes += [Outline(name, rings) for rings in polygons]
    return Drawing(path.stem, path, shapes, None, skipped)


def _features(content: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(content, list):
        return content
    if content["type"] == "FeatureCollection":
        return content["features"]
    if content["type"] == "Feature":
        return [content]
    # A bare shape, which has no class.
    return [{"geometry": content}]


def _classification(properties: Mapping[str, Any]) -> tuple[str | None, str | None]:
    told = properties.get("classification")
    if told is None:
        return None, None
    if isinstance(told, str):
        return told, None
    # Classes that are derived from each other are a list in newer versions.
    name = told.get("name") or ": ".join(told.get("names", ())) or None
    return name, _color(told)


def _color(told: Mapping[str, Any]) -> str | None:
    if "color" in told:
        red, green, blue = (int(part) & 255 for part in told["color"])
        return f"#{red:02x}{green:02x}{blue:02x}"
    if "colorRGB" in told:
        return f"#{int(told['colorRGB']) & 0xFFFFFF:06x}"
    return None


def _polygons(
    geometry: Mapping[str, Any] | None, skipped: Counter[str]
) -> Iterator[tuple[Points, ...]]:
    kind = "nothing" if geometry is None else geometry["type"]
    if geometry is not None and kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _polygons(part, skipped)
    elif geometry is not None and kind in {"Polygon", "MultiPolygon"}:
        parts = geometry["coordinates"]
        for rings in [parts] if kind == "Polygon" else parts:
            yield tuple(points_of(ring) for ring in rings)
    else:
        skipped[kind] += 1


def write(pictures: Iterator[Labelled], out: Out) -> None:
    """Write a collection of features for each picture."""
    for picture in pictures:
        features = [_feature(label, piece) for label, piece in picture.pieces()]
        content = {"type": "FeatureCollection", "features": features}
        out.save(f"{picture.stem}.geojson", json.dumps(content, ensure_ascii=False).encode())


def _feature(label: ClassLabel, piece: Piece) -> dict[str, Any]:
    rings = [ring.tolist() for ring in (piece.outer, *piece.holes)]
    # The standard wants outer rings the other way round, and the first point again at the end.
    closed = [[ring[0], *ring[:0:-1], ring[0]] for ring in rings]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": closed},
        "properties": {
            "objectType": "annotation",
            "classification": {"name": label.name, "color": list(color_to_rgb(label.color))},
        },
    }
