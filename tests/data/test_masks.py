import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis.extra import numpy as hnp
from PIL import Image

from notebook_seg.data import read_mask, write_mask
from notebook_seg.data.masks import read_values
from notebook_seg.errors import MaskError, SaveError

COLORS = ["#000000", "#ee3377", "#33bbee"]
INDEXES = np.array([[0, 1, 2], [2, 255, 0]], np.uint8)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_what_is_written_is_read_again(tmp_path_factory, mask):
    path = tmp_path_factory.mktemp("masks") / "mask.png"
    write_mask(path, mask, COLORS)
    assert np.array_equal(read_mask(path), mask)


def test_other_programs_see_the_indexes_and_the_colours(tmp_path):
    path = tmp_path / "mask.png"
    write_mask(path, INDEXES, COLORS)
    with Image.open(path) as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), INDEXES)
        assert np.asarray(picture.convert("RGB"))[0].tolist() == [
            [0, 0, 0],
            [0xEE, 0x33, 0x77],
            [0x33, 0xBB, 0xEE],
        ]


@pytest.mark.parametrize("dtype", [bool, np.int64, np.uint16])
def test_whole_numbers_of_any_type_can_be_written(tmp_path, dtype):
    path = tmp_path / "mask.png"
    write_mask(path, np.eye(4).astype(dtype), COLORS)
    assert np.array_equal(read_mask(path), np.eye(4))


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2)), np.full((2, 2), 256), np.full((2, 2), -1)],
    ids=["colours", "fractions", "256", "-1"],
)
def test_what_is_no_mask_is_not_written(tmp_path, wrong):
    path = tmp_path / "mask.png"
    with pytest.raises(MaskError, match=r"mask\.png"):
        write_mask(path, wrong, COLORS)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_save_error(tmp_path):
    with pytest.raises(SaveError, match="Cannot write"):
        write_mask(tmp_path / "gone" / "mask.png", INDEXES, COLORS)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.gif"])
def test_grey_masks_of_every_kind_hold_their_values(tmp_path, name):
    Image.fromarray(INDEXES).save(tmp_path / name)
    assert np.array_equal(read_values(tmp_path / name), INDEXES)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_numbers_above_255_are_read_as_they_are(tmp_path, name):
    numbers = np.arange(600, dtype=np.uint16).reshape(20, 30)
    Image.fromarray(numbers).save(tmp_path / name)
    assert np.array_equal(read_values(tmp_path / name), numbers)
    with pytest.raises(MaskError, match="values from 0 to 599"):
        read_mask(tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_one_bit_is_zero_and_one(tmp_path, name):
    Image.fromarray(INDEXES > 0).save(tmp_path / name)
    assert np.array_equal(read_values(tmp_path / name), INDEXES > 0)


def test_grey_saved_as_colours_is_read_as_numbers(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(INDEXES).convert("RGBA").save(path)
    assert np.array_equal(read_values(path), INDEXES)


def test_what_is_transparent_is_background(tmp_path):
    path = tmp_path / "a.png"
    pixels = np.full((2, 2, 4), 255, np.uint8)
    pixels[0, 0, 3] = 0
    Image.fromarray(pixels).save(path)
    assert read_values(path).tolist() == [[0, 255], [255, 255]]


def test_colours_are_read_as_colours_and_are_no_mask(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (3, 2), (255, 0, 0)).save(path)
    assert read_values(path).shape == (2, 3, 3)
    with pytest.raises(MaskError, match="colours"):
        read_mask(path)


def test_whole_numbers_in_floating_point_are_numbers(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, INDEXES.astype(np.float32))
    assert np.array_equal(read_mask(path), INDEXES)


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
def test_fractions_are_an_error(tmp_path, value):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((2, 2), value, np.float32))
    with pytest.raises(MaskError, match="fractions"):
        read_values(path)


def test_a_jpeg_is_an_error_that_explains_the_loss(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(INDEXES).save(path)
    with pytest.raises(MaskError, match="JPEG, which changes the values"):
        read_values(path)


def test_a_stack_of_masks_is_an_error(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([INDEXES] * 4), photometric="minisblack")
    with pytest.raises(MaskError, match="stack of 4 pages"):
        read_values(path)


def test_a_damaged_mask_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.png"
    write_mask(path, INDEXES, COLORS)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(MaskError, match=r"a\.png.*damaged"):
        read_mask(path)


def test_the_orientation_of_a_mask_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.png"
    Image.fromarray(INDEXES).save(path, exif=exif)
    assert np.array_equal(read_mask(path), np.rot90(INDEXES, -1))


def test_the_masks_of_every_real_data_set_are_read(photographs):
    values = {
        folder.name: {
            int(v) for path in (folder / "masks").iterdir() for v in np.unique(read_values(path))
        }
        for folder in photographs.iterdir()
        if folder.is_dir()
    }
    assert values["fish"] == {0, 255}
    assert values["leaf"] == values["yeast"] == {0, 1, 2}
    assert values["nuclei"] == set(range(max(values["nuclei"]) + 1))
