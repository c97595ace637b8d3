"""The wheel and the source archive, built and installed as a user would have them."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import notebook_seg as nbs

REPOSITORY = Path(__file__).parents[2]


def run(*command, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked_files(folder: str) -> set[str]:
    return set(run("git", "ls-files", "--", folder, cwd=REPOSITORY).splitlines())


@pytest.fixture(scope="session")
def archives(tmp_path_factory) -> Path:
    """The source archive, and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, REPOSITORY)
    return out


@pytest.fixture(scope="session")
def installed(archives, tmp_path_factory) -> Path:
    """The programs of a fresh environment that has the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    paths = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    run(
        *(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"),
        *("--quiet", "--no-deps", "--no-index", next(archives.glob("*.whl"))),
    )
    # TensorFlow and the others need not be downloaded once more. A path file is read once, and
    # those that it leads to are not, so that the editable installation stays out of sight.
    libraries = sysconfig.get_path("purelib")
    (site_packages / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin"


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory) -> Path:
    """A folder from which nothing of the repository can be imported."""
    return tmp_path_factory.mktemp("elsewhere")


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(archives):
    with zipfile.ZipFile(next(archives.glob("*.whl"))) as wheel:
        files = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert files == tracked_files("notebook_seg")


def test_the_source_archive_holds_what_is_needed_to_build_and_test(archives):
    with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}

    for folder in ("notebook_seg", "tests", "notebooks", "scripts"):
        assert tracked_files(folder) <= files
    assert {"LICENSE", "README.md", "CHANGELOG.md", "setup.cfg", "pyproject.toml"} <= files


def test_the_installed_package_is_the_one_of_the_wheel(installed, elsewhere):
    code = "import notebook_seg as nbs; print(nbs.__file__, nbs.__version__)"

    file, version = run(installed / "python", "-c", code, cwd=elsewhere).split()

    assert Path(file).is_relative_to(installed.parent)
    assert version == nbs.__version__


def test_the_installed_command_teaches_and_makes_the_sample(installed, elsewhere):
    assert "notebook-seg sample coins" in run(installed / "notebook-seg", "--help")

    said = run(installed / "notebook-seg", "sample", elsewhere / "coins")

    assert "12 photographs" in said
    assert len(list((elsewhere / "coins" / "masks").iterdir())) == 12


def test_the_installed_labeller_finds_its_style_sheet(installed, elsewhere):
    code = "import notebook_seg as nbs; print(nbs.Labeller(nbs.Dataset.sample()).session.stem)"

    assert run(installed / "python", "-c", code, cwd=elsewhere).strip() == "coin_01"
