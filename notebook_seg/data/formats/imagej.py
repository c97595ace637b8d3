"""ImageJ and Fiji: the regions of the ROI Manager, a zip file (or one .roi) a photograph.

`roifile` reads and writes the regions. ImageJ knows no classes: what is written has the class as a
property, as the beginning of its name, as its group and as its colour. What is read has it from the
property, else from its name: the longest class that is known and has but numbers behind it, or the
name without one number behind a dash or a space: ``L1`` and ``L2-0001`` are of the classes ``L1``
and ``L2``. Names that ImageJ gives by itself (``0012-0345``) tell none: then ``group 2`` is the
class of the second group.
"""

import io
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from notebook_seg.data.classes import ClassLabel, color_to_rgb
from notebook_seg.data.formats.annotated import (
    Drawing,
    Found,
    Hints,
    Labelled,
    Out,
    understanding,
)
from notebook_seg.data.formats.outlines import Piece, Ring
from notebook_seg.data.formats.shapes import Outline, ellipse, points_of, rectangle
from notebook_seg.data.sweep import Points

__all__ = ["read", "write"]

_PROPERTY = "class"
_GIVEN_BY_IMAGEJ = re.compile(r"\d+(-\d+)*|roi[-_ ]?\d*", re.IGNORECASE)
_NUMBER_AT_THE_END = re.compile(r"[-_ #]+\d+$")
_NUMBERS = re.compile(r"[-_ #\d]*")

# No region is as large; a file that says so is damaged, or means harm.
_MOST_BYTES = 2**28

_MOVE, _LINE, _CLOSE = 0, 1, 4
_AREAS = {ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED}


def read(paths: Sequence[Path], hints: Hints) -> Found:
    """Read zip files of regions, and single ones."""
    colors: dict[str, str | None] = {}
    pictures = [_read_one(path, hints, colors) for path in paths]
    return Found(pictures, colors)


def _read_one(path: Path, hints: Hints, colors: dict[str, str | None]) -> Drawing:
    shapes: list[Outline] = []
    skipped: Counter[str] = Counter()
    with understanding(path, "file of ImageJ regions", zipfile.BadZipFile):
        for entry, content in _contents(path):
            region = ImagejRoi.frombytes(content)
            name = _class_of(region, entry, hints.known)
            rings = _rings(region)
            if not rings:
                skipped[region.roitype.name.lower()] += 1
                continue
            if name is not None:
                colors.setdefault(name, region.hexcolor(region.stroke_color))
            shapes.append(Outline(name, rings))
    return Drawing(path.stem, path, shapes, None, skipped)


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.suffix.lower() != ".zip":
        yield "", path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.filename.lower().endswith(".roi") or "__MACOSX" in entry.filename:
                continue
            if entry.file_size > _MOST_BYTES:
                raise ValueError(f"{entry.filename} claims to have {entry.file_size} bytes")
            yield Path(entry.filename).stem, archive.read(entry)


def _class_of(region: ImagejRoi, entry: str, known: Sequence[str]) -> str | None:
    told = dict(line.split(": ", 1) for line in region.props.splitlines() if ": " in line)
    if told.get(_PROPERTY):
        return told[_PROPERTY]
    name = (region.name or entry).strip()
    fitting = [label for label in known if _is_numbered(name, label)]
    if fitting:
        return max(fitting, key=len)
    if name and not _GIVEN_BY_IMAGEJ.fullmatch(name):
        return _NUMBER_AT_THE_END.sub("", name) or None
    return f"group {region.group}" if region.group else None


def _is_numbered(name: str, label: str) -> bool:
    """Whether a name is that of a class, with nothing but numbers behind it."""
    rest = name[len(label) :]
    if name[: len(label)].casefold() != label.casefold() or not _NUMBERS.fullmatch(rest):
        return False
    # ``stage 12`` is not the second of ``stage 1``.
    return not (label[-1].isdigit() and rest[:1].isdigit())


def _rings(region: ImagejRoi) -> tuple[Points, ...]:
    if region.multi_coordinates is not None:
        return _composite(region.multi_coordinates.tolist())
    if region.roitype in _AREAS and region.subtype == ROI_SUBTYPE.ELLIPSE:
        return (_turned_ellipse(region),)
    if region.roitype in _AREAS:
        points = points_of(np.asarray(region.coordinates()))
        return (points,) if len(points) > 2 else ()
    if region.roitype not in {ROI_TYPE.RECT, ROI_TYPE.OVAL}:
        return ()
    left, top, width, height = _bounds(region)
    if region.roitype == ROI_TYPE.RECT:
        return (rectangle(left, top, width, height),)
    return (ellipse((left + width / 2, top + height / 2), (width / 2, height / 2)),)


def _bounds(region: ImagejRoi) -> tuple[float, float, float, float]:
    if region.subpixelrect:
        return region.xd, region.yd, region.widthd, region.heightd
    return (
        region.left,
        region.top,
        region.right - region.left,
        region.bottom - region.top,
    )


def _turned_ellipse(region: ImagejRoi) -> Points:
    # It is told by both ends of its long axis and by how wide it is for its length: four bytes
    # that other regions use for three numbers.
    begin, end = np.array([region.x1, region.y1]), np.array([region.x2, region.y2])
    parts = (
        region.arrow_style_or_aspect_ratio,
        region.arrow_head_size,
        region.rounded_rect_arc_size,
    )
    (aspect,) = struct.unpack(">f", struct.pack(">BBh", *parts))
    half = float(np.hypot(*(end - begin))) / 2
    turn = float(np.arctan2(*(end - begin)[::-1]))
    return ellipse((begin + end) / 2, (half, half * aspect), turn)


def _composite(path: list[float]) -> tuple[Points, ...]:
    """Return the rings of a path of steps, each a number for its kind and where it leads."""
    rings: list[list[list[float]]] = []
    at = 0
    while at < len(path):
        step = int(path[at])
        if step == _CLOSE:
            at += 1
            continue
        if step not in {_MOVE, _LINE}:
            raise ValueError("an outline has curves. Turn it into a polygon in ImageJ")
        if step == _MOVE:
            rings.append([])
        rings[-1].append(path[at + 1 : at + 3])
        at += 3
    return tuple(points_of(ring) for ring in rings if len(ring) > 2)


def write(pictures: Iterator[Labelled], out: Out) -> None:
    """Write a zip file for each picture that has any region."""
    for picture in pictures:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, (label, piece) in enumerate(picture.pieces(), start=1):
                region = _region(label, piece, number)
                archive.writestr(f"{region.name}.roi", region.tobytes())
        out.save(f"{picture.stem}.zip", content.getvalue())


def _region(label: ClassLabel, piece: Piece, number: int) -> ImagejRoi:
    # The name is also that of a file.
    safe = re.sub(r"[^\w .-]", "_", label.name)
    region = ImagejRoi.frompoints(piece.outer, name=f"{safe}-{number:04d}")
    region.roitype = ROI_TYPE.TRACED
    region.options = ROI_OPTIONS.NONE
    # What `roifile` adds to the bounds is one pixel too many for outlines between pixels.
    region.right, region.bottom = (int(side) for side in piece.outer.max(axis=0))
    if piece.holes:
        _make_composite(region, (piece.outer, *piece.holes))
    region.props = f"{_PROPERTY}: {label.name}\n"
    region.group = label.index
    region.stroke_color = bytes([255, *color_to_rgb(label.color)])
    return region


def _make_composite(region: ImagejRoi, rings: Sequence[Ring]) -> None:
    steps: list[float] = []
    for ring in rings:
        for kind, (x, y) in zip([_MOVE] + [_LINE] * (len(ring) - 1), ring.tolist(), strict=True):
            steps += [kind, x, y]
        steps.append(_CLOSE)
    region.roitype = ROI_TYPE.RECT
    region.n_coordinates = 0
    region.integer_coordinates = None
    region.subpixel_coordinates = None
    region.multi_coordinates = np.array(steps, np.float32)
    region.shape_roi_size = len(steps)
