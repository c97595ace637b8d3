"""What the package offers, and what importing it costs."""

import json
import os
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import notebook_seg as nbs

HEAVY = ("tensorflow", "keras", "matplotlib", "ipywidgets", "albumentations", "cv2", "numpy")

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(nbs.__path__, prefix="notebook_seg.")
)

# Prints, as JSON, what importing some modules did to the process around it; what the libraries
# before the "--" do of their own accord is not counted.
LOOK_AROUND = """
import importlib, json, os, pathlib, sys
libraries, modules = " ".join(sys.argv[1:]).split("--")
for name in libraries.split():
    importlib.import_module(name)
before = dict(os.environ)
files = set(pathlib.Path().rglob("*"))
for name in modules.split():
    importlib.import_module(name)
print(json.dumps({
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
    "environment": sorted(set(before.items()) ^ set(os.environ.items())),
    "files": sorted(str(path) for path in set(pathlib.Path().rglob("*")) - files),
}))
"""


def after_importing(folder, *modules, libraries=()) -> tuple[dict[str, list[str]], str]:
    """Return what changed, and everything that was printed before that."""
    # A home of its own, so that files made there are seen; and no bytecode to be taken for one.
    environment = os.environ | {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK_AROUND, *libraries, "--", *modules],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *printed, result = done.stdout.splitlines()
    return json.loads(result), "\n".join(printed) + done.stderr


def test_importing_the_package_loads_none_of_the_large_libraries(tmp_path):
    changed, _ = after_importing(tmp_path, "notebook_seg")

    assert not set(HEAVY) & set(changed["loaded"])


@pytest.mark.slow
def test_importing_every_module_changes_nothing_around_it_and_prints_nothing(tmp_path):
    changed, printed = after_importing(tmp_path, *MODULES, libraries=["cv2", "matplotlib.pyplot"])

    assert "tensorflow" in changed["loaded"]
    assert changed["environment"] == []
    assert [file for file in changed["files"] if not file.startswith(".keras")] == []
    assert printed == ""


def test_files_masks_and_scores_are_to_be_had_without_tensorflow(tmp_path):
    stages = ("notebook_seg.data", "notebook_seg.labelling", "notebook_seg.inspection.figures")

    changed, _ = after_importing(tmp_path, *stages, "notebook_seg.widgets", "notebook_seg.cli")

    assert not {"tensorflow", "keras", "segmentation_models"} & set(changed["loaded"])


def test_every_public_name_is_there_and_listed():
    assert sorted(nbs.__all__) == sorted(set(nbs.__all__)) == sorted(dir(nbs))
    assert all(hasattr(nbs, name) for name in nbs.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_every_name_that_a_module_offers_is_there(module):
    offered = getattr(import_module(module), "__all__", [])

    assert len(offered) == len(set(offered))
    assert all(hasattr(import_module(module), name) for name in offered)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'segment'"):
        nbs.segment  # noqa: B018
