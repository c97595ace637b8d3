import csv

import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.folds import FoldScores
from notebook_seg.inspection.metrics import Scores

NAMES = ["background", "fish", "<weed>"]


def scores(right, wrong):
    return Scores([[100, 0, 0], [wrong, right, 0], [0, 0, 50]], NAMES)


@pytest.fixture
def folds():
    return FoldScores(
        [
            Evaluation({"pike": scores(30, 10), "perch": scores(40, 0)}),
            Evaluation({"carp": scores(20, 20)}),
        ]
    )


def test_mean_and_spread_are_of_the_folds_and_not_of_the_pictures(folds):
    np.testing.assert_allclose(folds.iou, [(70 / 80 + 1) / 2, (20 / 40 + 1) / 2])
    assert folds.mean == pytest.approx(np.mean(folds.iou))
    assert folds.spread == pytest.approx(np.std(folds.iou, ddof=1))


def test_every_picture_has_the_score_of_its_fold(folds):
    assert set(folds.scores.scores) == {"pike", "perch", "carp"}
    assert folds.scores.overall.iou[1] == pytest.approx(90 / 120)


def test_a_fold_without_foreground_counts_in_no_mean():
    empty = Evaluation({"water": Scores(np.diag([10, 0, 0]), NAMES)})
    folds = FoldScores([Evaluation({"pike": scores(30, 10)}), empty])
    assert folds.mean == pytest.approx((30 / 40 + 1) / 2)
    assert np.isnan(folds.spread)
    assert "– " in repr(folds)
    assert np.isnan(FoldScores([empty]).mean)


def test_text_and_html_tell_folds_mean_spread_and_pictures(folds):
    for told in (repr(folds), folds._repr_html_()):
        assert "0.844 ± 0.133" in told
        assert told.index("spread") < told.index("carp")
        assert "0.938" in told
    assert "<weed>" in repr(folds)
    assert "<weed>" not in folds._repr_html_()


def test_the_table_can_be_saved(folds, tmp_path):
    folds.to_csv(tmp_path / "folds.csv")
    with (tmp_path / "folds.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(row["fold"], row["picture"], row["class"]): row for row in rows}
    assert len(found) == len(rows) == 3 * (3 + 2) + 2 * 3
    assert float(found["2", "carp", "fish"]["iou"]) == 0.5
    fish = [float(found[fold, "(all pictures)", "fish"]["iou"]) for fold in ("1", "2")]
    assert float(found["(mean)", "(all pictures)", "fish"]["iou"]) == pytest.approx(np.mean(fish))
    spread = float(found["(spread)", "(all pictures)", "fish"]["iou"])
    assert spread == pytest.approx(np.std(fish, ddof=1), abs=1e-6)


def test_a_picture_is_tested_in_one_fold_only():
    fold = Evaluation({"pike": scores(30, 10)})
    with pytest.raises(OptionError, match="Received twice: pike"):
        FoldScores([fold, fold])
    with pytest.raises(OptionError, match="no fold"):
        FoldScores([])
