"""The labeller alone on a page, served by the real command."""

import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest

from notebook_seg.data import Dataset
from notebook_seg.lab import labelling_page

PROGRAM = Path(sys.executable).with_name("notebook-seg")
PATIENCE = 120  # seconds
# Whatever people call their folders.
NAME = 'Fische aus "Münster" & Bob\'s 100 % <b>'


class Served:
    """The command ``notebook-seg label``, as it runs, and what it has said."""

    def __init__(self, folder, here):
        self.here = here
        self.program = subprocess.Popen(
            [PROGRAM, "label", folder],
            env=os.environ | {"TMPDIR": str(here), "BROWSER": "false"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.address = self.program.stdout.readline().strip()

    def get(self, address):
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return answer.url, answer.read().decode()

    def kernels(self):
        return psutil.Process(self.program.pid).children(recursive=True)

    def end(self, sign):
        self.program.send_signal(sign)
        _, said = self.program.communicate(timeout=PATIENCE)
        return said


@pytest.fixture
def data(tmp_path):
    return Dataset.sample(tmp_path / NAME)


@pytest.fixture
def served(data, tmp_path):
    here = tmp_path / "temporary"
    here.mkdir()
    served = Served(data.folder, here)
    yield served
    if served.program.poll() is None:
        served.end(signal.SIGTERM)


def test_the_page_is_a_notebook_that_opens_any_folder(data):
    page = nbformat.from_dict(labelling_page(data.folder))
    nbformat.validate(page)

    names = {}
    exec(page.cells[0].source, names)

    assert names["labeller"].session.dataset.folder == data.folder
    assert page.metadata.title == f"{NAME} – notebook_seg"


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_label_serves_a_page_until_it_is_ended_and_leaves_nothing_behind(served, data, sign):
    before = sorted(data.folder.rglob("*"))

    url, page = served.get(served.address)
    kernels = served.kernels()
    said = served.end(sign)

    assert "token=" in url
    assert "<title>Fische aus" in page
    assert "widget-view+json" in page
    assert len(kernels) == 1
    assert not any(kernel.is_running() for kernel in kernels)
    assert served.program.returncode == 0
    assert said == ""
    assert sorted(data.folder.rglob("*")) == before
    assert list(served.here.iterdir()) == []


@pytest.mark.slow
def test_the_page_is_for_this_machine_and_for_those_who_have_its_address(served):
    address = urllib.parse.urlsplit(served.address)
    assert address.hostname == "127.0.0.1"
    (listening,) = {
        place.laddr.ip
        for place in psutil.Process(served.program.pid).net_connections("tcp")
        if place.laddr.port == address.port and place.status == psutil.CONN_LISTEN
    }
    assert listening == "127.0.0.1"

    url, page = served.get(address._replace(query="").geturl())

    assert "/login" in url
    assert "widget-view+json" not in page
    assert served.kernels() == []
