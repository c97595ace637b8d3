import csv
import json
import os
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ModelError, OptionError, TrainingError
from notebook_seg.prediction import Ensemble, Model, load_model
from notebook_seg.training import ModelRecord, Plan
from notebook_seg.training.run_lock import alone_in
from notebook_seg.training.scale import WorkingScale
from notebook_seg.workflow import cross_validate, evaluate
from notebook_seg.workflow.cross_validation import _latest_unfinished_cross_validation
from notebook_seg.workflow.fold_record import FoldRecord
from tests.conftest import SMALL_NETWORK

pytestmark = pytest.mark.usefixtures("eager")

BRIEFLY = {
    "epochs": 2,
    "steps": 1,
    "patch": (64, 64),
    "scale": WorkingScale(long_side=64),
    "batch_size": 1,
    **SMALL_NETWORK,
    "trackers": (),
    "progress": False,
}


class StopIn:
    """Stops a training of one fold after its first batch, as a person would."""

    def __init__(self, fold):
        self.fold = fold
        self.trained = []

    def attach(self, session):
        self.trained.append(session.out.name)
        if session.out.name == self.fold:
            session.stepped.connect(lambda step: session.stop())


def uncalibrated(model):
    training = {k: v for k, v in model.record.training.items() if k != "temperature"}
    return Model(model.network, replace(model.record, training=training))


def temperatures(folder):
    records = (ModelRecord.read(folder / f"fold_{number}") for number in (1, 2))
    return [record.training.get("temperature") for record in records]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = Dataset.sample(tmp_path_factory.mktemp("few") / "coins")
    return data.subset(data.stems[:4])


@pytest.fixture(scope="module")
def stopped(data):
    """What a cross-validation that was stopped in its second fold has said."""
    with pytest.raises(TrainingError) as told:
        cross_validate(data, 2, **{**BRIEFLY, "trackers": [StopIn("fold_2")]})
    return str(told.value)


@pytest.fixture(scope="module")
def went_on():
    return StopIn("none")


@pytest.fixture(scope="module")
def result(data, stopped, went_on):
    return cross_validate(data, 2, resume=True, **{**BRIEFLY, "trackers": [went_on]})


def test_who_stops_is_told_how_to_go_on(stopped, result):
    assert "stopped in fold 2 of 2" in stopped
    assert str(result.folder) in stopped


def test_what_was_stopped_goes_on_and_folds_that_are_done_are_not_trained_again(result, went_on):
    assert went_on.trained == ["fold_2"]
    assert [len(model.history["epoch"]) for model in result.ensemble.models] == [2, 2]


def test_every_picture_is_scored_by_the_model_that_has_not_seen_it(result, data):
    assert set(result.scores.scores) == set(data.stems)
    for fold, model, scores in zip(
        result.folds, result.ensemble.models, result.evaluations, strict=True
    ):
        assert not set(scores.scores) & {*model.record.split["train"]}
        assert not set(scores.scores) & {*model.record.split["validation"]}
        # Borders of what is enlarged move with the temperature, by a fraction of a pixel.
        again = evaluate(uncalibrated(model), data.subset(fold.test), progress=False)
        for stem in fold.test:
            np.testing.assert_allclose(
                again.scores[stem].counts, scores.scores[stem].counts, atol=3
            )


def test_few_pictures_give_all_models_one_temperature_though_none_is_held_back(result, data):
    assert [fold.validation for fold in result.folds] == [(), ()]
    first, second = temperatures(result.folder)
    assert first == second
    assert 0.1 <= first <= 20
    # The first fold was scored before the cross-validation was stopped.
    assert set(FoldRecord.read(result.folder).surprises) == {"fold_1", "fold_2"}
    assert result.ensemble.temperature == pytest.approx(first)
    softened = []
    for model in result.ensemble.models:
        image = data.image(data.stems[0])
        plain = uncalibrated(model).predict(image).working_probabilities
        calibrated = model.predict(image).working_probabilities
        np.testing.assert_array_equal(calibrated.argmax(-1), plain.argmax(-1))
        powers = np.float64(plain) ** (1 / first)
        softened.append(powers / powers.sum(-1, keepdims=True))
    found = result.ensemble.predict(image).working_probabilities
    np.testing.assert_allclose(found, np.mean(softened, axis=0), atol=1e-4)


def test_a_kill_before_all_models_have_their_temperature_leaves_none_without(result, data):
    both = temperatures(result.folder)
    record = ModelRecord.read(result.folder / "fold_2")
    uncalibrated(Model(None, record)).record.write(result.folder / "fold_2")
    assert temperatures(result.folder) == [both[0], None]
    cross_validate(data, 2, result.folder, **BRIEFLY)
    assert temperatures(result.folder) == both


def test_mean_and_spread_are_those_of_the_folds(result):
    assert result.iou.shape == (2,)
    assert result.mean == pytest.approx(result.iou.mean())
    assert result.spread == pytest.approx(abs(result.iou[0] - result.iou[1]) / np.sqrt(2))
    assert f"{result.mean:.3f} ± {result.spread:.3f}" in result._repr_html_()


def test_the_folder_is_an_ensemble_with_its_scores(result, data):
    ensemble = load_model(result.folder)
    assert isinstance(ensemble, Ensemble)
    assert ensemble.predict(data.image(data.stems[0])).uncertainty.max() > 0
    assert set(ensemble.record.split["train"]) <= set(data.stems)
    with (result.folder / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["picture"] for row in rows} == {*data.stems, "(all pictures)"}
    assert {row["fold"] for row in rows} == {"1", "2", "(mean)", "(spread)"}
    assert result.folder.parent == data.folder / "runs"
    assert isinstance(Model.load(result.folder / "fold_1"), Model)


def test_what_is_done_is_found_again_without_training(result, data):
    listener = StopIn("none")
    again = cross_validate(data, 2, result.folder, **{**BRIEFLY, "trackers": [listener]})
    assert listener.trained == []
    np.testing.assert_array_equal(again.iou, result.iou)
    with pytest.raises(ModelError, match=r"No cross-validation in .* is unfinished"):
        cross_validate(data, 2, resume=True, **BRIEFLY)


# Where it is 1, the kill came before the end of the second training was written down.
@pytest.mark.parametrize("trained", [2, 1])
def test_what_was_trained_but_not_scored_is_not_trained_again(result, data, trained):
    file = result.folder / "cross_validation.json"
    before = file.read_text()
    content = json.loads(before)
    scores = content["counts"].pop()
    content["trained"] = trained
    file.write_text(json.dumps(content))
    listener = StopIn("none")
    again = cross_validate(data, 2, result.folder, **{**BRIEFLY, "trackers": [listener]})
    assert listener.trained == []
    assert set(again.evaluations[1].scores) == set(scores)
    file.write_text(before)


@pytest.mark.parametrize(
    ("folds", "changed", "said"),
    [
        (2, {"epochs": 3}, "epochs was 2, now 3"),
        (2, {"learning_rate": 0.5}, "learning_rate was not said, now 0.5"),
        (2, {"class_weights": None}, "class_weights was not said, now None"),
        (2, {"seed": 7}, "folds or pictures"),
        (3, {}, "folds or pictures"),
    ],
)
def test_a_folder_of_another_cross_validation_is_left_alone(result, data, folds, changed, said):
    before = (result.folder / "cross_validation.json").read_bytes()
    with pytest.raises(OptionError, match=said):
        cross_validate(data, folds, result.folder, **{**BRIEFLY, **changed})
    assert (result.folder / "cross_validation.json").read_bytes() == before


def test_pictures_labelled_since_are_told_and_change_nothing(result, data, capsys):
    all_of_them = Dataset(data.folder)
    again = cross_validate(all_of_them, 2, result.folder, **BRIEFLY)
    np.testing.assert_array_equal(again.iou, result.iou)
    assert "Not part of this cross-validation: 8 pictures labelled since" in capsys.readouterr().out


def test_a_mask_that_is_gone_is_named(result, data):
    stem = data.stems[0]
    mask = data.mask_path(stem)
    before = mask.read_bytes()
    mask.unlink()
    with pytest.raises(OptionError, match=f"the mask of {stem} has gone since"):
        cross_validate(data, 2, result.folder, **BRIEFLY)
    mask.write_bytes(before)


def test_what_was_scored_but_not_ended_is_found_by_who_resumes(result, data):
    scores = result.folder / "scores.csv"
    before = scores.read_bytes()
    scores.unlink()
    listener = StopIn("none")
    again = cross_validate(data, 2, resume=True, **{**BRIEFLY, "trackers": [listener]})
    assert (listener.trained, again.folder) == ([], result.folder)
    assert scores.read_bytes() == before


def test_one_that_came_to_nothing_stands_in_nobodys_way(data, tmp_path):
    for weights in [(1, 2, 3), (1, 2, 3, 4)]:
        with pytest.raises(OptionError, match="class_weights are 2 numbers here"):
            cross_validate(data, 2, tmp_path / "cv", **BRIEFLY, class_weights=weights)


def test_scores_of_masks_that_were_drawn_anew_since_are_not_told(result, data):
    stem = data.stems[1]
    before = data.mask(stem)
    data.save_mask(stem, np.where(before == 0, 1, 0))
    with pytest.raises(OptionError, match=f"another folder as out=.* mask of {stem} has changed"):
        cross_validate(data, 2, result.folder, **BRIEFLY)
    data.save_mask(stem, before)
    assert cross_validate(data, 2, result.folder, **BRIEFLY).mean == result.mean


def test_scores_of_other_classes_are_not_told(result, data):
    file = data.folder / "dataset.json"
    before = file.read_text()
    content = json.loads(before)
    content["classes"].append({"index": 2, "name": "rim", "color": "#3cb44b"})
    file.write_text(json.dumps(content))
    with pytest.raises(OptionError, match=r"classes were background, coin, now .* rim"):
        cross_validate(Dataset(data.folder).subset(data.stems), 2, result.folder, **BRIEFLY)
    file.write_text(before)


def test_many_masks_that_have_changed_are_counted(result):
    record = FoldRecord.read(result.folder)
    masks = {f"coin_{number:02}": number for number in range(1, 13)}
    wanted = replace(record, masks=masks)
    with pytest.raises(OptionError, match=r"masks of coin_01, .*, coin_05 and 7 more have changed"):
        replace(wanted, masks=dict.fromkeys(masks, 0)).check_same(wanted)


def test_what_is_running_elsewhere_is_left_alone(result, data):
    with alone_in(result.folder), pytest.raises(TrainingError, match="A training is running in"):
        cross_validate(data, 2, result.folder, **BRIEFLY)


def test_a_run_without_a_date_in_its_name_is_resumed_first_only_if_it_is_the_latest(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    names = ("2026-05-02_09-30-00_small_unet_2-folds", "mine_2-folds")
    folders = [data.folder / "runs" / name for name in names]
    for folder in folders:
        wanted = (Plan(epochs=1), {}, data.folds(2), data.class_names, {})
        FoldRecord(folder, *wanted, trained=1).write()
    for day, latest in ((1, folders[0]), (3, folders[1])):
        written = datetime(2026, 5, day).timestamp()
        os.utime(folders[1], (written, written))
        assert _latest_unfinished_cross_validation(data).folder == latest


def test_a_damaged_record_is_told(result, data, tmp_path):
    for text, said in (("{", "damaged"), ('{"format": 99}', "newer notebook_seg")):
        (tmp_path / "cross_validation.json").write_text(text)
        with pytest.raises(ModelError, match=said):
            cross_validate(data, 2, tmp_path, **BRIEFLY)


def test_what_cannot_be_is_told_before_anything_is_trained(data, tmp_path):
    with pytest.raises(DatasetError, match="ask for 4 folds at most"):
        cross_validate(data, 5, tmp_path, **BRIEFLY)
    with pytest.raises(OptionError, match="Unknown option: did you mean 'epochs'"):
        cross_validate(data, 2, tmp_path, **BRIEFLY, epoch=3)
    with pytest.raises(DatasetError, match="groups are needed"):
        cross_validate(data, 2, tmp_path, groups="coin", **BRIEFLY)
    new = Dataset.create(tmp_path / "new", data.folder / "images", ["coin"])
    with pytest.raises(DatasetError, match="draw some masks first"):
        cross_validate(new, 2, tmp_path / "out", **BRIEFLY)


class Chances:
    """Notes how likely each picture is drawn in each training."""

    def __init__(self):
        self.seen = {}

    def attach(self, session):
        def note(step):
            self.seen[session.out.name] = sorted(set(session._runner.examples.chances.round(6)))

        session.stepped.connect(note)


def test_groups_that_are_given_count_as_those_of_the_dataset_do(coin_dataset, tmp_path):
    groups = dict.fromkeys(coin_dataset.stems[:6], "one animal")
    chances = Chances()
    result = cross_validate(
        coin_dataset, 3, tmp_path / "cv", groups=groups, **{**BRIEFLY, "trackers": [chances]}
    )
    assert "too few to hold any back" in result.plan.reasons["validation"]
    assert [len(fold.validation) for fold in result.folds] == [0, 0, 0]
    assert sorted(len(fold.test) for fold in result.folds) == [3, 3, 6]
    # Six of one animal and three others are four groups, six others as many groups.
    one_of_six, one_of_four = round(1 / 6, 6), 1 / 4
    among_the_animal = round(one_of_four / 6, 6)
    assert sorted(chances.seen.values()) == [
        *[[among_the_animal, one_of_four]] * 2,
        [one_of_six],
    ]
