"""The libraries that the package imports are those that it declares."""

import ast
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# Imported where they are needed, after a look whether they are there, or chosen as Keras' backend.
OPTIONAL = {
    "bioimageio",
    "distributed",
    "huggingface_hub",
    "jax",
    "jupyterlab",
    "mlflow",
    "tensorboard",
    "voila",
}


def imported_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def imported_libraries(folder: str) -> set[str]:
    """Return the top-level modules from outside that the code in a folder imports."""
    files = (REPOSITORY / folder).rglob("*.py")
    modules = {m.partition(".")[0] for f in files for m in imported_modules(f.read_text("utf-8"))}
    return modules - sys.stdlib_module_names - {"notebook_seg", "tests"}


def normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def declared(extra: str | None = None) -> set[str]:
    """Return the distributions that installing the package brings, with an extra or without."""
    setup = ConfigParser()
    setup.read(REPOSITORY / "setup.cfg")
    wanted = setup["options"]["install_requires"]
    if extra is not None:
        wanted += setup["options.extras_require"][extra]
    return {normalized(name) for name in re.findall(r"^[\w.-]+", wanted, re.MULTILINE)}


def undeclared(folder: str, extra: str | None = None) -> set[str]:
    provided_by = packages_distributions()
    return {
        library
        for library in imported_libraries(folder) - OPTIONAL
        if not {normalized(d) for d in provided_by.get(library, ())} & declared(extra)
    }


def test_every_library_that_the_package_imports_is_installed_with_it():
    assert undeclared("notebook_seg") == set()


def test_every_library_that_the_tests_import_is_installed_with_the_extra_dev():
    assert undeclared("tests", "dev") == set()
