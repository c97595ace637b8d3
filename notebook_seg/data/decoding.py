"""Which kind of file lies there, and how its pixels are turned upright."""

import contextlib
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from notebook_seg.errors import NotebookSegError

__all__ = ["decoding", "file_kind", "open_pillow", "orientation_of", "size_of", "upright"]

ORIENTATION_TAG = 0x0112

_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF8": "GIF",
    b"BM": "BMP",
}

# The classes are called themselves, and not Image.open, which would warn about decompression
# bombs above 89 megapixels: the photographs are the user's own.
_PILLOW: dict[str, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
}

DECODING_ERRORS = (
    ArithmeticError,
    EOFError,
    Image.DecompressionBombError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: np.rot90(a),
}


@contextlib.contextmanager
def decoding(path: Path, error: type[NotebookSegError]) -> Iterator[None]:
    """Turn whatever a decoder raises over the file `path` into one line of kind `error`."""
    try:
        yield
    except NotebookSegError:
        raise
    except FileNotFoundError:
        raise error(f"There is no file {path}. Check the spelling and the folder") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder, not a file. Name a file in it") from None
    except DECODING_ERRORS as fault:
        detail = " ".join(str(fault).split()) or type(fault).__name__
        raise error(
            f"Cannot read {path}: the file is damaged, incomplete or of a kind that is not "
            f"understood ({detail[:200]}). Copy it again from where it came from, or export it "
            "as PNG"
        ) from fault


def file_kind(path: Path, error: type[NotebookSegError]) -> str:
    """Tell JPEG, PNG, TIFF, GIF or BMP from the first bytes, whatever the file is called."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise error(f"{path} is empty. Copy it again from where it came from")
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature):
            return kind
    raise error(
        f"{path} is not a picture that can be read: JPEG, PNG, TIFF, BMP and GIF are. "
        f"Received a file that starts with {start!r}. Export it as PNG or TIFF"
    )


def open_pillow(path: Path, kind: str) -> ImageFile:
    """Open a picture without decoding its pixels; `kind` is one of `file_kind`, not TIFF."""
    return _PILLOW[kind](path)


def orientation_of(picture: ImageFile) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        # The method of PngImageFile would decode the pixels first.
        return int(Image.Image.getexif(picture).get(ORIENTATION_TAG, 1))
    except DECODING_ERRORS:
        return 1


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn or flip an ``(H, W, ...)`` array so that the picture stands as it was seen.

    Parameters
    ----------
    pixels : ndarray, shape (H, W, ...)
        Pixels in the order of the file.
    orientation : int
        The EXIF orientation; anything but 2 to 8 leaves the picture as it is.

    Returns
    -------
    ndarray
        Contiguous; ``(W, H, ...)`` where `orientation` is 5 to 8.

    Examples
    --------
    >>> upright(np.array([[1, 2, 3]]), 6).tolist()
    [[1], [2], [3]]
    """
    turn = _UPRIGHT.get(orientation)
    return np.ascontiguousarray(turn(pixels) if turn else pixels)


def size_of(shape: tuple[int, ...], orientation: int) -> tuple[int, int]:
    """Return height and width of an upright picture from its shape in the file.

    Examples
    --------
    >>> size_of((480, 640, 3), 6)
    (640, 480)
    """
    height, width = shape[:2]
    return (width, height) if 5 <= orientation <= 8 else (height, width)


def has_late_metadata(path: Path) -> bool:
    """Whether a PNG keeps text or EXIF behind its pixels, where opening does not find it."""
    pixels_seen = False
    with path.open("rb") as file:
        file.seek(8)
        while len(header := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", header)
            if pixels_seen and kind in {b"eXIf", b"iTXt", b"tEXt", b"zTXt"}:
                return True
            pixels_seen |= kind == b"IDAT"
            file.seek(length + 4, 1)
    return False
