"""The table of scores in Chromium: a saved page, sorted by clicks and keys."""

import re

import pytest

from notebook_seg.inspection.score_table import ScoreTable
from tests.browser.jupyter import wait_until, write_notebook

pytestmark = pytest.mark.browser

ROWS = [
    {"picture": f"fish_{i}", "class": name, "iou": iou, "hausdorff_95": distance, "unit": "px"}
    for i, name, iou, distance in [
        (2, "eye", 0.9123, float("inf")),
        (10, "fin", 0.9121, 4.0),
        (1, "eye", float("nan"), float("nan")),
        (3, "fin", 0.25, 33.0),
        ("all", "eye", 0.5, 1.0),
    ]
]
ROWS[-1]["picture"] = "(all pictures)"
CELL = """\
from notebook_seg.inspection import Evaluation, Scores

names = ["background", "fish"]
pictures = {"pike": [[80, 0], [10, 10]], "perch": [[70, 9], [1, 20]]}
Evaluation({stem: Scores(counts, names) for stem, counts in pictures.items()}).table()"""


def column(page, number):
    return page.eval_on_selector_all(
        "tbody tr", f"rows => rows.map(row => row.cells[{number}].textContent)"
    )


@pytest.fixture
def saved(page, tmp_path):
    ScoreTable(ROWS).save(tmp_path / "scores.html")
    page.goto((tmp_path / "scores.html").as_uri())
    return page


def sort_by(page, heading):
    page.get_by_role("button", name=heading).click()


def test_a_click_on_a_heading_sorts_worst_first_and_another_one_turns_it_around(saved):
    assert column(saved, 0) == ["fish_3", "fish_10", "fish_2", "fish_1"]
    sort_by(saved, "IoU")
    # By the numbers, not as they are rounded; what has no score stays last.
    assert column(saved, 0) == ["fish_2", "fish_10", "fish_3", "fish_1"]
    sort_by(saved, "IoU")
    assert column(saved, 0) == ["fish_3", "fish_10", "fish_2", "fish_1"]


def test_the_longest_distance_is_the_worst(saved):
    sort_by(saved, "95 % Hausdorff (px)")
    assert column(saved, 3) == ["∞", "33.000", "4.000", "–"]
    sort_by(saved, "95 % Hausdorff (px)")
    assert column(saved, 3) == ["4.000", "33.000", "∞", "–"]


def test_names_are_sorted_as_people_do(saved):
    sort_by(saved, "picture")
    assert column(saved, 0) == ["fish_1", "fish_2", "fish_3", "fish_10"]
    assert saved.locator("th[aria-sort]").all_inner_texts() == ["picture"]
    # Rows that were equal keep their order.
    sort_by(saved, "class")
    assert column(saved, 0) == ["fish_1", "fish_2", "fish_3", "fish_10"]


def test_the_keyboard_sorts_too_and_the_rows_over_all_pictures_stay_below(saved):
    saved.get_by_role("button", name="IoU").press("Enter")
    assert column(saved, 0)[0] == "fish_2"
    assert saved.locator("tfoot").inner_text().startswith("(all pictures)")


def test_two_tables_on_a_page_sort_by_themselves(page):
    both = 2 * ScoreTable(ROWS)._repr_html_()
    page.set_content(f"<body>{both}</body>")
    page.get_by_role("button", name="picture").last.click()
    first, second = (
        page.locator("tbody").nth(i).locator("tr").first.inner_text().split()[0] for i in (0, 1)
    )
    assert (first, second) == ("fish_3", "fish_1")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_sorts_in_jupyterlab_and_can_be_read_in_its_themes(lab, open_notebook, theme):
    notebook = write_notebook(lab.root / "table.ipynb", CELL)
    page = open_notebook(notebook, theme)
    table = page.locator(".nbs-sortable table")
    table.wait_for()
    assert column(page, 0)[0] == "pike"
    sort_by(page, "picture")
    wait_until(page, lambda: column(page, 0)[0] == "perch")
    paper, ink = table.locator("thead th").first.evaluate(
        "cell => [getComputedStyle(cell).backgroundColor, getComputedStyle(cell).color]"
    )
    dark = [sum(map(int, re.findall(r"\d+", c)[:3])) < 380 for c in (paper, ink)]
    assert dark == ([True, False] if "Dark" in theme else [False, True])
