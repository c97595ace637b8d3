import csv

import pytest

from notebook_seg.data import Dataset, read_image
from notebook_seg.errors import DatasetError, OptionError, WeightsError
from notebook_seg.prediction import load_model
from notebook_seg.workflow import evaluate, part_of_split, train, worst_first, write_evaluation

BRIEFLY = {
    "epochs": 1,
    "steps": 1,
    "patch": (64, 64),
    "batch_size": 2,
    "encoder": "resnet18",
    "encoder_weights": None,
    "progress": False,
}


def test_what_was_trained_is_what_is_loaded(model_folder, brief_model, coin_dataset):
    assert load_model(model_folder).class_names == coin_dataset.class_names
    assert (model_folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_every_picture_is_scored(brief_model, coin_dataset):
    scores = evaluate(brief_model, coin_dataset, progress=False)
    assert set(scores.scores) == set(coin_dataset.stems)
    pixels = sum(coin_dataset.mask(stem).size for stem in coin_dataset.stems)
    assert scores.overall.pixels == pixels


def test_the_parts_of_the_split_are_those_of_the_training(brief_model, coin_dataset):
    parts = [
        set(part_of_split(brief_model, coin_dataset, part).stems)
        for part in ("train", "validation", "test")
    ]
    assert set.union(*parts) == set(coin_dataset.stems)
    assert sum(map(len, parts)) == len(coin_dataset)


def test_a_part_that_was_not_kept_is_told(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    model = train(data, **BRIEFLY)
    with pytest.raises(DatasetError, match=r"test=0\.2"):
        part_of_split(model, data, "test")
    with pytest.raises(OptionError, match="did you mean 'test'"):
        part_of_split(model, data, "tests")


def test_one_labelled_picture_is_enough_to_train(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    model = train(data.subset(data.stems[:1]), **BRIEFLY)
    assert model.record.split["train"] == data.stems[:1]
    assert model.record.training["best_validation_iou"] is None


def test_nothing_labelled_is_told(tmp_path, coin_dataset):
    data = Dataset.create(tmp_path / "new", coin_dataset.folder / "images", ["coin"])
    with pytest.raises(DatasetError, match="draw some masks first"):
        train(data, **BRIEFLY)


def test_without_internet_the_missing_weights_are_told(coin_dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    missing = tmp_path / "weights"
    with pytest.raises(WeightsError, match="mobilenet_v2"):
        train(coin_dataset, **{**BRIEFLY, "encoder": "mobilenetv2", "encoder_weights": missing})


def test_a_dataset_of_other_classes_is_told(brief_model, tmp_path, coin_dataset):
    masks = coin_dataset.folder / "masks"
    other = Dataset.create(tmp_path / "other", coin_dataset.folder / "images", ["shell"], masks)
    with pytest.raises(OptionError, match="shell"):
        evaluate(brief_model, other, progress=False)


def test_scores_and_the_worst_pictures_are_written(brief_model, coin_dataset, tmp_path):
    scores = evaluate(brief_model, coin_dataset, progress=False)
    write_evaluation(brief_model, coin_dataset, scores, tmp_path / "deep" / "out")
    with (tmp_path / "deep" / "out" / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["picture"] for row in rows} >= set(coin_dataset.stems)
    assert {row["class"] for row in rows} >= {"background", "coin"}
    assert read_image(tmp_path / "deep" / "out" / "worst_first.png").std() > 10


def test_the_worst_pictures_come_first(brief_model, coin_dataset):
    scores = evaluate(brief_model, coin_dataset, progress=False)
    figure = worst_first(brief_model, coin_dataset, scores, limit=2)
    titles = " ".join(axes.get_title() + axes.get_ylabel() for axes in figure.axes)
    texts = titles + " ".join(text.get_text() for text in figure.texts)
    texts += " ".join(t.get_text() for axes in figure.axes for t in axes.texts)
    found = [texts.find(stem) for stem in scores.stems_worst_first[:2]]
    assert found[0] >= 0
    assert found == sorted(found)
