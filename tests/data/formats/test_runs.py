import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from notebook_seg.data.formats.outlines import pieces
from notebook_seg.data.formats.runs import (
    compressed,
    counts_of,
    counts_of_piece,
    polygons,
    runs_of,
)

# Its own, of each mask that it decodes.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning:pycocotools")

REGIONS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=15))


def pixels(runs) -> np.ndarray:
    mask = np.zeros(runs.size, bool)
    region = runs.region(runs.size)
    if region is not None:
        mask[region.box.slices] = region.inside
    return mask


def encoded(region: np.ndarray) -> dict:
    return coco_mask.encode(np.asfortranarray(region.astype(np.uint8)))


@given(REGIONS)
def test_what_pycocotools_encodes_is_read(region):
    assert np.array_equal(pixels(runs_of("x", encoded(region))), region)


@given(REGIONS)
def test_pycocotools_decodes_what_is_written(region):
    size = region.shape
    total = np.zeros(size, int)
    for piece in pieces(region):
        counts = compressed(counts_of_piece(piece, size), size)
        total += coco_mask.decode({"size": list(size), "counts": counts})
    assert np.array_equal(total, region)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_a_string_gives_its_numbers_back(counts):
    assert counts_of(compressed(counts, (1, sum(counts)))) == counts


@given(
    st.lists(
        st.tuples(st.floats(-9, 40, width=32), st.floats(-9, 40, width=32)), min_size=3, max_size=9
    )
)
def test_polygons_cover_what_pycocotools_says(points):
    ring = np.ravel(points).tolist()
    theirs = coco_mask.decode(coco_mask.frPyObjects([ring], 24, 31))[..., 0]
    assert np.array_equal(pixels(polygons("x", [ring], (24, 31))), theirs)


def test_polygons_of_one_object_count_together():
    left, right = [1, 1, 4, 1, 4, 4, 1, 4], [3, 1, 6, 1, 6, 4, 3, 4]
    assert pixels(polygons("x", [left, right], (10, 10))).sum() == 15
    assert polygons("x", [[1, 1, 4, 4]], (10, 10)).region((10, 10)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": [2, 2], "counts": [1, 2]},
        {"size": [2, 2], "counts": [5, -1]},
        {"size": [0, 2], "counts": []},
        {"size": [2, 2], "counts": "0"},
    ],
)
def test_runs_that_do_not_fill_their_picture_are_refused(wrong):
    with pytest.raises(ValueError, match="runs of a mask"):
        runs_of("x", wrong)
