"""Chromium and servers for the tests of this folder, and for any that run a notebook."""

import os

import pytest
from playwright.sync_api import sync_playwright

from notebook_seg.data import Dataset
from tests.browser import jupyter
from tests.conftest import SHARED


@pytest.fixture(scope="session")
def chromium():
    if not jupyter.CHROMIUM.exists():
        reason = f"{jupyter.CHROMIUM} is absent: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=jupyter.CHROMIUM, args=jupyter.CHROMIUM_ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory):
    """Start a server of some kind, and end it after the last test."""
    servers = []

    def start(kind):
        root, state = (tmp_path_factory.mktemp(name) for name in ("notebooks", "jupyter"))
        servers.append(kind(root=root, state=state))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def lab(start_server):
    return start_server(jupyter.JupyterServer)


@pytest.fixture(scope="session")
def notebook7(start_server):
    return start_server(jupyter.NotebookServer)


@pytest.fixture(scope="session")
def voila(start_server):
    return start_server(jupyter.VoilaServer)


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1360, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.console_messages = []
    page.on("console", lambda message: page.console_messages.append(message.text))
    yield page
    if not page.is_closed():
        jupyter.shut_kernels(page)
    context.close()


@pytest.fixture
def open_notebook(page, lab):
    """Run a notebook under the server's folder in a fresh kernel, and return the page."""

    def run(path, theme=None):
        lab.open(page, path, theme)
        return page

    return run


@pytest.fixture
def photographs_of_fish(tmp_path):
    """Four real photographs, or those of the sample where they are not to be had."""
    fish = sorted((SHARED / "data" / "fish" / "images").glob("*.jpg"))[:4]
    sample = Dataset.sample(tmp_path / "sample")
    return fish or [sample.image_path(stem) for stem in sample.stems[:4]]


@pytest.fixture
def data(photographs_of_fish, tmp_path):
    return Dataset.create(tmp_path / "fish", photographs_of_fish, classes=["fish", "eye"])
