import shutil
from dataclasses import replace

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import ImageError
from notebook_seg.prediction import Model
from notebook_seg.training import ModelRecord
from notebook_seg.training.calibration import best_temperature, fit_temperature, surprise
from notebook_seg.training.networks import preprocess
from notebook_seg.training.tiling import predict_in_tiles
from notebook_seg.workflow import evaluate
from notebook_seg.workflow.fold_calibration import calibrate_folds, score_fold


@pytest.fixture(scope="module")
def one_picture(coin_dataset):
    return coin_dataset.subset(coin_dataset.stems[:1])


@pytest.fixture(scope="module")
def uncalibrated(brief_model):
    return Model(brief_model.network, replace(brief_model.record, training={}))


def test_the_look_that_scores_gives_the_temperature_of_the_networks_own_logits(
    uncalibrated, one_picture
):
    (stem,), plan = one_picture.stems, uncalibrated.record.plan

    def logits(images):
        return uncalibrated.network.predict_on_batch(preprocess(plan.encoder, images))

    said = predict_in_tiles(plan.working_image(one_picture.image(stem)), logits)
    wanted = fit_temperature([(said, plan.scale.mask(one_picture.mask(stem)))])
    scores, surprises = score_fold(uncalibrated, one_picture, progress=False)
    assert best_temperature([np.array(surprises)]) == pytest.approx(wanted, rel=1e-3)
    expected = evaluate(uncalibrated, one_picture, progress=False)
    np.testing.assert_array_equal(scores.scores[stem].counts, expected.scores[stem].counts)


def test_a_model_with_a_temperature_of_its_own_says_nothing_of_the_others(brief_model, one_picture):
    assert score_fold(brief_model, one_picture, progress=False)[1] == []


def test_a_picture_that_cannot_be_read_is_told_and_the_others_are_scored(
    brief_model, coin_dataset, tmp_path, capsys
):
    shutil.copytree(coin_dataset.folder, tmp_path / "coins")
    three = Dataset(tmp_path / "coins").subset(coin_dataset.stems[:3])
    torn, *whole = three.stems
    photograph = three.image_path(torn)
    photograph.write_bytes(photograph.read_bytes()[:200])
    scores, _ = score_fold(brief_model, three, progress=False)
    assert set(scores.scores) == set(whole)
    assert capsys.readouterr().out.startswith(f"Not scored: {torn}: ")
    with pytest.raises(ImageError, match=torn):
        score_fold(brief_model, three.subset([torn]), progress=False)


def test_models_without_a_temperature_are_given_one_and_the_others_keep_theirs(
    brief_model, tmp_path
):
    given = {"own": 3.0, "none": None}
    for name, temperature in given.items():
        training = {"epochs": 1} if temperature is None else {"temperature": temperature}
        (tmp_path / name).mkdir()
        replace(brief_model.record, training=training).write(tmp_path / name)
    sure = np.zeros((1, 4, 2))
    sure[..., 1] = 10 * np.log(3)
    said = surprise(sure, np.array([[1, 1, 1, 0]], np.uint8))
    calibrate_folds([tmp_path / name for name in given], {"none": said.tolist()})
    own, fitted = (ModelRecord.read(tmp_path / name).training for name in given)
    assert own == {"temperature": 3.0}
    assert fitted == {"epochs": 1, "temperature": pytest.approx(10, rel=1e-3)}


def test_models_of_which_nothing_was_seen_are_left_as_they_are(tmp_path):
    calibrate_folds([tmp_path / "no such model"], {})
