import csv

import numpy as np
import pytest

from notebook_seg.data import Dataset, read_image, read_mask
from notebook_seg.errors import DatasetError, OptionError, SaveError
from notebook_seg.prediction import Ensemble
from notebook_seg.workflow import write_inspection

from .conftest import broken, untrained


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    """Three pictures of coins, one of them not labelled yet."""
    data = Dataset.sample(tmp_path_factory.mktemp("coins") / "coins")
    data.mask_path("coin_03").unlink()
    return data.subset(data.stems[:3])


@pytest.fixture(scope="module")
def model(coins):
    split = {"train": coins.stems[:1], "validation": (), "test": coins.stems[1:2]}
    return untrained(split, {"loss": [0.9, 0.5], "iou": [0.1, 0.3]})


@pytest.fixture(scope="module")
def written(model, coins, tmp_path_factory):
    out = tmp_path_factory.mktemp("inspected") / "deep" / "out"
    return out, write_inspection(model, coins, out, progress=False)


def rows(file):
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_everything_is_written(written):
    out, _ = written
    assert {path.name for path in out.iterdir()} == {
        "figures",
        "masks",
        "metrics.csv",
        "report.html",
        "scores.csv",
        "sheet.pdf",
    }
    figures = {path.stem for path in (out / "figures").iterdir()}
    assert {"scores", "confusion", "calibration", "curves", "weights"} <= figures
    assert all(read_image(path).std() > 1 for path in (out / "figures").iterdir())


def test_every_picture_has_its_predicted_mask_at_its_own_size(written, model, coins):
    out, _ = written
    for stem in coins.stems:
        mask = read_mask(out / "masks" / f"{stem}.png")
        np.testing.assert_array_equal(mask, model.predict(coins.image(stem)).labels)


def test_the_four_scores_of_each_labelled_picture_are_in_the_table(written):
    out, inspection = written
    found = {row["picture"]: row for row in rows(out / "metrics.csv")}
    assert found.keys() == inspection.scores.scores.keys() == {"coin_01", "coin_02"}
    for stem, scores in inspection.scores.scores.items():
        assert float(found[stem]["pixel_accuracy"]) == pytest.approx(
            scores.pixel_accuracy, abs=1e-6
        )


def test_scores_of_outlines_and_objects_stand_beside_the_others(written):
    out, _ = written
    columns = set(rows(out / "scores.csv")[0])
    assert {"iou", "boundary_iou", "hausdorff_95", "object_f1"} <= columns


def test_scores_of_pictures_that_were_learned_from_are_told_apart(written):
    out, inspection = written
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<p class='lead'>On pictures that it has not learned from: of the labelled" in page
    assert "pixels of 1 picture" in inspection.evidence.summary
    assert "<h3>coin_01 (train)</h3>" in page
    for table in ("scores.csv", "metrics.csv"):
        parts = {row["picture"]: row["part"] for row in rows(out / table)}
        assert {"coin_01": "train", "coin_02": "test"}.items() <= parts.items()


def test_a_report_of_pictures_learned_from_alone_says_so(model, coins, tmp_path):
    learned = coins.subset(["coin_01"])
    inspection = write_inspection(model, learned, tmp_path, limit=1, progress=False)
    page = inspection.report.read_text(encoding="utf-8")
    assert "<p class='lead'>On pictures that it has learned from: of" in page
    assert "How good it is on new ones is not known." in page


def test_the_report_has_advice_pictures_scores_plan_and_curves(written):
    out, inspection = written
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page == inspection.report.read_text(encoding="utf-8")
    for heading in ("What to do next", "Pictures, worst first", "Every score", "Learning curves"):
        assert f"<h2>{heading}</h2>" in page
    assert inspection.advice
    assert "small_unet" in page
    assert str(out) not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_heatmap_is_drawn_for_each_class_that_the_worst_pictures_are_said_to_show(written):
    out, inspection = written
    for stem, scores in inspection.scores.scores.items():
        drawn = (out / "figures" / f"why_coin_in_{stem}.png").exists()
        assert drawn == bool(scores.pixels_predicted[1])


def test_of_a_broken_model_it_is_told_that_it_is_broken(coins, tmp_path):
    model = broken(untrained({"train": coins.stems[:1]}, {}))
    inspection = write_inspection(model, coins.subset(["coin_01"]), tmp_path, progress=False)
    assert inspection.advice[0].topic == "broken weights"
    assert "The network is broken" in inspection.report.read_text(encoding="utf-8")
    assert not (tmp_path / "figures" / "calibration.png").exists()


def saying_one_everywhere(model):
    """Let the network of a model give each pixel its first class, whatever the picture."""
    *_, last = (layer for layer in model.network.layers if layer.get_weights())
    weights = last.get_weights()
    weights[-1][:] = 9
    last.set_weights(weights)
    return model


def test_a_class_whose_name_no_file_may_have_is_explained_too(coins, tmp_path):
    data = Dataset.create(
        tmp_path / "cells",
        [coins.image_path("coin_01")],
        ["dead/alive"],
        masks=[coins.mask_path("coin_01")],
    )
    model = saying_one_everywhere(untrained({"train": data.stems}, {}, "dead/alive"))
    write_inspection(model, data, tmp_path / "out", progress=False)
    assert (tmp_path / "out" / "figures" / "why_dead_alive_in_coin_01.png").exists()
    assert "dead/alive in coin_01" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_an_ensemble_is_inspected_too(model, coins, tmp_path):
    one = coins.subset(coins.stems[:1])
    inspection = write_inspection(Ensemble([model, model]), one, tmp_path, progress=False)
    page = inspection.report.read_text(encoding="utf-8")
    assert "2 models, small_unet" in page
    said = any(scores.pixels_predicted[1] for scores in inspection.scores.scores.values())
    assert ("<h2>Why (first of 2 models): " in page) == said
    assert not (tmp_path / "figures" / "weights.png").exists()


def test_a_dataset_without_masks_is_told_before_anything_is_written(model, coins, tmp_path):
    with pytest.raises(DatasetError, match="labelled yet"):
        write_inspection(model, coins.subset(["coin_03"]), tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


class Impatient(Ensemble):
    """An ensemble during whose first prediction somebody presses Ctrl-C."""

    def predict(self, *arguments, **options):
        raise KeyboardInterrupt


def test_an_interruption_before_the_first_picture_is_told(model, coins, tmp_path):
    with pytest.raises(DatasetError, match="interrupted before"):
        write_inspection(Impatient([model]), coins, tmp_path / "out", progress=False)


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"spacing": 0.0}])
def test_a_number_that_makes_no_sense_is_told_before_anything_is_written(
    model, coins, tmp_path, wrong
):
    with pytest.raises(OptionError):
        write_inspection(model, coins, tmp_path / "out", progress=False, **wrong)
    assert not (tmp_path / "out").exists()


def test_a_report_may_show_no_picture(model, coins, tmp_path):
    one = coins.subset(["coin_01"])
    page = write_inspection(model, one, tmp_path, limit=0, progress=False).report.read_text("utf-8")
    assert "class='picture'" not in page
    assert "<h2>Pictures, worst first</h2>" not in page


def test_a_folder_that_cannot_be_made_is_told(model, coins, tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(SaveError):
        write_inspection(model, coins, tmp_path / "out", progress=False)
