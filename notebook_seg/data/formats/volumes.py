"""NRRD and NIfTI label maps, as 3D Slicer and SlicerMorph write them of photographs.

Both are volumes with x as their first axis, y as their second, and one slice. What is at the left
and at the top of the photograph comes first: Slicer, and ITK below it, give a photograph the axes
left and posterior, and write the label map in the order of the photograph's pixels. So the order of
the file is what counts here, and its orientation in the patient is not looked at; a map that fits
the photograph only with its axes exchanged was written as rows of columns, and is read so. What is
written has pixels of the size that ITK gives to those of the photograph.

Segmentations (``.seg.nrrd``) tell the name and colour of each segment, may be cut to what is
labelled, and may have layers, of which later ones lie over earlier ones:
https://slicer.readthedocs.io/en/latest/developer_guide/modules/segmentations.html.
NIfTI-1, https://nifti.nimh.nih.gov/nifti-1, tells no names: a table beside the files does.
"""

import gzip
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import nibabel
import nrrd
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError, HeaderTypeError

from notebook_seg.data.classes import ClassLabel, color_to_rgb
from notebook_seg.data.formats.annotated import (
    Found,
    Hints,
    Labelled,
    LabelMap,
    Out,
    Sizes,
    understanding,
)
from notebook_seg.data.formats.legend import label_maps
from notebook_seg.data.formats.outlines import box_of
from notebook_seg.data.formats.spacing import pixel_spacing

__all__ = ["read_nifti", "read_nrrd", "write_nifti", "write_nrrd"]

_NIFTI = "NIfTI label map"
_NRRD = "NRRD label map"
_NRRD_ERRORS = (nrrd.NRRDError, StopIteration)
_NIFTI_ERRORS = (ImageFileError, HeaderDataError, HeaderTypeError)


class _Segment(NamedTuple):
    """One segment of a segmentation."""

    name: str
    color: str | None
    layer: int
    value: int


def read_nifti(paths: Sequence[Path], hints: Hints) -> Found:
    """Read NIfTI label maps."""
    ending = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)
    return label_maps({path: ending.sub("", path.name) for path in paths}, _nifti_values)


def _nifti_values(path: Path, sizes: Sizes) -> np.ndarray:
    with understanding(path, _NIFTI, *_NIFTI_ERRORS):
        image: Any = nibabel.load(path)
        volume = np.asanyarray(image.dataobj)
        return _as_rows(_whole(volume), sizes)


def read_nrrd(paths: Sequence[Path], hints: Hints) -> Found:
    """Read NRRD label maps and segmentations."""
    pictures: list[LabelMap] = []
    colors: dict[str, str | None] = {}
    for path in paths:
        with understanding(path, _NRRD, *_NRRD_ERRORS):
            segments = _segments(_header_of(path))
        colors |= {segment.name: segment.color for segment in segments}
        names = {number: segment.name for number, segment in enumerate(segments, start=1)}
        reader = partial(_nrrd_values, path, segments)
        picture = re.sub(r"(\.seg)?\.(nrrd|nhdr)$", "", path.name, flags=re.IGNORECASE)
        pictures.append(LabelMap(picture, path, reader, names or None))
    return Found(pictures, colors)


def _header_of(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        # By itself, pynrrd leaves out what is not ASCII.
        return nrrd.read_header(line.decode("utf-8", "replace") for line in file)


def _nrrd_values(path: Path, segments: Sequence[_Segment], sizes: Sizes) -> np.ndarray:
    """Read a label map; segments are numbered in their order."""
    with understanding(path, _NRRD, *_NRRD_ERRORS):
        volume, header = nrrd.read(str(path), index_order="F")
        if not segments:
            return _as_rows(_whole(volume), sizes)
        if volume.size == 1:
            # So Slicer writes a segmentation of nothing.
            return np.zeros(sizes[0], np.uint8)
        layers = volume if "list" in header.get("kinds", ()) else volume[np.newaxis]
        rows = [_as_rows(_whole(layer), sizes) for layer in layers]
        return _placed(_numbered(rows, segments), header, sizes)


def _numbered(layers: Sequence[np.ndarray], segments: Sequence[_Segment]) -> np.ndarray:
    numbers = np.zeros(layers[0].shape, np.min_scalar_type(len(segments)))
    told = [layer == 0 for layer in layers]
    for number, segment in enumerate(segments, start=1):
        found = layers[segment.layer] == segment.value
        numbers[found] = number
        told[segment.layer] |= found
    if not all(known.all() for known in told):
        raise ValueError("it has values that belong to no segment")
    return numbers


def _whole(volume: np.ndarray) -> np.ndarray:
    if volume.dtype.kind not in "buif":
        raise ValueError(f"it holds {volume.dtype} values")
    whole = volume if volume.dtype.kind != "f" else np.rint(volume).astype(np.int64)
    if volume.dtype.kind == "f" and not np.array_equal(whole, volume):
        raise ValueError("it holds fractions, and labels are whole numbers")
    return whole


def _as_rows(volume: np.ndarray, sizes: Sizes) -> np.ndarray:
    """Return a volume of one slice as rows of columns."""
    flat = volume
    for axis in range(volume.ndim - 1, -1, -1):
        if flat.ndim > 2 and flat.shape[axis] == 1:
            flat = flat.squeeze(axis)
    if flat.ndim != 2:
        raise ValueError(f"it is a volume of {' x '.join(map(str, volume.shape))}, not one slice")
    fits_only_as_rows = flat.shape in sizes and flat.shape[::-1] not in sizes
    return np.ascontiguousarray(flat if fits_only_as_rows else flat.T)


def _segments(header: Mapping[str, Any]) -> list[_Segment]:
    segments: list[_Segment] = []
    while f"Segment{len(segments)}_ID" in header or f"Segment{len(segments)}_Name" in header:
        field = f"Segment{len(segments)}_"
        name = header.get(f"{field}Name") or header[f"{field}ID"]
        layer = int(header.get(f"{field}Layer", 0))
        value = int(header.get(f"{field}LabelValue", 1))
        segments.append(_Segment(str(name), _color(header.get(f"{field}Color")), layer, value))
    return segments


def _color(text: str | None) -> str | None:
    if not text:
        return None
    parts = [round(255 * min(max(float(part), 0.0), 1.0)) for part in text.split()]
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _placed(numbers: np.ndarray, header: Mapping[str, Any], sizes: Sizes) -> np.ndarray:
    """Put a map that was cut to what is labelled back to its place."""
    offset = str(header.get("Segmentation_ReferenceImageExtentOffset", "0 0 0")).split()
    left, top = int(offset[0]), int(offset[1])
    height, width = numbers.shape
    shown = sizes[0]
    inside = left >= 0 and top >= 0 and top + height <= shown[0] and left + width <= shown[1]
    if numbers.shape in sizes or not inside:
        return numbers
    whole = np.zeros(shown, numbers.dtype)
    whole[top : top + height, left : left + width] = numbers
    return whole


def write_nifti(pictures: Iterator[Labelled], out: Out) -> None:
    """Write compressed NIfTI label maps that lie on the photograph in Slicer and ITK-SNAP."""
    for picture in pictures:
        # NIfTI counts to the right and to the front, photographs to the left and to the back.
        width, height = pixel_spacing(picture.photograph)
        affine = np.diag([-width, -height, 1, 1])
        image = nibabel.Nifti1Image(picture.mask.T[:, :, np.newaxis], affine)
        image.header.set_xyzt_units("mm")
        out.save(f"{picture.stem}.nii.gz", gzip.compress(image.to_bytes(), 6, mtime=0))


def write_nrrd(pictures: Iterator[Labelled], out: Out) -> None:
    """Write segmentations for 3D Slicer."""
    for picture in pictures:
        content = io.BytesIO()
        volume = picture.mask.T[:, :, np.newaxis]
        nrrd.write(content, volume, _header(picture), compression_level=6, index_order="F")
        out.save(f"{picture.stem}.seg.nrrd", _with_names(content.getvalue(), picture.classes))


def _with_names(content: bytes, classes: Sequence[ClassLabel]) -> bytes:
    """Put the names to where the header has the indexes: pynrrd writes nothing but ASCII."""
    header, end, pixels = content.partition(b"\n\n")
    for number, label in enumerate(classes):
        written, meant = (f"\nSegment{number}_Name:={n}\n" for n in (label.index, label.name))
        header = header.replace(written.encode(), meant.encode())
    return header + end + pixels


def _header(picture: Labelled) -> dict[str, Any]:
    header: dict[str, Any] = {
        "space": "left-posterior-superior",
        "space directions": np.diag([*pixel_spacing(picture.photograph), 1.0]),
        "space origin": np.zeros(3),
        "kinds": ["domain", "domain", "domain"],
        "encoding": "gzip",
        "Segmentation_ContainedRepresentationNames": "Binary labelmap|",
        "Segmentation_SourceRepresentation": "Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset": "0 0 0",
    }
    for number, label in enumerate(picture.classes):
        box = box_of(picture.mask == label.index)
        color = " ".join(f"{part / 255:.6f}" for part in color_to_rgb(label.color))
        # An empty extent has its end before its beginning.
        extent = [box.left, box.right - 1, box.top, box.bottom - 1, 0, 0 if box.right else -1]
        header |= {
            f"Segment{number}_ID": f"Segment_{label.index}",
            f"Segment{number}_Name": str(label.index),
            f"Segment{number}_NameAutoGenerated": "0",
            f"Segment{number}_Color": color,
            f"Segment{number}_ColorAutoGenerated": "0",
            f"Segment{number}_LabelValue": str(label.index),
            f"Segment{number}_Layer": "0",
            f"Segment{number}_Extent": " ".join(map(str, extent)),
            f"Segment{number}_Tags": "|",
        }
    return header
