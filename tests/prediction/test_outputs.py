import cv2
import numpy as np
import pytest

from notebook_seg.data import read_image
from notebook_seg.errors import DatasetError, ImageError, OptionError
from notebook_seg.prediction import Prediction
from notebook_seg.prediction.objects import find_objects
from notebook_seg.prediction.outputs import OUTPUTS, Outputs, encoded_outputs

NAMES, COLORS = ("background", "fish", "fin"), ("#000000", "#ff0000", "#00ff00")


@pytest.fixture(scope="module")
def prediction():
    """Noise as a photograph, so that any interpolated value would be seen; two objects, a speck."""
    labels = np.zeros((90, 140), np.uint8)
    labels[20:50, 10:60] = 1
    labels[30:40, 60:75] = 2
    labels[60:80, 100:130] = 1
    labels[2, 138] = 1
    image = np.random.default_rng(0).integers(1, 255, (90, 140, 3), np.uint8)
    return Prediction(image, np.eye(3, dtype=np.float32)[labels], NAMES, COLORS)


def written(prediction, **options):
    outputs = Outputs(**options)
    objects = find_objects(prediction.labels, outputs.split, outputs.together, outputs.smallest)
    found = dict(encoded_outputs(prediction, objects, "site/fish", outputs))
    return {path: decoded(content) for path, content in found.items()}


def decoded(content):
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels.ndim == 2:
        return pixels
    order = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return cv2.cvtColor(pixels, order)


def test_what_is_named_is_written_and_masks_always(prediction):
    assert list(written(prediction, write=["overlays"])) == [
        "overlays/site/fish.jpg",
        "masks/site/fish.png",
    ]
    assert list(written(prediction, write=[])) == ["masks/site/fish.png"]
    assert next(iter(written(prediction, write="silhouettes"))) == "silhouettes/site/fish.png"
    folders = {path.split("/")[0] for path in written(prediction, write=OUTPUTS)}
    assert folders == set(OUTPUTS)


def test_the_mask_comes_last_so_that_it_tells_that_all_is_there(prediction):
    assert list(written(prediction, write=OUTPUTS))[-1] == "masks/site/fish.png"


def test_a_cutout_is_the_photograph_where_a_class_is_and_nothing_elsewhere(prediction):
    cutout = written(prediction, write=["cutouts"])["cutouts/site/fish.png"]
    inside = prediction.labels > 0
    np.testing.assert_array_equal(cutout[..., 3], np.where(inside, 255, 0))
    np.testing.assert_array_equal(cutout[inside, :3], prediction.image[inside])
    assert not cutout[~inside].any()


def test_a_cropped_cutout_is_as_large_as_the_objects_in_it(prediction):
    cutout = written(prediction, write=["cutouts"], crop=True)["cutouts/site/fish.png"]
    assert cutout.shape == (60, 120, 4)
    np.testing.assert_array_equal(cutout[..., 3] > 0, prediction.labels[20:80, 10:130] > 0)


def test_a_cutout_may_lie_on_a_colour(prediction):
    cutout = written(prediction, write=["cutouts"], background="#10c0ff")["cutouts/site/fish.png"]
    inside = prediction.labels > 0
    assert cutout.shape[2] == 3
    np.testing.assert_array_equal(cutout[inside], prediction.image[inside])
    assert (cutout[~inside] == (0x10, 0xC0, 0xFF)).all()


def test_a_silhouette_is_black_on_white(prediction):
    silhouette = written(prediction, write=["silhouettes"])["silhouettes/site/fish.png"]
    np.testing.assert_array_equal(silhouette, np.where(prediction.labels > 0, 0, 255))


def test_each_object_is_a_file_of_its_own(prediction):
    files = written(prediction, write=["objects"])
    del files["masks/site/fish.png"]
    objects = find_objects(prediction.labels, smallest=0.01)
    assert list(files) == [f"objects/site/fish_{n}.png" for n in (1, 2, 3)]
    for cutout, found in zip(files.values(), objects, strict=True):
        image = prediction.image[found.box.slices]
        np.testing.assert_array_equal(cutout[..., 3], np.where(found.mask, 255, 0))
        np.testing.assert_array_equal(cutout[found.mask, :3], image[found.mask])


def test_a_specimen_is_cut_out_with_all_its_classes(prediction):
    files = written(prediction, write=["objects"], together=True)
    assert files["objects/site/fish_1.png"].shape == (30, 65, 4)


def test_nothing_found_gives_an_empty_cutout_and_no_cropped_one():
    image = np.ones((8, 9, 3), np.uint8)
    empty = Prediction(image, np.eye(3, dtype=np.float32)[image[..., 0] * 0], NAMES, COLORS)
    assert not written(empty, write=["cutouts"])["cutouts/site/fish.png"].any()
    assert list(written(empty, write=["cutouts", "objects"], crop=True)) == ["masks/site/fish.png"]


def test_an_overlay_can_be_opened(prediction, tmp_path):
    outputs = Outputs(["overlays"])
    (tmp_path / "a.jpg").write_bytes(next(iter(encoded_outputs(prediction, [], "a", outputs)))[1])
    assert read_image(tmp_path / "a.jpg").shape == prediction.image.shape


def test_a_picture_that_is_too_long_for_a_jpeg_is_told():
    image = np.zeros((2, 70_000, 3), np.uint8)
    long = Prediction(image, np.zeros((2, 70_000, 3), np.float32), NAMES, COLORS)
    with pytest.raises(ImageError, match="70000 x 2 pixels is too large"):
        dict(encoded_outputs(long, [], "long", Outputs(["overlays"])))


def test_what_cannot_be_written_is_told_with_a_hint():
    with pytest.raises(OptionError, match="did you mean 'cutouts'"):
        Outputs(["cutout"])
    with pytest.raises(DatasetError, match="#rrggbb"):
        Outputs(background="white")
    with pytest.raises(OptionError, match="number of pixels"):
        Outputs(smallest=float("nan"))
