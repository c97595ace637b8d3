import csv
from dataclasses import replace

import numpy as np
import pytest

from notebook_seg.data import Dataset, read_image
from notebook_seg.errors import DatasetError, OptionError
from notebook_seg.prediction import Model
from notebook_seg.workflow import evaluate, part_of_split, worst_first, write_evaluation


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


def test_a_part_that_was_not_kept_is_told(brief_model, coin_dataset):
    record = brief_model.record
    without = replace(record, split={**record.split, "test": ()})
    model = Model(brief_model.network, without)
    with pytest.raises(DatasetError, match=r"test=0\.2"):
        part_of_split(model, coin_dataset, "test")
    with pytest.raises(OptionError, match="did you mean 'test'"):
        part_of_split(model, coin_dataset, "tests")


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


def test_what_is_scored_can_be_seen_in_several_ways(brief_model, coin_dataset):
    few = coin_dataset.subset(coin_dataset.stems[:1])
    scores = evaluate(brief_model, few, progress=False, augmented=True)
    seen = brief_model.predict(few.image(few.stems[0]), augmented=True).labels
    assert scores.overall.pixels_predicted[1] == np.count_nonzero(seen)
