"""Chromium and JupyterLab for the tests of this folder, and for any that run a notebook."""

import os

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import jupyter


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
def lab(tmp_path_factory):
    server = jupyter.JupyterServer(
        root=tmp_path_factory.mktemp("notebooks"), state=tmp_path_factory.mktemp("jupyter")
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1360, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.console_messages = []
    page.on("console", lambda message: page.console_messages.append(message.text))
    yield page
    jupyter.shut_kernels(page)
    context.close()


@pytest.fixture
def open_notebook(page, lab):
    """Run a notebook under the server's folder in a fresh kernel, and return the page."""

    def run(path, theme=None):
        jupyter.run_notebook(page, lab, path, theme)
        return page

    return run
