import io

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset, read_image
from notebook_seg.errors import ImageError
from notebook_seg.labelling.thumbnails import THUMBNAIL, Thumbnails, small_photograph


@pytest.fixture
def coins(tmp_path):
    return Dataset.sample(tmp_path / "coins")


def opened(jpeg: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)


def test_a_large_jpeg_is_reduced_as_if_it_had_been_read_whole(photographs):
    for path in sorted((photographs / "leaf" / "images").iterdir())[:3]:
        whole = Image.fromarray(read_image(path)).reduce(8)

        small = small_photograph(path, 256)

        assert small.shape == (128, 256, 3)
        assert np.abs(small.astype(int) - np.array(whole)).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_that_the_camera_has_turned_stands_upright(orientation, tmp_path):
    pixels = np.zeros((600, 900, 3), np.uint8)
    pixels[:300, :300] = 250
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=exif)

    small = small_photograph(tmp_path / "turned.jpg", 90)

    upright = Image.fromarray(read_image(tmp_path / "turned.jpg")).reduce(10)
    assert np.abs(small.astype(int) - np.array(upright)).max() < 40


def test_a_mask_is_painted_in_the_colour_of_its_class(coins):
    thumbnails = Thumbnails(coins)
    plain = opened(thumbnails.with_mask("coin_01", None))
    mask = coins.mask("coin_01")

    painted = opened(thumbnails.with_mask("coin_01", mask))

    difference = np.abs(painted - plain).sum(axis=2)
    assert difference[mask == 1].mean() > 10 * difference[:20].mean()
    assert max(painted.shape) <= THUMBNAIL


def test_a_photograph_is_decoded_again_only_when_its_file_is_another(coins):
    thumbnails = Thumbnails(coins)
    first = thumbnails.photograph("coin_01")
    path = coins.image_path("coin_01")
    content = path.read_bytes()

    Image.new("RGB", first.shape[1::-1], "red").save(path)

    assert thumbnails.photograph("coin_01")[0, 0].tolist() == pytest.approx([255, 0, 0], abs=3)
    path.write_bytes(content)
    np.testing.assert_array_equal(thumbnails.photograph("coin_01"), first)


def test_a_photograph_that_cannot_be_read_is_an_error_that_names_it(coins):
    path = coins.image_path("coin_01")
    path.write_bytes(b"\xff\xd8\xff no more")

    with pytest.raises(ImageError, match="coin_01"):
        Thumbnails(coins).photograph("coin_01")
