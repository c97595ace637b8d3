import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from notebook_seg.data import IMAGE_SUFFIXES, find_images, image_size, read_image
from notebook_seg.data.images import by_stem
from notebook_seg.errors import DatasetError, ImageError

ORIENTATION = 0x0112


def save(pixels: np.ndarray | Image.Image, path: Path, orientation: int = 1, **options) -> Path:
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture.save(path, exif=exif, **options) if orientation != 1 else picture.save(path, **options)
    return path


def as_bytes(pixels: np.ndarray | Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(content, kind)
    return content.getvalue()


def behind_pixels(png: bytes, chunk: bytes) -> bytes:
    """Put a chunk between the pixels and the end of a PNG."""
    return png[:-12] + chunk + png[-12:]


def exif_chunk(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = b"eXIf" + exif.tobytes()[6:]
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def error_of_reading(path: Path) -> str | None:
    try:
        read_image(path)
    except ImageError as error:
        return str(error)
    return None


def test_links_to_nowhere_and_to_themselves_are_no_photographs(tmp_path, photograph):
    path, loop = save(photograph, tmp_path / "a.png"), tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "gone" / "b.jpg")
    assert find_images(tmp_path) == [path]
    assert "loop.jpg" in error_of_reading(loop)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_every_exif_orientation_is_turned_upright(tmp_path, photograph, orientation, name):
    path = save(photograph, tmp_path / name, orientation)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    assert np.array_equal(read_image(path), expected)
    assert image_size(path) == expected.shape[:2]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_of_a_tiff_is_turned_upright(tmp_path, photograph, orientation):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, photograph, photometric="rgb", extratags=[(274, 3, 1, orientation, True)]
    )
    png = save(photograph, tmp_path / "a.png", orientation)
    assert np.array_equal(read_image(path), read_image(png))
    assert image_size(path) == image_size(png)


def test_an_orientation_behind_the_pixels_of_a_png_counts(tmp_path, photograph):
    path = tmp_path / "late.png"
    path.write_bytes(behind_pixels(as_bytes(photograph, "PNG"), exif_chunk(6)))
    assert np.array_equal(read_image(path), np.rot90(photograph, -1))
    assert image_size(path) == (64, 48)


def test_a_late_orientation_counts_in_a_16_bit_png_too(tmp_path, photograph):
    path = tmp_path / "late16.png"
    deep = imagecodecs.png_encode(photograph[..., 0].astype(np.uint16) * 257)
    path.write_bytes(behind_pixels(deep, exif_chunk(8)))
    assert read_image(path).shape[:2] == image_size(path) == (64, 48)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_passed_over(tmp_path, photograph, orientation):
    path = save(photograph, tmp_path / "odd.png", orientation)
    assert np.array_equal(read_image(path), photograph)


@pytest.mark.parametrize("name", ["a.PNG", "a.Bmp", "a.TIFF", "a.tif", "a.GIF", "a.JPEG"])
def test_the_ending_may_be_in_capital_letters(tmp_path, photograph, name):
    path = save(photograph, tmp_path / name)
    read = read_image(path)
    assert read.shape == photograph.shape
    assert read.dtype == np.uint8
    assert find_images(tmp_path) == [path]
    # JPEG and GIF change pixels a little, the others do not.
    assert np.abs(read.astype(int) - photograph).mean() < 8


def test_what_the_file_is_called_does_not_matter(tmp_path, photograph):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(as_bytes(photograph, "PNG"))
    assert np.array_equal(read_image(path), photograph)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB"])
def test_modes_without_transparency_look_as_pillow_shows_them(tmp_path, photograph, mode):
    picture = Image.fromarray(photograph).convert(mode)
    path = save(picture, tmp_path / "a.png")
    assert np.array_equal(read_image(path), np.asarray(picture.convert("RGB")))


def test_a_cmyk_jpeg_has_the_colours_of_its_photograph(tmp_path, photograph):
    picture = Image.fromarray(photograph).convert("CMYK")
    path = save(picture, tmp_path / "a.jpg", quality=98, subsampling=0)
    assert np.abs(read_image(path).astype(int) - photograph).mean() < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_white(tmp_path, photograph, mode):
    picture = Image.fromarray(photograph).convert(mode)
    alpha = np.full(photograph.shape[:2], 255, np.uint8)
    alpha[:, :10], alpha[:, 10:20] = 0, 51
    picture.putalpha(Image.fromarray(alpha))
    read = read_image(save(picture, tmp_path / "a.png"))
    opaque = np.asarray(picture.convert(mode[:-1]).convert("RGB"))
    assert (read[:, :10] == 255).all()
    assert np.abs(read[:, 10:20] - (0.2 * opaque[:, 10:20] + 0.8 * 255)).max() <= 0.5
    assert np.array_equal(read[:, 20:], opaque[:, 20:])


def test_a_transparent_palette_colour_is_laid_over_white(tmp_path):
    picture = Image.new("P", (4, 2), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putpixel((0, 0), 0)
    read = read_image(save(picture, tmp_path / "a.png", transparency=0))
    assert read[0, 0].tolist() == [255, 255, 255]
    assert read[1, 3].tolist() == [0, 0, 255]


def test_of_a_gif_the_first_frame_is_read(tmp_path):
    frames = [Image.new("RGB", (8, 6), color) for color in [(255, 0, 0), (0, 0, 255)]]
    path = tmp_path / "film.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert (read_image(path) == [255, 0, 0]).all()


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_a_16_bit_png_is_stretched_by_its_own_range(tmp_path, photograph, n_channels):
    deep = photograph.astype(np.uint16) * 8 + 1000
    alpha = np.full((*photograph.shape[:2], 1), 65535, np.uint16)
    colors = deep[..., :1] if n_channels <= 2 else deep
    stored = colors if n_channels % 2 else np.concatenate([colors, alpha], axis=2)
    path = tmp_path / "deep.png"
    path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(stored.squeeze())))
    low, high = int(colors.min()), int(colors.max())
    expected = np.broadcast_to(np.rint((colors - low) * (255 / (high - low))), photograph.shape)
    assert np.abs(read_image(path) - expected).max() <= 1
    assert read_image(path).min() == 0
    assert read_image(path).max() == 255


def test_the_pixels_may_be_written_to(tmp_path, photograph):
    for name in ["a.png", "a.tif", "a.jpg"]:
        read = read_image(save(photograph, tmp_path / name))
        assert read.flags.writeable
        assert read.flags.c_contiguous


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF"])
def test_a_file_cut_off_anywhere_is_an_error_that_names_it_or_loses_nothing(
    tmp_path, photograph, kind
):
    whole = as_bytes(photograph, kind)
    path = tmp_path / "cut.img"
    path.write_bytes(whole)
    expected = read_image(path)
    n_errors = 0
    for length in range(0, len(whole), max(1, len(whole) // 97)):
        path.write_bytes(whole[:length])
        error = error_of_reading(path)
        if error is None:
            assert np.array_equal(read_image(path), expected)
        else:
            n_errors += 1
            assert str(path) in error
            assert "\n" not in error
    assert n_errors >= 90


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"GIF89a", b"II*\0", b"BM"]))
def test_any_bytes_are_an_error_of_one_line(tmp_path_factory, content, signature):
    path = tmp_path_factory.mktemp("fuzz") / "noise.jpg"
    path.write_bytes(signature + content)
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    assert "noise.jpg" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"dear diary, today", "not a picture"), (b"\0" * 64, "not a picture")],
)
def test_what_is_no_picture_is_an_error_that_says_so(tmp_path, content, said):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    for function in [read_image, image_size]:
        with pytest.raises(ImageError, match=said):
            function(path)


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    with pytest.raises(ImageError, match="There is no file"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_hundred_megapixels_open_without_a_warning(tmp_path, kind):
    path = tmp_path / f"large.{kind.lower()}"
    large = np.zeros((8000, 12500), np.uint8)
    large[-1, -1] = 255
    save(large, path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert image_size(path) == (8000, 12500)
        read = read_image(path)
    assert read.shape == (8000, 12500, 3)
    assert read[-1, -1].tolist() == [255, 255, 255]


def test_no_setting_of_pillow_is_changed(tmp_path, photograph):
    path = save(photograph, tmp_path / "a.png")
    code = (
        "import sys, warnings, numpy; from PIL import Image, ImageFile\n"
        "before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, warnings.filters[:]\n"
        "from notebook_seg.data import read_image; read_image(sys.argv[1])\n"
        "after = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, warnings.filters[:]\n"
        "assert after == before, (before, after)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


FORMATS = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "JPEG": ["L", "RGB", "CMYK"],
    "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"],
    "BMP": ["1", "L", "P", "RGB"],
    "GIF": ["L", "P", "RGB"],
}


@given(
    kind_and_mode=st.sampled_from([(k, m) for k, modes in FORMATS.items() for m in modes]),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    orientation=st.integers(0, 9),
)
def test_the_size_is_that_of_the_picture(
    tmp_path_factory, kind_and_mode, width, height, orientation
):
    kind, mode = kind_and_mode
    path = tmp_path_factory.mktemp("sizes") / "picture"
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {} if kind in {"BMP", "GIF"} else {"exif": exif}
    Image.new(mode, (width, height)).save(path, kind, **options)
    read = read_image(path)
    assert read.dtype == np.uint8
    assert read.shape == (*image_size(path), 3)


def test_the_size_of_a_large_photograph_is_read_from_its_head(tmp_path):
    path = save(np.zeros((3000, 4000), np.uint8), tmp_path / "a.png")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert image_size(path) == (3000, 4000)


def test_photographs_are_listed_in_the_order_in_which_people_count(tmp_path):
    for name in ["fish_10.jpg", "fish_9.JPG", "Fish_2.tif", "fish_1.b.png"]:
        (tmp_path / name).touch()
    assert [p.name for p in find_images(tmp_path)] == [
        "fish_1.b.png",
        "Fish_2.tif",
        "fish_9.JPG",
        "fish_10.jpg",
    ]


def test_other_files_hidden_files_and_folders_below_are_not_photographs(tmp_path):
    (tmp_path / "below.jpg").mkdir()
    (tmp_path / "below.jpg" / "deep.jpg").touch()
    for name in ["a.jpg", "._a.jpg", "notes.txt", "Thumbs.db"]:
        (tmp_path / name).touch()
    assert find_images(tmp_path) == [tmp_path / "a.jpg"]


def test_a_file_a_pattern_and_several_of_them_are_found_once_each(tmp_path):
    for name in ["a_1.jpg", "a_2.jpg", "b.jpg", "a_3.txt", "odd[1].jpg"]:
        (tmp_path / name).touch()
    pattern = str(tmp_path / "a_*")
    assert find_images(tmp_path / "b.jpg") == [tmp_path / "b.jpg"]
    assert [p.name for p in find_images(pattern)] == ["a_1.jpg", "a_2.jpg"]
    assert [p.name for p in find_images([pattern, tmp_path / "a_2.jpg"])] == ["a_1.jpg", "a_2.jpg"]
    assert find_images(tmp_path / "odd[1].jpg") == [tmp_path / "odd[1].jpg"]


def test_a_relative_pattern_is_looked_for_where_the_user_is(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    monkeypatch.chdir(tmp_path)
    assert find_images("photos/*.jpg") == [Path("photos/a.jpg")]


def test_nothing_found_is_an_error_that_says_what_is_looked_for(tmp_path):
    with pytest.raises(ImageError, match="There is no file or folder"):
        find_images(tmp_path / "gone")
    with pytest.raises(ImageError) as caught:
        find_images(tmp_path)
    assert all(suffix in str(caught.value) for suffix in IMAGE_SUFFIXES)


def test_two_photographs_of_one_stem_are_an_error_that_names_both():
    with pytest.raises(DatasetError, match=r"a\.png.*a\.jpg"):
        by_stem([Path("x/a.png"), Path("y/a.jpg")])
    with pytest.raises(DatasetError, match="share one mask"):
        by_stem([Path("Fish.jpg"), Path("fish.jpeg")])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path, photograph):
    path = save(photograph, tmp_path / "a.png")
    path.chmod(0)
    with pytest.raises(ImageError, match="Permission denied"):
        read_image(path)


def test_every_real_photograph_has_the_size_of_its_mask(photographs):
    for path in sorted(photographs.glob("*/images/*")):
        mask = next((path.parent.parent / "masks").glob(f"{path.stem}.*"))
        read = read_image(path)
        assert read.shape[:2] == image_size(path) == image_size(mask)
        assert read.std() > 1
