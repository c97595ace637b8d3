import json
from dataclasses import replace

import numpy as np
import pytest

from notebook_seg.data import ClassLabel
from notebook_seg.errors import DatasetError, ModelError, OptionError
from notebook_seg.prediction import Ensemble, Model, load_model, predict_folder
from notebook_seg.training.scale import WorkingScale
from notebook_seg.workflow import evaluate, part_of_split


def sibling(model, **changes):
    """A model of the same kind with other weights."""
    record = replace(model.record, **changes)
    network = record.build()
    rng = np.random.default_rng(0)
    shaken = [w + rng.normal(0, 0.02, w.shape) for w in model.network.get_weights()]
    network.set_weights([np.abs(w) if (w > 0).all() else w for w in shaken])
    return Model(network, record)


@pytest.fixture(scope="module")
def models(brief_model):
    plan = replace(brief_model.record.plan, scale=WorkingScale(long_side=160))
    split = brief_model.record.split
    turned = {"train": split["test"], "validation": split["train"], "test": split["validation"]}
    return brief_model, sibling(brief_model), sibling(brief_model, plan=plan, split=turned)


@pytest.fixture(scope="module")
def ensemble(models):
    return Ensemble(models)


@pytest.fixture(scope="module")
def image(coin_dataset):
    return coin_dataset.image(coin_dataset.stems[0])


def test_an_ensemble_predicts_the_mean_of_its_models(models, image):
    first, second = (model.predict(image).working_probabilities for model in models[:2])
    together = Ensemble(models[:2]).predict(image)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_allclose(together.working_probabilities, (first + second) / 2, atol=1e-5)
    assert (together.class_names, together.colors) == (models[0].class_names, models[0].colors)


def test_models_of_other_working_scales_go_together(ensemble, models, image):
    sizes = {model.predict(image).working_probabilities.shape for model in models}
    assert len(sizes) == 2
    prediction = ensemble.predict(image, augmented=True)
    assert prediction.working_probabilities.shape[:2] == models[0].record.plan.scale.size(
        *image.shape[:2]
    )
    np.testing.assert_allclose(prediction.working_probabilities.sum(-1), 1, rtol=1e-4)


def test_where_models_contradict_each_other_an_ensemble_is_unsure(brief_model, image):
    def surely(label):
        network = brief_model.record.build()
        network.set_weights([np.zeros_like(w) for w in network.get_weights()])
        (bias,) = (w for w in network.weights if w.path == "outputs/bias")
        bias.assign(np.full(bias.shape, 1e4 if label else -1e4))
        return Model(network, brief_model.record)

    coin, background = surely(1), surely(0)
    assert coin.predict(image).labels.all()
    assert not background.predict(image).labels.any()
    assert coin.predict(image).uncertainty.max() < 0.01
    assert Ensemble([coin, background]).predict(image).uncertainty.min() > 0.99


def test_what_was_saved_is_what_is_loaded(models, image, tmp_path):
    ensemble = Ensemble(models[1:])
    ensemble.save(tmp_path / "together")
    loaded = load_model(tmp_path / "together")
    assert repr(loaded) == repr(ensemble) == "Ensemble(2 models: coin)"
    np.testing.assert_allclose(
        loaded.predict(image).working_probabilities,
        ensemble.predict(image).working_probabilities,
        atol=1e-5,
    )


def test_a_picture_that_a_model_has_learned_from_is_no_test_picture(ensemble, models):
    split = ensemble.record.split
    assert set(split["train"]) == {
        *models[0].record.split["train"],
        *models[2].record.split["train"],
    }
    assert not set(split["test"]) & {*split["train"], *split["validation"]}
    assert len({*split["train"], *split["validation"], *split["test"]}) == 12


def test_an_ensemble_goes_where_a_model_does(ensemble, coin_dataset, tmp_path):
    few = coin_dataset.subset(coin_dataset.stems[:2])
    assert set(evaluate(ensemble, few, progress=False).scores) == set(few.stems)
    done = predict_folder(ensemble, few.image_path(few.stems[0]), tmp_path, progress=False).done
    assert [mask.name for mask in done] == [f"{few.stems[0]}.png"]
    with pytest.raises(DatasetError, match="without test pictures"):
        part_of_split(ensemble, coin_dataset, "test")


def test_models_of_other_classes_do_not_go_together(brief_model):
    shell = Model(
        brief_model.network,
        replace(brief_model.record, classes=(ClassLabel(1, "shell", "#ff0000"),)),
    )
    with pytest.raises(OptionError, match="coin; shell"):
        Ensemble([brief_model, shell])
    with pytest.raises(OptionError, match="needs a model"):
        Ensemble([])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "damaged"),
        (json.dumps({"format": 1}), "damaged"),
        (json.dumps({"format": 1, "models": []}), "no model"),
        (json.dumps({"format": 99, "models": ["model_1"]}), "newer notebook_seg"),
        (json.dumps({"format": 1, "models": ["gone"]}), "gone is not a model"),
    ],
)
def test_a_folder_that_is_damaged_is_told(tmp_path, content, said):
    (tmp_path / "ensemble.json").write_text(content)
    with pytest.raises(ModelError, match=said):
        load_model(tmp_path)
    with pytest.raises(ModelError, match="is not an ensemble"):
        Ensemble.load(tmp_path / "absent")
