"""LabelMe: a JSON file a photograph.

The fields are those that LabelMe itself writes, https://github.com/wkentaro/labelme. A shape has a
``shape_type``: polygon, rectangle and circle have an area, ``mask`` is a little PNG between two
corners, both of which belong to it; points and lines have none. A polygon has no holes: what is
written goes into a hole and back the same way.
"""

import base64
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL.PngImagePlugin import PngImageFile

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
from notebook_seg.data.formats.shapes import Outline, Shape, Stamp, circle, points_of, rectangle

__all__ = ["read", "write"]

_VERSION = "5.5.0"
_WITHOUT_AREA = {"point", "points", "line", "linestrip"}


def read(paths: Sequence[Path], hints: Hints) -> Found:
    """Read LabelMe files."""
    return Found([_read_one(path) for path in paths], {})


def _read_one(path: Path) -> Drawing:
    content = read_json(path)
    with understanding(path, "LabelMe file"):
        shapes: list[Shape] = []
        skipped: Counter[str] = Counter()
        for entry in content["shapes"]:
            shape = _shape(entry)
            if shape is None:
                skipped[str(entry.get("shape_type"))] += 1
            else:
                shapes.append(shape)
        # Some programs that write this format leave out what LabelMe does not need.
        picture = base_name(content.get("imagePath") or "") or path.stem
        return Drawing(picture, path, shapes, _size(content), skipped)


def _size(content: Mapping[str, Any]) -> tuple[int, int] | None:
    height, width = content.get("imageHeight"), content.get("imageWidth")
    return None if height is None or width is None else (int(height), int(width))


def _shape(entry: Mapping[str, Any]) -> Shape | None:
    name = str(entry["label"])
    kind = entry.get("shape_type") or "polygon"
    if kind in _WITHOUT_AREA:
        return None
    points = points_of(entry["points"])
    if kind in {"polygon", "oriented_rectangle"}:
        return Outline(name, (points,)) if len(points) > 2 else None
    if kind not in {"rectangle", "circle", "mask"}:
        return None
    first, second = points
    if kind == "circle":
        return Outline(name, (circle(first, float(np.hypot(*(second - first)))),))
    if kind == "rectangle":
        (left, top), (width, height) = np.minimum(first, second), np.abs(second - first)
        return Outline(name, (rectangle(left, top, width, height),))
    left, top = (int(value) for value in first)
    return Stamp(name, top, left, _pixels(entry["mask"]))


def _pixels(text: str) -> np.ndarray:
    with PngImageFile(io.BytesIO(base64.b64decode(text))) as picture:
        return np.array(picture.convert("L")) > 0


def write(pictures: Iterator[Labelled], out: Out) -> None:
    """Write a JSON file for each picture."""
    for picture in pictures:
        content: dict[str, Any] = {
            "version": _VERSION,
            "flags": {},
            "shapes": [
                {
                    "label": label.name,
                    "points": one_line(piece).tolist(),
                    "group_id": None,
                    "description": "",
                    "shape_type": "polygon",
                    "flags": {},
                    "mask": None,
                }
                for label, piece in picture.pieces()
            ],
            "imagePath": _path_from(out.folder, picture.photograph),
            "imageData": None,
            "imageHeight": picture.size[0],
            "imageWidth": picture.size[1],
        }
        out.save(f"{picture.stem}.json", json.dumps(content, ensure_ascii=False).encode())


def _path_from(folder: Path, photograph: Path) -> str:
    try:
        return Path(os.path.relpath(photograph, folder)).as_posix()
    except ValueError:  # On another drive of Windows.
        return photograph.absolute().as_posix()
