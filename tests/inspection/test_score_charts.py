import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection import Evaluation, Scores
from notebook_seg.inspection.reliability import Reliability
from notebook_seg.inspection.score_charts import (
    calibration_chart,
    confusion_chart,
    score_grid,
    threshold_chart,
)
from notebook_seg.inspection.thresholds import ThresholdScores

NAMES = ("background", "$leaf$", "symptom")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def names(labels):
    return [label.get_text() for label in labels]


@pytest.fixture
def evaluation():
    return Evaluation(
        {
            "good": Scores([[80, 0, 0], [0, 18, 0], [0, 1, 1]], NAMES),
            "bad": Scores([[70, 0, 0], [20, 10, 0], [0, 0, 0]], NAMES),
        }
    )


def test_the_rows_of_the_confusion_chart_are_shares_of_each_class():
    (axes,) = confusion_chart(Scores([[75, 25, 0], [3, 996, 1], [0, 0, 0]], NAMES)).axes
    assert texts(axes) == ["75%", "25%", "0%", "<1%", ">99%", "<1%", "–", "–", "–"]
    assert names(axes.get_yticklabels()) == names(axes.get_xticklabels()) == list(NAMES)
    assert not any(label.get_parse_math() for label in axes.get_yticklabels())


def test_right_and_wrong_pixels_have_other_colours():
    (axes,) = confusion_chart(Scores([[50, 50], [0, 100]], NAMES[:2])).axes
    colors = axes.images[0].get_array()
    assert colors[1, 1, 2] > colors[1, 1, 0], "right ones are blue"
    assert colors[0, 1, 0] > colors[0, 1, 2], "wrong ones are orange"


def test_many_classes_are_drawn_without_numbers():
    n = 40
    (axes,) = confusion_chart(Scores(np.eye(n, dtype=int), [f"class {i}" for i in range(n)])).axes
    assert texts(axes) == []


def test_the_grid_shows_the_worst_pictures_first_and_all_pictures_last(evaluation):
    (axes,) = score_grid(evaluation).axes
    assert names(axes.get_yticklabels()) == ["bad", "good", "(all pictures)"]
    assert names(axes.get_xticklabels()) == ["mean", "$leaf$", "symptom"]
    assert texts(axes) == ["0.33", "0.33", "–", "0.72", "0.95", "0.50", "0.54", "0.57", "0.50"]


def test_the_grid_is_cut_to_the_worst_and_says_so(evaluation):
    (axes,) = score_grid(evaluation, "recall", limit=1).axes
    assert names(axes.get_yticklabels()) == ["bad", "(all pictures)"]
    assert axes.get_xlabel() == "recall, worst pictures first; 1 better ones are not shown"


def test_the_calibration_chart_draws_the_bins_and_tells_the_error():
    sure = np.array([[0.9] * 90 + [0.7] * 10])
    truth = np.array([[1] * 45 + [0] * 45 + [1] * 7 + [0] * 3], np.uint8)
    reliability = Reliability.from_probabilities(np.stack([1 - sure, sure], -1), truth, bins=10)
    curve, histogram = calibration_chart(reliability).axes
    lines = {line.get_label(): line.get_xydata() for line in curve.lines}
    np.testing.assert_allclose(lines["the model"], [[0.7, 0.7], [0.9, 0.5]])
    assert curve.get_title(loc="right") == "off by 36.0%"
    heights = [bar.get_height() for bar in histogram.patches]
    np.testing.assert_allclose(heights, [0, 0, 0, 0, 0, 0, 0.1, 0, 0.9, 0])


def test_bins_of_few_pixels_are_hollow():
    sure = np.array([[0.9] * 999 + [0.6]])
    truth = np.ones(sure.shape, np.uint8)
    reliability = Reliability.from_probabilities(np.stack([1 - sure, sure], -1), truth)
    curve = calibration_chart(reliability).axes[0]
    lines = {line.get_label(): line for line in curve.lines}
    assert lines["less than 1% of the pixels"].get_xdata() == pytest.approx([0.6])
    assert lines["the model"].get_xdata() == pytest.approx([0.9])


def test_the_threshold_chart_marks_the_best_and_the_chosen_one():
    probability, truth = np.array([[0.1, 0.3, 0.4, 0.9]]), np.array([[0, 1, 1, 1]], np.uint8)
    scores = ThresholdScores.from_probability(probability, truth, 1)
    figure = threshold_chart(scores, chosen=0.5)
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert {"Dice", "IoU", "precision", "recall", "best", "at 0.50: Dice 0.500"} == set(lines)
    assert lines["best"].get_ydata() == [1]
    np.testing.assert_array_equal(lines["recall"].get_ydata(), scores.recall)
    assert set(names(figure.legends[0].get_texts())) == set(lines)


def test_what_cannot_be_drawn_is_an_error(evaluation):
    nothing = np.full((2, 2), 255, np.uint8)
    with pytest.raises(OptionError, match="no calibration curve"):
        calibration_chart(Reliability.from_probabilities(np.zeros((2, 2, 2)), nothing))
    with pytest.raises(OptionError, match="No threshold is the best"):
        threshold_chart(ThresholdScores.from_probability(np.zeros((2, 2)), nothing, 1))
    with pytest.raises(OptionError, match="Unknown score"):
        score_grid(evaluation, "kappa")
    with pytest.raises(OptionError, match="a limit of 0"):
        score_grid(evaluation, limit=0)
