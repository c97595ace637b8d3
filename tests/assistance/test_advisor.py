import numpy as np
import pytest

from notebook_seg.assistance.advisor import Advisor
from notebook_seg.data import Dataset
from notebook_seg.errors import ModelError, OptionError, TrainingError

LABELLED = ("coin_01", "coin_02", "coin_03")


@pytest.fixture
def sample(tmp_path):
    return Dataset.sample(tmp_path / "sample")


@pytest.fixture
def half_labelled(sample, tmp_path):
    data = Dataset.create(tmp_path / "coins", sample.folder / "images", ["coin"])
    for stem in LABELLED:
        data.save_mask(stem, sample.mask(stem))
    return data


def iou(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def scribbles(truth):
    said = np.full(truth.shape, 255, np.uint8)
    said[1:4] = 0
    rows, columns = np.nonzero(truth)
    said[int(rows.mean()), columns.min() + 9 : columns.max() - 9] = 1
    return said


def test_labelled_pictures_teach_it_to_see_the_others(half_labelled, sample):
    image, truth = sample.image("coin_06"), sample.mask("coin_06")
    answer = Advisor(half_labelled).by_learning(image, None, LABELLED)
    assert answer.title == "The labelled pictures"
    assert iou(answer.labels == 1, truth == 1) > 0.7


def test_scribbles_are_in_the_answer_as_they_were_drawn(half_labelled, sample):
    said = scribbles(sample.mask("coin_06"))
    said[10:14, 10:14] = 1
    answer = Advisor(half_labelled).by_learning(sample.image("coin_06"), said, LABELLED)
    assert answer.title == "The scribbles"
    assert (answer.labels[said != 255] == said[said != 255]).all()


def test_with_nothing_to_learn_from_it_says_what_to_do(half_labelled, sample):
    with pytest.raises(TrainingError, match="scribble on a specimen and on the background"):
        Advisor(half_labelled).by_learning(sample.image("coin_06"), None, ())


def test_with_one_label_it_asks_for_another(half_labelled, sample):
    said = scribbles(sample.mask("coin_06"))
    said[said == 0] = 255
    with pytest.raises(TrainingError, match="Only coin was shown so far"):
        Advisor(half_labelled).by_learning(sample.image("coin_06"), said, ())


def test_it_says_what_it_does_and_can_be_ended_there(half_labelled, sample):
    class StopError(Exception):
        pass

    told = []

    def say(text):
        told.append(text)
        if "2 of 3" in text:
            raise StopError

    with pytest.raises(StopError):
        Advisor(half_labelled).by_learning(sample.image("coin_06"), None, LABELLED, say)
    assert told == [f"Learning from the labelled pictures, {n} of 3" for n in (1, 2)]


def test_the_pictures_to_label_next_are_told_with_reasons(half_labelled):
    ranking = Advisor(half_labelled).ranking(LABELLED)
    assert {found.stem for found in ranking} == set(half_labelled.unlabelled)
    assert all(found.why.startswith("The model is unsure of ") for found in ranking)


def test_before_anything_is_labelled_looks_alone_decide(sample, tmp_path):
    data = Dataset.create(tmp_path / "new", sample.folder / "images", ["coin"])
    found = Advisor(data).ranking(())[0]
    assert found.why == "Nothing is labelled yet, and it is the most like all the others"


def test_when_all_is_labelled_no_picture_is_suggested(sample):
    assert Advisor(sample).ranking(sample.labelled) == []


def test_a_trained_model_is_asked_by_its_folder(coin_dataset, model_folder, brief_model):
    told = []
    image = coin_dataset.image("coin_01")
    advisor = Advisor(coin_dataset, model_folder)
    answer = advisor.by_model(image, told.append)
    assert answer.title == "The model model"
    assert told == ["The model model is being loaded", "The model model looks at the picture"]
    alike = answer.labels == brief_model.predict(image).labels
    assert alike.mean() > 0.8


def test_what_a_trained_model_is_unsure_of_counts_for_the_next_picture(half_labelled, brief_model):
    ranking = Advisor(half_labelled, brief_model).ranking(())
    assert all(found.unsure is not None for found in ranking)


def test_a_model_of_other_classes_is_refused(sample, tmp_path, brief_model):
    data = Dataset.create(tmp_path / "fish", sample.folder / "images", ["fish"])
    with pytest.raises(OptionError, match=r"knows other classes.*: fish\. Received: coin"):
        Advisor(data, brief_model)


def test_a_folder_without_a_model_is_told_when_it_is_asked(half_labelled, tmp_path):
    advisor = Advisor(half_labelled, tmp_path)
    with pytest.raises(ModelError):
        advisor.by_model(half_labelled.image("coin_01"))


def test_without_a_model_none_can_be_asked(half_labelled):
    with pytest.raises(OptionError, match="There is no trained model"):
        Advisor(half_labelled).by_model(half_labelled.image("coin_01"))
