import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.segmentation import find_boundaries

from notebook_seg.data import Dataset, read_image, read_mask
from notebook_seg.errors import DatasetError, ImageError, MaskError


def fingerprint(folder: Path) -> dict[Path, tuple[bytes, int]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def photos(tmp_path: Path, *names: str, size: tuple[int, int] = (6, 4)) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.new("RGB", size, (9, 99, 199)).save(folder / name)
    return folder


def masks(tmp_path: Path, **arrays: np.ndarray) -> Path:
    folder = tmp_path / "their_masks"
    folder.mkdir(exist_ok=True)
    for stem, array in arrays.items():
        Image.fromarray(array).save(folder / f"{stem}.png")
    return folder


def nothing_left(tmp_path: Path) -> bool:
    return {path.name for path in tmp_path.iterdir()} <= {"photos", "their_masks"}


VALUES = np.arange(24, dtype=np.uint8).reshape(4, 6)


def test_photographs_are_copied_byte_for_byte_and_the_source_is_not_touched(tmp_path):
    source = photos(tmp_path, "a.jpg", "b.PNG", "c.tif")
    before = fingerprint(source)
    data = Dataset.create(tmp_path / "data", source)
    assert fingerprint(source) == before
    copied = {p.name: p.read_bytes() for p in (data.folder / "images").iterdir()}
    assert copied == {path.name: content for path, (content, _) in before.items()}
    assert data.unlabelled == data.stems == ("a", "b", "c")
    assert data.class_names == ("background", "specimen")


def test_fish_with_masks_of_0_and_255(photographs, tmp_path):
    fish = photographs / "fish"
    data = Dataset.create(tmp_path / "fish", fish / "images", ["fish"], fish / "masks")
    assert len(data) == len(data.labelled) == 12
    for stem in data.stems:
        theirs = np.asarray(Image.open(fish / "masks" / f"{stem}.png"))
        assert np.array_equal(data.mask(stem), theirs == 255)


def test_yeast_with_masks_of_class_indexes_and_dots_in_the_names(photographs, tmp_path):
    yeast = photographs / "yeast"
    names = ["mother", "daughter"]
    data = Dataset.create(tmp_path / "yeast", yeast / "images", names, yeast / "masks")
    assert "yeast_0_159350906_z_-2.5" in data.labelled
    for stem in data.stems:
        theirs = np.asarray(Image.open(yeast / "masks" / f"{stem}.png"))
        assert np.array_equal(data.mask(stem), theirs)


def test_nuclei_with_one_number_each_become_one_class(photographs, tmp_path):
    nuclei = photographs / "nuclei"
    data = Dataset.create(tmp_path / "nuclei", nuclei / "images", ["nucleus"], nuclei / "masks")
    for stem in data.stems:
        theirs = np.asarray(Image.open(nuclei / "masks" / f"{stem}.png"))
        assert np.array_equal(data.mask(stem), theirs > 0)


def test_the_meaning_is_the_same_in_all_masks_of_a_folder(tmp_path):
    source = photos(tmp_path, "a.jpg", "b.jpg")
    one, other = np.where(VALUES > 5, 1, 0), np.where(VALUES > 5, 255, 0)
    theirs = masks(tmp_path, a=one.astype(np.uint8), b=other.astype(np.uint8))
    with pytest.raises(MaskError, match="values 0, 1, 255"):
        Dataset.create(tmp_path / "data", source, ["x"], theirs)
    assert nothing_left(tmp_path)
    values = {1: "x", 255: "unlabelled"}
    data = Dataset.create(tmp_path / "data", source, ["x"], theirs, values)
    assert np.array_equal(data.mask("a"), one)
    assert np.array_equal(data.mask("b"), other)


def test_colour_masks_are_read_with_values(tmp_path):
    source = photos(tmp_path, "a.jpg")
    colors = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    theirs = masks(tmp_path, a=colors[VALUES % 3])
    with pytest.raises(MaskError, match=r"\(255, 0, 0\)"):
        Dataset.create(tmp_path / "data", source, ["x", "y"], theirs)
    values = {"#ff0000": "x", (0, 0, 255): "y"}
    data = Dataset.create(tmp_path / "data", source, ["x", "y"], theirs, values)
    assert np.array_equal(data.mask("a"), VALUES % 3)


def test_our_own_masks_are_read_again_with_the_unlabelled_named(tmp_path, coins):
    mask = coins.mask("coin_01")
    mask[find_boundaries(mask)] = 255
    coins.save_mask("coin_01", mask)
    again = Dataset.create(
        tmp_path / "again",
        coins.folder / "images",
        ["coin"],
        coins.folder / "masks",
        {1: "coin", 255: "unlabelled"},
    )
    assert all(np.array_equal(again.mask(s), coins.mask(s)) for s in coins.stems)


def test_photographs_and_masks_may_lie_in_one_folder(tmp_path):
    folder = photos(tmp_path, "a.jpg", "b.jpg")
    Image.fromarray((VALUES > 5).astype(np.uint8)).save(folder / "a.png")
    data = Dataset.create(tmp_path / "data", str(folder / "*.jpg"), ["x"], folder)
    assert data.labelled == ("a",)
    assert data.unlabelled == ("b",)


def test_a_mask_of_another_size_is_an_error_that_names_both(tmp_path):
    source = photos(tmp_path, "a.jpg")
    theirs = masks(tmp_path, a=np.zeros((4, 5), np.uint8))
    with pytest.raises(MaskError, match=r"a\.png has 4 x 5 pixels.*a\.jpg has 4 x 6"):
        Dataset.create(tmp_path / "data", source, ["x"], theirs)
    assert nothing_left(tmp_path)


def test_a_mask_drawn_on_the_photograph_before_it_was_turned_is_explained(tmp_path):
    source = photos(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (6, 4)).save(source / "a.jpg", exif=exif)
    with pytest.raises(MaskError, match=r"EXIF orientation \(6\).*turn the mask"):
        Dataset.create(tmp_path / "data", source, ["x"], masks(tmp_path, a=VALUES * 0))
    upright = masks(tmp_path, a=np.rot90(VALUES > 5, -1).astype(np.uint8))
    data = Dataset.create(tmp_path / "data", source, ["x"], upright)
    assert data.mask("a").shape == data.image("a").shape[:2] == (6, 4)


def test_masks_as_jpeg_are_refused_with_the_reason(tmp_path):
    source = photos(tmp_path, "a.png")
    theirs = masks(tmp_path)
    Image.fromarray(VALUES).save(theirs / "a.jpg")
    with pytest.raises(MaskError, match="JPEG, which changes the values"):
        Dataset.create(tmp_path / "data", source, ["x"], theirs)


def test_two_masks_of_one_photograph_are_an_error(tmp_path):
    source = photos(tmp_path, "a.jpg")
    theirs = masks(tmp_path, a=VALUES * 0)
    Image.fromarray(VALUES).save(theirs / "a.tif")
    with pytest.raises(MaskError, match="Two masks for one photograph"):
        Dataset.create(tmp_path / "data", source, ["x"], theirs)


def test_masks_that_are_called_otherwise_are_an_error_that_shows_a_name(tmp_path):
    source = photos(tmp_path, "a.jpg")
    with pytest.raises(MaskError, match=r"for example a\.png"):
        Dataset.create(tmp_path / "data", source, ["x"], masks(tmp_path, a_mask=VALUES))


def test_an_empty_folder_of_masks_is_an_error(tmp_path):
    source = photos(tmp_path, "a.jpg")
    with pytest.raises(MaskError, match="No masks in"):
        Dataset.create(tmp_path / "data", source, ["x"], masks(tmp_path))


def test_a_damaged_mask_is_an_error_that_names_it(tmp_path):
    source = photos(tmp_path, "a.jpg")
    theirs = masks(tmp_path, a=VALUES)
    (theirs / "a.png").write_bytes((theirs / "a.png").read_bytes()[:40])
    with pytest.raises(MaskError, match=r"a\.png"):
        Dataset.create(tmp_path / "data", source, ["x"], theirs)
    assert nothing_left(tmp_path)


def test_photographs_of_one_stem_are_an_error_that_names_both(tmp_path):
    with pytest.raises(DatasetError, match=r"a\.jpg.*a\.png"):
        Dataset.create(tmp_path / "data", photos(tmp_path, "a.jpg", "a.png"))
    assert nothing_left(tmp_path)


def test_no_photographs_are_an_error(tmp_path):
    with pytest.raises(ImageError, match="No photographs"):
        Dataset.create(tmp_path / "data", photos(tmp_path))


def test_a_photograph_that_cannot_be_read_is_an_error_and_nothing_is_left(tmp_path):
    source = photos(tmp_path, "a.jpg")
    (source / "b.jpg").write_bytes(b"not one")
    with pytest.raises(ImageError, match=r"b\.jpg"):
        Dataset.create(tmp_path / "data", source)
    assert nothing_left(tmp_path)


def test_a_folder_that_is_taken_is_not_touched(tmp_path, coins):
    before = fingerprint(coins.folder)
    source = photos(tmp_path, "a.jpg")
    with pytest.raises(DatasetError, match="already is a dataset"):
        Dataset.create(coins.folder, source)
    with pytest.raises(DatasetError, match="not empty"):
        Dataset.create(source, source)
    with pytest.raises(DatasetError, match="not empty"):
        Dataset.create(source / "a.jpg", source)
    assert fingerprint(coins.folder) == before


def test_an_empty_folder_and_folders_above_that_are_not_there_are_fine(tmp_path):
    source = photos(tmp_path, "a.jpg")
    (tmp_path / "empty").mkdir()
    assert len(Dataset.create(tmp_path / "empty", source)) == 1
    assert len(Dataset.create(tmp_path / "x" / "y" / "z", source)) == 1
    assert {p.name for p in (tmp_path / "x" / "y").iterdir()} == {"z"}


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from notebook_seg.data import Dataset
from notebook_seg.errors import SaveError
try:
    Dataset.create(sys.argv[1], sys.argv[2])
except SaveError as error:
    print(error)
"""


def test_a_full_disk_is_a_save_error_and_nothing_is_left(tmp_path, coins):
    target = tmp_path / "new" / "data"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(target), str(coins.folder / "images")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Cannot write {target}" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"coins"}


def test_groups_are_kept_in_the_dataset(tmp_path):
    source = photos(tmp_path, "f1_a.jpg", "f1_b.jpg", "f2_a.jpg")
    data = Dataset.create(tmp_path / "data", source, groups=r"f\d")
    assert Dataset(data.folder).groups == {"f1_a": "f1", "f1_b": "f1", "f2_a": "f2"}


def test_what_was_made_can_be_read_by_the_single_functions_too(coins):
    stem = coins.stems[0]
    assert np.array_equal(read_image(coins.image_path(stem)), coins.image(stem))
    assert np.array_equal(read_mask(coins.mask_path(stem)), coins.mask(stem))
