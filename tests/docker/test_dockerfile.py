"""The Dockerfile and what belongs to it, read without building anything."""

import re
import subprocess
import sys
from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
WORKFLOW = REPOSITORY / ".github" / "workflows" / "docker.yaml"
HADOLINT = Path(sys.executable).with_name("hadolint")


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.*)$", joined, re.MULTILINE)


def arguments() -> dict[str, str]:
    pairs = (argument.partition("=") for argument in instructions("ARG"))
    return {name: value for name, equals, value in pairs if equals}


def sources() -> list[str]:
    """Return the paths in the repository that are copied into the image."""
    copied = (line for line in instructions("COPY") if "--from=" not in line)
    return [path for line in copied for path in line.split()[:-1] if not path.startswith("--")]


def goes_to_the_builder(path: str) -> bool:
    """Return what .dockerignore says of a path: the last line that fits it decides."""
    decision = True
    for line in (line for line in IGNORED if line and not line.startswith("#")):
        pattern = line.removeprefix("!")
        if fnmatch(path, pattern.removeprefix("**/")) or fnmatch(path, f"{pattern}/*"):
            decision = line.startswith("!")
    return decision


def test_hadolint_has_nothing_to_say():
    if not HADOLINT.exists():
        pytest.skip('hadolint is absent: pip install -e ".[dev]"')

    done = subprocess.run([HADOLINT, "Dockerfile"], cwd=REPOSITORY, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", sources())
def test_what_is_copied_is_there_and_goes_to_the_builder(path):
    files = list(REPOSITORY.glob(path))

    assert files
    assert all(goes_to_the_builder(str(file.relative_to(REPOSITORY))) for file in files)


@pytest.mark.parametrize("path", [".git", ".venv", "tests", "docs/decisions.md", "demo"])
def test_what_the_image_is_not_made_of_stays_away_from_the_builder(path):
    assert not goes_to_the_builder(path)


def test_the_image_does_not_run_as_root():
    assert instructions("USER")[-1] == "${NB_UID}"


def test_scripts_of_the_image_can_be_executed():
    for name in ("start", "healthcheck.py", "smoke-test"):
        assert (REPOSITORY / "docker" / name).stat().st_mode & 0o111 == 0o111


def test_the_base_is_of_the_same_day_wherever_it_is_named():
    pages = ["Dockerfile", "docker/README.md", "docker/compose.gpu.yaml", str(WORKFLOW)]
    days = {
        day
        for page in pages
        for day in re.findall(
            r"tensorflow-notebook:((?:cuda-)?[\w.-]+)", (REPOSITORY / page).read_text("utf-8")
        )
    }
    (cpu,) = (day for day in days if not day.startswith("cuda-"))

    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", cpu)
    assert days == {cpu, f"cuda-{cpu}"}


def requirements(extras: str) -> subprocess.CompletedProcess[str]:
    script = REPOSITORY / "docker" / "requirements.py"
    command = [sys.executable, script, extras]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def test_the_layer_of_libraries_has_what_the_package_and_its_extras_need():
    setup = ConfigParser()
    setup.read(REPOSITORY / "setup.cfg")
    extras = arguments()["EXTRAS"]
    wanted = setup["options"]["install_requires"]
    wanted += "".join("\n" + setup["options.extras_require"][e] for e in extras.split(","))

    printed = requirements(extras).stdout.split("\n")

    assert sorted(filter(None, printed)) == sorted({*filter(None, wanted.split("\n"))})
    assert {line.split(" ")[0] for line in printed} >= {"tensorflow", "jupyterlab", "voila"}


def test_an_extra_that_is_not_there_is_refused_in_one_line():
    done = requirements("lab,labb")

    assert done.returncode == 1
    assert done.stderr.startswith("setup.cfg has no extra 'labb': choose from ")
    assert done.stderr.count("\n") == 1


def test_the_default_encoder_of_trainings_is_the_one_whose_weights_are_inside():
    from notebook_seg.training import Plan

    assert arguments()["ENCODERS"] == Plan(epochs=1).encoder


def commands_of_the_workflow() -> str:
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return "\n".join(step.get("run", "") for job in jobs.values() for step in job["steps"])


def test_the_workflow_builds_tries_and_only_then_pushes():
    commands = commands_of_the_workflow()

    where = [commands.index(c) for c in ("docker build ", "docker/smoke-test candidate", "push")]
    assert where == sorted(where)


def test_scripts_and_build_arguments_of_the_workflow_exist():
    text = WORKFLOW.read_text(encoding="utf-8")
    named = re.findall(r"\bdocker/[\w-]+", commands_of_the_workflow())

    assert named
    assert all((REPOSITORY / path).is_file() for path in named)
    assert set(re.findall(r"--build-arg (\w+)=", text)) <= set(arguments())
