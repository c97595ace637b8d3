import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import read_image, read_mask
from notebook_seg.errors import ImageError, OptionError, SaveError
from notebook_seg.prediction import load_model, predict_folder


@pytest.fixture
def photos(tmp_path, coin_dataset):
    folder = tmp_path / "photos"
    folder.mkdir()
    for stem in coin_dataset.stems[:2]:
        source = coin_dataset.image_path(stem)
        (folder / source.name).write_bytes(source.read_bytes())
    return folder


def test_a_mask_and_an_overlay_are_written_for_each_photograph(brief_model, photos, tmp_path):
    report = predict_folder(brief_model, photos, tmp_path / "out", progress=False)
    stems = sorted(p.stem for p in photos.iterdir())
    assert sorted(p.stem for p in report.done) == stems
    for stem in stems:
        image = read_image(next(photos.glob(f"{stem}.*")))
        mask = read_mask(tmp_path / "out" / "masks" / f"{stem}.png")
        np.testing.assert_array_equal(mask, brief_model.predict(image).labels)
        assert read_image(tmp_path / "out" / "overlays" / f"{stem}.jpg").shape == image.shape


def test_a_photograph_that_cannot_be_read_is_reported_and_passed_over(
    brief_model, photos, tmp_path
):
    broken = photos / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 cut short")
    report = predict_folder(brief_model, photos, tmp_path / "out", progress=False)
    assert len(report.done) == 2
    assert list(report.failed) == [broken]
    assert "broken.jpg" in report.failed[broken]


def test_masks_are_upright_as_people_see_the_photograph(brief_model, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (90, 60)).save(tmp_path / "turned.jpg", exif=exif)
    predict_folder(brief_model, tmp_path / "turned.jpg", tmp_path / "out", progress=False)
    assert read_mask(tmp_path / "out" / "masks" / "turned.png").shape == (90, 60)


def test_stems_with_dots_stay_whole(brief_model, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("field_z_-2.5.png", "field_z_-2.75.png"):
        Image.new("RGB", (40, 40)).save(tmp_path / "in" / name)
    report = predict_folder(brief_model, tmp_path / "in", tmp_path / "out", progress=False)
    assert sorted(p.name for p in report.done) == ["field_z_-2.5.png", "field_z_-2.75.png"]


def test_photographs_are_never_rewritten(brief_model, photos, tmp_path):
    before = {p: p.read_bytes() for p in photos.iterdir()}
    predict_folder(brief_model, photos, tmp_path / "out", progress=False)
    assert {p: p.read_bytes() for p in photos.iterdir()} == before


def test_results_among_the_photographs_are_refused(brief_model, photos):
    with pytest.raises(OptionError, match="folder of their own"):
        predict_folder(brief_model, photos, photos, progress=False)


def test_two_photographs_of_one_name_are_refused_before_any_work(brief_model, photos, tmp_path):
    first = next(photos.iterdir())
    Image.new("RGB", (9, 9)).save(photos / f"{first.stem}.bmp")
    with pytest.raises(OptionError, match=first.stem):
        predict_folder(brief_model, photos, tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_no_photographs_are_told(brief_model, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="empty"):
        predict_folder(brief_model, tmp_path / "empty", tmp_path / "out", progress=False)


def test_a_place_that_cannot_be_written_is_told(brief_model, photos, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SaveError, match="file"):
        predict_folder(brief_model, photos, tmp_path / "file", progress=False)


def test_a_tilde_is_the_home_of_the_user(brief_model, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(photos)
    (tmp_path / "scales.csv").write_text("coin_01,0.1\n")
    brief_model.save("~/model")
    report = predict_folder(
        load_model("~/model"),
        "~/photos",
        "~/out",
        progress=False,
        millimetres_per_pixel="~/scales.csv",
    )
    assert {mask.parent for mask in report.done} == {tmp_path / "out" / "masks"}
    assert not (photos / "~").exists()


def test_photographs_of_a_folder_can_be_seen_in_several_ways(brief_model, coin_dataset, tmp_path):
    photograph = coin_dataset.image_path(coin_dataset.stems[0])
    done = predict_folder(brief_model, photograph, tmp_path, progress=False, augmented=True).done
    seen = brief_model.predict(photograph, augmented=True).labels
    np.testing.assert_array_equal(read_mask(done[0]), seen)
