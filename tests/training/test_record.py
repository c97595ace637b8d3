import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from notebook_seg.errors import ModelError, SaveError
from notebook_seg.prediction import load_model
from notebook_seg.training import ModelRecord
from notebook_seg.training.record import set_aside


@pytest.fixture
def folder(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


def test_a_record_says_what_was_trained_on_what(folder):
    record = ModelRecord.read(folder)
    assert [c.name for c in record.classes] == ["coin"]
    assert {name: len(stems) for name, stems in record.split.items()} == {
        "train": 8,
        "validation": 1,
        "test": 3,
    }
    assert record.plan.epochs == 1
    assert set(record.versions) >= {"notebook_seg", "keras"}


@pytest.mark.parametrize("share", [0, 0.5, 0.9999])
def test_a_disk_that_fills_up_while_weights_are_written_leaves_the_older_ones(
    folder, full_disk, share
):
    weights = folder / "model.weights.h5"
    model, before = load_model(folder), weights.read_bytes()
    with full_disk(int(share * len(before))), pytest.raises(SaveError, match="Cannot write"):
        model.save(folder)
    assert weights.read_bytes() == before
    assert not list(folder.glob(".*"))


def test_a_model_in_the_folder_where_one_works_is_set_aside_beside_it(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert set_aside(Path()) == folder.with_name("model.1")
    assert not folder.exists()


def test_the_card_can_be_read_by_people(folder):
    card = (folder / "card.md").read_text()
    assert card.startswith("# Segmentation of coin")
    assert "8 pictures" in card


def test_a_model_that_is_saved_again_predicts_the_same(folder, tmp_path, coin_dataset):
    model = load_model(folder)
    model.save(tmp_path / "copy")
    image = coin_dataset.image(coin_dataset.stems[0])
    np.testing.assert_array_equal(
        *(m.predict(image).probabilities for m in (model, load_model(tmp_path / "copy")))
    )
    assert load_model(tmp_path / "copy").history == model.history


def test_a_folder_that_is_no_model_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"it has no model\.json"):
        load_model(tmp_path)


@pytest.mark.parametrize("damage", ["{", "{}", '{"format": 1}', "[]", "\x00"])
def test_a_damaged_record_is_told(folder, damage):
    (folder / "model.json").write_text(damage)
    with pytest.raises(ModelError, match=r"model\.json is damaged"):
        load_model(folder)


def test_a_record_of_a_newer_format_asks_for_an_upgrade(folder):
    content = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**content, "format": 99}))
    with pytest.raises(ModelError, match="pip install --upgrade"):
        load_model(folder)


def test_weights_that_were_cut_short_are_told(folder):
    weights = folder / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:10_000])
    with pytest.raises(ModelError, match=r"model\.weights\.h5"):
        load_model(folder)


def test_weights_that_are_absent_are_told(folder):
    (folder / "model.weights.h5").unlink()
    with pytest.raises(ModelError, match=r"model\.weights\.h5"):
        load_model(folder)


def test_weights_of_another_network_are_told(folder):
    content = json.loads((folder / "model.json").read_text())
    content["plan"]["encoder"] = "resnet18"
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="resnet18"):
        load_model(folder)


def test_a_damaged_history_is_told(folder):
    (folder / "history.csv").write_text("epoch,loss\n1,abc\n")
    with pytest.raises(ModelError, match=r"history\.csv is damaged"):
        load_model(folder)


def test_a_place_that_cannot_be_written_is_told(folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SaveError, match="file"):
        load_model(folder).save(tmp_path / "file" / "model")
