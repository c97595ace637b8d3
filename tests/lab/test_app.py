"""The app on a page, served by the real command."""

import signal
import socket
import urllib.parse

import nbformat
import psutil
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError
from notebook_seg.lab import app_page
from notebook_seg.lab.server import HERE, serve
from tests.served import Served

# Whatever people call their folders.
NAME = 'Fische aus "Münster" & Bob\'s 100 % <b>'


@pytest.fixture
def folder(tmp_path):
    return tmp_path / NAME


@pytest.fixture
def serve_app(folder, tmp_path):
    running = []

    def start(*options):
        here = tmp_path / f"temporary_{len(running)}"
        running.append(Served(folder, here, "app", *options))
        return running[-1]

    yield start
    for served in running:
        served.end()


@pytest.mark.parametrize("is_new", [True, False])
def test_the_page_is_a_notebook_that_opens_any_folder(folder, is_new):
    if not is_new:
        Dataset.sample(folder)
    page = nbformat.from_dict(app_page(folder))
    nbformat.validate(page)

    names = {}
    exec(page.cells[0].source, names)

    assert names["app"].state.folder == folder
    assert (names["app"].state.dataset is None) == is_new
    assert page.metadata.title == f"{NAME} – notebook_seg"
    names["app"].close()


@pytest.mark.slow
def test_the_app_is_served_until_ctrl_c_and_leaves_nothing_behind(serve_app, folder):
    served = serve_app()
    url, page = served.get(served.address)
    kernels = served.kernels()
    said = served.end(signal.SIGINT)

    assert "token=" in url
    assert urllib.parse.urlsplit(served.address).hostname == HERE
    assert "notebook-seg app" in page
    assert "widget-view+json" in page
    assert len(kernels) == 1
    assert not any(kernel.is_running() for kernel in kernels)
    assert served.program.returncode == 0
    assert said == ""
    assert not folder.exists()
    assert list(served.here.iterdir()) == []


@pytest.mark.slow
def test_without_its_secret_the_app_is_not_shown_and_on_the_chosen_port_it_is(serve_app):
    port = free_port()
    served = serve_app("--port", str(port))
    address = urllib.parse.urlsplit(served.address)
    assert address.port == port
    listening = {
        place.laddr.ip
        for place in psutil.Process(served.program.pid).net_connections("tcp")
        if place.laddr.port == port and place.status == psutil.CONN_LISTEN
    }
    assert listening == {HERE}

    url, page = served.get(address._replace(query="").geturl())
    assert "/login" in url
    assert "widget-view+json" not in page


@pytest.mark.slow
def test_without_a_token_the_app_is_open_and_a_warning_says_so(serve_app):
    served = serve_app("--no-token")
    assert "token" not in served.address
    _, page = served.get(served.address)
    said = served.end()
    assert "widget-view+json" in page
    assert said.startswith("Warning: without a token")


def test_a_port_that_is_taken_is_an_error_that_says_so():
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OptionError, match=rf"port {port} \(Address already in use\).*--port"):
            serve({}, print, port=port)


def test_an_address_of_another_machine_is_an_error_that_says_so():
    with pytest.raises(OptionError, match=r"cannot be served at 192.0.2.1.*--ip"):
        serve({}, print, ip="192.0.2.1")


def free_port():
    with socket.socket() as listener:
        listener.bind((HERE, 0))
        return listener.getsockname()[1]
