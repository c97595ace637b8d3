import numpy as np
import pytest
import tifffile
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.data.formats import export_masks, import_masks
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import write

NUMBERS = np.arange(48, dtype=np.uint16).reshape(6, 8) // 12


def import_one(tmp_path, photo, **options) -> Dataset:
    options.setdefault("images", photo("fish_1.jpg", 6, 8).parent)
    return import_masks(tmp_path / "data", tmp_path / "theirs", progress=False, **options).data


@pytest.fixture
def theirs(tmp_path):
    (tmp_path / "theirs").mkdir()
    return tmp_path / "theirs"


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.int32, np.float32])
def test_numbered_objects_of_one_class_are_read_whatever_their_numbers(
    kind, theirs, tmp_path, photo
):
    tifffile.imwrite(theirs / "fish_1_cp_masks.tif", NUMBERS.astype(kind))
    data = import_one(tmp_path, photo, classes="nucleus")
    assert np.array_equal(data.mask("fish_1"), NUMBERS > 0)


def cells(*counts) -> list[np.ndarray]:
    """Pictures of so many cells, numbered, and of the size of the photographs."""
    pictures = []
    for count in counts:
        values = np.zeros((6, 8), np.uint16)
        values[1, : 2 * count : 2] = np.arange(1, count + 1)
        pictures.append(values)
    return pictures


@pytest.mark.parametrize("classes", [None, ["cell", "yeast", "dust", "hair"]])
@pytest.mark.parametrize("make", ["import", "create"])
def test_numbers_that_count_objects_are_asked_about_before_they_become_classes(
    classes, make, theirs, tmp_path, photo
):
    for number, values in enumerate(cells(3, 0, 2, 4), 1):
        photo(f"fish_{number}.jpg", 6, 8)
        tifffile.imwrite(theirs / f"fish_{number}.tif", values)

    def run(values=None):
        where, images = tmp_path / "data", tmp_path / "photos"
        if make == "create":
            return Dataset.create(where, images, classes, theirs, values)
        return import_masks(
            where, theirs, images, classes=classes, values=values, progress=False
        ).data

    with pytest.raises(MaskError, match=r"not clear.* values=\{'\*': .*--values '\*="):
        run()
    assert not (tmp_path / "data").exists()
    data = run({"*": "cell"})
    assert data.class_names[1] == "cell"
    assert np.array_equal(data.mask("fish_4"), cells(4)[0] > 0)


def test_class_indexes_in_several_pieces_are_no_objects(theirs, tmp_path, photo):
    values = np.tile(cells(3)[0][:3], (2, 1))
    tifffile.imwrite(theirs / "fish_1.tif", values)
    data = import_one(tmp_path, photo, classes=["fish", "fin", "eye"])
    assert np.array_equal(data.mask("fish_1"), values)


def test_class_indexes_and_named_values_are_read(theirs, tmp_path, photo):
    Image.fromarray(NUMBERS.astype(np.uint8)).save(theirs / "fish_1.png")
    values = {1: "fish", 2: "unlabelled", 3: "fin"}
    data = import_one(tmp_path, photo, values=values)
    assert data.class_names == ("background", "fish", "fin")
    assert np.array_equal(data.mask("fish_1"), np.array([0, 1, 255, 2])[NUMBERS])


def test_unclear_values_are_an_error_that_says_what_to_do(theirs, tmp_path, photo):
    Image.fromarray((NUMBERS * 80).astype(np.uint8)).save(theirs / "fish_1.png")
    with pytest.raises(MaskError, match="not clear what the values 0, 80, 160, 240"):
        import_one(tmp_path, photo, classes=["fish", "fin"])
    assert not (tmp_path / "data").exists()


def test_other_programs_read_the_numbers_of_all_objects(tmp_path):
    mask = np.zeros((20, 30), np.uint8)
    mask[2:5, 2:5] = mask[5:8, 5:8] = 1
    mask[12:15, 2:5] = mask[12:15, 20:25] = 2
    mask[0, 0] = 255
    numbers, table = write("objects", mask, tmp_path)
    values = tifffile.imread(numbers)
    assert values.dtype == np.uint16
    assert np.array_equal(np.unique(values), [0, 1, 2, 3])
    assert np.array_equal(values > 0, (mask > 0) & (mask < 255))
    assert table.read_text().splitlines()[1:] == [
        "fish_1,1,fish",
        "fish_1,2,long fin",
        "fish_1,3,long fin",
    ]


def test_a_png_shows_its_colours_and_a_tiff_its_indexes(tmp_path):
    mask = np.array([[0, 1], [2, 255]], np.uint8)
    (png,) = write("png", mask, tmp_path)
    with Image.open(png) as picture:
        assert np.array_equal(np.asarray(picture), mask)
        assert np.asarray(picture.convert("RGB"))[0, 1].tolist() == [0xEE, 0x33, 0x77]
    (tiff,) = write("tiff", mask, tmp_path)
    assert np.array_equal(tifffile.imread(tiff), mask)


def test_a_table_that_does_not_fit_is_an_error_that_names_it(coins, tmp_path):
    exported = export_masks(coins, tmp_path / "out", "png", progress=False)
    (exported.folder / "classes.csv").write_text("value,name,color\n2,coin,#ee3377\n")
    images = coins.folder / "images"
    with pytest.raises(MaskError, match=r"coin_01\.png holds the value 1, and nothing tells"):
        import_masks(tmp_path / "back", exported.folder, images, progress=False)
    (exported.folder / "classes.csv").write_text("value,name,color\none,coin,red\n")
    with pytest.raises(MaskError, match=r"classes\.csv is no table of classes"):
        import_masks(tmp_path / "back", exported.folder, images, progress=False)
