"""Photographs of any common kind, read as upright RGB."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import imagecodecs
import numpy as np
from PIL.ImageFile import ImageFile

from notebook_seg.data.decoding import (
    decoding,
    file_kind,
    has_late_metadata,
    open_pillow,
    orientation_of,
    size_of,
    upright,
)
from notebook_seg.data.files import natural_key
from notebook_seg.data.pixels import grey_to_rgb, over_white, to_uint8
from notebook_seg.data.tiff import read_tiff, tiff_layout
from notebook_seg.errors import DatasetError, ImageError, NotebookSegError

__all__ = ["IMAGE_SUFFIXES", "Where", "find_images", "image_size", "read_image"]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif")

Where: TypeAlias = str | Path | Iterable[str | Path]


def find_images(where: Where) -> list[Path]:
    """List photographs in the order in which people count.

    Parameters
    ----------
    where : str, Path or iterable of these
        A folder (the files in it, not those in folders below), a file, or a pattern such as
        ``'photos/*_left.jpg'``. In folders and patterns only files with one of
        `IMAGE_SUFFIXES`, in small or capital letters, are taken, and hidden files are not.

    Returns
    -------
    list of Path
        Each file once, naturally sorted: ``fish_2.jpg`` before ``fish_10.jpg``.

    Raises
    ------
    ImageError
        If there is no such file or folder, or no photograph in it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ["fish_10.JPG", "fish_2.jpg", "notes.txt"]:
    ...     (folder / name).touch()
    >>> [path.name for path in find_images(folder)]
    ['fish_2.jpg', 'fish_10.JPG']
    """
    return find_pictures(where, "photographs", ImageError)


def find_pictures(where: Where, what: str, error: type[NotebookSegError]) -> list[Path]:
    """Do the work of `find_images` for photographs or masks, which have errors of their own."""
    places = [where] if isinstance(where, str | Path) else list(where)
    found = {path for place in places for path in _find_at(place, error)}
    if not found:
        raise error(
            f"No {what} in {where}: files ending in {', '.join(IMAGE_SUFFIXES)} are looked for. "
            "Name the folder that holds them directly"
        )
    return sorted(found, key=natural_key)


def _find_at(place: str | Path, error: type[NotebookSegError]) -> list[Path]:
    path = Path(place).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        return photographs_in(path)
    return [path for path in matching(path, error) if is_photograph(path)]


def matching(pattern: Path, error: type[NotebookSegError]) -> list[Path]:
    """List what a pattern finds, in which ``**`` stands for folders at any depth.

    Raises
    ------
    NotebookSegError
        The given one, if it finds nothing.
    """
    # Path.glob takes no absolute pattern.
    found = glob.glob(str(pattern), recursive=True)  # noqa: PTH207
    if not found:
        raise error(f"There is no file or folder {pattern}. Check the spelling")
    return [Path(name) for name in found]


def is_photograph(path: Path) -> bool:
    """Tell by its ending whether a path is that of a photograph, opening none."""
    return _is_photograph_name(path.name) and path.is_file()


def photographs_in(folder: Path) -> list[Path]:
    """List the photographs of a folder by their endings, in any order, opening none."""
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if _is_photograph_name(e.name) and _is_file(e)]
    return [folder / name for name in names]


def _is_file(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:  # such as a link to itself, which is no more than one to nowhere
        return False


def _is_photograph_name(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def by_stem(paths: Iterable[Path]) -> dict[str, Path]:
    """Map the stem of each file to the file.

    Raises
    ------
    DatasetError
        If two files have the same stem, be it in capitals: they would share one mask.

    Examples
    --------
    >>> list(by_stem([Path("photos/fish_z_-2.5.jpg")]))
    ['fish_z_-2.5']
    """
    found: dict[str, Path] = {}
    for path in paths:
        other = found.setdefault(path.stem.casefold(), path)
        if other is not path:
            first, second = sorted([other, path])
            raise DatasetError(
                f"Two photographs would share one mask: {first} and {second}. Rename one of them, "
                "or take one away"
            )
    return {path.stem: path for path in found.values()}


def read_image(path: str | Path) -> np.ndarray:
    """Read a photograph as it was seen.

    Parameters
    ----------
    path : str or Path
        A JPEG, PNG, TIFF, BMP or GIF file, whatever its name ends in. Of a GIF, the first frame.

    Returns
    -------
    ndarray, shape (H, W, 3), uint8
        Red, green and blue, turned upright after the EXIF orientation. Transparency is laid over
        white. Samples of more than 8 bits are stretched from the smallest to the largest value
        of this picture to 0 ... 255.

    Raises
    ------
    ImageError
        If the file is missing, empty, damaged, of another kind, or a stack of several pages.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> path = Path(tempfile.mkdtemp()) / "grey.png"
    >>> Image.new("L", (640, 480), 7).save(path)
    >>> read_image(path).shape
    (480, 640, 3)
    """
    path = Path(path)
    with decoding(path, ImageError):
        kind = file_kind(path, ImageError)
        if kind == "TIFF":
            return upright(*read_tiff(path, ImageError))
        with open_pillow(path, kind) as picture:
            # Also what tells the orientation may lie behind the pixels.
            picture.load()
            rgb = _read_deep_png(path) if _is_deep(path, kind) else _read_pillow(picture)
            return upright(rgb, orientation_of(picture))


def image_size(path: str | Path) -> tuple[int, int]:
    """Return height and width of the upright photograph, without decoding its pixels.

    Parameters
    ----------
    path : str or Path
        As for `read_image`.

    Returns
    -------
    tuple of int
        The first two sides of what `read_image` returns.

    Raises
    ------
    ImageError
        If the file is missing or its head cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> path = Path(tempfile.mkdtemp()) / "grey.png"
    >>> Image.new("L", (640, 480), 7).save(path)
    >>> image_size(path)
    (480, 640)
    """
    shape, orientation = stored_layout(path)
    return size_of(shape, orientation)


def stored_layout(path: str | Path) -> tuple[tuple[int, int], int]:
    """Return height and width as they are in the file, and the EXIF orientation."""
    path = Path(path)
    with decoding(path, ImageError):
        kind = file_kind(path, ImageError)
        if kind == "TIFF":
            return tiff_layout(path, ImageError)
        with open_pillow(path, kind) as picture:
            if kind == "PNG" and has_late_metadata(path):
                picture.load()
            return (picture.height, picture.width), orientation_of(picture)


def _is_deep(path: Path, kind: str) -> bool:
    with path.open("rb") as file:
        # The bit depth of a PNG is its 25th byte.
        return kind == "PNG" and file.read(25)[24] == 16


def _read_pillow(picture: ImageFile) -> np.ndarray:
    if not picture.has_transparency_data:
        # To convert what is RGB already would copy it: 0.2 s at 100 megapixels.
        return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))
    rgba = np.array(picture.convert("RGBA"))
    return over_white(rgba[..., :3], rgba[..., 3])


def _read_deep_png(path: Path) -> np.ndarray:
    # Pillow would keep only the upper eight bits of each sample.
    samples = imagecodecs.png_decode(path.read_bytes())
    samples = samples.reshape(*samples.shape[:2], -1)
    n_colors = samples.shape[2] - (samples.shape[2] + 1) % 2
    rgb = to_uint8(samples[..., :n_colors])
    rgb = grey_to_rgb(rgb) if n_colors == 1 else rgb
    if samples.shape[2] == n_colors:
        return rgb
    return over_white(rgb, (samples[..., -1] >> 8).astype(np.uint8))
