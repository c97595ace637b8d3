import json
import signal

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.formats import FORMATS, export_masks, import_masks
from notebook_seg.data.formats.annotated import Drawing, Hints
from notebook_seg.data.formats.matching import as_stored
from notebook_seg.errors import DatasetError, OptionError, SaveError


def contents(folder) -> dict:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", FORMATS)
def test_only_pictures_with_a_mask_are_written_and_the_dataset_is_left_alone(kind, blank, tmp_path):
    blank.save_mask("coin_02", np.ones_like(blank.image("coin_02")[..., 0]))
    before = contents(blank.folder)
    exported = export_masks(blank, tmp_path / "out", kind, progress=False)
    assert exported.pictures == ("coin_02",)
    assert "masks exported: 1." in str(exported)
    assert set(contents(tmp_path / "out")) == set(exported.files)
    assert contents(blank.folder) == before


def test_strokes_that_are_not_in_the_png_yet_are_written_too(coins, tmp_path):
    from notebook_seg.data.box import Box

    coins.append_stroke("coin_01", Box(0, 0, 2, 2), np.ones((2, 2), np.uint8))
    exported = export_masks(coins, tmp_path / "out", "nrrd", progress=False)
    images = coins.folder / "images"
    back = import_masks(tmp_path / "back", exported.folder, images, progress=False).data
    assert back.mask("coin_01")[:2, :2].all()


@pytest.mark.parametrize("kind", ["coco", "labelme"])
def test_files_that_are_there_are_replaced_only_when_asked_to(kind, coins, tmp_path):
    export_masks(coins, tmp_path / "out", kind, progress=False)
    before = contents(tmp_path / "out")
    with pytest.raises(SaveError, match=r"is there already.*--overwrite"):
        export_masks(coins, tmp_path / "out", kind, progress=False)
    assert contents(tmp_path / "out") == before
    export_masks(coins, tmp_path / "out", kind, overwrite=True, progress=False)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize("kind", ["objects", "tiff"])
def test_a_table_of_objects_is_replaced_only_when_asked_to(kind, coins, tmp_path):
    table = tmp_path / "out" / "label_objects.csv"
    table.parent.mkdir()
    table.write_bytes(b"picture,object,class\ncoin_01,1,button\n")
    with pytest.raises(SaveError, match=r"label_objects\.csv is there already.*--overwrite"):
        export_masks(coins, tmp_path / "out", kind, progress=False)
    assert list(contents(tmp_path / "out")) == [table]
    export_masks(coins, tmp_path / "out", kind, overwrite=True, progress=False)
    assert table.exists() == (kind == "objects")
    assert not table.exists() or b"button" not in table.read_bytes()


def test_tables_of_a_prediction_in_the_same_folder_are_left_alone(coins, tmp_path):
    table = tmp_path / "out" / "objects.csv"
    table.parent.mkdir()
    table.write_bytes(b"path,number,class\n")
    export_masks(coins, tmp_path / "out", "objects", progress=False)
    assert table.read_bytes() == b"path,number,class\n"


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_files_of_the_dataset_itself_are_never_replaced(folder, coins):
    before = contents(coins.folder)
    with pytest.raises(SaveError, match="belongs to the dataset itself"):
        export_masks(coins, coins.folder / folder, "png", overwrite=True, progress=False)
    assert contents(coins.folder) == before


def test_labelme_files_may_lie_beside_the_photographs(coins):
    export_masks(coins, coins.folder / "images", "labelme", progress=False)
    assert len(Dataset(coins.folder)) == 12


@pytest.mark.parametrize("orientation", [3, 6, 7])
@pytest.mark.parametrize("kind", ["nifti", "coco"])
def test_masks_may_be_written_as_the_photographs_are_stored(kind, orientation, photo, tmp_path):
    data = Dataset.create(tmp_path / "data", photo("fish_1.jpg", 6, 9, orientation), ["fish"])
    mask = np.zeros(data.image_size("fish_1"), np.uint8)
    mask[:2, :3] = 1
    data.save_mask("fish_1", mask)
    exported = export_masks(data, tmp_path / "out", kind, drawn_on="stored", progress=False)
    options = {"images": data.folder / "images", "progress": False}
    for drawn_on in ["stored"] if orientation == 3 else ["stored", None]:
        back = import_masks(tmp_path / f"{drawn_on}", exported.folder, drawn_on=drawn_on, **options)
        assert np.array_equal(back.data.mask("fish_1"), mask)


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("kind", ["imagej", "nrrd", "nifti"])
def test_tools_that_do_not_turn_photographs_get_and_give_masks_as_they_are_stored(
    kind, orientation, photo, tmp_path
):
    data = Dataset.create(tmp_path / "data", photo("fish_1.jpg", 6, 9, orientation), ["fish"])
    mask = np.zeros(data.image_size("fish_1"), np.uint8)
    mask[:2, :3] = 1
    data.save_mask("fish_1", mask)
    stored = as_stored(mask, orientation)
    exported = export_masks(data, tmp_path / "out", kind, progress=False)
    assert "written as they are stored: 1. If their masks lie wrong: drawn_on='up" in str(exported)
    assert np.array_equal(_first(kind, exported.files[0], stored.shape), stored)
    images = data.folder / "images"
    done = import_masks(tmp_path / "back", exported.folder, images, progress=False)
    assert np.array_equal(done.data.mask("fish_1"), mask)
    told = "taken to be drawn on as they are stored: 1." in str(done)
    assert told == (kind == "imagej" or orientation == 3)


def _first(kind, path, size) -> np.ndarray:
    """Return the mask of one class that lies in a file, as it lies there."""
    (picture,) = FORMATS[kind].read([path], Hints()).pictures
    if isinstance(picture, Drawing):
        return picture.paint(size, {"fish": 1})
    return picture.read((size, size))


def test_nothing_to_export_is_an_error(blank, tmp_path):
    with pytest.raises(DatasetError, match=r"No picture of .* is labelled"):
        export_masks(blank, tmp_path / "out", "coco", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_format_that_is_not_known_has_a_hint(coins, tmp_path):
    with pytest.raises(OptionError, match="did you mean 'coco'"):
        export_masks(coins, tmp_path / "out", "cocoa", progress=False)


@pytest.mark.parametrize("kind", ["coco", "via", "imagej"])
def test_a_full_disk_is_one_error_and_leaves_no_half_files(kind, coins, tmp_path, full_disk):
    with full_disk(), pytest.raises(SaveError, match="Cannot write"):
        export_masks(coins, tmp_path / "out", kind, progress=False)
    assert contents(tmp_path / "out") == {}


@pytest.mark.parametrize(("kind", "kept"), [("labelme", 2), ("coco", 0)])
def test_an_interruption_leaves_whole_files(kind, kept, coins, tmp_path, monkeypatch):
    read = Dataset.drawn_mask

    def then_ctrl_c(self, stem):
        if stem == "coin_03":
            signal.raise_signal(signal.SIGINT)
        return read(self, stem)

    monkeypatch.setattr(Dataset, "drawn_mask", then_ctrl_c)
    exported = export_masks(coins, tmp_path / "out", kind, progress=False)
    assert exported.pictures == coins.stems[:kept]
    assert exported.left == coins.stems[kept:]
    assert {p.name for p in exported.files} == {p.name for p in (tmp_path / "out").iterdir()}
    assert all(json.loads(path.read_bytes()) for path in (tmp_path / "out").glob("*.json"))


def test_a_folder_that_cannot_be_made_is_an_error(coins, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="Cannot write"):
        export_masks(coins, tmp_path / "file" / "out", "coco", progress=False)
