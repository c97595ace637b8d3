import csv
import re
from html import unescape

import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection import Evaluation, Scores
from notebook_seg.inspection.score_table import ScoreTable, joined_rows
from notebook_seg.inspection.surfaces import surface_rows

NAMES = ("background", "leaf", "symptom")


@pytest.fixture
def evaluation():
    return Evaluation(
        {
            "good": Scores([[80, 0, 0], [0, 18, 0], [0, 1, 1]], NAMES),
            "bad": Scores([[70, 0, 0], [20, 10, 0], [0, 0, 0]], NAMES),
        }
    )


def cells(page):
    rows = re.findall("<tr.*?</tr>", page, re.S)
    return [
        [unescape(re.sub("<.*?>", "", c)) for c in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in rows
    ]


def test_the_part_of_each_picture_stands_beside_its_class_as_text():
    scores = [
        {"picture": "pike", "class": "fish", "iou": 0.5, "mean_iou": 0.5},
        {"picture": "(all pictures)", "class": "fish", "iou": 0.5, "mean_iou": 0.5},
    ]
    table = ScoreTable(scores, [{"picture": "pike", "class": "fish", "part": "test"}])
    assert table.columns == ("picture", "class", "part", "iou", "mean_iou")
    assert "<td>test</td>" in table._repr_html_()


def test_every_score_of_every_picture_and_class_is_there_worst_first(evaluation):
    table = evaluation.table()
    assert [(row["picture"], row["class"]) for row in table.rows] == [
        ("bad", "leaf"),
        ("good", "symptom"),
        ("bad", "background"),
        ("good", "leaf"),
        ("good", "background"),
        ("bad", "symptom"),
        *(("(all pictures)", name) for name in NAMES),
    ]
    assert table.columns == tuple(evaluation.rows()[0])
    assert list(table.rows[0]) == list(table.columns)
    page = cells(table._repr_html_())
    assert page[0][:5] == ["picture", "class", "IoU", "Dice", "recall"]
    assert page[1][:3] == ["bad", "leaf", "0.333"]
    assert page[6][:3] == ["bad", "symptom", "–"]
    assert page[7][0] == "(all pictures)"


def test_rows_over_all_pictures_are_kept_out_of_what_is_sorted(evaluation):
    body, foot = re.search(
        "<tbody>(.*)</tbody><tfoot>(.*)</tfoot>", evaluation.table()._repr_html_()
    ).groups()
    assert "(all pictures)" not in body
    assert foot.count(">(all pictures)<") == 3


def test_what_is_sorted_by_is_the_number_and_not_how_it_is_written(evaluation):
    page = evaluation.table()._repr_html_()
    assert f"data-value='{1 / 3}'" in page
    assert "data-value=''" in page
    rows = [{"picture": "pike", "class": "fish", "hausdorff_95": np.inf}]
    assert "data-value='Infinity'" in ScoreTable(rows)._repr_html_()


def test_distances_stand_beside_the_scores_with_their_unit(evaluation):
    truth = np.zeros((40, 40), np.uint8)
    truth[5:15, 5:15] = 1
    pairs = [("good", truth, np.roll(truth, 2, 1)), ("bad", truth, 0 * truth)]
    table = evaluation.table(surface_rows(pairs, NAMES, spacing=0.5))
    page = cells(table._repr_html_())
    assert page[0][8:11] == ["boundary IoU", "95 % Hausdorff (mm)", "surface distance (mm)"]
    assert page[0][-1] == "weighted IoU"
    assert page[1][8:11] == ["0.000", "∞", "∞"]
    assert [row[9] for row in page if row[:2] == ["good", "leaf"]] == ["1.000"]
    assert {row[0] for row in page[-5:]} == {"(all pictures)", "(median)"}


def test_the_worst_distances_are_the_longest():
    rows = [{"picture": p, "class": "fish", "hausdorff_95": d} for p, d in (("a", 1.0), ("b", 9.0))]
    rows.append({"picture": "c", "class": "fish", "hausdorff_95": np.nan})
    table = ScoreTable(rows)
    assert [row["picture"] for row in table.rows] == ["b", "a", "c"]
    page = table._repr_html_()
    assert re.search("data-first='descending'[^>]*><button type='button'>95 % Hausdorff", page)
    assert "linear-gradient" not in page


def test_rows_of_other_pictures_leave_gaps():
    rows = joined_rows(
        [{"picture": "a", "class": "fish", "iou": 0.5}],
        [{"picture": "b", "class": "fish", "dice": 0.5}],
    )
    assert [list(row) for row in rows] == [["picture", "class", "iou", "dice"]] * 2
    assert np.isnan([rows[0]["dice"], rows[1]["iou"]]).all()


def test_many_rows_are_cut_to_the_worst_and_the_table_says_so():
    rows = [{"picture": f"p{i:04}", "class": "fish", "iou": i / 2000} for i in range(1100)]
    table = ScoreTable(rows)
    assert "100 better rows are not shown" in table._repr_html_()
    assert "p0999" in table._repr_html_()
    assert "p1000" not in table._repr_html_()
    assert "1080 better rows" in repr(table)
    assert len(table.rows) == 1100


def test_names_are_escaped_on_the_page():
    rows = [{"picture": "<script>alert(1)</script>", "class": "<b>leaf</b>", "iou": 0.5}]
    page = ScoreTable(rows, caption="<i>all</i>")._repr_html_()
    assert page.count("<script>") == 1
    assert "<b>" not in page
    assert "<i>" not in page


def test_the_saved_page_needs_nothing_else(evaluation, tmp_path):
    evaluation.table().save(tmp_path / "scores.html")
    page = (tmp_path / "scores.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert not re.findall("(src|href)=|https?:|@import|url\\(", page)


def test_the_csv_file_holds_the_rows_of_all_tables(evaluation, tmp_path):
    more = [{"picture": "bad", "class": "leaf", "boundary_iou": 0.25}]
    evaluation.table(more).to_csv(tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert (read[0]["iou"], read[0]["boundary_iou"]) == ("0.333333", "0.250000")
    assert read[1]["boundary_iou"] == ""
    assert len(read) == 9


@pytest.mark.parametrize("rows", [[], [{"picture": "pike", "class": "fish"}]])
def test_a_table_without_a_score_is_an_error(rows):
    with pytest.raises(OptionError, match="no score to show"):
        ScoreTable(rows)
