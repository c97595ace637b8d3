"""Whatever is in a file, it is read, or refused in one line."""

import copy
import io
import json
import math
import zipfile

import nibabel
import nrrd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from roifile import ImagejRoi

from notebook_seg.data.formats import FORMATS
from notebook_seg.data.formats.annotated import Drawing, Hints
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import INDEXES, SIZE, THREE_SHAPES, write

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 7, 10**30, 0.5, -1e308, math.inf, math.nan]),
    st.sampled_from(["", "7", "polygon", "é\n"]),
    st.sampled_from([[], [[]], [1, 2, 3], {}, {"a": 1}, [None], [[1, 2], [3]]]),
)


class Anything(dict):
    """The index of any name."""

    def __missing__(self, name: object) -> int:
        return 1


def read_and_paint(kind: str, path) -> None:
    for picture in FORMATS[kind].read([path], Hints(tuple(INDEXES))).pictures:
        if isinstance(picture, Drawing):
            # That the size is the photograph's is checked before anything is painted.
            picture.paint(SIZE, Anything())
        else:
            picture.read((SIZE, SIZE))


def refused_in_one_line_or_read(kind: str, path) -> None:
    complaint = path.name
    try:
        read_and_paint(kind, path)
    except MaskError as error:
        complaint = str(error)
    assert path.name in complaint
    assert "\n" not in complaint


def places(content, here=()) -> list[tuple]:
    items = []
    if isinstance(content, dict):
        items = list(content.items())
    elif isinstance(content, list):
        items = list(enumerate(content[:4]))
    return [here] * bool(here) + [p for key, value in items for p in places(value, (*here, key))]


def replaced(content, place: tuple, value):
    changed = copy.deepcopy(content)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


@pytest.mark.parametrize("kind", ["labelme", "coco", "coco-rle", "via", "via1", "geojson"])
def test_a_document_with_anything_in_any_place(kind, tmp_path):
    (source,) = write(kind, THREE_SHAPES, tmp_path)
    content = json.loads(source.read_text())
    path = tmp_path / f"bad{source.suffix}"

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(places(content)), ANYTHING)
    def check(place, value):
        path.write_text(json.dumps(replaced(content, place, value)))
        refused_in_one_line_or_read(kind, path)

    check()


def region_file() -> bytes:
    return ImagejRoi.frompoints(np.array([[1, 1], [9, 1], [9, 9]]), name="fish").tobytes()


def zip_file() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("fish.roi", region_file())
    return content.getvalue()


def nrrd_file() -> bytes:
    content = io.BytesIO()
    nrrd.write(content, THREE_SHAPES.T)
    return content.getvalue()


def nifti_file() -> bytes:
    return nibabel.Nifti1Image(THREE_SHAPES.T, np.eye(4)).to_bytes()


@pytest.mark.parametrize(
    ("kind", "name", "make"),
    [
        ("imagej", "bad.roi", region_file),
        ("imagej", "bad.zip", zip_file),
        ("nrrd", "bad.nrrd", nrrd_file),
        ("nifti", "bad.nii", nifti_file),
    ],
)
def test_a_file_with_any_byte_changed_or_cut_off_anywhere(kind, name, make, tmp_path):
    content = make()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, min(len(content), 400) - 1), st.integers(0, 255), st.booleans())
    def check(place, value, cut):
        end = content[place + 1 :]
        (tmp_path / name).write_bytes(content[:place] + (b"" if cut else bytes([value]) + end))
        refused_in_one_line_or_read(kind, tmp_path / name)

    check()
