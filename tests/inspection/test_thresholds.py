import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from notebook_seg.errors import OptionError
from notebook_seg.inspection import Scores
from notebook_seg.inspection.thresholds import ThresholdScores

# Probabilities at a threshold, and the nearest numbers above and below it.
at_thresholds = st.integers(0, 256).map(lambda i: np.float32(i / 256))
probabilities = st.one_of(
    st.floats(0, 1, width=32),
    at_thresholds,
    at_thresholds.map(lambda p: max(np.nextafter(p, np.float32(0)), np.float32(0))),
    at_thresholds.map(lambda p: min(np.nextafter(p, np.float32(1)), np.float32(1))),
)
pictures = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float32, (1, n), elements=probabilities),
        hnp.arrays(np.uint8, (1, n), elements=st.sampled_from([0, 1, 2, 255])),
    )
)


@settings(max_examples=50)
@given(pictures, st.integers(0, 256))
def test_the_scores_at_a_threshold_are_those_of_the_mask_it_gives(picture, index):
    probability, truth = picture
    threshold = index / 256
    of_class = np.where(truth == 255, truth, (truth == 1).astype(np.uint8))
    mask = (probability >= threshold).astype(np.uint8)
    expected = Scores.from_masks(of_class, mask, ["others", "class"])
    point = ThresholdScores.from_probability(probability, truth, 1).at(threshold)
    assert point.threshold == threshold
    for name, value in point._asdict().items():
        if name != "threshold":
            assert value == pytest.approx(getattr(expected, name)[1], nan_ok=True)


@settings(max_examples=50)
@given(pictures)
def test_precision_and_recall_agree_with_the_curve_of_scikit_learn(picture):
    probability, truth = np.round(picture[0] * 256) / 256, picture[1]
    known = truth != 255
    if not (truth == 1).any():
        return
    scores = ThresholdScores.from_probability(probability, truth, 1)
    curve = sk.precision_recall_curve(truth[known] == 1, probability[known])
    for precision, recall, threshold in zip(*(values.tolist() for values in curve), strict=False):
        point = scores.at(threshold)
        assert point.precision == pytest.approx(precision)
        assert point.recall == pytest.approx(recall)


def test_the_best_threshold_is_found_on_real_masks(labelled):
    truth = labelled("leaf").truth
    rng = np.random.default_rng(0)
    # A model that puts the border of the class at 0.3.
    probability = np.where(truth == 2, 0.6, 0.0) + rng.random(truth.shape) * 0.3
    scores = ThresholdScores.from_probability(probability, truth, 2)
    best = scores.best("iou")
    assert best.iou == 1
    assert 0.3 <= best.threshold <= 0.6
    assert scores.at(0.2).iou < 1


def test_of_equally_good_thresholds_the_one_next_to_one_half_is_taken():
    truth = np.array([[0, 0, 1, 1]], np.uint8)

    def best(*probability):
        return ThresholdScores.from_probability(np.array([probability]), truth, 1).best().threshold

    assert best(0.1, 0.2, 0.9, 0.9) == 0.5
    assert best(0.1, 0.2, 0.4, 0.9) == pytest.approx(0.4, abs=1 / 256)
    assert best(0.1, 0.6, 0.8, 0.9) == pytest.approx(0.6, abs=1 / 128)


def test_dice_and_iou_are_highest_at_the_same_threshold():
    rng = np.random.default_rng(0)
    truth = (rng.random((60, 60)) < 0.3).astype(np.uint8)
    scores = ThresholdScores.from_probability(
        np.clip(rng.normal(0.3 + 0.3 * truth, 0.15), 0, 1), truth, 1
    )
    assert scores.best("dice").threshold == scores.best("iou").threshold
    assert scores.best("recall").threshold <= scores.best("dice").threshold


def test_pictures_add_up_to_one_large_picture():
    rng = np.random.default_rng(0)
    probability, truth = rng.random((2, 30, 40)), rng.integers(0, 3, (2, 30, 40), np.uint8)
    one, other = (
        ThresholdScores.from_probability(p, t, 1) for p, t in zip(probability, truth, strict=True)
    )
    together = ThresholdScores.from_probability(
        probability.reshape(60, 40), truth.reshape(60, 40), 1
    )
    np.testing.assert_array_equal((one + other).hits, together.hits)
    np.testing.assert_array_equal((one + other).false_alarms, together.false_alarms)


def test_a_class_that_the_truth_does_not_hold_has_no_best_threshold():
    scores = ThresholdScores.from_probability(np.full((2, 2), 0.4), np.zeros((2, 2), np.uint8), 1)
    assert scores.at(0.3).iou == 0
    assert np.isnan(scores.at(0.5).iou)
    assert np.isnan(scores.recall).all()
    with pytest.raises(OptionError, match="No threshold is the best for a class"):
        scores.best()


def test_what_does_not_fit_is_an_error():
    scores = ThresholdScores.from_probability(np.full((2, 2), 0.4), np.ones((2, 2), np.uint8), 1)
    with pytest.raises(OptionError, match=r"0 to 1. Received: 1.5"):
        scores.at(1.5)
    with pytest.raises(OptionError, match="Unknown score: did you mean 'dice'"):
        scores.best("dise")
    with pytest.raises(OptionError, match=r"such as probabilities\[..., 1\]"):
        ThresholdScores.from_probability(np.zeros((2, 2, 3)), np.ones((2, 2), np.uint8), 1)
