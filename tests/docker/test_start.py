"""What the image says when it starts. Jupyter's own start script, which is not here, prints."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

START = Path(__file__).parents[2] / "docker" / "start"
NOBODY = 65534

pytestmark = pytest.mark.skipif(shutil.which("mountpoint") is None, reason="needs mountpoint")


@pytest.fixture
def home():
    """A home folder that an ordinary user may enter, also where root runs the tests."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        shutil.copy(START, home / "start")
        starter = home / "start-notebook.py"
        starter.write_text('#!/bin/sh\necho "JupyterLab was started with: $*"\n')
        starter.chmod(0o755)
        yield home


def start(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    is_root = os.geteuid() == 0
    return subprocess.run(
        [home / "start", *arguments],
        env=os.environ | {"HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}"},
        user=NOBODY if is_root else None,
        capture_output=True,
        text=True,
    )


def test_without_a_folder_of_the_users_it_tells_that_nothing_will_be_kept(home):
    (home / "work").mkdir()

    started = start(home, "--port=1", "a b")

    assert started.stdout == "JupyterLab was started with: --port=1 a b\n"
    assert started.stderr.startswith("notebook_seg: no folder of yours is mounted")
    assert f'-v "$PWD:{home}/work"' in started.stderr
    assert started.stderr.count("\n") == 1


def test_a_folder_that_may_not_be_written_is_told_with_what_to_do(home):
    # A mounted folder that belongs to root.
    (home / "work").symlink_to("/proc")

    started = start(home)

    assert started.stdout == "JupyterLab was started with: \n"
    assert "your folder belongs to user 0" in started.stderr
    assert '--user "$(id -u):$(id -g)" --group-add users' in started.stderr


def test_with_a_folder_that_can_be_written_it_says_nothing(home):
    if not os.path.ismount("/dev/shm"):
        pytest.skip("there is no mounted folder here that anyone may write to")
    (home / "work").symlink_to("/dev/shm")

    assert start(home).stderr == ""
