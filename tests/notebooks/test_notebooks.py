"""Every notebook as it is stored and as it runs; the quickstart also as `make demo` runs it."""

import csv
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_a_notebook_is_valid_and_runs_with_any_python_kernel(notebook):
    nbformat.validate(notebook)

    assert notebook.metadata.kernelspec.name == "python3"


def test_a_notebook_is_stored_without_outputs(notebook):
    assert all(not c.outputs and c.execution_count is None for c in code_cells(notebook))


def test_cells_have_names_by_which_their_pictures_are_saved(notebook):
    names = [cell.id for cell in notebook.cells]

    assert len(names) == len(set(names))
    assert all(name.replace("-", "").isalpha() for name in names)


def test_no_cell_defines_what_the_package_should_hold(notebook):
    first_words = {
        line.split(maxsplit=1)[0]
        for c in code_cells(notebook)
        for line in c.source.split("\n")
        if line.strip()
    }

    assert not first_words & {"def", "class", "async", "%%javascript", "!pip", "%pip"}


def test_the_notebook_on_drawing_shows_the_labeller_and_the_review(tmp_path):
    notebook = nbformat.read(REPOSITORY / "notebooks" / "1_label.ipynb", as_version=4)

    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()

    shown = [output for cell in code_cells(notebook)[1:] for output in cell.outputs]
    assert len(shown) == 2
    assert all("application/vnd.jupyter.widget-view+json" in output.data for output in shown)


@pytest.mark.slow
def test_the_notebook_on_training_shows_the_plan_the_trainer_and_the_runs(tmp_path):
    notebook = nbformat.read(REPOSITORY / "notebooks" / "2_train.ipynb", as_version=4)

    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()

    last = {cell.id: cell.outputs[-1].data for cell in code_cells(notebook) if cell.outputs}
    assert "Why" in last["plan"]["text/html"]
    assert "image/png" in last["augmentation"]
    assert "application/vnd.jupyter.widget-view+json" in last["trainer"]
    assert last["runs"]["text/html"].count("<tr class=nbs-best>") == 1
    assert "image/png" in last["compared-curves"]
    (run,) = (tmp_path / "work" / "coins_to_train" / "runs").iterdir()
    assert (run / "samples" / "epoch_0002.jpg").exists()


@pytest.mark.slow
def test_the_notebook_on_inspecting_shows_the_inspector_reasons_scores_and_advice(tmp_path):
    notebook = nbformat.read(REPOSITORY / "notebooks" / "3_inspect.ipynb", as_version=4)

    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()

    last = {cell.id: cell.outputs[-1].data for cell in code_cells(notebook) if cell.outputs}
    assert "application/vnd.jupyter.widget-view+json" in last["inspector"]
    assert all("image/png" in last[name] for name in ("heat", "network", "channels"))
    assert "nbs-sortable" in last["scores"]["text/html"]
    assert "nbs-advice" in last["advice"]["text/html"]


@pytest.mark.slow
def test_the_notebook_on_sharing_shows_cut_outs_and_gets_back_the_model_that_it_shared(tmp_path):
    notebook = nbformat.read(REPOSITORY / "notebooks" / "4_share.ipynb", as_version=4)

    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()

    shown = {cell.id: cell.outputs for cell in code_cells(notebook) if cell.outputs}
    assert "image/png" in shown["cutouts"][-1].data
    assert "pixels, " in shown["sizes"][-1].text
    assert "CC-BY-4.0" in shown["card"][-1].data["text/markdown"]
    assert "100% of the pixels" in shown["get"][-1].text


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder that the demo fills, and what it said."""
    folder = tmp_path_factory.mktemp("demo") / "pictures"
    script = REPOSITORY / "scripts" / "run_demo.py"
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.mark.long
def test_the_demo_leaves_the_pictures_that_the_notebook_shows_and_says_where(demo):
    folder, said = demo

    for name in ("labelled-picture", "learning-curve", "worst-first", "cut-out"):
        assert Image.open(folder / f"{name}.png").width > 300
    assert str(folder) in said.splitlines()[-1]


@pytest.mark.long
def test_the_demo_predicts_the_pictures_that_it_did_not_learn_from(demo):
    results = demo[0] / "work" / "results"
    overlays = {path.stem for path in (results / "overlays").glob("*.jpg")}

    assert len(overlays) == 4
    assert overlays == {path.stem for path in (results / "masks").glob("*.png")}


@pytest.mark.long
def test_the_demo_finds_the_coins_of_pictures_that_it_has_not_seen(demo):
    with (demo[0] / "work" / "results" / "scores.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] == "coin"]

    assert len(rows) == 4 + 1
    assert min(float(row["iou"]) for row in rows) > 0.8


@pytest.mark.long
def test_the_demo_shows_no_messages_of_libraries_between_its_figures(demo):
    notebook = nbformat.read(demo[0] / "quickstart.ipynb", as_version=4)
    said = [o for cell in code_cells(notebook) for o in cell.outputs if o.output_type == "stream"]

    assert [output.text for output in said if output.name == "stderr"] == []
    assert len(said) <= 2  # which device runs, and how many masks there are


def test_a_demo_that_fails_says_why_and_exits_with_1(tmp_path):
    in_the_way = tmp_path / "work"
    in_the_way.touch()
    script = REPOSITORY / "scripts" / "run_demo.py"

    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True)

    assert done.returncode == 1
    assert str(Path("work")) in done.stderr
