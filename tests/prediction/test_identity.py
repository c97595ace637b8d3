from dataclasses import replace

from notebook_seg.prediction import Ensemble, Model, load_model
from notebook_seg.prediction.identity import fingerprint


def with_training(model, **training):
    return Model(model.network, replace(model.record, training=training))


def test_a_model_is_the_same_after_it_was_saved_and_loaded(quick_model, tmp_path):
    quick_model.save(tmp_path / "model")
    assert fingerprint(load_model(tmp_path / "model")) == fingerprint(quick_model)


def test_what_does_not_change_predictions_does_not_count(quick_model):
    assert fingerprint(with_training(quick_model, seconds=7)) == fingerprint(quick_model)


def test_other_weights_and_another_temperature_make_another_model(quick_model, another_model):
    warm = with_training(quick_model, temperature=2.0)
    prints = {fingerprint(model) for model in (quick_model, another_model, warm)}
    assert len(prints) == 3


def test_an_ensemble_is_all_its_models(quick_model, another_model, tmp_path):
    both = Ensemble([quick_model, another_model])
    both.save(tmp_path / "both")
    assert fingerprint(load_model(tmp_path / "both")) == fingerprint(both)
    alone = {fingerprint(quick_model), fingerprint(another_model)}
    assert fingerprint(both) not in alone
