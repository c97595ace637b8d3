import json
import os
import shutil

import pytest

from notebook_seg.widgets.app_models import find_models


@pytest.fixture
def folder(tmp_path, model_of_coins):
    """A dataset's folder with a model in each of its two places, the trained one being newer."""
    for number, place in enumerate(["models/shared", "runs/trained"]):
        copy = tmp_path / place
        shutil.copytree(model_of_coins, copy)
        os.utime(copy / "model.weights.h5", (number, number))
    return tmp_path


def test_the_latest_comes_first_with_its_classes(folder):
    trained, shared = find_models(folder)
    assert (trained.name, shared.name) == ("trained", "shared")
    assert trained.folder == folder / "runs" / "trained"
    assert trained.class_names == ("background", "coin")
    assert trained.title == "trained · coin"


def test_the_overlap_is_told_where_it_is_known(folder):
    record = folder / "runs" / "trained" / "model.json"
    content = json.loads(record.read_text())
    content["training"]["best_validation_iou"] = 0.75
    record.write_text(json.dumps(content))
    assert find_models(folder)[0].title == "trained · IoU 0.750 · coin"


@pytest.mark.parametrize("damage", ["{", "[]", '{"classes": 3}', '{"classes": [{}]}'])
def test_what_is_damaged_is_passed_over(folder, damage):
    (folder / "runs" / "trained" / "model.json").write_text(damage)
    assert [found.name for found in find_models(folder)] == ["shared"]


def test_a_training_that_has_no_weights_yet_is_passed_over(folder):
    (folder / "runs" / "trained" / "model.weights.h5").unlink()
    assert [found.name for found in find_models(folder)] == ["shared"]


def test_a_training_that_was_cut_off_is_told_as_unfinished(folder):
    (folder / "runs" / "trained" / "checkpoint.npz").write_bytes(b"")
    assert [found.title for found in find_models(folder)] == [
        "trained · unfinished · coin",
        "shared · coin",
    ]


def test_a_training_that_was_stopped_on_purpose_has_come_to_an_end(folder):
    trained = folder / "runs" / "trained"
    (trained / "checkpoint.npz").write_bytes(b"")
    content = json.loads((trained / "model.json").read_text())
    content["training"]["ended"] = "stopped"
    (trained / "model.json").write_text(json.dumps(content))
    found = find_models(folder)[0]
    assert (found.title, found.is_finished) == ("trained · stopped early · coin", True)


def test_models_that_are_asked_together_are_one(folder):
    together = folder / "runs" / "together"
    for fold in ("fold_1", "fold_2"):
        shutil.copytree(folder / "runs" / "trained", together / fold)
    (together / "ensemble.json").write_text('{"format": 1, "models": ["fold_1", "fold_2"]}')
    (found,) = [model for model in find_models(folder) if model.name == "together"]
    assert found.title == "together · 2 networks · coin"
