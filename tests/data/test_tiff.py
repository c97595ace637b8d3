import numpy as np
import pytest
import tifffile
from PIL import Image

from notebook_seg.data import image_size, read_image
from notebook_seg.errors import ImageError


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("layout", ["contig", "separate", "tiled", "big-endian", "bigtiff"])
def test_every_layout_and_compression_gives_the_same_pixels(
    tmp_path, photograph, compression, layout
):
    path = tmp_path / "a.tif"
    pixels = np.moveaxis(photograph, 2, 0) if layout == "separate" else photograph
    options = {
        "contig": {},
        "separate": {"planarconfig": "separate"},
        "tiled": {"tile": (16, 16)},
        "big-endian": {"byteorder": ">"},
        "bigtiff": {"bigtiff": True},
    }[layout]
    tifffile.imwrite(path, pixels, photometric="rgb", compression=compression, **options)
    assert np.array_equal(read_image(path), photograph)


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_deep_samples_are_stretched_by_their_own_range(tmp_path, photograph, dtype, byteorder):
    grey = photograph[..., 0].astype(dtype) * 7 - (5 if dtype[0] in "if" else 0)
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, grey, byteorder=byteorder)
    values = grey.astype(float)
    expected = (values - values.min()) / (values.max() - values.min()) * 255
    read = read_image(path)
    assert np.abs(read - expected[..., np.newaxis]).max() <= 0.51


def test_jpeg_inside_tiff_is_read_as_colours(tmp_path, photograph):
    path = tmp_path / "a.tif"
    Image.fromarray(photograph).save(path, compression="jpeg", quality=98)
    assert np.abs(read_image(path).astype(int) - photograph).mean() < 4


@pytest.mark.parametrize("compression", [None, "group3", "group4"])
def test_one_bit_is_black_and_white(tmp_path, photograph, compression):
    picture = Image.fromarray(photograph).convert("1")
    path = tmp_path / "a.tif"
    picture.save(path, compression=compression)
    assert np.array_equal(read_image(path), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "LA"])
def test_other_colour_models_look_as_pillow_shows_them(tmp_path, photograph, mode):
    picture = Image.fromarray(photograph).convert(mode)
    path = tmp_path / "a.tif"
    picture.save(path)
    assert np.array_equal(read_image(path), np.asarray(picture.convert("RGB")))


def test_white_is_zero_is_turned_round(tmp_path, photograph):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, 255 - photograph[..., 0], photometric="miniswhite")
    assert np.array_equal(read_image(path)[..., 1], photograph[..., 0])


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_transparency_is_laid_over_white(tmp_path, kind):
    red = 255 if kind == "unassalpha" else 102
    pixels = np.tile(np.array([red, 0, 0, 102], np.uint8), (6, 8, 1))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=[kind])
    assert (read_image(path) == [255, 153, 153]).all()


@pytest.mark.parametrize("imagej", [False, True])
@pytest.mark.parametrize("n_pages", [2, 3, 7])
def test_a_stack_is_an_error_that_counts_its_pages(tmp_path, photograph, imagej, n_pages):
    path = tmp_path / "stack.tif"
    stack = np.stack([photograph[..., 0]] * n_pages)
    tifffile.imwrite(path, stack, imagej=imagej, photometric="minisblack")
    for function in [read_image, image_size]:
        with pytest.raises(ImageError, match=f"stack of {n_pages} pages.*file of its own"):
            function(path)


def test_a_thumbnail_as_second_page_is_passed_over(tmp_path, photograph):
    path = tmp_path / "thumbnail.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(photograph, photometric="rgb")
        tif.write(photograph[::4, ::4], photometric="rgb", subfiletype=1)
    assert np.array_equal(read_image(path), photograph)


def test_three_channels_that_are_not_called_colours_are_shown_as_colours(tmp_path, photograph):
    path = tmp_path / "channels.tif"
    tifffile.imwrite(path, photograph, photometric="minisblack", planarconfig="contig")
    assert np.array_equal(read_image(path), photograph)


def test_channels_that_are_no_colours_are_an_error_that_counts_them(tmp_path, photograph):
    path = tmp_path / "channels.tif"
    five = np.concatenate([photograph, photograph[..., :2]], axis=2)
    tifffile.imwrite(path, five, photometric="minisblack", planarconfig="contig")
    with pytest.raises(ImageError, match="5 channels"):
        read_image(path)


@pytest.mark.parametrize("mode", ["YCbCr", "LAB"])
def test_a_colour_model_that_is_not_understood_is_an_error(tmp_path, photograph, mode):
    path = tmp_path / "a.tif"
    Image.fromarray(photograph).convert(mode).save(path)
    with pytest.raises(ImageError, match="colour model"):
        read_image(path)


def test_a_jpeg_strip_that_lacks_its_end_is_an_error(tmp_path, photograph):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, photograph, photometric="rgb", compression="jpeg")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ImageError, match="end of the file is missing"):
        read_image(path)
