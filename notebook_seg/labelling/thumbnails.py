"""Photographs at the size of a thumb, with their masks over them."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from notebook_seg.data.dataset import Dataset
from notebook_seg.data.decoding import decoding, file_kind, open_pillow, orientation_of, upright
from notebook_seg.data.files import FileStamp, stamp
from notebook_seg.data.images import read_image
from notebook_seg.data.overlays import overlay_image, reduced_image
from notebook_seg.errors import ImageError

__all__ = ["THUMBNAIL", "Thumbnails", "jpeg_bytes", "small_photograph"]

Pixels = npt.NDArray[np.uint8]

# The longest side, in pixels: sharp on most screens at the size at which the grid shows it.
THUMBNAIL = 240
_OPACITY = 0.45


class Thumbnails:
    r"""Makes thumbnails, each of a photograph that is decoded once, and reduced while it is.

    Parameters
    ----------
    dataset : Dataset

    Examples
    --------
    >>> data = Dataset.sample()
    >>> thumbnails = Thumbnails(data)
    >>> thumbnails.photograph("coin_01").shape
    (82, 126, 3)
    >>> jpeg = thumbnails.with_mask("coin_01", data.mask("coin_01"))
    >>> jpeg[:3]
    b'\xff\xd8\xff'
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        # As JPEG, of which hundreds take a few megabytes.
        self._kept: dict[str, tuple[FileStamp | None, bytes]] = {}

    def photograph(self, stem: str) -> Pixels:
        """Return a photograph of at most `THUMBNAIL` pixels a side, ``(h, w, 3)`` uint8.

        Raises
        ------
        ImageError
            If it cannot be read.
        DatasetError
            If there is no picture with this stem.
        """
        path = self._dataset.image_path(stem)
        found = stamp(path)
        known = self._kept.get(stem)
        if known is None or known[0] != found:
            self._kept[stem] = known = (found, jpeg_bytes(small_photograph(path, THUMBNAIL)))
        return np.array(Image.open(io.BytesIO(known[1])))

    def with_mask(self, stem: str, mask: Pixels | None) -> bytes:
        """Return the thumbnail of a photograph as JPEG, with a mask of any size painted over it.

        Parameters
        ----------
        stem : str
        mask : array (H, W) of uint8, or None
            Class indexes, of the photograph or reduced.

        Raises
        ------
        ImageError
            If the photograph cannot be read.
        """
        photograph = self.photograph(stem)
        if mask is None:
            return jpeg_bytes(photograph)
        size = photograph.shape[1], photograph.shape[0]
        labels = np.array(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
        return jpeg_bytes(
            overlay_image(photograph, labels, self._dataset.colors, _OPACITY, outline=1)
        )


def small_photograph(path: str | Path, longest: int) -> Pixels:
    """Read a photograph upright, at most `longest` pixels a side, as cheaply as its kind allows.

    A JPEG is decoded at an eighth to a half of its size, which costs a fraction of the time and of
    the memory.

    Raises
    ------
    ImageError
        If it cannot be read.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> small_photograph(data.image_path("coin_01"), 63).shape
    (41, 63, 3)
    """
    path = Path(path)
    with decoding(path, ImageError):
        if file_kind(path, ImageError) == "JPEG":
            with open_pillow(path, "JPEG") as picture:
                # Twice as large, so that averaging has something to average.
                picture.draft("RGB", (2 * longest, 2 * longest))
                rgb = np.array(picture.convert("RGB"))
                return reduced_image(upright(rgb, orientation_of(picture)), longest)
    return reduced_image(read_image(path), longest)


def jpeg_bytes(picture: Pixels) -> bytes:
    r"""Return a small picture, ``(h, w, 3)`` uint8, as JPEG.

    Examples
    --------
    >>> jpeg_bytes(np.zeros((8, 8, 3), np.uint8))[:3]
    b'\xff\xd8\xff'
    """
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=85)
    return content.getvalue()
