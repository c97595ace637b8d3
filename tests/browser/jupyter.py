"""Servers of one's own, and the means to run notebooks in them as a person would.

JupyterLab, Notebook 7 and Voila. Other tests use the fixtures of `conftest.py` in this folder:
``open_notebook`` runs a notebook from top to bottom in Chromium and hands out the page.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import nbformat

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_QUIET_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}

# Opens a notebook and runs all of it; without a path, the one that the page is for. Waiting for the
# light that says "idle" is a race: it shows idle, connecting and idle again, and a Run All in
# between is lost without a word.
_RUN_ALL = """
async ([path, theme]) => {
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`${path} did not open within a minute`)), 60000));
  await Promise.race([late, run()]);

  async function run() {
    const app = window.jupyterapp;
    await app.started;
    await app.restored;
    if (theme) await app.commands.execute("apputils:change-theme", { theme });
    const opened = path ? app.commands.execute("docmanager:open", { path }) : current(app);
    const widget = await opened;
    await widget.context.ready;
    await widget.context.sessionContext.ready;
    await widget.revealed;
    await widget.context.sessionContext.session.kernel.info;
    if (path) {
      app.shell.collapseLeft();
      app.shell.activateById(widget.id);
    }
    // Not awaited: it ends with the last cell, which may take minutes.
    void app.commands.execute("notebook:run-all-cells");
  }

  async function current({ shell }) {
    while (!shell.currentWidget?.context) await new Promise((done) => setTimeout(done, 50));
    return shell.currentWidget;
  }
}
"""

_SHUT_KERNELS = """
async () => {
  const sessions = window.jupyterapp?.serviceManager.sessions;
  if (!sessions) return;
  await sessions.refreshRunning();
  await Promise.all([...sessions.running()].map(s => sessions.shutdown(s.id)));
}
"""


class JupyterServer:
    """JupyterLab over a folder, with settings that it shares with no other.

    Parameters
    ----------
    root : Path
        The folder whose notebooks it opens.
    state : Path
        A folder for its own files.
    """

    module = "jupyterlab"
    options = ("--LabApp.expose_app_in_browser=True",)

    def __init__(self, root: Path, state: Path) -> None:
        self.root = root
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._log_path = state / "server.log"
        self._environment = _own_folders(state)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, patience_s: float = 120) -> None:
        command = [sys.executable, "-m", self.module, "--no-browser", *self._command()]
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *self.options], env=self._environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + patience_s
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.module} does not answer: {self._log_path.read_text()}")
            time.sleep(0.2)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def open(self, page, path: Path, theme: str | None = None) -> None:
        """Open a notebook that lies under the server's folder, and run all of its cells."""
        page.goto(f"{self.url}/lab?reset", wait_until="domcontentloaded")
        page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)
        page.evaluate(_RUN_ALL, [self._relative(path), theme])

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _command(self) -> list[str]:
        port = self.url.rpartition(":")[2]
        return [
            *("--allow-root", "--IdentityProvider.token=", "--ServerApp.password="),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            f"--ServerApp.root_dir={self.root}",
        ]

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/api", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


class NotebookServer(JupyterServer):
    """Notebook 7, which shows one notebook a page."""

    module = "notebook"
    options = ("--JupyterNotebookApp.expose_app_in_browser=True",)

    def open(self, page, path: Path, theme: str | None = None) -> None:
        page.goto(f"{self.url}/notebooks/{quote(self._relative(path))}")
        page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)
        page.evaluate(_RUN_ALL, [None, theme])


class VoilaServer(JupyterServer):
    """Voila, which runs a notebook when its page is asked for."""

    module = "voila"
    options = ()

    def open(self, page, path: Path, theme: str | None = None) -> None:
        chosen = f"?theme={theme}" if theme else ""
        page.goto(f"{self.url}/voila/render/{quote(self._relative(path))}{chosen}")

    def _command(self) -> list[str]:
        port = self.url.rpartition(":")[2]
        return [
            *("--Voila.ip=127.0.0.1", f"--port={port}", "--Voila.port_retries=0"),
            f"--Voila.root_dir={self.root}",
        ]


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    # Without the name of a kernel, JupyterLab asks for one and waits.
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(notebook, path)
    return path


def shut_kernels(page) -> None:
    page.evaluate(_SHUT_KERNELS)


def errors_of_cells(page) -> list[str]:
    """Return the text of each error that a cell shows."""
    return page.locator('.jp-OutputArea-output[data-mime-type*="error"]').all_inner_texts()


def wait_until(page, condition, patience_s: float = 20):
    """Return what `condition` gives as soon as it is true; the page goes on meanwhile."""
    deadline = time.monotonic() + patience_s
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Did not come true within {patience_s} s: {condition}")
        page.wait_for_timeout(50)
    return result


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _own_folders(state: Path) -> dict[str, str]:
    settings = state / "settings"
    for name, values in _QUIET_SETTINGS.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    return os.environ | {
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
    }
