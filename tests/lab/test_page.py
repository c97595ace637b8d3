"""The labeller alone on a page, served by the real command."""

import signal
import urllib.parse

import nbformat
import psutil
import pytest

from notebook_seg.data import Dataset
from notebook_seg.lab import labelling_page
from tests.served import Served

# Whatever people call their folders.
NAME = 'Fische aus "Münster" & Bob\'s 100 % <b>'


@pytest.fixture
def data(tmp_path):
    return Dataset.sample(tmp_path / NAME)


@pytest.fixture
def served(data, tmp_path):
    served = Served(data.folder, tmp_path / "temporary")
    yield served
    served.end()


def test_the_page_is_a_notebook_that_opens_any_folder(data):
    page = nbformat.from_dict(labelling_page(data.folder))
    nbformat.validate(page)

    names = {}
    exec(page.cells[0].source, names)

    assert names["labeller"].session.dataset.folder == data.folder
    assert page.metadata.title == f"{NAME} – notebook_seg"


def test_the_page_hands_the_model_to_the_labeller(data, model_folder):
    page = nbformat.from_dict(labelling_page(data.folder, model_folder))
    names = {}
    exec(page.cells[0].source, names)

    assert names["labeller"].assistant.auto


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
