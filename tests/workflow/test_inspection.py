from dataclasses import replace

import numpy as np
import pytest

from notebook_seg.data import ClassLabel, Dataset
from notebook_seg.errors import ImageError, ModelError, OptionError
from notebook_seg.inspection.advice import advise as draw_conclusions
from notebook_seg.inspection.explain import heatmap
from notebook_seg.inspection.rules.common import longer, train_again
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.training import recipes
from notebook_seg.workflow import advise, evaluate, gather_evidence, write_inspection

from .conftest import untrained


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    """Six pictures of coins, one of them not labelled yet."""
    data = Dataset.sample(tmp_path_factory.mktemp("coins") / "coins")
    data.mask_path("coin_06").unlink()
    return data.subset(data.stems[:6])


@pytest.fixture(scope="module")
def model(coins):
    split = {"train": coins.stems[:3], "validation": coins.stems[3:4], "test": ()}
    return untrained(split, {"loss": [0.9], "iou": [0.1], "val_loss": [0.9], "val_iou": [0.1]})


@pytest.fixture(scope="module")
def evidence(model, coins):
    return gather_evidence(model, coins, progress=False)


def test_every_picture_is_looked_at_and_knows_its_part(evidence, coins):
    parts = {p.stem: p.part for p in evidence.pictures}
    assert parts == dict(
        zip(coins.stems, ("train",) * 3 + ("validation", "new", "new"), strict=True)
    )
    assert [p.stem for p in evidence.unlabelled] == ["coin_06"]


def test_scores_are_those_of_evaluate(evidence, model, coins):
    scores = evaluate(model, coins, progress=False)
    found = {p.stem: p.scores for p in evidence.labelled}
    assert found.keys() == scores.scores.keys()
    for stem, expected in scores.scores.items():
        np.testing.assert_array_equal(found[stem].counts, expected.counts)


def test_sizes_are_those_at_the_working_scale_of_the_model(evidence):
    assert all(p.factor == pytest.approx(64 / 126, rel=0.2) for p in evidence.pictures)
    assert 20 < evidence.sizes(1).typical_diameter < 64


def test_curves_and_plan_are_those_of_the_model(evidence, model):
    assert evidence.history == model.history
    assert evidence.plan["scale"] == {"long_side": 64, "factor": None}


def again(model, data):
    """Return what a longer training of the same network would be called with."""
    evidence = gather_evidence(model, data, progress=False)
    return train_again(evidence.plan, **longer(evidence.plan)).arguments


def test_trained_again_a_network_written_by_hand_is_the_same_and_keeps_its_test_part(coins):
    split = {"train": coins.stems[:3], "validation": coins.stems[3:4], "test": coins.stems[4:5]}
    asked = again(untrained(split, {}), coins.subset(coins.stems[:1]))
    assert asked["architecture"] == "small_unet"
    assert asked["scale"] == {"long_side": 64, "factor": None}
    assert asked["epochs"] == 3
    assert asked["test"] == 0.2
    assert "minutes" not in asked
    assert "learning_rate" not in asked


def test_trained_again_a_recipe_is_kept(coins):
    plan = recipes.bgnn(epochs=5)
    record = replace(untrained({"train": coins.stems[:1]}, {}).record, plan=plan)
    told = again(Model(untrained({}, {}).network, record), coins.subset(coins.stems[:1]))
    assert (told["architecture"], told["encoder"]) == (plan.architecture, plan.encoder)
    assert told["learning_rate"] == plan.learning_rate
    assert "test" not in told


def test_pictures_that_cannot_be_read_are_left_out_and_told_first(model, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    some = data.subset(data.stems[:3])
    data.image_path("coin_02").write_bytes(b"no photograph")
    data.mask_path("coin_03").write_bytes(b"no mask")
    evidence = gather_evidence(model, some, progress=False)
    assert [p.stem for p in evidence.pictures] == ["coin_01"]
    told = draw_conclusions(evidence)[0]
    assert told.topic == "unreadable pictures"
    assert "2 pictures could not be read and are left out (coin_02 and coin_03): " in told.sentence
    with pytest.raises(ImageError, match="coin_02"):
        advise(model, data.subset(["coin_02"]), progress=False)


def test_the_models_of_a_cross_validation_are_not_told_to_be_cross_validated(coins):
    labelled = coins.subset(coins.labelled)
    folds = [labelled.stems[:3], labelled.stems[3:]]
    models = [
        untrained({"train": learned, "validation": (), "test": kept}, {})
        for learned, kept in (folds, folds[::-1])
    ]
    evidence = gather_evidence(Ensemble(models), labelled, progress=False)
    topics = {advice.topic for advice in draw_conclusions(evidence)}
    assert not {"nothing held back", "few pictures to judge by"} & topics
    assert evidence.summary.endswith("the scores of its cross-validation tell.")
    alone = gather_evidence(Ensemble(models[:1]), labelled.subset(folds[0]), progress=False)
    assert "nothing held back" in {advice.topic for advice in draw_conclusions(alone)}


def test_a_model_is_given_as_its_folder_too(model, coins, tmp_path):
    model.save(tmp_path / "model")
    one = coins.subset(["coin_01"])
    told = advise(str(tmp_path / "model"), one, progress=False)
    assert [a.topic for a in told] == [a.topic for a in advise(model, one, progress=False)]
    written = write_inspection(tmp_path / "model", one, tmp_path / "out", progress=False)
    assert written.report.exists()
    with pytest.raises(ModelError, match="no model"):
        advise(tmp_path / "no model", one, progress=False)


def test_a_heatmap_is_of_a_model_and_a_photograph_given_as_files(model, coins, tmp_path):
    model.save(tmp_path / "model")
    heat = heatmap(tmp_path / "model", coins.image_path("coin_01"), "coin", progress=False)
    same = heatmap(model, coins.image("coin_01"), "coin", progress=False)
    np.testing.assert_allclose(heat.values, same.values, atol=1e-4)


def test_whoever_asks_is_shown_each_picture_with_its_prediction(model, coins):
    seen = []
    gather_evidence(
        model,
        coins.subset(coins.stems[:2]),
        progress=False,
        visit=lambda shown, found: seen.append((shown.stem, found.stem, shown.labels.shape)),
    )
    assert seen == [(stem, stem, coins.image_size(stem)) for stem in coins.stems[:2]]


def test_interrupting_keeps_what_was_seen(model, coins):
    def interrupt(shown, found):
        if shown.stem == coins.stems[2]:
            raise KeyboardInterrupt

    found = gather_evidence(model, coins, progress=False, visit=interrupt)
    assert [p.stem for p in found.pictures] == list(coins.stems[:2])


def test_a_model_that_has_learned_nothing_is_advised_against(model, coins):
    told = advise(model, coins, progress=False)
    assert told[0].level == "mend first" or told[0].topic == "underfitting"
    assert [a.severity for a in told] == sorted((a.severity for a in told), reverse=True)


def test_broken_weights_are_told_first(model, coins):
    network = model.record.build()
    last = next(layer for layer in reversed(network.layers) if layer.get_weights())
    last.set_weights([np.full_like(w, np.nan) for w in last.get_weights()])
    few = coins.subset(coins.stems[:1])
    told = advise(Model(network, model.record, model.history), few, progress=False)
    assert told[0].topic == "broken weights"
    assert last.name in told[0].sentence


def test_an_ensemble_is_advised_on_as_one(model, coins):
    few = coins.subset(coins.stems[:2])
    found = gather_evidence(Ensemble([model, model]), few, progress=False)
    assert found.history == {}
    assert len(found.pictures) == 2


def test_a_dataset_of_other_classes_is_told(model, coins):
    record = replace(model.record, classes=(ClassLabel(1, "shell", "#e6194b"),))
    with pytest.raises(OptionError, match="the model knows background, shell"):
        advise(Model(model.network, record), coins, progress=False)
