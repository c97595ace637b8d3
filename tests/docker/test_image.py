"""The image, built and tried for real: minutes, gigabytes, and Docker or Podman.

Where the base image cannot be fetched, ``BASE_IMAGE`` names another one that is here.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from notebook_seg.data import Dataset
from notebook_seg.prediction import load_model, predict_folder

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
IMAGE = "localhost/notebook_seg:tested"


def works(*command) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def engine() -> str:
    for name in ("docker", "podman"):
        if shutil.which(name) and works(name, "info"):
            return name
    pytest.skip("no container engine runs here: neither Docker nor Podman")


@pytest.fixture(scope="module")
def base(engine) -> str:
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    base = os.environ.get("BASE_IMAGE") or re.search(r"^ARG BASE_IMAGE=(\S+)", dockerfile, re.M)[1]
    if not (works(engine, "image", "inspect", base) or works(engine, "pull", base)):
        pytest.skip(f"{base} cannot be fetched: name one that is here in BASE_IMAGE")
    return base


@pytest.fixture(scope="module")
def image(engine, base) -> str:
    # Podman's own format has no health checks.
    options = ["--format", "docker"] if engine == "podman" else []
    done = subprocess.run(
        [engine, "build", *options, "--build-arg", f"BASE_IMAGE={base}", "--tag", IMAGE, "."],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return IMAGE


@pytest.fixture(scope="module")
def tried(engine, image, tmp_path_factory) -> tuple[str, Path]:
    """What the smoke test says, and the folder that the quickstart filled in the container."""
    folder = tmp_path_factory.mktemp("container") / "work"
    # The user in the container has to find the way.
    for above in (folder.parent, folder.parent.parent):
        above.chmod(0o755)
    done = subprocess.run(
        [REPOSITORY / "docker" / "smoke-test", image, folder],
        env=os.environ | {"DOCKER": engine},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def test_the_image_is_healthy_opens_at_the_quickstart_and_runs_it_without_a_network(tried):
    said, _ = tried

    assert said.splitlines()[-1] == f"All is well with {IMAGE}."


def test_label_maps_of_the_container_are_those_of_this_machine_byte_for_byte(tried, tmp_path):
    _, folder = tried
    data = Dataset(folder / "coins")
    photographs = [data.image_path(stem) for stem in data.stems]

    predict_folder(load_model(folder / "model"), photographs, tmp_path, progress=False)

    for stem in data.stems:
        mask = f"masks/{stem}.png"
        assert (tmp_path / mask).read_bytes() == (folder / "again" / mask).read_bytes()


def test_the_image_that_is_stored_runs_as_an_ordinary_user_and_can_tell_how_it_is(engine, image):
    template = "{{.Config.User}} {{.Config.Healthcheck.Test}}"
    asked = subprocess.run(
        [engine, "image", "inspect", "--format", template, image], capture_output=True, text=True
    )

    user, healthcheck = asked.stdout.strip().split(" ", 1)
    assert int(user) > 0
    assert "notebook-seg-healthcheck" in healthcheck


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "no folder of yours is mounted"),
        (["--volume", "{folder}:/home/jovyan/work", "--user", "4321"], "user 4321, who may not"),
    ],
)
def test_a_folder_that_would_be_lost_or_cannot_be_written_is_told_at_once(
    engine, image, tmp_path, options, said
):
    filled = [option.format(folder=tmp_path) for option in options]
    command = [engine, "run", "--rm", "--network", "none", *filled, image]

    started = subprocess.run(
        [*command, "start-notebook-seg", "--version"], capture_output=True, text=True
    )

    assert said in started.stderr
