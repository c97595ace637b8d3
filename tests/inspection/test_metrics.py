import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from notebook_seg.errors import OptionError
from notebook_seg.inspection import Scores

NAMES = ("background", "leaf", "symptom", "hole")

# Small counts, so that classes are often absent, never predicted or only predicted.
tables = st.integers(1, 5).flatmap(
    lambda n: hnp.arrays(np.int64, (n, n), elements=st.sampled_from([0, 0, 1, 7, 1000]))
)


def scores_of(counts):
    return Scores(counts, [f"class {i}" for i in range(len(counts))])


def pixels(counts):
    truth, prediction = np.indices(counts.shape).reshape(2, -1)
    repeats = counts.ravel()
    return truth.repeat(repeats), prediction.repeat(repeats)


def test_the_scores_of_a_table_worked_by_hand():
    scores = Scores([[50, 10, 0], [5, 25, 0], [0, 10, 0]], NAMES[:3])
    np.testing.assert_allclose(scores.iou, [50 / 65, 25 / 50, 0])
    np.testing.assert_allclose(scores.dice, [100 / 115, 50 / 75, 0])
    np.testing.assert_allclose(scores.recall, [50 / 60, 25 / 30, 0])
    np.testing.assert_allclose(scores.precision, [50 / 55, 25 / 45, np.nan])
    assert scores.pixel_accuracy == pytest.approx(75 / 100)
    assert scores.mean_accuracy == pytest.approx((50 / 60 + 25 / 30 + 0) / 3)
    assert scores.mean_iou == pytest.approx((50 / 65 + 0.5 + 0) / 3)
    assert scores.foreground_mean_iou == pytest.approx(0.25)
    assert scores.frequency_weighted_iou == pytest.approx((60 * 50 / 65 + 30 * 0.5) / 100)
    assert scores.absent == ()


@given(tables)
def test_scores_agree_with_scikit_learn(counts):
    assume(counts.any())
    scores = scores_of(counts)
    truth, prediction = pixels(counts)
    labels = [i for i, iou in enumerate(scores.iou) if not np.isnan(iou)]
    options = {"average": None, "labels": labels, "zero_division": np.nan}
    np.testing.assert_allclose(
        scores.iou[labels],
        sk.jaccard_score(truth, prediction, average=None, labels=labels, zero_division=0),
    )
    np.testing.assert_allclose(scores.dice[labels], sk.f1_score(truth, prediction, **options))
    np.testing.assert_allclose(scores.recall[labels], sk.recall_score(truth, prediction, **options))
    np.testing.assert_allclose(
        scores.precision[labels], sk.precision_score(truth, prediction, **options)
    )
    assert scores.pixel_accuracy == pytest.approx(sk.accuracy_score(truth, prediction))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
        warnings.filterwarnings("ignore", "A single label was found")
        assert scores.mean_accuracy == pytest.approx(sk.balanced_accuracy_score(truth, prediction))
    assert scores.frequency_weighted_iou == pytest.approx(
        sk.jaccard_score(truth, prediction, average="weighted", zero_division=0)
    )


@given(tables)
def test_dice_is_a_function_of_iou(counts):
    scores = scores_of(counts)
    np.testing.assert_allclose(scores.dice, 2 * scores.iou / (1 + scores.iou))


@given(tables, st.randoms())
def test_renaming_the_classes_moves_the_scores_with_them(counts, random):
    order = list(range(len(counts)))
    random.shuffle(order)
    before, after = scores_of(counts), scores_of(counts[np.ix_(order, order)])
    np.testing.assert_array_equal(after.iou, before.iou[order])
    np.testing.assert_array_equal(after.recall, before.recall[order])
    assert after.mean_iou == pytest.approx(before.mean_iou, nan_ok=True)
    assert after.frequency_weighted_iou == pytest.approx(before.frequency_weighted_iou, nan_ok=True)


@given(tables)
def test_overlap_does_not_care_which_mask_is_the_truth(counts):
    forth, back = scores_of(counts), scores_of(counts.T)
    np.testing.assert_array_equal(forth.iou, back.iou)
    np.testing.assert_array_equal(forth.recall, back.precision)
    assert forth.pixel_accuracy == pytest.approx(back.pixel_accuracy, nan_ok=True)


@given(tables)
def test_every_score_lies_between_0_and_1_or_does_not_exist(counts):
    scores = scores_of(counts)
    for values in (scores.iou, scores.dice, scores.recall, scores.precision):
        assert np.all(np.isnan(values) | ((values >= 0) & (values <= 1)))
    assert np.isnan(scores.pixel_accuracy) == (not counts.any())
    assert np.isnan(scores.iou).sum() == len(scores.absent)


def test_scores_of_pictures_add_up_to_those_of_one_large_picture(labelled):
    first, second = labelled("leaf", 0).truth, labelled("leaf", 1).truth
    truth = np.concatenate([first, second])
    prediction = np.roll(truth, 5, axis=1)
    halves = [
        Scores.from_masks(first, np.roll(first, 5, axis=1), NAMES[:3]),
        Scores.from_masks(second, np.roll(second, 5, axis=1), NAMES[:3]),
    ]
    together = Scores.from_masks(truth, prediction, NAMES[:3])
    np.testing.assert_array_equal((halves[0] + halves[1]).counts, together.counts)
    assert 0.5 < together.mean_iou < 1
    assert (halves[0] + halves[1]).mean_iou == together.mean_iou


def test_a_class_in_neither_mask_counts_in_no_mean_and_is_reported():
    mask = np.array([[0, 1], [1, 3]], np.uint8)
    scores = Scores.from_masks(mask, mask, NAMES)
    assert scores.absent == ("symptom",)
    assert np.isnan(scores.iou[2])
    assert np.isnan(scores.dice[2])
    assert scores.mean_iou == scores.mean_accuracy == scores.foreground_mean_iou == 1.0


def test_a_class_that_is_only_predicted_counts_as_a_failure_but_not_in_mean_accuracy():
    scores = Scores([[90, 10], [0, 0]], NAMES[:2])
    assert scores.iou[1] == scores.dice[1] == scores.precision[1] == 0
    assert np.isnan(scores.recall[1])
    assert scores.mean_accuracy == 0.9
    assert scores.mean_iou == 0.45
    assert scores.absent == ()


def test_a_picture_of_mere_background_has_no_foreground_score():
    mask = np.zeros((4, 4), np.uint8)
    scores = Scores.from_masks(mask, mask, NAMES)
    assert scores.mean_iou == 1.0
    assert np.isnan(scores.foreground_mean_iou)


@pytest.mark.parametrize("shape", [(5, 5), (0, 5)], ids=["all unlabelled", "no pixels"])
def test_without_a_labelled_pixel_every_score_is_nan_and_nothing_warns(shape):
    truth = np.full(shape, 255, np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = Scores.from_masks(truth, np.zeros(shape, np.uint8), NAMES)
        means = [
            scores.pixel_accuracy,
            scores.mean_accuracy,
            scores.mean_iou,
            scores.foreground_mean_iou,
            scores.frequency_weighted_iou,
        ]
        values = [scores.iou, scores.dice, scores.recall, scores.precision]
    assert np.isnan(means).all()
    assert np.isnan(values).all()
    assert scores.absent == NAMES


def test_what_is_predicted_where_nothing_is_labelled_changes_no_score():
    truth = np.array([[0, 1, 255, 255]], np.uint8)
    one = Scores.from_masks(truth, np.array([[0, 1, 0, 0]], np.uint8), NAMES)
    other = Scores.from_masks(truth, np.array([[0, 1, 2, 3]], np.uint8), NAMES)
    np.testing.assert_array_equal(one.counts, other.counts)


def test_scores_do_not_change_with_the_array_they_were_made_of():
    counts = np.eye(2, dtype=np.int64)
    scores = Scores(counts, NAMES[:2])
    counts[0, 1] = 100
    assert scores.pixels == 2
    with pytest.raises(ValueError, match="read-only"):
        scores.counts[0, 1] = 100


def test_scores_over_different_classes_do_not_add_up():
    one, other = (Scores(np.eye(2), ["background", name]) for name in ("fish", "leaf"))
    with pytest.raises(OptionError, match="Received: background, fish and background, leaf"):
        one + other


@pytest.mark.parametrize(
    "counts",
    [np.zeros((2, 3)), np.zeros((3, 3)), [[1, -1], [0, 0]]],
    ids=["oblong", "3", "negative"],
)
def test_a_table_that_does_not_fit_is_an_error(counts):
    with pytest.raises(OptionError, match="square table of pixel counts"):
        Scores(counts, NAMES[:2])
