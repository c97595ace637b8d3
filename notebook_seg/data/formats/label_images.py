"""Pictures of numbers: label TIFFs of napari, Cellpose and StarDist, and PNGs of class indexes.

Numbers are class indexes, or count the objects of one class: 1, 2, 3 ... A table beside the files
tells the class of each; see `notebook_seg.data.formats.legend`.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import tifffile

from notebook_seg.data.classes import UNLABELLED
from notebook_seg.data.formats.annotated import Found, Hints, Labelled, Out, Sizes
from notebook_seg.data.formats.legend import OBJECTS, label_maps, objects_table
from notebook_seg.data.masks import encode_mask, read_values

__all__ = ["read", "write_objects", "write_png", "write_tiff"]


def read(paths: Sequence[Path], hints: Hints) -> Found:
    """Read label pictures of any of the formats that masks have."""
    return label_maps({path: path.stem for path in paths}, _values)


def _values(path: Path, sizes: Sizes) -> np.ndarray:
    return read_values(path)


def write_png(pictures: Iterator[Labelled], out: Out) -> None:
    """Write palette PNGs of class indexes."""
    for picture in pictures:
        colors = ["#000000", *(c.color for c in picture.classes if c.index != UNLABELLED)]
        out.save(f"{picture.stem}.png", encode_mask(picture.mask, colors))


def write_tiff(pictures: Iterator[Labelled], out: Out) -> None:
    """Write TIFFs of class indexes."""
    for picture in pictures:
        out.save(f"{picture.stem}.tif", _tiff(picture.mask))


def write_objects(pictures: Iterator[Labelled], out: Out) -> None:
    """Write TIFFs that number the connected pieces, corners included, of all classes.

    Unlabelled pixels are no object, and become background.
    """
    rows: list[tuple[str, int, str]] = []
    for picture in pictures:
        numbers = np.zeros(picture.size, np.int32)
        count = 0
        for label in (c for c in picture.classes if c.index != UNLABELLED):
            found, pieces = cv2.connectedComponents(
                (picture.mask == label.index).view(np.uint8), connectivity=8
            )
            np.add(pieces, count, out=numbers, where=pieces > 0)
            rows += [(picture.stem, count + n, label.name) for n in range(1, found)]
            count += found - 1
        kind = np.uint16 if count < 2**16 else np.uint32
        out.save(f"{picture.stem}.tif", _tiff(numbers.astype(kind)))
    out.save(OBJECTS, objects_table(rows))


def _tiff(values: np.ndarray) -> bytes:
    content = io.BytesIO()
    tifffile.imwrite(content, values, compression="zlib", photometric="minisblack")
    return content.getvalue()
