import csv
import dataclasses

import pytest

from notebook_seg.errors import OptionError
from notebook_seg.inspection.runs import Runs
from notebook_seg.training.runs import Run


@pytest.fixture
def runs(model_folder):
    """The same run thrice, with other scores: as if trained with other seeds."""
    read = Run.read(model_folder)

    def scoring(name, iou):
        training = {**read.record.training, "best_validation_iou": iou}
        record = dataclasses.replace(read.record, training=training)
        return dataclasses.replace(read, folder=model_folder.with_name(name), record=record)

    scores = {"<first>": 0.71, "second": 0.93, "third": None}
    return Runs([scoring(*named) for named in scores.items()], ["run_4 is damaged"])


def test_the_best_run_has_the_highest_validation_iou(runs):
    assert runs.best.folder.name == "second"
    assert Runs([]).best is None


def test_a_row_tells_what_one_compares_runs_by(runs):
    first, _, third = runs.rows()
    assert (first["network"], first["validation_iou"], first["state"]) == (
        "small_unet",
        "0.710",
        "finished",
    )
    assert third["validation_iou"] == ""


def test_the_table_in_a_page_marks_the_best_and_shows_names_as_text(runs):
    html = runs._repr_html_()
    assert html.count("class=nbs-best") == 1
    assert "&lt;first&gt;" in html
    assert "run_4 is damaged" in html


def test_the_table_in_a_terminal_has_a_line_for_each_run(runs):
    lines = repr(runs).splitlines()
    assert len(lines) == 1 + 3 + 1
    assert lines[0].index("encoder") == lines[2].index(runs[1].record.plan.encoder)


def test_the_table_is_written_as_csv(runs, tmp_path):
    runs.to_csv(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == list(runs.rows())


def test_the_figure_draws_the_best_runs_first_and_no_more_than_asked_for(runs):
    figure = runs.figure(limit=2)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["second", "<first>"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]


def test_without_runs_there_is_nothing_to_draw():
    with pytest.raises(OptionError, match="train first"):
        Runs([]).figure()


def test_a_part_of_the_runs_is_runs(runs):
    assert isinstance(runs[:2], Runs)
    assert len(runs[:2]) == 2
