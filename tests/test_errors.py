"""The tree of errors that every stage raises."""

import inspect
import re

import pytest

from notebook_seg import errors
from notebook_seg.errors import NotebookSegError, OptionError, check_choice

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and value.__module__ == errors.__name__
}
# A line of the tree: branches, the name, what it is for.
BRANCH = re.compile(r"^ *(?P<branches>[│├└─ ]*)(?P<name>[A-Z]\w+)", re.MULTILINE)


def drawn_parents() -> dict[str, str | None]:
    tree = errors.__doc__.split("::")[1].split("Every message")[0]
    path: list[str] = []
    parents = {}
    for line in BRANCH.finditer(tree):
        depth = len(line["branches"]) // 4
        path[depth:] = [line["name"]]
        parents[line["name"]] = path[depth - 1] if depth else None
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    parents = {
        name: None if error is NotebookSegError else error.__bases__[0].__name__
        for name, error in CLASSES.items()
    }

    assert drawn_parents() == parents


def test_every_error_can_be_caught_by_the_root():
    assert all(issubclass(error, NotebookSegError) for error in CLASSES.values())


def test_every_error_is_public():
    assert sorted(errors.__all__) == sorted([*CLASSES, "check_choice", "check_format"])


def test_a_wrong_option_is_a_value_error_too():
    with pytest.raises(ValueError, match="Received: 'unett'"):
        check_choice("architecture", "unett", ["unet", "fpn"])


def test_a_choice_that_resembles_none_lists_them_without_a_guess():
    with pytest.raises(OptionError) as caught:
        check_choice("architecture", "xyz", ["unet", "fpn"])

    assert str(caught.value) == "Unknown architecture. Choose from: unet, fpn. Received: 'xyz'"
