"""Sharing: one file, from which anybody has the same model."""

import json
from pathlib import Path

import albumentations
import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import ModelError, OptionError, SaveError
from notebook_seg.prediction import Ensemble
from notebook_seg.sharing import BundleInfo, get, load_model, open_bundle, read_info, share

from .conftest import SMALL, small_model
from .tampering import contents


def test_a_shared_model_predicts_what_it_predicted_before(bundle, model, coin_dataset):
    photograph = coin_dataset.image("coin_07")

    labels = open_bundle(bundle).model.predict(photograph).labels

    np.testing.assert_array_equal(labels, model.predict(photograph).labels)
    assert set(np.unique(labels)) == {0, 1}


def test_a_bundle_tells_what_was_said_when_it_was_shared(bundle):
    opened = open_bundle(bundle)

    assert opened.info == read_info(bundle)
    assert opened.info.name == "coins"
    assert opened.info.classes == ("coin",)
    assert opened.info.authors == ("A. Curator",)
    assert (opened.info.licence, opened.info.citation) == ("CC-BY-4.0", "Curator 2026, Coins")
    for said in (
        "Ancient coins on grey.",
        "CC-BY-4.0",
        "Curator 2026",
        "Whole coins only.",
        "0.750",
    ):
        assert said in opened.card


def test_a_tilde_is_the_home_of_the_user(ensemble, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    ensemble.save("~/model")
    bundle = share("~/model", "~/coins.nbseg.zip", catalogue="~/models", progress=False)
    assert bundle == tmp_path / "coins.nbseg.zip"
    assert read_info("~/coins.nbseg.zip").name == "model"
    assert load_model("~/coins.nbseg.zip").class_names == ensemble.class_names
    get("~/coins.nbseg.zip", out="~/fetched", progress=False)
    assert not (tmp_path / "~").exists()
    written = {"model", "coins.nbseg.zip", "models", "fetched"}
    assert {path.name for path in tmp_path.iterdir()} == written


def test_line_ends_of_any_system_are_the_same():
    info = BundleInfo("coins", ("coin",), "One.\r\nTwo.", limits="A\rb", authors=("A\r\nB",))

    assert (info.description, info.limits, info.authors) == ("One.\nTwo.", "A\nb", ("A\nB",))
    assert BundleInfo.from_json(info.to_json()) == info


def test_the_test_picture_shows_what_the_model_says_of_it(bundle, model):
    opened = open_bundle(bundle)

    assert opened.agreement == 1.0
    np.testing.assert_array_equal(model.predict(opened.photograph).labels, opened.labels)


def test_several_models_are_shared_as_one(ensemble_bundle, ensemble, coin_dataset):
    shared = load_model(ensemble_bundle)
    photograph = coin_dataset.image("coin_07")

    assert isinstance(shared, Ensemble)
    assert len(shared) == 2
    np.testing.assert_array_equal(
        shared.predict(photograph).working_probabilities,
        ensemble.predict(photograph).working_probabilities,
    )


def test_a_model_folder_is_shared_under_its_own_name(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model.save(tmp_path / "my coins")

    file = share(tmp_path / "my coins", progress=False)

    assert file == Path("my-coins.nbseg.zip")
    assert read_info(file).name == "my-coins"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my coins", "my-coins.nbseg.zip"]


def test_the_same_model_gives_the_same_file(model, tmp_path):
    first, second = (
        share(model, tmp_path / f"{number}.zip", name="coins", progress=False) for number in (1, 2)
    )

    assert first.read_bytes() == second.read_bytes()


def test_scores_of_the_card_are_those_on_pictures_that_the_model_has_not_seen(
    model, coin_dataset, tmp_path
):
    some = Dataset(coin_dataset.folder).subset(["coin_01", "coin_03", "coin_04", "coin_05"])

    card = open_bundle(share(model, tmp_path / "a.zip", data=some, progress=False)).card

    assert "On 2 pictures that it has never seen" in card
    assert "| coin | " in card
    assert "not scored" not in card


def test_a_card_without_scores_and_licence_says_so(model, tmp_path):
    card = open_bundle(share(model, tmp_path / "a.zip", progress=False)).card

    assert "It was not scored on pictures that it has never seen" in card
    assert "ask whoever made it before you use it" in card


def test_the_test_picture_is_one_of_the_given_dataset_and_not_larger_than_it_must_be(
    model, tmp_path
):
    photograph = np.random.default_rng(0).integers(0, 255, (900, 1600, 3), np.uint8)

    opened = open_bundle(share(model, tmp_path / "a.zip", picture=photograph, progress=False))

    assert opened.photograph.shape == (432, 768, 3)


def test_a_shared_model_tells_no_folder_of_the_machine_that_trained_it(tmp_path):
    model = small_model(SMALL.replace(encoder_weights=str(tmp_path / "mobilenet.h5")))

    files = contents(share(model, tmp_path / "a.zip", progress=False))

    assert json.loads(files["model.json"])["plan"]["encoder_weights"] == "mobilenet.h5"
    assert not any(str(tmp_path).encode() in content for content in files.values())


def test_a_pipeline_of_ones_own_becomes_the_preset_that_turns_alike(tmp_path):
    flips = albumentations.Compose([albumentations.D4(p=1)])
    model = small_model(SMALL.replace(augmentation=flips))

    record = open_bundle(share(model, tmp_path / "a.zip", progress=False)).model.record

    assert record.plan.augmentation == "microscopy"
    assert "D4" in str(record.training["augmentation"])


def test_a_file_that_is_there_is_replaced_only_on_request(model, tmp_path):
    file = tmp_path / "coins.nbseg.zip"
    file.write_bytes(b"mine")

    with pytest.raises(OptionError, match=r"there already.*overwrite"):
        share(model, file, progress=False)
    assert file.read_bytes() == b"mine"

    share(model, file, overwrite=True, progress=False)
    assert read_info(file).classes == ("coin",)


def test_what_cannot_be_shared_is_told_before_anything_is_written(model, coin_dataset, tmp_path):
    out = tmp_path / "out" / "a.nbseg.zip"

    with pytest.raises(ModelError, match="is not a model"):
        share(tmp_path, out, progress=False)
    with pytest.raises(OptionError, match="letters, digits"):
        share(model, out, name="../coins", progress=False)
    with pytest.raises(OptionError, match="The description of a shared model"):
        share(model, out, description="\x1b[31mred", progress=False)
    other = Dataset.create(tmp_path / "fish", coin_dataset.folder / "images", "fish")
    with pytest.raises(OptionError, match="classes of"):
        share(model, out, data=other, progress=False)
    assert not out.parent.exists()


def test_a_place_that_cannot_be_written_is_one_clear_error(model, tmp_path):
    (tmp_path / "in_the_way").touch()

    with pytest.raises(SaveError, match="in_the_way"):
        share(model, tmp_path / "in_the_way" / "a.nbseg.zip", progress=False)
