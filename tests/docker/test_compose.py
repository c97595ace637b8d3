"""The compose files, as far as they can be read without an engine."""

import re
from pathlib import Path

import pytest
import yaml

DOCKER = Path(__file__).parents[2] / "docker"
FILES = sorted(DOCKER.glob("compose*.yaml"))


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def service(request):
    (service,) = yaml.safe_load(request.param.read_text(encoding="utf-8"))["services"].values()
    return service


@pytest.fixture
def notebook():
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]["notebook"]


def test_there_is_a_file_for_cpus_and_one_that_adds_gpus():
    names = [set(yaml.safe_load(path.read_text())["services"]) for path in FILES]

    assert [path.name for path in FILES] == ["compose.gpu.yaml", "compose.yaml"]
    assert names == [{"notebook"}, {"notebook"}]


def test_build_arguments_are_those_of_the_dockerfile(service):
    dockerfile = (DOCKER.parent / "Dockerfile").read_text()

    for argument in service["build"].get("args", {}):
        assert re.search(rf"^ARG {argument}=", dockerfile, re.MULTILINE)


def test_the_image_is_built_from_the_repository(notebook):
    assert (DOCKER / notebook["build"]["context"] / "Dockerfile").is_file()


def test_no_other_machine_can_reach_the_notebook(notebook):
    assert all(port.startswith("127.0.0.1:") for port in notebook["ports"])


def test_a_folder_that_is_not_there_is_not_made_as_root(notebook):
    (volume,) = notebook["volumes"]

    assert volume["target"] == "/home/jovyan/work"
    assert volume["source"].startswith("${PHOTOS:?")
    assert volume["bind"]["create_host_path"] is False


def test_the_gpu_is_asked_for_as_nvidia_wants_it():
    service = yaml.safe_load((DOCKER / "compose.gpu.yaml").read_text())["services"]["notebook"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]

    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert "gpu" in service["build"]["args"]["EXTRAS"].split(",")
