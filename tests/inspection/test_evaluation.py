import csv
import re

import numpy as np
import pytest

from notebook_seg.errors import MaskError, OptionError, SaveError
from notebook_seg.inspection import Evaluation, Scores, evaluate_predictions

NAMES = ("background", "leaf", "symptom")
COLUMNS = [
    "picture",
    "class",
    "iou",
    "dice",
    "recall",
    "precision",
    "pixels_truth",
    "pixels_predicted",
    "pixel_accuracy",
    "mean_accuracy",
    "mean_iou",
    "foreground_mean_iou",
    "frequency_weighted_iou",
]


@pytest.fixture
def evaluation():
    return Evaluation(
        {
            "empty": Scores([[100, 0, 0], [0, 0, 0], [0, 0, 0]], NAMES),
            "good_z_-2.5": Scores([[80, 0, 0], [0, 18, 0], [0, 1, 1]], NAMES),
            "bad": Scores([[70, 0, 0], [20, 10, 0], [0, 0, 0]], NAMES),
        }
    )


@pytest.fixture
def perfect_but_for_one_class():
    return Evaluation({"one": Scores(np.diag([5, 5, 0]), NAMES)})


def cells(text):
    return [re.split(r"\s{2,}", line) for line in text.splitlines()]


def test_the_worst_pictures_come_first_and_those_without_foreground_last(evaluation):
    assert evaluation.stems_worst_first == ("bad", "good_z_-2.5", "empty")


def test_overall_is_the_sum_over_the_pixels_of_all_pictures(evaluation):
    np.testing.assert_array_equal(evaluation.overall.counts, [[250, 0, 0], [20, 28, 0], [0, 1, 1]])


def test_rows_hold_each_picture_and_class_and_then_all_pictures(evaluation):
    rows = evaluation.rows()
    assert [(row["picture"], row["class"]) for row in rows] == [
        (picture, name)
        for picture in ("empty", "good_z_-2.5", "bad", "(all pictures)")
        for name in NAMES
    ]
    assert all(list(row) == COLUMNS for row in rows)
    leaf = rows[7]
    assert (leaf["pixels_truth"], leaf["pixels_predicted"]) == (30, 10)
    assert leaf["recall"] == leaf["iou"] == pytest.approx(1 / 3)
    assert leaf["dice"] == pytest.approx(0.5)
    assert leaf["precision"] == 1.0
    assert leaf["pixel_accuracy"] == pytest.approx(0.8)


def test_the_csv_file_holds_the_rows_with_empty_cells_where_there_is_no_score(evaluation, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("what was there before")
    evaluation.to_csv(path)
    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert list(read[0]) == COLUMNS
    for row, expected in zip(read, evaluation.rows(), strict=True):
        for key, value in expected.items():
            if isinstance(value, float):
                number = float(row[key]) if row[key] else float("nan")
                assert number == pytest.approx(value, abs=1e-6, nan_ok=True)
            else:
                assert row[key] == str(value)
    assert read[2]["iou"] == ""
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_a_csv_file_that_cannot_be_written_is_an_error_that_names_it(evaluation, tmp_path):
    with pytest.raises(SaveError, match=r"scores\.csv"):
        evaluation.to_csv(tmp_path / "missing" / "scores.csv")


def test_the_text_shows_classes_then_pictures_worst_first(evaluation):
    lines = [line[:1] for line in cells(repr(evaluation))]
    names = [name for (name,) in lines if name in {*NAMES, *evaluation.scores, "(all pictures)"}]
    assert names == [*NAMES, "bad", "good_z_-2.5", "empty", "(all pictures)"]
    assert ["leaf", "0.571", "0.727", "0.583", "0.966", "48"] in cells(repr(evaluation))
    assert ["empty", "–", "1.000", "1.000", "1.000", "1.000"] in cells(repr(evaluation))


def test_absent_classes_are_said_to_be_not_present(perfect_but_for_one_class):
    text = cells(repr(perfect_but_for_one_class))
    assert ["symptom", "not present", "–", "–", "–", "0"] in text
    assert ">not present<" in perfect_but_for_one_class._repr_html_()
    assert "In neither masks nor predictions: symptom." in perfect_but_for_one_class.summary


def test_the_page_shows_the_pictures_worst_first_with_the_overlap_of_each_class(evaluation):
    page = evaluation._repr_html_()
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall("<tr.*?</tr>", page)
    ]
    assert rows[4][:4] == ["worst first", "IoU", "leaf", "symptom"]
    assert [row[:4] for row in rows[5:]] == [
        ["bad", "0.333", "0.333", "not present"],
        ["good_z_-2.5", "0.724", "0.947", "0.500"],
        ["empty", "–", "not present", "not present"],
        ["(all pictures)", "0.536", "0.571", "0.500"],
    ]


def test_names_are_escaped_on_the_page():
    names = ["background", "<b>leaf</b>"]
    page = Evaluation({"<script>": Scores(np.eye(2), names)})._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_sets_no_colour_of_text_or_paper(evaluation):
    style = re.search("<style>(.*?)</style>", evaluation._repr_html_(), re.S)[1]
    assert not re.findall(r"color:(?!inherit)|background:(?!none)|#[0-9a-f]{3}", style)


def test_many_pictures_are_cut_to_the_worst_and_the_table_says_so():
    scores = {f"p{i}": Scores([[1, 0], [100 - i, i]], NAMES[:2]) for i in range(1, 31)}
    text = repr(Evaluation(scores))
    assert "p20 " in text
    assert "p21 " not in text
    assert "10 better pictures are not shown" in text


def test_the_summary_tells_a_biologist_what_is_wrong(evaluation):
    assert evaluation.summary == (
        "Of the labelled pixels of 3 pictures, 93.0% got the right class. The average overlap "
        "(IoU) with the masks is 0.536, where 1 is perfect. Weakest class: symptom (0.500), 50% "
        "of it taken for leaf. Worst picture: bad (0.333)."
    )


def test_the_summary_of_pictures_without_labels_says_that_there_are_none():
    evaluation = Evaluation({"one": Scores(np.zeros((3, 3)), NAMES)})
    assert "nothing to compare" in evaluation.summary
    assert "nan" not in evaluation._repr_html_()


def test_the_summary_of_mere_background_gives_no_overlap():
    summary = Evaluation({"one": Scores(np.diag([9, 0, 0]), NAMES)}).summary
    assert "There is only background" in summary
    assert "nan" not in summary


def test_real_masks_and_shifted_predictions_are_evaluated_picture_by_picture(labelled):
    pictures = [labelled("fish", i) for i in range(3)]
    pairs = ((p.stem, p.truth, np.roll(p.truth, 5 * i, 1)) for i, p in enumerate(pictures))
    evaluation = evaluate_predictions(pairs, pictures[0].names)
    assert evaluation.stems_worst_first == tuple(p.stem for p in reversed(pictures))
    assert evaluation.scores[pictures[0].stem].mean_iou == 1.0
    assert evaluation.overall.pixels == sum(p.truth.size for p in pictures)


def test_masks_that_cannot_be_compared_are_an_error_that_names_the_picture():
    pairs = [("pike", np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8))]
    with pytest.raises(MaskError, match=r"^Picture pike: .*\(2, 2\) and \(2, 3\)$"):
        evaluate_predictions(pairs, NAMES)


def test_a_picture_that_comes_twice_is_an_error():
    mask = np.zeros((2, 2), np.uint8)
    with pytest.raises(OptionError, match="Received twice: pike"):
        evaluate_predictions([("pike", mask, mask)] * 2, NAMES)


def test_no_picture_is_an_error():
    with pytest.raises(OptionError, match="no labelled picture"):
        evaluate_predictions([], NAMES)


def test_pictures_of_different_classes_are_an_error():
    with pytest.raises(OptionError, match="same classes"):
        Evaluation({"a": Scores(np.eye(3), NAMES), "b": Scores(np.eye(2), NAMES[:2])})
