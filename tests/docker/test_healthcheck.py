"""The health check of the image, asked about a real Jupyter server."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEALTHCHECK = Path(__file__).parents[2] / "docker" / "healthcheck.py"
PATIENCE = 120  # seconds


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(runtime: Path, port: int) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_PORT": str(port)}
    return subprocess.run(
        [sys.executable, HEALTHCHECK], env=environment, capture_output=True, text=True
    )


@pytest.fixture
def runtime(tmp_path):
    return tmp_path / "runtime"


@pytest.fixture
def server(runtime, tmp_path):
    """A server under a path of its own, as behind JupyterHub, that wants a token."""
    program = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root"),
            *("--ServerApp.base_url=/user/ada/", "--IdentityProvider.token=secret"),
            *(f"--ServerApp.port={free_port()}", f"--ServerApp.root_dir={tmp_path}"),
        ],
        env=os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield program
    program.kill()
    program.wait()


def wait_until_healthy(server: subprocess.Popen, runtime: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while ask(runtime, free_port()).returncode != 0:
        assert server.poll() is None, "the server has ended"
        assert time.monotonic() < deadline, "the server never became healthy"


@pytest.mark.slow
def test_a_server_is_healthy_while_it_answers_not_when_it_hangs_nor_when_it_is_gone(
    server, runtime
):
    wait_until_healthy(server, runtime)

    server.send_signal(signal.SIGSTOP)
    hanging = ask(runtime, free_port())
    # It cannot tidy up: what it has written down stays.
    server.send_signal(signal.SIGKILL)
    server.wait()
    gone = ask(runtime, free_port())

    assert list(runtime.glob("jpserver-*.json"))
    assert (hanging.returncode, gone.returncode) == (1, 1)
    assert gone.stdout.startswith("No answer from http")
    assert gone.stdout.count("\n") == 1


def test_without_any_server_the_usual_port_is_named(runtime):
    port = free_port()

    asked = ask(runtime, port)

    assert asked.returncode == 1
    assert asked.stdout == f"No answer from http://127.0.0.1:{port}/\n"


def test_a_page_that_writes_nothing_down_is_found_at_the_usual_port(runtime, tmp_path):
    port = free_port()
    page = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(page, cwd=tmp_path, stderr=subprocess.DEVNULL) as program:
        deadline = time.monotonic() + PATIENCE
        while (asked := ask(runtime, port)).returncode != 0 and time.monotonic() < deadline:
            pass
        program.kill()

    assert asked.returncode == 0
