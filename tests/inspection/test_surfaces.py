import csv
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.metrics import hausdorff_distance

from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.rows import save_rows
from notebook_seg.inspection.surfaces import (
    boundary_iou,
    surface_distances,
    surface_rows,
    surface_scores,
)

NAMES = ("background", "leaf", "symptom")


def surface(region):
    return region & ~ndimage.binary_erosion(region)


def reference(truth, prediction, spacing=(1.0, 1.0)):
    """Return the distances of both surfaces by SciPy's distance transform."""
    a, b = surface(truth), surface(prediction)
    return [
        ndimage.distance_transform_edt(~other, sampling=spacing)[own]
        for own, other in ((a, b), (b, a))
    ]


def check_against_scipy(truth, prediction, spacing=(1.0, 1.0)):
    found = surface_distances(truth, prediction, spacing)
    expected = reference(truth, prediction, spacing)
    for ours, theirs in zip((found.from_truth, found.from_prediction), expected, strict=True):
        np.testing.assert_allclose(np.sort(ours), np.sort(theirs), rtol=0, atol=1e-9)
    assert found.mean == pytest.approx(np.concatenate(expected).mean(), abs=1e-9)
    p95 = max(np.percentile(distances, 95) for distances in expected)
    assert found.hausdorff() == pytest.approx(p95, abs=1e-9)


def square(top, left, side, shape=(40, 60)):
    region = np.zeros(shape, bool)
    region[top : top + side, left : left + side] = True
    return region


# Regions of one pixel, dense noise and solid areas alike.
@st.composite
def region_pairs(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))
    return [
        draw(hnp.arrays(np.bool_, shape, fill=st.booleans(), elements=st.booleans()))
        for _ in range(2)
    ]


sides = st.floats(0.05, 20)


@given(region_pairs(), st.tuples(sides, sides))
def test_distances_agree_with_scipy(regions, spacing):
    if all(region.any() for region in regions):
        check_against_scipy(*regions, spacing)


@settings(max_examples=50)
@given(region_pairs())
def test_the_largest_distance_is_the_hausdorff_distance_of_scikit_image(regions):
    truth, prediction = regions
    if truth.any() and prediction.any():
        found = surface_distances(truth, prediction).hausdorff(100)
        assert found == pytest.approx(hausdorff_distance(surface(truth), surface(prediction)))


@pytest.mark.parametrize(
    ("truth", "prediction"),
    [
        (np.indices((30, 31)).sum(0) % 2 == 0, np.indices((30, 31)).sum(0) % 2 == 1),
        (np.ones((20, 30), bool), square(3, 3, 1, (20, 30))),
        (np.eye(25, dtype=bool), np.eye(25, dtype=bool)[::-1]),
        (square(0, 0, 1), square(39, 59, 1)),
        (square(5, 5, 30) & ~square(10, 10, 20), square(10, 10, 20)),
    ],
    ids=["checkerboards", "all and a pixel", "diagonals", "corners", "a frame and its hole"],
)
def test_distances_of_adversarial_regions_agree_with_scipy(truth, prediction):
    check_against_scipy(truth, prediction)


@pytest.mark.parametrize("kind", ["fish", "leaf", "yeast"])
def test_distances_of_real_masks_agree_with_scipy(labelled, kind):
    truth = labelled(kind).truth
    prediction = np.roll(truth, (7, 11), (0, 1))
    for label in np.unique(truth)[1:]:
        check_against_scipy(truth == label, prediction == label, (0.25, 0.5))


@given(region_pairs(), st.integers(1, 6))
def test_boundary_iou_agrees_with_bands_eroded_by_scipy(regions, width):
    bands = [
        region & ~ndimage.binary_erosion(region, np.ones((3, 3)), iterations=width)
        for region in regions
    ]
    covered = (bands[0] | bands[1]).sum()
    expected = (bands[0] & bands[1]).sum() / covered if covered else np.nan
    assert boundary_iou(*regions, width) == pytest.approx(expected, nan_ok=True)


def test_the_band_is_2_percent_of_the_diagonal_wide():
    truth, prediction = square(20, 20, 200, (300, 400)), square(25, 20, 200, (300, 400))
    assert boundary_iou(truth, prediction) == boundary_iou(truth, prediction, width=10)
    assert boundary_iou(truth, prediction) != boundary_iou(truth, prediction, width=9)


def test_boundary_iou_punishes_a_wrong_outline_of_a_large_object():
    truth, prediction = square(50, 50, 200, (300, 300)), square(52, 52, 196, (300, 300))
    assert (truth & prediction).sum() / (truth | prediction).sum() > 0.95
    assert boundary_iou(truth, prediction) < 0.7
    assert boundary_iou(truth, truth) == 1


@given(region_pairs(), st.tuples(sides, sides))
def test_it_does_not_matter_which_region_is_the_truth(regions, spacing):
    forth, back = (surface_distances(*pair, spacing) for pair in (regions, regions[::-1]))
    np.testing.assert_array_equal(forth.from_truth, back.from_prediction)
    np.testing.assert_allclose(forth.mean, back.mean)
    np.testing.assert_array_equal(forth.hausdorff(), back.hausdorff())
    np.testing.assert_array_equal(boundary_iou(*regions, 2), boundary_iou(*regions[::-1], 2))


@given(region_pairs(), sides)
def test_distances_grow_with_the_size_of_a_pixel(regions, side):
    pixels, millimetres = surface_distances(*regions), surface_distances(*regions, side)
    np.testing.assert_allclose(millimetres.mean, side * pixels.mean)
    np.testing.assert_allclose(millimetres.hausdorff(), side * pixels.hausdorff())


def test_pixels_may_be_higher_than_wide():
    truth = square(10, 10, 5)
    down, right = (np.roll(truth, 4, axis) for axis in (0, 1))
    assert surface_distances(truth, down, (3, 0.5)).hausdorff(100) == 12
    assert surface_distances(truth, right, (3, 0.5)).hausdorff(100) == 2


def test_regions_that_are_equal_lie_at_distance_0():
    distances = surface_distances(square(3, 3, 9), square(3, 3, 9))
    assert len(distances.from_truth) == 32
    assert distances.mean == distances.hausdorff(100) == 0


def test_without_any_region_there_is_no_score_and_with_one_it_is_the_worst():
    nothing, something = square(0, 0, 0), square(3, 3, 9)
    assert np.isnan(surface_distances(nothing, nothing).mean)
    assert np.isnan(surface_distances(nothing, nothing).hausdorff())
    assert np.isnan(boundary_iou(nothing, nothing))
    for regions in ((nothing, something), (something, nothing)):
        assert surface_distances(*regions).mean == np.inf
        assert surface_distances(*regions).hausdorff() == np.inf
        assert boundary_iou(*regions) == 0


def test_a_picture_without_pixels_has_no_score():
    assert np.isnan(surface_distances(*np.zeros((2, 0, 5), bool)).mean)
    assert np.isnan(boundary_iou(*np.zeros((2, 0, 5), bool)))


def test_memory_depends_on_the_objects_and_not_on_the_picture():
    regions = square(1000, 1500, 50, (2000, 3000)), square(1003, 1500, 50, (2000, 3000))
    tracemalloc.start()
    surface_distances(*regions)
    boundary_iou(*regions)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < regions[0].nbytes / 10


def test_each_class_but_the_background_is_compared():
    truth = square(5, 5, 10) + 2 * square(25, 30, 10).astype(np.uint8)
    prediction = square(5, 8, 10) + 2 * square(25, 30, 10).astype(np.uint8)
    leaf, symptom = surface_scores(truth, prediction, 3, spacing=0.5)
    assert leaf.hausdorff_95 == 1.5
    assert 0 < leaf.mean_distance < 1.5
    assert 0 < leaf.boundary_iou < 1
    assert symptom == (1, 0, 0)


def test_a_class_in_neither_mask_has_no_score_and_one_in_one_mask_the_worst():
    truth = np.where(square(5, 5, 10), np.uint8(1), np.uint8(0))
    missed, made_up = surface_scores(truth, truth * 2, 3)
    assert missed == made_up == (0, np.inf, np.inf)
    found, absent = surface_scores(truth, truth, 3)
    assert found == (1, 0, 0)
    assert np.isnan(absent).all()


def test_what_is_predicted_where_nothing_is_labelled_changes_no_score():
    truth = square(5, 5, 10).astype(np.uint8)
    truth[:, 20:] = 255
    one, other = (np.where(truth == 255, value, np.roll(truth, 1, 0) % 255) for value in (0, 1))
    scores = [surface_scores(truth, p.astype(np.uint8), 2) for p in (one, other)]
    assert scores[0] == scores[1]
    assert 0 < scores[0][0].mean_distance < 2
    # Of a class that is only predicted where nothing is labelled nobody knows anything.
    blank = np.full_like(truth, 255)
    assert np.isnan(surface_scores(blank, one, 2)).all()


def test_rows_hold_each_picture_and_class_and_then_the_median():
    truth = np.where(square(5, 5, 10), np.uint8(1), np.uint8(0))
    shifts = {"pike": 1, "perch": 3, "roach": 6}
    pairs = [(stem, truth, np.roll(truth, by, 1)) for stem, by in shifts.items()]
    rows = surface_rows([*pairs, ("empty", 0 * truth, 0 * truth)], NAMES)
    assert [(row["picture"], row["class"]) for row in rows] == [
        (picture, name) for picture in [*shifts, "empty", "(median)"] for name in NAMES[1:]
    ]
    assert [row["hausdorff_95"] for row in rows[::2]] == [
        1,
        3,
        6,
        pytest.approx(np.nan, nan_ok=True),
        3,
    ]
    assert np.isnan([row["mean_surface_distance"] for row in rows[1::2]]).all()
    assert {row["unit"] for row in rows} == {"px"}


def test_the_median_is_infinite_where_more_than_half_of_the_pictures_failed():
    truth = np.where(square(5, 5, 10), np.uint8(1), np.uint8(0))

    def median(found):
        pairs = [(str(n), truth, truth * np.uint8(right)) for n, right in enumerate(found)]
        return surface_rows(pairs, NAMES[:2])[-1]["hausdorff_95"]

    assert median([1, 0, 0]) == median([1, 0]) == np.inf
    assert median([1, 1, 0]) == 0


def test_rows_in_millimetres_say_so_and_can_be_saved(tmp_path):
    truth = np.where(square(5, 5, 10), np.uint8(1), np.uint8(0))
    pairs = [("pike", truth, np.roll(truth, 2, 1)), ("perch", truth, 0 * truth)]
    save_rows(tmp_path / "surfaces.csv", surface_rows(pairs, NAMES[:2], spacing=0.25))
    with (tmp_path / "surfaces.csv").open(encoding="utf-8", newline="") as file:
        pike, perch, _ = csv.DictReader(file)
    assert pike["hausdorff_95"] == "0.500000"
    assert (perch["hausdorff_95"], perch["boundary_iou"], perch["unit"]) == (
        "inf",
        "0.000000",
        "mm",
    )


@pytest.mark.parametrize("spacing", [0, -1, np.nan, np.inf, (1, 0)])
def test_a_pixel_without_a_size_is_an_error(spacing):
    with pytest.raises(OptionError, match="side of a pixel is a positive number"):
        surface_distances(square(1, 1, 1), square(1, 1, 1), spacing)


def test_masks_that_cannot_be_compared_are_an_error_that_names_the_picture():
    pairs = [("pike", np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8))]
    with pytest.raises(MaskError, match=r"^Picture pike: .*\(2, 2\) and \(2, 3\)$"):
        surface_rows(pairs, NAMES)
    with pytest.raises(MaskError, match="not one of the 2 classes"):
        surface_scores(*np.full((2, 3, 3), 2, np.uint8), n_classes=2)


def test_regions_must_be_bool_arrays_of_one_shape():
    with pytest.raises(MaskError, match=r"bool array, such as mask == 1.*uint8$"):
        surface_distances(square(1, 1, 1).astype(np.uint8), square(1, 1, 1))
    with pytest.raises(MaskError, match=r"same shape.*\(40, 60\) and \(60, 40\)$"):
        boundary_iou(square(1, 1, 1), square(1, 1, 1).T)


def test_a_width_or_percentile_out_of_range_is_an_error():
    with pytest.raises(OptionError, match=r"a pixel wide at least. Received: 0"):
        boundary_iou(square(1, 1, 1), square(1, 1, 1), width=0)
    with pytest.raises(OptionError, match=r"from 0 to 100. Received: 101"):
        surface_distances(square(1, 1, 1), square(1, 1, 1)).hausdorff(101)


def test_no_picture_is_an_error():
    with pytest.raises(OptionError, match="no labelled picture"):
        surface_rows([], NAMES)
