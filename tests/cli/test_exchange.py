"""`notebook-seg import` and `notebook-seg export` through their real entry point."""

import json
import re

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.formats import FORMATS
from tests.commands import Outcome


@pytest.mark.parametrize("command", ["import", "export"])
def test_the_help_gives_an_example_that_is_true_to_its_options(command, notebook_seg):
    outcome = notebook_seg(command, "--help")
    assert outcome.code == 0
    example = re.search(rf"Example: notebook-seg {command} .*", outcome.out).group()
    assert set(re.findall(r"--[\w-]+", example)) <= set(re.findall(r"│ .*?(--[\w-]+)", outcome.out))


def test_the_help_names_every_format(notebook_seg):
    told = " ".join(notebook_seg("export", "--help").out.replace("│", " ").split())
    assert all(re.search(rf"\b{kind}\b", told) for kind in FORMATS)


def test_masks_go_out_and_come_back(notebook_seg, coin_dataset, tmp_path):
    outcome = notebook_seg(
        "export", coin_dataset.folder, "--format", "coco", "--out", tmp_path / "coco", "--quiet"
    )
    assert outcome == Outcome(0, f"{tmp_path / 'coco'}: masks exported: 12.\n", "")
    images = coin_dataset.folder / "images"
    outcome = notebook_seg(
        "import", tmp_path / "back", tmp_path / "coco", "--images", images, "--quiet"
    )
    assert outcome == Outcome(0, f"{tmp_path / 'back'}: masks imported: 12; classes: coin.\n", "")
    back = Dataset(tmp_path / "back")
    for stem in back.stems:
        assert np.array_equal(back.mask(stem), coin_dataset.mask(stem))


def test_options_reach_the_import(notebook_seg, coin_dataset, tmp_path):
    square = {"name": "rect", "x": 0, "y": 0, "width": 9, "height": 9}
    regions = [
        {"shape_attributes": square, "region_attributes": {"quality": "poor", "what": name}}
        for name in ("money", "ruler")
    ]
    pictures = {
        "a": {"filename": "coin_01.png", "regions": regions},
        "b": {"filename": "coin_02.png", "regions": []},
    }
    (tmp_path / "via.json").write_text(json.dumps(pictures))
    options = ["--format", "via", "--images", coin_dataset.folder / "images", "--classes", "coin"]
    options += ["--values", "money=coin,ruler=unlabelled", "--attribute", "what", "--empty"]
    outcome = notebook_seg("import", tmp_path / "data", tmp_path / "via.json", *options, "--quiet")
    assert outcome.code == 0, outcome.error
    data = Dataset(tmp_path / "data")
    assert data.labelled == ("coin_01", "coin_02")
    assert (data.mask("coin_01")[:9, :9] == 255).all()


def test_masks_are_replaced_only_when_asked_to(notebook_seg, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    notebook_seg("export", data.folder, "--format", "png", "--out", tmp_path / "out", "--quiet")
    before = data.mask("coin_01")
    data.save_mask("coin_01", before * 0)
    outcome = notebook_seg("import", data.folder, tmp_path / "out", "--quiet")
    assert outcome.code == 0
    assert "a mask was there already: coin_01, coin_02, coin_03 and 9 more." in outcome.out
    assert not data.mask("coin_01").any()
    notebook_seg("import", data.folder, tmp_path / "out", "--overwrite", "--quiet")
    assert np.array_equal(data.mask("coin_01"), before)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["import", "data", "gone.json"], "No annotations in"),
        (["import", "data", "empty.json"], "empty.json is empty"),
        (["export", "gone", "--format", "coco", "--out", "x"], "gone is not a dataset"),
        (["export", "gone", "--format", "coco"], "Missing option"),
    ],
)
def test_a_mistake_is_one_line(arguments, complaint, notebook_seg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.json").touch()
    outcome = notebook_seg(*arguments)
    assert outcome.code in {1, 2}
    assert complaint in outcome.error
    assert "Traceback" not in outcome.error
    assert {path.name for path in tmp_path.iterdir()} == {"empty.json"}
