import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import label as skimage_label

from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.instances import (
    InstanceScores,
    class_instances,
    instance_rows,
    match_instances,
)

NAMES = ("background", "nucleus", "debris")

# Few numbers on few pixels, so that instances overlap in many ways.
numbers = st.sampled_from([0, 1, 2, 3, 70_000])
shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6)
label_maps = shapes.flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.int32, shape, elements=numbers) for _ in range(2)])
)
thresholds = st.sampled_from([0, 0.1, 0.25, 0.5, 0.75])


def overlaps(truth, prediction):
    """Return the IoU of any two instances that overlap."""
    pairs = itertools.product(set(truth.flat) - {0}, set(prediction.flat) - {0})
    ious = {(t, p): ((truth == t) & (prediction == p)).sum() for t, p in pairs}
    return {
        (t, p): shared / ((truth == t) | (prediction == p)).sum()
        for (t, p), shared in ious.items()
        if shared
    }


def best_by_trying_all(ious, threshold):
    """Return number and overlap of the best set of pairs, found by trying every set."""
    pairs = [pair for pair, iou in ious.items() if iou > threshold]
    best = (0, 0.0)
    for count in range(min(len(pairs), 4), 0, -1):
        for chosen in itertools.combinations(pairs, count):
            if all(len(set(side)) == count for side in zip(*chosen, strict=True)):
                best = max(best, (count, sum(ious[pair] for pair in chosen)))
        if best[0]:
            break
    return best


def discs(*circles, shape=(80, 120)):
    y, x = np.indices(shape)
    found = np.zeros(shape, np.int32)
    for number, (row, column, radius) in enumerate(circles, 1):
        found[np.hypot(y - row, x - column) <= radius] = number
    return found


@settings(max_examples=200)
@given(label_maps, thresholds)
def test_the_pairs_are_the_best_of_all_there_could_be(maps, threshold):
    ious = overlaps(*maps)
    matches = match_instances(*maps, threshold)
    count, overlap = best_by_trying_all(ious, threshold)
    assert len(matches.pairs) == count
    assert matches.iou.sum() == pytest.approx(overlap)
    for pair, iou in zip(matches.pairs, matches.iou, strict=True):
        assert ious[tuple(pair)] == pytest.approx(iou)
    everything = [sorted(set(labels.flat) - {0}) for labels in maps]
    found = (
        sorted([*matches.pairs[:, 0], *matches.missed]),
        sorted([*matches.pairs[:, 1], *matches.extra]),
    )
    assert list(found) == everything


@given(label_maps, thresholds)
def test_it_does_not_matter_which_map_is_the_truth(maps, threshold):
    forth, back = (match_instances(*m, threshold).scores for m in (maps, maps[::-1]))
    assert (forth.matched, forth.missed, forth.extra) == (back.matched, back.extra, back.missed)
    assert forth.overlap == pytest.approx(back.overlap)


@given(label_maps, st.randoms())
def test_what_the_instances_are_called_changes_no_score(maps, random):
    names = list(range(1, 6))
    random.shuffle(names)
    table = np.zeros(70_001, np.int32)
    table[[1, 2, 3, 70_000]] = names[:4]
    before, after = match_instances(*maps).scores, match_instances(maps[0], table[maps[1]]).scores
    assert (before.matched, before.missed, before.extra) == (
        after.matched,
        after.missed,
        after.extra,
    )
    assert before.overlap == pytest.approx(after.overlap)


def test_the_scores_of_a_picture_worked_by_hand():
    truth = np.array([[1, 1, 1, 1, 0, 2, 2, 0, 3, 3]])
    prediction = np.array([[5, 5, 5, 0, 0, 6, 6, 0, 0, 9]])
    matches = match_instances(truth, prediction)
    # Of instance 3 exactly half is shared, which is not above 0.5.
    assert matches.pairs.tolist() == [[1, 5], [2, 6]]
    assert (matches.missed.tolist(), matches.extra.tolist()) == ([3], [9])
    scores = matches.scores
    assert scores.f1 == pytest.approx(2 / (2 + 0.5 + 0.5))
    assert scores.segmentation_quality == pytest.approx((0.75 + 1) / 2)
    assert scores.panoptic_quality == pytest.approx((0.75 + 1) / 3)
    assert scores.precision == scores.recall == pytest.approx(2 / 3)


def test_objects_that_grew_together_are_one_match_at_most():
    truth = discs((40, 40, 15), (40, 80, 15))
    assert match_instances(truth, discs((40, 40, 15), (40, 80, 15))).scores.f1 == 1
    fused = (truth > 0).astype(np.int32)
    scores = match_instances(truth, fused).scores
    assert (scores.matched, scores.missed, scores.extra) == (0, 2, 1)
    assert match_instances(truth, fused, threshold=0.4).scores.matched == 1


def test_panoptic_quality_is_segmentation_quality_times_f1():
    truth = discs((20, 20, 12), (20, 60, 12), (60, 60, 12))
    scores = match_instances(truth, np.roll(discs((20, 20, 12), (20, 60, 12)), 2, 1)).scores
    assert scores.panoptic_quality == pytest.approx(scores.segmentation_quality * scores.f1)
    assert 0 < scores.panoptic_quality < scores.f1 < 1


def test_pixels_that_nobody_labelled_count_in_no_overlap():
    truth = discs((40, 40, 20))
    labelled = np.indices(truth.shape)[1] < 50
    prediction = np.where(labelled, truth, 0)
    assert match_instances(truth, prediction).iou[0] < 0.9
    assert match_instances(truth, prediction, labelled=labelled).iou.tolist() == [1]


def test_what_was_predicted_on_unlabelled_pixels_is_no_false_alarm():
    truth, prediction = discs((40, 20, 10)), discs((40, 20, 10), (40, 90, 10), (40, 60, 10))
    labelled = np.indices(truth.shape)[1] < 63
    scores = match_instances(truth, prediction, labelled=labelled).scores
    # The second lies beyond, of the third more than half is within what is labelled.
    assert (scores.matched, scores.missed, scores.extra) == (1, 0, 1)


def test_without_any_instance_there_is_no_score_and_with_some_on_one_side_the_worst():
    nothing, something = discs(), discs((40, 40, 9))
    empty = match_instances(nothing, nothing).scores
    assert np.isnan([empty.f1, empty.panoptic_quality, empty.recall, empty.precision]).all()
    missed, made_up = (
        match_instances(*m).scores for m in ((something, nothing), (nothing, something))
    )
    assert missed.f1 == missed.panoptic_quality == missed.recall == 0
    assert made_up.f1 == made_up.panoptic_quality == made_up.precision == 0
    assert np.isnan([missed.precision, made_up.recall, missed.segmentation_quality]).all()


def test_a_picture_without_pixels_has_no_instances():
    assert np.isnan(match_instances(*np.zeros((2, 0, 5), np.int32)).scores.f1)
    assert class_instances(np.zeros((0, 5), np.uint8), 1).shape == (0, 5)


def test_scores_of_pictures_add_up_at_one_threshold():
    one, other = InstanceScores(3, 1, 0, 2.5), InstanceScores(1, 0, 2, 0.75)
    assert one + other == InstanceScores(4, 1, 2, 3.25)
    with pytest.raises(OptionError, match=r"same threshold. Received: 0.5 and 0.75"):
        one + InstanceScores(1, 0, 0, 0.8, threshold=0.75)


@given(
    hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 2)
    )
)
def test_connected_pieces_are_those_of_scikit_image(mask):
    expected = skimage_label(mask == 1, connectivity=2)
    found = class_instances(mask, 1)
    assert found.dtype == np.int32
    assert found.max() == expected.max()
    together = np.unique(np.stack([found.ravel(), expected.ravel()]), axis=1)
    assert together.shape[1] == len(np.unique(expected))


def test_specks_can_be_left_out():
    mask = (discs((20, 20, 1), (20, 60, 12), (60, 60, 9)) > 0).astype(np.uint8)
    assert class_instances(mask, 1).max() == 3
    kept = class_instances(mask, 1, smallest=10)
    assert np.unique(kept).tolist() == [0, 1, 2]
    np.testing.assert_array_equal(kept > 0, discs((20, 60, 12), (60, 60, 9)) > 0)


def test_real_nuclei_moved_by_a_little_are_found_again_and_by_much_are_lost(photographs):
    from PIL import Image

    path = sorted((photographs / "nuclei" / "masks").iterdir())[0]
    mask = (np.asarray(Image.open(path)) > 0).astype(np.uint8)
    truth = class_instances(mask, 1, smallest=50)
    assert truth.max() > 5
    same, near, far = (match_instances(truth, np.roll(truth, by, 1)).scores for by in (0, 1, 30))
    assert same.panoptic_quality == 1
    assert 0.5 < near.panoptic_quality < 1
    assert far.panoptic_quality < near.panoptic_quality / 2


def test_memory_does_not_grow_with_the_product_of_the_numbers_of_instances():
    rows, columns = np.indices((2000, 2000)) // 10
    truth = (1 + 200 * rows + columns).astype(np.int32)
    tracemalloc.start()
    scores = match_instances(truth, np.roll(truth, 2, 1), 0.1).scores
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert scores.in_truth == 40_000
    assert peak < 20 * truth.nbytes


def test_rows_hold_each_picture_and_class_and_then_all_pictures():
    truth = (discs((20, 20, 12), (20, 60, 12)) > 0).astype(np.uint8)
    found = (discs((20, 20, 12)) > 0).astype(np.uint8)
    truth[70:, 100:] = 255
    found[75:, 100:] = 1
    rows = instance_rows([("a", truth, found), ("b", truth, truth % 255)], NAMES)
    assert [(row["picture"], row["class"]) for row in rows] == [
        (picture, name) for picture in ("a", "b", "(all pictures)") for name in NAMES[1:]
    ]
    assert [row["object_recall"] for row in rows[::2]] == [0.5, 1, 0.75]
    assert [row["object_precision"] for row in rows[::2]] == [1, 1, 1]
    assert [(row["objects_truth"], row["objects_predicted"]) for row in rows[::2]] == [
        (2, 1),
        (2, 2),
        (4, 3),
    ]
    assert all(row["objects_truth"] == 0 and np.isnan(row["object_f1"]) for row in rows[1::2])


@pytest.mark.parametrize("threshold", [-0.1, 1, 50])
def test_a_threshold_out_of_range_is_an_error(threshold):
    with pytest.raises(OptionError, match="0 or more, and below 1"):
        match_instances(discs(), discs(), threshold)


def test_maps_that_cannot_be_compared_are_an_error():
    with pytest.raises(MaskError, match=r"of one shape. Received: \(80, 120\), \(120, 80\)"):
        match_instances(discs(), discs().T)
    with pytest.raises(MaskError, match=r"truth are numbered by integers. Received: float64"):
        match_instances(discs() * 1.0, discs())
    with pytest.raises(MaskError, match=r"prediction have numbers from 0.*Received: -1"):
        match_instances(discs(), discs() - 1)
    with pytest.raises(MaskError, match=r"Picture pike: .*not one of the 2 classes"):
        instance_rows([("pike", *np.full((2, 3, 3), 2, np.uint8))], NAMES[:2])
