import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Box, Dataset, read_mask, write_mask
from notebook_seg.errors import DatasetError, MaskError

STROKE = Box(10, 20, 30, 50)


def stroke(value: int = 1) -> np.ndarray:
    return np.full(STROKE.shape, value, np.uint8)


def files(data: Dataset) -> set[str]:
    return {path.name for path in (data.folder / "masks").iterdir()}


def test_a_new_dataset_has_pictures_and_no_masks(blank):
    assert blank.stems == ("coin_01", "coin_02", "coin_03")
    assert len(blank) == 3
    assert blank.labelled == ()
    assert blank.mask("coin_01") is None
    assert not blank.is_labelled("coin_01")
    assert blank.n_classes == len(blank.class_names) == len(blank.colors) == 3
    assert "3 pictures, 0 labelled, classes: coin, dust" in repr(blank)


def test_a_saved_mask_is_read_again_by_anybody(blank):
    mask = np.random.default_rng(0).choice([0, 1, 2, 255], blank.image_size("coin_02"))
    blank.save_mask("coin_02", mask)
    assert np.array_equal(Dataset(blank.folder).mask("coin_02"), mask)
    assert np.array_equal(np.asarray(Image.open(blank.mask_path("coin_02"))), mask)
    assert blank.labelled == ("coin_02",)
    assert files(blank) == {"coin_02.png"}


def test_a_mask_that_was_wholly_erased_is_a_mask(blank):
    blank.save_mask("coin_01", np.zeros(blank.image_size("coin_01"), np.uint8))
    assert blank.is_labelled("coin_01")
    assert not blank.mask("coin_01").any()


def test_strokes_are_seen_before_any_mask_is_written(blank):
    blank.append_stroke("coin_01", STROKE, stroke(2))
    again = Dataset(blank.folder)
    assert files(blank) == {".coin_01.journal"}
    assert again.is_labelled("coin_01")
    assert again.labelled == ("coin_01",)
    assert again.unlabelled == ("coin_02", "coin_03")
    mask = again.mask("coin_01")
    assert (mask[STROKE.slices] == 2).all()
    assert (mask == 2).sum() == stroke().size


def test_strokes_are_drawn_over_the_mask_that_is_there_and_then_become_part_of_it(coins):
    before = coins.mask("coin_01")
    coins.append_stroke("coin_01", STROKE, stroke(255))
    expected = before.copy()
    expected[STROKE.slices] = 255
    assert np.array_equal(coins.mask("coin_01"), expected)
    assert np.array_equal(read_mask(coins.mask_path("coin_01")), before)
    coins.save_mask("coin_01", coins.mask("coin_01"))
    assert np.array_equal(read_mask(coins.mask_path("coin_01")), expected)
    assert ".coin_01.journal" not in files(coins)


def test_strokes_of_a_picture_that_is_not_meant_or_gone_are_passed_over(blank):
    blank.append_stroke("coin_01", STROKE, stroke(2))
    others = blank.subset(["coin_02", "coin_03"])
    assert (others.labelled, others.unlabelled) == ((), ("coin_02", "coin_03"))
    blank.image_path("coin_01").unlink()
    again = Dataset(blank.folder)
    assert (again.labelled, again.unlabelled) == ((), ("coin_02", "coin_03"))


def test_a_picture_begun_and_cut_off_within_its_first_stroke_is_not_labelled(blank):
    blank.append_stroke("coin_01", STROKE, stroke())
    journal = blank.folder / "masks" / ".coin_01.journal"
    journal.write_bytes(journal.read_bytes()[:-1])
    again = Dataset(blank.folder)
    assert again.mask("coin_01") is None
    assert not again.is_labelled("coin_01")
    assert again.labelled == ()


def test_two_views_of_a_folder_may_draw_in_turn(blank):
    other = Dataset(blank.folder)
    for number, view in enumerate([blank, other, other, blank]):
        view.append_stroke("coin_01", Box(number, 0, number + 1, 4), np.full((1, 4), 1, np.uint8))
    assert blank.mask("coin_01").sum() == other.mask("coin_01").sum() == 16


def test_a_picture_whose_strokes_are_given_up_is_as_it_was(blank, coins):
    blank.append_stroke("coin_01", STROKE, stroke())
    blank.forget_strokes("coin_01")
    assert blank.mask("coin_01") is None
    assert blank.labelled == ()
    before = coins.mask("coin_01")
    coins.append_stroke("coin_01", STROKE, stroke(255))
    coins.forget_strokes("coin_01")
    assert np.array_equal(coins.mask("coin_01"), before)


def test_a_mask_that_must_be_there_is_an_error_where_it_is_not(blank):
    with pytest.raises(DatasetError, match=r"coin_01 of .* is not labelled"):
        blank.drawn_mask("coin_01")
    blank.append_stroke("coin_01", STROKE, stroke())
    assert np.array_equal(blank.drawn_mask("coin_01"), blank.mask("coin_01"))


def test_every_way_of_writing_a_mask_changes_its_version(blank):
    versions = [blank.mask_version("coin_01")]
    blank.append_stroke("coin_01", STROKE, stroke())
    versions.append(Dataset(blank.folder).mask_version("coin_01"))
    blank.save_mask("coin_01", blank.mask("coin_01"))
    versions.append(Dataset(blank.folder).mask_version("coin_01"))
    assert len(set(versions)) == 3


def damage(data: Dataset, how: str) -> bytes:
    path = data.mask_path("coin_01")
    if how == "cut off":
        path.write_bytes(path.read_bytes()[:-40])
    elif how == "not a picture":
        path.write_text("dear diary")
    elif how == "another size":
        write_mask(path, np.zeros((5, 7), np.uint8), data.colors)
    elif how == "another class":
        write_mask(path, np.full(data.image_size("coin_01"), 9), data.colors)
    return path.read_bytes()


@pytest.mark.parametrize("how", ["cut off", "not a picture", "another size", "another class"])
def test_a_mask_that_cannot_be_used_is_an_error_and_never_overwritten(coins, how):
    good = coins.mask("coin_01")
    content = damage(coins, how)
    for view in [coins, Dataset(coins.folder)]:
        for work in [
            lambda v=view: v.mask("coin_01"),
            lambda v=view: v.save_mask("coin_01", good),
            lambda v=view: v.append_stroke("coin_01", STROKE, stroke()),
        ]:
            with pytest.raises(MaskError, match=r"coin_01\.png"):
                work()
    assert coins.mask_path("coin_01").read_bytes() == content
    assert ".coin_01.journal" not in files(coins)


def test_strokes_that_cannot_be_read_are_never_thrown_away(blank):
    for value in [1, 2]:
        blank.append_stroke("coin_01", STROKE, stroke(value))
    journal = blank.folder / "masks" / ".coin_01.journal"
    content = bytearray(journal.read_bytes())
    content[40] ^= 0xFF
    journal.write_bytes(content)
    view = Dataset(blank.folder)
    with pytest.raises(MaskError, match=r"coin_01\.journal.*damaged"):
        view.mask("coin_01")
    with pytest.raises(MaskError, match=r"coin_01\.journal.*damaged"):
        view.save_mask("coin_01", np.zeros(view.image_size("coin_01"), np.uint8))
    assert journal.read_bytes() == content
    assert not view.mask_path("coin_01").exists()


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((3, 4), np.uint8), np.zeros((82, 126)), np.full((82, 126), 3)],
    ids=["size", "type", "class"],
)
def test_a_mask_that_does_not_fit_is_not_saved(blank, wrong):
    with pytest.raises(MaskError, match="coin_01"):
        blank.save_mask("coin_01", wrong)
    assert files(blank) == set()


def test_a_stroke_of_a_class_that_is_not_there_is_not_stored(blank):
    with pytest.raises(MaskError, match="value 3"):
        blank.append_stroke("coin_01", STROKE, stroke(3))
    assert files(blank) == set()


# A limit on the size of files refuses to write in the way a full disk does.
FULL_DISK = """
import resource, signal, sys
import numpy as np
from notebook_seg.data import Box, Dataset
from notebook_seg.errors import SaveError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
data, limit = Dataset(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
noise = np.random.default_rng(0).integers(0, 2, (40, 60), np.uint8)
for work in [
    lambda: data.append_stroke("coin_01", Box(0, 0, 40, 60), noise),
    lambda: data.save_mask("coin_01", np.resize(noise, data.image_size("coin_01"))),
]:
    try:
        work()
    except SaveError as error:
        print(error)
"""


@pytest.mark.parametrize("limit", [0, 7, 200])
@pytest.mark.parametrize("begun", [False, True])
def test_a_full_disk_loses_no_earlier_stroke_and_leaves_nothing_behind(coins, limit, begun):
    if begun:
        coins.append_stroke("coin_01", STROKE, stroke(255))
    mask, before = coins.mask("coin_01"), files(coins)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(coins.folder), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("Cannot write") == len(done.stdout.splitlines()) == 2
    assert files(coins) == before
    assert np.array_equal(Dataset(coins.folder).mask("coin_01"), mask)


def test_pictures_that_are_added_later_are_seen(blank):
    assert len(blank) == 3
    shutil.copy(blank.image_path("coin_01"), blank.folder / "images" / "coin_2b.v1.png")
    assert "coin_2b.v1" in blank.stems
    assert blank.image("coin_2b.v1").shape == blank.image("coin_01").shape
    shutil.copy(blank.image_path("coin_01"), blank.folder / "images" / "coin_7.png")
    assert blank.image_size("coin_7") == blank.image_size("coin_01")


def test_a_photograph_that_was_replaced_has_its_new_size(blank):
    assert blank.image_size("coin_01") == (82, 126)
    Image.new("RGB", (30, 20)).save(blank.image_path("coin_01"))
    assert blank.image_size("coin_01") == (20, 30)


def test_a_photograph_that_is_gone_is_an_error_with_a_hint(coins):
    for work in [coins.image, coins.mask, coins.image_size]:
        with pytest.raises(DatasetError, match=r"no picture 'coin_1'.*Did you mean 'coin_1"):
            work("coin_1")
    coins.image_path("coin_04").unlink()
    with pytest.raises(DatasetError, match="no picture 'coin_04'"):
        coins.image("coin_04")
    assert "coin_04" not in coins.labelled


def test_without_its_photographs_a_dataset_is_an_error(coins):
    shutil.rmtree(coins.folder / "images")
    with pytest.raises(DatasetError, match="no folder images"):
        _ = coins.stems


def test_a_second_photograph_of_one_stem_is_an_error_that_names_both(coins):
    Image.new("RGB", (3, 3)).save(coins.folder / "images" / "coin_01.jpg")
    with pytest.raises(DatasetError, match=r"coin_01\.jpg and .*coin_01\.png"):
        _ = coins.stems


def test_masks_without_a_photograph_and_hidden_files_are_passed_over(coins):
    (coins.folder / "masks" / "nobody.png").touch()
    (coins.folder / "masks" / "._coin_01.png").touch()
    assert coins.labelled == coins.stems


def test_a_dataset_without_a_folder_of_masks_has_none(blank):
    (blank.folder / "masks").rmdir()
    assert blank.labelled == ()
    blank.append_stroke("coin_01", STROKE, stroke())
    assert blank.labelled == ("coin_01",)


def test_a_subset_is_the_same_folder_seen_through_a_window(coins):
    part = coins.subset(["coin_10", "coin_02"])
    assert part.stems == ("coin_02", "coin_10")
    assert part.folder == coins.folder
    part.save_mask("coin_02", np.zeros(part.image_size("coin_02"), np.uint8))
    assert not coins.mask("coin_02").any()
    with pytest.raises(DatasetError, match="coin_01"):
        part.image("coin_01")
    with pytest.raises(DatasetError, match="no picture 'coin_99'"):
        coins.subset(["coin_99"])
    with pytest.raises(DatasetError, match="coin_01"):
        part.subset(["coin_01"])


def test_a_subset_keeps_the_groups_that_were_given(coins):
    grouped = coins.subset(coins.stems[:4]).grouped(r"coin_\d")
    assert grouped.stems == coins.stems[:4]
    assert grouped.subset(coins.stems[:2]).group_of(coins.stems[0]) == "coin_0"
    assert coins.group_of(coins.stems[0]) == coins.stems[0]


def test_a_list_of_two_thousand_pictures_opens_none_of_them(blank):
    for number in range(2000):
        (blank.folder / "images" / f"empty_{number}.jpg").touch()
    (blank.folder / "masks" / "empty_7.png").touch()
    assert len(blank.stems) == 2003
    assert blank.labelled == ("empty_7",)
    assert blank.stems[3:6] == ("empty_0", "empty_1", "empty_2")


def test_the_folder_may_be_moved(coins, tmp_path):
    stem = coins.stems[0]
    mask = coins.mask(stem)
    moved = coins.folder.rename(tmp_path / "elsewhere")
    assert np.array_equal(Dataset(str(moved)).mask(stem), mask)
    assert "elsewhere" not in json.dumps(json.loads((moved / "dataset.json").read_text()))
