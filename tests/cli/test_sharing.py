"""Sharing and getting models through the commands."""

import re
import shutil
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from notebook_seg.assistance.trained import TrainedModel
from notebook_seg.data import read_mask
from tests.commands import exit_code


@pytest.fixture
def run(notebook_seg):
    """Run a command in this process; return its exit code, and what it said and complained of."""
    return lambda *arguments: astuple(notebook_seg(*arguments))


@pytest.fixture(scope="module")
def shelf(model_folder, coin_dataset, tmp_path_factory) -> Path:
    """A catalogue as the command leaves it, never to be written to."""
    shelf = tmp_path_factory.mktemp("catalogue") / "shelf"
    options = ["--name", "coins", "--licence", "CC-BY-4.0", "--author", "A", "--author", "B"]
    arguments = ["share", model_folder, "--catalogue", shelf, "--data", coin_dataset.folder]
    assert not exit_code(*arguments, *options, "-q")
    return shelf


@pytest.mark.parametrize("command", ["share", "get"])
def test_the_help_of_a_command_gives_an_example_that_is_true_to_its_options(command, run):
    code, said, _ = run(command, "--help")

    example = re.search(rf"Example: notebook-seg {command} .*", said).group()
    assert code == 0
    assert set(re.findall(r"--[\w-]+", example)) <= set(re.findall(r"│ .*?(--[\w-]+)", said))


def test_a_model_goes_into_a_catalogue_and_comes_out_ready_to_predict(
    shelf, model_folder, coin_dataset, run, tmp_path
):
    code, said, complaint = run(
        "get", "coins", "--catalogue", shelf, "--out", tmp_path / "model", "-q"
    )

    assert (code, complaint) == (0, "")
    assert "coins (coin). Licence: CC-BY-4.0." in said
    card = (tmp_path / "model" / "card.md").read_text()
    assert "A, B" in card
    assert "On 3 pictures that it has never seen" in card
    photograph = coin_dataset.image_path("coin_01")
    for model in (model_folder, tmp_path / "model"):
        assert run("predict", model, photograph, "--out", tmp_path / model.name, "-q")[0] == 0
    np.testing.assert_array_equal(
        read_mask(tmp_path / model_folder.name / "masks" / "coin_01.png"),
        read_mask(tmp_path / "model" / "masks" / "coin_01.png"),
    )


def test_a_shared_model_is_scored_as_the_folder_that_it_was_made_of(
    shelf, model_folder, coin_dataset, run
):
    told = [
        run("evaluate", model, coin_dataset.folder, "--only", "test", "-q")
        for model in (model_folder, shelf / "coins.nbseg.zip")
    ]

    assert told[0] == told[1]
    assert told[0][0] == 0
    assert "IoU" in told[0][1]


def test_a_shared_model_may_propose_masks(shelf, coin_dataset, run, tmp_path, monkeypatch):
    cut = tmp_path / "cut.nbseg.zip"
    cut.write_bytes((shelf / "coins.nbseg.zip").read_bytes()[:-1])
    # Past the model, the command would wait for somebody who labels.
    monkeypatch.setitem(sys.modules, "voila", None)

    refused = run("label", coin_dataset.folder, "--model", cut)[2]
    taken = run("label", coin_dataset.folder, "--model", shelf / "coins.nbseg.zip")[2]

    assert "cut.nbseg.zip is not a model" in refused
    assert "Voila is not installed" in taken


def test_a_shared_model_sees_what_its_folder_sees_while_labelling(
    shelf, model_folder, coin_dataset
):
    image = coin_dataset.image("coin_01")

    seen = [
        TrainedModel(model, coin_dataset.class_names).labels(image)
        for model in (model_folder, shelf / "coins.nbseg.zip")
    ]

    np.testing.assert_array_equal(*seen)


def test_without_a_name_the_catalogue_is_listed(shelf, run):
    assert run("get", "--catalogue", shelf)[:2] == (0, "coins (coin)\n")


def test_a_file_that_was_sent_by_mail_is_got_like_one_of_a_catalogue(
    shelf, run, tmp_path, monkeypatch
):
    shutil.copy(shelf / "coins.nbseg.zip", tmp_path / "attachment.nbseg.zip")
    monkeypatch.chdir(tmp_path)

    assert run("get", "attachment.nbseg.zip", "-q")[0] == 0
    assert (tmp_path / "coins" / "model.json").is_file()


def test_what_goes_wrong_is_one_line(shelf, model_folder, coin_dataset, run, tmp_path):
    cut = tmp_path / "cut.nbseg.zip"
    cut.write_bytes((shelf / "coins.nbseg.zip").read_bytes()[:-1])

    for arguments, reason in [
        (("get", cut, "--out", tmp_path / "a"), "cut off"),
        (("get", "coins"), "--catalogue"),
        (("get", "coin", "--catalogue", shelf), "did you mean 'coins'"),
        (("get", "coins", "--catalogue", tmp_path), "is no catalogue"),
        (("share", tmp_path, "--out", tmp_path / "a"), "is not a model"),
        (("share", model_folder, "--name", "a/b"), "letters, digits"),
        (("share", model_folder, "--out", cut), "there already"),
        (("evaluate", cut, coin_dataset.folder), "cut off"),
        (("inspect", cut, coin_dataset.folder, "--out", tmp_path / "a"), "cut off"),
        (("share", model_folder, "--bioimageio", "--catalogue", shelf), "leave out --catalogue"),
    ]:
        code, said, complaint = run(*arguments, "-q")
        assert (code, said) == (1, "")
        assert complaint.startswith("Error: ")
        assert complaint.count("\n") == 1
        assert reason in complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.nbseg.zip"]
