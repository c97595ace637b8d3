"""Label maps as 3D Slicer writes them, by the libraries that read and write them.

https://slicer.readthedocs.io/en/latest/developer_guide/modules/segmentations.html tells the fields
of a segmentation.
"""

from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
from PIL import Image

from notebook_seg.data.classes import make_classes
from notebook_seg.data.formats import FORMATS, import_masks, volumes
from notebook_seg.data.formats.annotated import Hints, Labelled
from notebook_seg.data.formats.exporting import Files
from notebook_seg.data.formats.matching import as_stored
from notebook_seg.errors import MaskError
from tests.data.formats.exchanged import CLASSES, SIZE, write

SIZES = (SIZE, SIZE)


@pytest.fixture
def mask() -> np.ndarray:
    """A fish at the upper left and a fin at the lower right, alike nowhere when turned."""
    labels = np.zeros(SIZE, np.uint8)
    labels[2:10, 3:30] = 1
    labels[50:58, 70:78] = 2
    return labels


def slicer(labels: np.ndarray, folder: Path, **fields) -> Path:
    """Save ``(layers, H, W)`` labels as a segmentation."""
    header = {
        "space": "left-posterior-superior",
        "space origin": np.zeros(3),
        "kinds": ["domain"] * 3,
        "encoding": "gzip",
        "Segmentation_SourceRepresentation": "Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset": "0 0 0",
    } | fields
    header["space directions"] = np.eye(3)
    volume = labels.transpose(0, 2, 1)[..., np.newaxis]
    if len(volume) > 1:
        header["kinds"] = ["list", *header["kinds"]]
        header["space directions"] = np.vstack([np.full(3, np.nan), np.eye(3)])
    else:
        volume = volume[0]
    path = folder / "fish_1.seg.nrrd"
    nrrd.write(str(path), volume, header)
    return path


def segment(number: int, name: str, value: int, layer: int = 0) -> dict[str, str]:
    return {
        f"Segment{number}_ID": f"Segment_{number + 1}",
        f"Segment{number}_Name": name,
        f"Segment{number}_Color": "0.501961 0.682353 0.501961",
        f"Segment{number}_LabelValue": str(value),
        f"Segment{number}_Layer": str(layer),
        f"Segment{number}_Extent": "0 79 0 59 0 0",
    }


def read(path: Path, sizes=SIZES) -> tuple[np.ndarray, dict, dict]:
    reader = volumes.read_nifti if ".nii" in path.name else volumes.read_nrrd
    found = reader([path], Hints())
    (picture,) = found.pictures
    assert picture.picture == "fish_1"
    return picture.read(sizes), picture.names, found.classes


def test_a_segmentation_tells_names_and_colours_of_its_values(mask, tmp_path):
    fields = segment(0, "fin", 2) | segment(1, "fish", 1)
    values, names, classes = read(slicer(mask[np.newaxis], tmp_path, **fields))
    assert names == {1: "fin", 2: "fish"}
    assert classes == {"fin": "#80ae80", "fish": "#80ae80"}
    assert np.array_equal(values, np.array([0, 2, 1])[mask])


def test_later_layers_lie_over_earlier_ones(mask, tmp_path):
    whole, part = (mask > 0).astype(np.uint8), (mask == 2).astype(np.uint8)
    fields = segment(0, "body", 1) | segment(1, "fin", 1, layer=1)
    values, _, _ = read(slicer(np.stack([whole, part]), tmp_path, **fields))
    assert np.array_equal(values, mask)


def test_what_was_cut_to_the_labelled_part_is_put_back_to_its_place(mask, tmp_path):
    fields = segment(0, "fish", 1) | {"Segmentation_ReferenceImageExtentOffset": "3 2 0"}
    values, _, _ = read(slicer(mask[np.newaxis, 2:10, 3:30], tmp_path, **fields))
    assert np.array_equal(values, mask == 1)


@pytest.mark.parametrize("orientation", [3, 6])
def test_what_was_cut_goes_to_its_place_on_the_photograph_as_slicer_shows_it(
    orientation, mask, tmp_path, photo
):
    images = photo("fish_1.jpg", *SIZE, orientation)
    fields = segment(0, "fish", 1) | {"Segmentation_ReferenceImageExtentOffset": "3 2 0"}
    path = slicer(mask[np.newaxis, 2:10, 3:30], tmp_path, **fields)
    done = import_masks(tmp_path / "data", path, images, progress=False)
    assert np.array_equal(as_stored(done.data.mask("fish_1"), orientation), mask == 1)
    done = import_masks(tmp_path / "as", path, images, drawn_on="upright", progress=False)
    assert done.data.mask("fish_1")[2:10, 3:30].all()


def test_a_single_voxel_stands_for_nothing(tmp_path):
    values, _, _ = read(slicer(np.zeros((1, 1, 1), np.uint8), tmp_path, **segment(0, "fish", 1)))
    assert values.shape == SIZE
    assert not values.any()


def test_a_value_that_no_segment_has_is_an_error(mask, tmp_path):
    with pytest.raises(MaskError, match="values that belong to no segment"):
        read(slicer(mask[np.newaxis], tmp_path, **segment(0, "fish", 1)))


def test_a_label_map_without_segments_is_read(mask, tmp_path):
    nrrd.write(str(tmp_path / "fish_1.nrrd"), mask.T)
    values, names, _ = read(tmp_path / "fish_1.nrrd")
    assert names is None
    assert np.array_equal(values, mask)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("slices", [(), (1,), (1, 1)])
def test_nifti_volumes_of_one_slice_are_read_whatever_their_numbers(kind, slices, mask, tmp_path):
    volume = mask.T.reshape(80, 60, *slices).astype(kind)
    path = tmp_path / "fish_1.nii.gz"
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([-1, -1, 1, 1])), path)
    assert np.array_equal(read(path)[0], mask)


def test_the_orientation_in_the_patient_does_not_mirror_a_photograph(mask, tmp_path):
    path = tmp_path / "fish_1.nii"
    for signs in ([1, 1, 1, 1], [-1, -1, 1, 1], [-1, 1, 1, 1]):
        nibabel.save(nibabel.Nifti1Image(mask.T[..., np.newaxis], np.diag(signs)), path)
        assert np.array_equal(read(path)[0], mask)


def test_a_map_that_was_saved_as_rows_of_columns_is_read_so(mask, tmp_path):
    path = tmp_path / "fish_1.nii"
    nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), path)
    assert np.array_equal(read(path)[0], mask)


def test_a_map_of_a_photograph_that_is_stored_turned_keeps_its_order(mask, tmp_path):
    path = tmp_path / "fish_1.nii"
    nibabel.save(nibabel.Nifti1Image(mask.T[..., np.newaxis], np.eye(4)), path)
    assert np.array_equal(read(path, ((80, 60), SIZE))[0], mask)


def test_what_is_written_lies_on_the_photograph_in_slicer(mask, tmp_path):
    (path,) = write("nrrd", mask, tmp_path)
    volume, header = nrrd.read(str(path))
    assert np.array_equal(volume[..., 0].T, mask)
    assert header["space"] == "left-posterior-superior"
    assert np.array_equal(header["space directions"], np.eye(3))
    assert header["Segment0_Name"] == "fish"
    assert header["Segment0_Extent"] == "3 29 2 9 0 0"
    assert header["Segment1_LabelValue"] == "2"
    (path,) = write("nifti", mask, tmp_path)
    image = nibabel.load(path)
    assert nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    assert np.array_equal(np.asarray(image.dataobj)[..., 0].T, mask)
    assert image.get_data_dtype() == np.uint8


def test_names_of_any_language_are_written_as_slicer_does(mask, tmp_path):
    photograph, files = tmp_path / "fish_1.png", Files(tmp_path)
    Image.new("RGB", mask.shape[::-1]).save(photograph)
    classes = make_classes(["Fl\u00fcgel", "\u9c7c"])
    volumes.write_nrrd(iter([Labelled("fish_1", photograph, mask, classes)]), files)
    values, names, _ = read(files.written[0])
    assert names == {1: "Fl\u00fcgel", 2: "\u9c7c"}
    assert np.array_equal(values, mask)
    assert "\nSegment0_Name:=Fl\u00fcgel\n".encode() in files.written[0].read_bytes()


@pytest.mark.parametrize(
    ("name", "density", "expected"),
    [
        ("fish_1.jpg", {"dpi": (72, 144)}, (25.4 / 72, 25.4 / 144)),
        ("fish_1.tif", {"dpi": (72, 144)}, (25.4 / 72, 25.4 / 144)),
        ("fish_1.tif", {"resolution": 50, "resolution_unit": "cm"}, (0.2, 0.2)),
        ("fish_1.tif", {"resolution": 50, "resolution_unit": 1}, (1, 1)),
        ("fish_1.tif", {}, (1, 1)),
        ("fish_1.jpg", {}, (1, 1)),
        ("fish_1.png", {"dpi": (72, 72)}, (1, 1)),
    ],
)
def test_pixels_are_as_large_as_slicer_takes_those_of_the_photograph_to_be(
    name, density, expected, mask, tmp_path
):
    Image.new("RGB", SIZE[::-1]).save(tmp_path / name, **density)
    for kind in ("nrrd", "nifti"):
        picture = Labelled("fish_1", tmp_path / name, mask, CLASSES)
        files = Files(tmp_path)
        FORMATS[kind].write(iter([picture]), files)
        if kind == "nrrd":
            steps = np.diag(nrrd.read_header(str(files.written[0]))["space directions"])
        else:
            steps = nibabel.load(files.written[0]).header.get_zooms()
        assert np.allclose(steps, [*expected, 1])
        assert np.array_equal(read(files.written[0])[0], mask)


def test_volumes_fractions_and_vectors_are_refused(mask, tmp_path):
    path = tmp_path / "fish_1.nii"
    for volume in (np.stack([mask] * 3), mask + 0.5):
        nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), path)
        with pytest.raises(MaskError, match=r"fish_1\.nii is no NIfTI label map"):
            read(path)


@pytest.mark.parametrize("name", ["fish_1.nrrd", "fish_1.nii", "fish_1.nii.gz"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_files_that_were_cut_off_are_one_line_that_names_them(name, share, tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 3, SIZE, np.uint8)
    path = tmp_path / name
    if name.endswith("nrrd"):
        nrrd.write(str(path), noise.T)
    else:
        nibabel.save(nibabel.Nifti1Image(noise.T, np.eye(4)), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(MaskError, match=rf"{name} is no N.* label map"):
        read(path)
