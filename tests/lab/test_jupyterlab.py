"""JupyterLab, opened on a dataset by the command line."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from notebook_seg.data import Dataset
from notebook_seg.lab import labelling_notebook

PROGRAM = Path(sys.executable).with_name("notebook-seg")
PATIENCE = 120  # seconds


def wait_for_server(runtime: Path, program: subprocess.Popen) -> dict[str, str]:
    """Return what a server tells of itself as soon as it answers."""
    deadline = time.monotonic() + PATIENCE
    while (server := what_answers(runtime)) is None:
        assert program.poll() is None, "JupyterLab has ended"
        assert time.monotonic() < deadline, "JupyterLab did not start"
        time.sleep(0.1)
    return server


def what_answers(runtime: Path) -> dict[str, str] | None:
    """Return what is written of a server, once it listens too, which is a little later."""
    for path in runtime.glob("jpserver-*.json"):
        with contextlib.suppress(OSError, ValueError):
            server = json.loads(path.read_text())
            urllib.request.urlopen(f"{server['url']}api", timeout=PATIENCE).close()
            return server
    return None


@pytest.fixture(scope="module")
def labelling(tmp_path_factory):
    """The dataset that the command was called for, and the server that answered."""
    here = tmp_path_factory.mktemp("label")
    data, runtime = Dataset.sample(here / "coins"), here / "runtime"
    program = subprocess.Popen(
        [PROGRAM, "label", "coins", "--lab"],
        cwd=here,
        env=os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime), "BROWSER": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = wait_for_server(runtime, program)
    yield data, server
    os.kill(server["pid"], signal.SIGTERM)
    program.wait(PATIENCE)


@pytest.mark.slow
def test_label_serves_a_notebook_that_lies_beside_the_pictures(labelling):
    data, server = labelling
    address = f"{server['url']}api/contents/label.ipynb?token={server['token']}"

    with urllib.request.urlopen(address) as answer:
        served = nbformat.from_dict(json.load(answer)["content"])

    nbformat.validate(served)
    assert (data.folder / "label.ipynb").is_file()


@pytest.mark.slow
def test_the_notebook_of_label_shows_the_labeller_of_its_folder(labelling):
    data, _ = labelling
    notebook = nbformat.read(data.folder / "label.ipynb", as_version=4)

    NotebookClient(notebook, resources={"metadata": {"path": str(data.folder)}}).execute()

    (output,) = notebook.cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data


def test_a_notebook_that_the_user_has_changed_is_kept(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    notebook = labelling_notebook(data.folder)
    notebook.write_text(notebook.read_text().replace("Run the cell", "My own words. Run the cell"))
    before = notebook.read_bytes()

    assert labelling_notebook(data.folder) == notebook
    assert notebook.read_bytes() == before
