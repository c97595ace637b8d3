import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection import Scores
from notebook_seg.inspection.charts import compared_curves, learning_curves, score_bars

HISTORY = {
    "epoch": [1, 2, 3],
    "loss": [0.9, 0.5, 0.3],
    "iou": [0.2, 0.5, 0.9],
    "val_loss": [0.8, 0.6, 0.7],
    "val_iou": [0.3, 0.6, 0.5],
    "learning_rate": [1e-3, 1e-3, 1e-4],
}


def lines(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.lines}


def test_training_and_validation_share_a_panel_for_each_score():
    figure = learning_curves(HISTORY)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss", "IoU"]
    loss = lines(figure.axes[0])
    assert loss["training"] == [[1, 0.9], [2, 0.5], [3, 0.3]]
    assert loss["validation"] == [[1, 0.8], [2, 0.6], [3, 0.7]]


def test_the_best_epoch_is_the_lowest_validation_loss_and_the_highest_validation_score():
    loss, iou = learning_curves(HISTORY).axes
    assert lines(loss)["best"] == [[2, 0.6]]
    assert lines(iou)["best"] == [[2, 0.6]]
    assert loss.get_title(loc="right") == "best 0.600, epoch 2"


def test_the_epoch_that_was_kept_is_marked_though_another_was_a_little_better():
    history = {"val_loss": [0.8, 0.6, 0.7], "val_iou": [0.5, 0.905, 0.9]}
    loss, iou = learning_curves(history, best_epoch=3).axes
    assert lines(loss)["kept"] == [[3, 0.7]]
    assert lines(iou)["kept"] == [[3, 0.9]]
    assert iou.get_title(loc="right") == "kept 0.900, epoch 3"
    assert "best" not in lines(iou)


def test_without_validation_the_last_epoch_is_marked_which_is_kept_and_none_if_that_is_unknown():
    history = {"iou": [0.1, 0.7, 0.4]}
    (axes,) = learning_curves(history, best_epoch=3).axes
    assert lines(axes)["kept"] == [[3, 0.4]]
    (axes,) = learning_curves(history).axes
    assert set(lines(axes)) == {"training"}


@pytest.mark.parametrize("nonsense", [0, 4, -1, "hot", 2.5])
def test_an_epoch_that_is_not_in_the_curve_is_not_marked(nonsense):
    (axes,) = learning_curves({"val_iou": [0.1, 0.7, 0.4]}, best_epoch=nonsense).axes
    assert set(lines(axes)) == {"validation"}


def test_a_single_epoch_and_missing_values_can_be_seen():
    (axes,) = learning_curves({"loss": [0.4]}).axes
    assert axes.lines[0].get_marker() == "o"
    (axes,) = learning_curves({"val_loss": [np.nan, 0.4, np.nan]}).axes
    assert lines(axes)["best"] == [[2, 0.4]]
    (axes,) = learning_curves({"val_loss": [np.nan]}).axes
    assert "best" not in lines(axes)


def test_epochs_are_whole_numbers():
    (axes,) = learning_curves({"loss": [0.4, 0.3]}).axes
    ticks = axes.get_xticks()
    assert all(tick == round(tick) for tick in ticks)


def test_many_scores_take_several_rows():
    figure = learning_curves({f"score_{i}": [0.1, 0.2] for i in range(5)})
    assert len(figure.axes) == 5
    assert len({axes.get_subplotspec().rowspan.start for axes in figure.axes}) == 2


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"epoch": [1, 2]}])
def test_an_empty_history_is_an_error(history):
    with pytest.raises(OptionError, match="no learning curve"):
        learning_curves(history)


def test_bars_are_as_long_as_the_iou_and_absent_classes_say_so():
    counts = [[80, 0, 0], [10, 10, 0], [0, 0, 0]]
    (axes,) = score_bars(Scores(counts, ("background", "$leaf$", "symptom"))).axes
    _, bars = axes.containers
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["background", "$leaf$", "symptom"]
    assert not any(label.get_parse_math() for label in axes.get_yticklabels())
    assert [bar.get_width() for bar in bars] == pytest.approx([8 / 9, 0.5, 0])
    assert [text.get_text() for text in axes.texts] == ["0.889", "0.500", "not present"]


def test_runs_are_compared_by_what_they_were_validated_at_or_else_trained():
    other = {"loss": [0.7, 0.4], "iou": [0.4, 0.6]}
    loss, iou = compared_curves({"one": HISTORY, "other": other}, against="epochs").axes
    assert [line.get_xydata().tolist() for line in loss.lines] == [
        [[1, 0.8], [2, 0.6], [3, 0.7]],
        [[1, 0.7], [2, 0.4]],
    ]
    assert [line.get_linestyle() for line in iou.lines] == ["-", "--"]


def test_the_minutes_of_a_run_that_was_continued_go_on():
    history = {"val_loss": [0.8, 0.6, 0.5, 0.4], "seconds": [60, 120, 30, 90]}
    loss, _ = compared_curves({"one": history}).axes
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 2.5, 3.5]


def test_what_runs_are_drawn_against_must_be_known():
    with pytest.raises(OptionError, match="Unknown axis"):
        compared_curves({"one": HISTORY}, against="hours")
    with pytest.raises(OptionError, match="no learning curves to compare"):
        compared_curves({})
