"""COCO: one JSON file for all photographs, https://cocodataset.org/#format-data.

An object is polygons, which cover together what they cover, or runs of pixels (RLE), compressed or
not. Polygons can have no holes: objects with holes are written as runs.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from notebook_seg.data.classes import ClassLabel
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
from notebook_seg.data.formats.outlines import Piece
from notebook_seg.data.formats.runs import compressed, counts_of_piece, polygons, runs_of
from notebook_seg.data.formats.shapes import Shape
from notebook_seg.data.sweep import Region

__all__ = ["read", "write_polygons", "write_runs"]

FILE = "annotations.json"


def read(paths: Sequence[Path], hints: Hints) -> Found:
    """Read COCO files."""
    pictures: list[Drawing] = []
    classes: dict[str, str | None] = {}
    for path in paths:
        content = read_json(path)
        with understanding(path, "COCO file"):
            names = {entry["id"]: str(entry["name"]) for entry in content["categories"]}
            classes |= dict.fromkeys(names[number] for number in sorted(names))
            pictures += _drawings(content, names, path)
    return Found(pictures, classes)


def _drawings(content: Mapping[str, Any], names: Mapping[Any, str], path: Path) -> list[Drawing]:
    objects: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in content["annotations"]:
        objects[entry["image_id"]].append(entry)
    return [_drawing(image, objects[image["id"]], names, path) for image in content["images"]]


def _drawing(
    image: Mapping[str, Any],
    objects: Sequence[Mapping[str, Any]],
    names: Mapping[Any, str],
    path: Path,
) -> Drawing:
    size = int(image["height"]), int(image["width"])
    shapes: list[Shape] = []
    skipped: Counter[str] = Counter()
    for entry in objects:
        shape = _shape(entry.get("segmentation"), names[entry["category_id"]], size)
        if shape is None:
            skipped["object without outline"] += 1
        else:
            shapes.append(shape)
    picture = base_name(image["file_name"])
    return Drawing(picture, path, shapes, size, skipped, stated=bool(objects))


def _shape(segmentation: Any, name: str, size: tuple[int, int]) -> Shape | None:
    if not segmentation:
        return None
    return _Segmentation(name, segmentation, size)


@dataclass(frozen=True, eq=False)
class _Segmentation:
    """An object as the file has it; of what may be a million, each is filled when it is painted."""

    name: str
    content: Any
    made_for: tuple[int, int]

    def region(self, size: tuple[int, int]) -> Region | None:
        if isinstance(self.content, Mapping):
            return runs_of(self.name, self.content).region(size)
        return polygons(self.name, self.content, self.made_for).region(size)


def write_polygons(pictures: Iterator[Labelled], out: Out) -> None:
    """Write polygons, and runs for what has holes."""
    _write(pictures, out, only_runs=False)


def write_runs(pictures: Iterator[Labelled], out: Out) -> None:
    """Write compressed runs for everything."""
    _write(pictures, out, only_runs=True)


def _write(pictures: Iterator[Labelled], out: Out, only_runs: bool) -> None:
    # What grows with the number of objects goes straight to disk.
    images: list[dict[str, Any]] = []
    classes: dict[int, ClassLabel] = {}
    number = 0
    with out.stream(FILE) as file:
        file.write(b'{"annotations": [')
        for picture in pictures:
            images.append(_image(picture, len(images) + 1))
            classes |= {label.index: label for label in picture.classes}
            for label, piece in picture.pieces():
                number += 1
                entry = _object(piece, label, picture.size, only_runs)
                entry |= {"id": number, "image_id": len(images), "iscrowd": 0}
                file.write(b",\n" if number > 1 else b"\n")
                file.write(json.dumps(entry).encode())
        file.write(b'\n],\n"images": ')
        file.write(json.dumps(images, ensure_ascii=False).encode())
        file.write(b',\n"categories": ')
        file.write(json.dumps(_categories(classes), ensure_ascii=False).encode())
        file.write(b"}\n")


def _image(picture: Labelled, number: int) -> dict[str, Any]:
    height, width = picture.size
    return {
        "id": number,
        "file_name": picture.photograph.name,
        "width": width,
        "height": height,
    }


def _categories(classes: Mapping[int, ClassLabel]) -> list[dict[str, Any]]:
    return [
        {"id": index, "name": classes[index].name, "supercategory": ""} for index in sorted(classes)
    ]


def _object(
    piece: Piece, label: ClassLabel, size: tuple[int, int], only_runs: bool
) -> dict[str, Any]:
    left, top = piece.outer.min(axis=0).tolist()
    right, bottom = piece.outer.max(axis=0).tolist()
    segmentation: Any = [np.ravel(piece.outer).tolist()]
    if only_runs or piece.holes:
        counts = compressed(counts_of_piece(piece, size), size)
        segmentation = {"size": list(size), "counts": counts}
    return {
        "category_id": label.index,
        "segmentation": segmentation,
        "area": piece.area,
        "bbox": [left, top, right - left, bottom - top],
    }
