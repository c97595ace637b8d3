"""VGG Image Annotator, versions 1 and 2: one JSON file for all photographs.

The structure is told on https://gitlab.com/vgg/via/-/blob/master/via-2.x.y/CodeDoc.md. The regions
of a picture are a list in version 2 and an object of numbers in version 1. A project of version 2
has the pictures in ``_via_img_metadata``. What a region is stands in one of its attributes, whose
name people choose. Polygons have no holes: what is written goes into a hole and back the same way.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from notebook_seg.data.formats.annotated import (
    Drawing,
    Found,
    Hints,
    Labelled,
    Out,
    base_name,
    read_json,
    understanding,
)
from notebook_seg.data.formats.bridged import one_line
from notebook_seg.data.formats.shapes import (
    Outline,
    Shape,
    circle,
    ellipse,
    points_of,
    rectangle,
)
from notebook_seg.errors import MaskError

__all__ = ["read", "write_1", "write_2"]

FILE = "via_regions.json"
ATTRIBUTE = "class"

# What people call the attribute that tells the class, where there are several.
_USUAL = (ATTRIBUTE, "name", "label", "type", "category", "object")


def read(paths: Sequence[Path], hints: Hints) -> Found:
    """Read files of either version."""
    pictures: list[Drawing] = []
    for path in paths:
        content = read_json(path)
        with understanding(path, "VGG Image Annotator file"):
            entries = list(content.get("_via_img_metadata", content).values())
            attribute = hints.attribute or _class_attribute(entries, path)
            pictures += [_drawing(entry, attribute, path) for entry in entries]
    return Found(pictures, {})


def _regions(entry: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    regions = entry["regions"]
    return list(regions.values()) if isinstance(regions, Mapping) else regions


def _class_attribute(entries: Sequence[Mapping[str, Any]], path: Path) -> str | None:
    used = dict.fromkeys(
        attribute
        for entry in entries
        for region in _regions(entry)
        for attribute, value in (region.get("region_attributes") or {}).items()
        if value
    )
    if len(used) < 2:
        return next(iter(used), None)
    usual = [name for name in _USUAL for attribute in used if attribute.casefold() == name]
    if not usual:
        raise MaskError(
            f"The regions in {path} have the attributes {', '.join(used)}. Say which one tells "
            f"the class: attribute={next(iter(used))!r} (--attribute)"
        )
    return next(attribute for attribute in used if attribute.casefold() == usual[0])


def _drawing(entry: Mapping[str, Any], attribute: str | None, path: Path) -> Drawing:
    shapes: list[Shape] = []
    skipped: Counter[str] = Counter()
    for region in _regions(entry):
        drawn = region["shape_attributes"]
        rings = _rings(drawn)
        if rings:
            name = _name((region.get("region_attributes") or {}).get(attribute))
            shapes.append(Outline(name, rings))
        else:
            skipped[str(drawn.get("name"))] += 1
    return Drawing(
        base_name(entry["filename"]), path, shapes, None, skipped, bool(shapes or skipped)
    )


def _name(value: Any) -> str | None:
    if isinstance(value, Mapping):
        # Of check boxes, those that are set.
        value = " + ".join(str(option) for option, checked in value.items() if checked)
    return str(value).strip() or None if value is not None else None


def _rings(drawn: Mapping[str, Any]) -> tuple:
    kind = drawn["name"]
    if kind == "polygon":
        points = points_of(zip(drawn["all_points_x"], drawn["all_points_y"], strict=True))
        return (points,) if len(points) > 2 else ()
    if kind == "rect":
        sides = (float(drawn[side]) for side in ("x", "y", "width", "height"))
        return (rectangle(*sides),)
    if kind not in {"circle", "ellipse"}:
        return ()
    center = float(drawn["cx"]), float(drawn["cy"])
    if kind == "circle":
        return (circle(center, float(drawn["r"])),)
    radii = float(drawn["rx"]), float(drawn["ry"])
    return (ellipse(center, radii, float(drawn.get("theta", 0))),)


def write_1(pictures: Iterator[Labelled], out: Out) -> None:
    """Write what version 1 imports."""
    _write(pictures, out, {"fileref": "", "base64_img_data": ""}, numbered=True)


def write_2(pictures: Iterator[Labelled], out: Out) -> None:
    """Write what version 2 imports as annotations."""
    _write(pictures, out, {}, numbered=False)


def _write(
    pictures: Iterator[Labelled], out: Out, fields: Mapping[str, str], numbered: bool
) -> None:
    with out.stream(FILE) as file:
        file.write(b"{")
        for number, picture in enumerate(pictures):
            # The name and the size in bytes are what VIA knows a picture by.
            size = picture.photograph.stat().st_size
            regions: Any = [_region(label.name, one_line(p)) for label, p in picture.pieces()]
            if numbered:
                regions = {str(place): region for place, region in enumerate(regions)}
            name = picture.photograph.name
            entry = {**fields, "filename": name, "size": size, "regions": regions}
            entry["file_attributes"] = {}
            line = f"{json.dumps(f'{name}{size}')}: {json.dumps(entry)}"
            file.write((",\n" if number else "\n").encode() + line.encode())
        file.write(b"\n}\n")


def _region(name: str, ring: Any) -> dict[str, Any]:
    x, y = ring.T.tolist()
    return {
        "shape_attributes": {"name": "polygon", "all_points_x": x, "all_points_y": y},
        "region_attributes": {ATTRIBUTE: name},
    }
