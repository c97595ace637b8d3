"""Folders of photographs through `predict_folder`: what is written, and going on after an end."""

import csv
import shutil
import signal
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from notebook_seg.data import Dataset, read_image, read_mask
from notebook_seg.errors import OptionError, SaveError
from notebook_seg.prediction import predict_folder
from notebook_seg.prediction.outputs import OUTPUTS


@pytest.fixture
def photos(tmp_path, coin_dataset):
    """Six photographs in two folders, in both of which the names are the same."""
    stems = coin_dataset.stems[:3]
    for site, source in (("site_1", stems), ("site_2", coin_dataset.stems[3:6])):
        (tmp_path / "photos" / site).mkdir(parents=True)
        for name, stem in zip(stems, source, strict=True):
            shutil.copy(coin_dataset.image_path(stem), tmp_path / "photos" / site / f"{name}.png")
    return tmp_path / "photos"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def predict(model, photos, out, **options):
    return predict_folder(model, photos, out, progress=False, recursive=True, **options)


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_folders_are_kept_in_every_output(quick_model, photos, out):
    report = predict(quick_model, photos, out, write=OUTPUTS, smallest=20)
    assert len(report.done) == 6
    for output in OUTPUTS:
        found = {path.parent.relative_to(out).as_posix() for path in out.glob(f"{output}/*/*")}
        assert found == {f"{output}/site_1", f"{output}/site_2"}
    for path in photos.rglob("*.png"):
        mask = read_mask(out / "masks" / path.relative_to(photos))
        np.testing.assert_array_equal(mask, quick_model.predict(path).labels)


def test_each_picture_and_each_object_has_a_row(quick_model, photos, out):
    predict(quick_model, photos, out, write=["objects"], millimetres_per_pixel=0.5)
    pictures, objects = table(out / "pictures.csv"), table(out / "objects.csv")
    names = [f"site_{site}/coin_0{n}" for site in (1, 2) for n in (1, 2, 3)]
    assert [row["picture"] for row in pictures] == names
    assert [row["file"] for row in pictures] == [f"{name}.png" for name in names]
    counts = Counter(row["picture"] for row in objects)
    for row in pictures:
        labels = read_mask(out / "masks" / row["file"])
        assert (int(row["height"]), int(row["width"])) == labels.shape
        assert int(row["rim_pixels"]) == np.count_nonzero(labels == 2)
        assert float(row["rim_mm2"]) == np.count_nonzero(labels == 2) / 4
        assert int(row["objects"]) == counts[row["picture"]]
        assert len(list(out.glob(f"objects/{row['picture']}_*.png"))) == counts[row["picture"]]
    assert {row["class"] for row in objects} == {"coin", "rim"}
    assert len({(row["picture"], row["object"]) for row in objects}) == len(objects)


def test_pictures_without_a_scale_have_no_millimetres(quick_model, photos, out):
    report = predict(quick_model, photos, out, millimetres_per_pixel={"site_1/coin_02": 0.1})
    assert len(report.unscaled) == 5
    assert photos / "site_1" / "coin_02.png" not in report.unscaled
    scales = {row["picture"]: row["millimetres_per_pixel"] for row in table(out / "pictures.csv")}
    assert [name for name, scale in scales.items() if scale] == ["site_1/coin_02"]
    assert all(
        bool(row["length_mm"]) == (row["picture"] == "site_1/coin_02")
        for row in table(out / "objects.csv")
    )


def test_scales_of_other_pictures_are_an_error_before_any_work(quick_model, photos, out):
    with pytest.raises(OptionError, match="None of the photographs has a scale"):
        predict(quick_model, photos, out, millimetres_per_pixel={"fish": 0.1})
    assert not out.exists()


def test_what_is_done_is_not_done_again(quick_model, photos, out):
    predict(quick_model, photos / "site_1", out)
    before = {path: path.stat().st_mtime_ns for path in out.glob("masks/*")}
    shutil.copy(photos / "site_2" / "coin_01.png", photos / "site_1" / "coin_04.png")
    report = predict(quick_model, photos / "site_1", out)
    assert (len(report.done), report.earlier) == (4, 3)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(table(out / "pictures.csv")) == 4


def test_a_photograph_that_changed_is_predicted_again(quick_model, photos, out):
    predict(quick_model, photos / "site_1", out)
    shutil.copy(photos / "site_2" / "coin_01.png", photos / "site_1" / "coin_01.png")
    report = predict(quick_model, photos / "site_1", out)
    assert report.earlier == 2
    changed = quick_model.predict(photos / "site_1" / "coin_01.png").labels
    np.testing.assert_array_equal(read_mask(out / "masks" / "coin_01.png"), changed)


def test_another_model_or_other_settings_are_refused(quick_model, another_model, photos, out):
    predict(quick_model, photos, out)
    before = contents(out)
    with pytest.raises(OptionError, match="another model"):
        predict(another_model, photos, out)
    with pytest.raises(OptionError, match="augmented was False"):
        predict(quick_model, photos, out, augmented=True)
    assert contents(out) == before


def test_again_starts_anew(quick_model, another_model, photos, out):
    predict(quick_model, photos, out, write=["objects"])
    report = predict(another_model, photos / "site_1", out, write=[], again=True)
    assert report.earlier == 0
    assert sorted(out.rglob("*.png")) == sorted(report.done)
    for mask in report.done:
        labels = another_model.predict(photos / "site_1" / mask.name).labels
        np.testing.assert_array_equal(read_mask(mask), labels)


def test_masks_that_somebody_drew_are_not_written_over(quick_model, photos, out):
    (out / "masks").mkdir(parents=True)
    (out / "masks" / "coin_01.png").write_bytes(b"mine")
    with pytest.raises(OptionError, match="not written over"):
        predict(quick_model, photos / "site_1", out)
    assert (out / "masks" / "coin_01.png").read_bytes() == b"mine"


@pytest.mark.parametrize("chosen", ["", "site_1/*.png"])
def test_photographs_that_lie_where_results_go_are_not_written_over(
    quick_model, photos, tmp_path, chosen
):
    study = tmp_path / "study"
    shutil.copytree(photos, study / "cutouts")
    before = contents(study)
    with pytest.raises(OptionError, match="cutouts of the folder for results"):
        predict(quick_model, study / "cutouts" / chosen, study, write=["cutouts"], again=True)
    assert contents(study) == before


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("drawn", [0, 3])
def test_a_dataset_is_no_folder_for_results(quick_model, coin_dataset, photos, out, again, drawn):
    data = Dataset.create(out, photos / "site_1", ["coin"])
    for stem in data.stems[:drawn]:
        data.save_mask(stem, coin_dataset.mask(stem))
    before = contents(out)
    with pytest.raises(OptionError, match=r"is a dataset.*out_results"):
        predict(quick_model, photos / "site_1", out, again=again)
    assert contents(out) == before


def test_pictures_that_are_no_results_are_not_written_over(quick_model, photos, out):
    (out / "overlays").mkdir(parents=True)
    (out / "overlays" / "coin_01.jpg").write_bytes(b"mine")
    with pytest.raises(OptionError, match="has overlays that were not recorded"):
        predict(quick_model, photos / "site_1", out)
    assert contents(out) == {out / "overlays" / "coin_01.jpg": b"mine"}
    assert predict(quick_model, photos / "site_1", out, write=["cutouts"]).done


def test_a_failure_is_in_a_table_until_it_is_mended(quick_model, photos, out):
    whole = (photos / "site_1" / "coin_02.png").read_bytes()
    (photos / "site_1" / "coin_02.png").write_bytes(whole[:2000])
    report = predict(quick_model, photos, out)
    assert list(report.failed) == [photos / "site_1" / "coin_02.png"]
    (row,) = table(out / "failed.csv")
    assert (row["picture"], row["file"]) == ("site_1/coin_02", "site_1/coin_02.png")
    assert row["reason"] == next(iter(report.failed.values()))
    assert len(table(out / "pictures.csv")) == 5
    (photos / "site_1" / "coin_02.png").write_bytes(whole)
    report = predict(quick_model, photos, out)
    assert (len(report.done), report.earlier, report.failed) == (6, 5, {})
    assert not (out / "failed.csv").exists()


def test_nothing_old_is_left_of_a_photograph_that_was_damaged_since(quick_model, photos, out):
    damaged = photos / "site_1" / "coin_02.png"
    whole = damaged.read_bytes()
    predict(quick_model, photos / "site_1", out)
    damaged.write_bytes(whole[:2000])
    for _ in range(2):
        assert list(predict(quick_model, photos / "site_1", out).failed) == [damaged]
        rows = {row["picture"] for row in table(out / "pictures.csv")}
        assert rows == {row["picture"] for row in table(out / "objects.csv")}
        assert rows == {path.stem for path in (out / "masks").iterdir()} == {"coin_01", "coin_03"}
    damaged.write_bytes(whole)
    assert len(predict(quick_model, photos / "site_1", out).done) == 3
    assert len(table(out / "pictures.csv")) == 3


def test_it_can_be_watched_and_stopped(quick_model, photos, out):
    # More than are on their way when it is stopped.
    for number in range(10):
        shutil.copytree(photos / "site_1", photos / f"again_{number}")
    seen = []

    def stop_after_two(reached, total):
        seen.append((reached, total))
        return reached < 2

    report = predict(quick_model, photos, out, after_each=stop_after_two)
    assert seen == [(1, 36), (2, 36)]
    assert len(report.done) + len(report.left) == 36
    assert 2 <= len(report.done) < 36
    assert len(table(out / "pictures.csv")) == len(report.done)
    assert all(mask.exists() for mask in report.done)
    assert len(predict(quick_model, photos, out).done) == 36


def test_an_interruption_keeps_what_is_done_and_goes_on_from_there(quick_model, photos, out):
    def interrupt(reached, total):
        raise KeyboardInterrupt

    report = predict(quick_model, photos, out, after_each=interrupt)
    assert report.left
    assert len(table(out / "pictures.csv")) == len(report.done) >= 1
    assert predict(quick_model, photos, out).earlier == len(report.done)


def test_a_disk_that_fills_up_is_one_error_and_goes_on_once_there_is_room(
    quick_model, photos, tmp_path
):
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        with pytest.raises(SaveError, match="Free some space"):
            predict(quick_model, photos, place / "out")
        assert not list(place.rglob("*.tmp"))
        subprocess.run(["mount", "-o", "remount,size=40m", str(place)], check=True)
        report = predict(quick_model, photos, place / "out")
        assert len(report.done) == len(table(place / "out" / "pictures.csv")) == 6
        assert all(read_mask(mask).size for mask in report.done)
    finally:
        subprocess.run(["umount", str(place)], check=True)


# Killed by itself after so many files: who watches it from outside may be late.
KILLED = """
import os, signal, sys
from notebook_seg.prediction import load_model, predict_folder

files = []

def kill(event, arguments):
    if event == "os.rename":
        files.append(arguments)
        if len(files) == 200:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
predict_folder(load_model(sys.argv[1]), sys.argv[2], sys.argv[3], progress=False,
               write=["cutouts", "objects"], smallest=20)
"""


@pytest.mark.slow
def test_a_kill_costs_nothing_and_leaves_no_half_files(quick_model, coin_dataset, out, tmp_path):
    quick_model.save(tmp_path / "model")
    (tmp_path / "many").mkdir()
    for number in range(60):
        stem = coin_dataset.stems[number % 12]
        shutil.copy(coin_dataset.image_path(stem), tmp_path / "many" / f"coin_{number}.png")
    command = [sys.executable, "-c", KILLED, tmp_path / "model", tmp_path / "many", out]
    assert subprocess.run(command, timeout=300).returncode == -signal.SIGKILL
    whole = {path: read_image(path) for path in out.rglob("*.png") if path.name[0] != "."}
    assert len(whole) > 7
    options = {"progress": False, "write": ["cutouts", "objects"], "smallest": 20}
    report = predict_folder(quick_model, tmp_path / "many", out, **options)
    assert 6 <= report.earlier < 60
    rows = [row["picture"] for row in table(out / "pictures.csv")]
    assert rows == [f"coin_{number}" for number in range(60)]
    assert not list(out.rglob("*.tmp"))
    other = predict_folder(quick_model, tmp_path / "many", tmp_path / "other", **options)
    pairs = zip(report.done, other.done, strict=True)
    assert all(one.read_bytes() == two.read_bytes() for one, two in pairs)
    assert len(list(out.rglob("*.png"))) == len(list((tmp_path / "other").rglob("*.png")))
