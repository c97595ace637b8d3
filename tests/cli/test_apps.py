"""``notebook-seg app``, up to where it serves its page; that is tested in ``tests/lab``."""

import re
import sys

import pytest

from notebook_seg.cli.apps import _is_loopback
from notebook_seg.data import Dataset


def test_the_help_gives_an_example_that_is_true_to_its_options(notebook_seg):
    outcome = notebook_seg("app", "--help")
    assert outcome.code == 0
    assert "Example: notebook-seg app my_fish" in outcome.out
    assert {"--ip", "--port", "--no-token"} <= set(re.findall(r"--[\w-]+", outcome.out))


def test_a_folder_of_something_else_is_an_error_that_names_it(notebook_seg, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    outcome = notebook_seg("app", tmp_path)
    assert outcome.code == 1
    assert f"{tmp_path} is not empty" in outcome.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_damaged_dataset_is_an_error_that_names_it(notebook_seg, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    (data.folder / "dataset.json").write_text("{")
    outcome = notebook_seg("app", data.folder)
    assert outcome.code == 1
    assert str(data.folder / "dataset.json") in outcome.complaint


def test_without_its_library_it_says_how_to_install_it(notebook_seg, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "voila", None)  # to the import system: not installed
    outcome = notebook_seg("app", tmp_path / "coins")
    assert outcome.code == 1
    assert 'pip install "notebook_seg[lab]"' in outcome.complaint
    assert not (tmp_path / "coins").exists()


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_not_understood(notebook_seg, tmp_path, port):
    assert notebook_seg("app", tmp_path / "coins", "--port", port).code == 2


@pytest.mark.parametrize(
    ("ip", "is_loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False)],
)
def test_only_addresses_of_this_machine_are_taken_for_private(ip, is_loopback):
    assert _is_loopback(ip) is is_loopback
