"""The smoke test of an image, as far as it goes without one."""

import os
import subprocess
from pathlib import Path

SMOKE_TEST = Path(__file__).parents[2] / "docker" / "smoke-test"


def smoke_test(folder: Path, engine: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DOCKER": engine}
    return subprocess.run(
        [SMOKE_TEST, "no_such_image", folder], env=environment, capture_output=True, text=True
    )


def test_a_folder_that_holds_something_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "fish.jpg").write_bytes(b"mine")

    tried = smoke_test(tmp_path, "true")

    assert tried.returncode == 1
    assert tried.stderr == f"{tmp_path} is not empty: name a folder that is\n"
    assert (tmp_path / "fish.jpg").read_bytes() == b"mine"


def test_an_engine_that_cannot_start_the_image_is_a_failure(tmp_path):
    tried = smoke_test(tmp_path / "work", "false")

    assert tried.returncode != 0
    assert "All is well" not in tried.stdout
