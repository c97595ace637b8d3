"""Masks as palette PNG files: the value of a pixel is the index of its class."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from notebook_seg.data.classes import UNLABELLED, color_to_rgb
from notebook_seg.data.decoding import (
    decoding,
    file_kind,
    open_pillow,
    orientation_of,
    upright,
)
from notebook_seg.data.files import atomic_write
from notebook_seg.data.tiff import read_tiff_values
from notebook_seg.errors import MaskError

__all__ = ["MASK_SUFFIXES", "as_mask", "encode_mask", "read_mask", "read_values", "write_mask"]

MASK_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".gif")

_UNLABELLED_RGB = (128, 128, 128)


def read_mask(path: str | Path) -> np.ndarray:
    """Read class indexes.

    Parameters
    ----------
    path : str or Path
        A PNG, TIFF, BMP or GIF of one value a pixel.

    Returns
    -------
    ndarray, shape (H, W), uint8
        Class indexes; 0 is background, 255 unlabelled.

    Raises
    ------
    MaskError
        If the file cannot be read, shows colours, or holds values that are no class indexes.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mask.png"
    >>> write_mask(path, np.eye(3, dtype=np.uint8), ["#000000", "#ee3377"])
    >>> read_mask(path).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    values = read_values(path)
    if values.ndim == 3:
        raise MaskError(
            f"{path} shows colours, and a mask holds class indexes. Give the meaning of each "
            "colour to Dataset.create(..., values={'#rrggbb': 'class'})"
        )
    return as_mask(values, path)


def as_mask(values: np.ndarray, where: object) -> np.ndarray:
    """Return `values` as ``(H, W)`` uint8, or raise a `MaskError` that names `where`.

    Examples
    --------
    >>> as_mask(np.array([[True, False]]), "here").tolist()
    [[1, 0]]
    """
    values = np.asarray(values)
    if values.ndim != 2 or values.dtype.kind not in "bui":
        raise MaskError(
            f"The mask {where} is not an array (H, W) of whole numbers. "
            f"Received: shape {values.shape}, {values.dtype}"
        )
    if values.dtype == np.uint8:
        return values
    if values.size and (values.min() < 0 or values.max() > UNLABELLED):
        raise MaskError(
            f"The mask {where} holds values from {values.min()} to {values.max()}, and class "
            f"indexes go from 0 to {UNLABELLED}. Give each value its class with "
            "Dataset.create(..., values=...)"
        )
    return values.astype(np.uint8)


def encode_mask(mask: np.ndarray, colors: Sequence[str]) -> bytes:
    r"""Return the palette PNG of a mask.

    Parameters
    ----------
    mask : ndarray, shape (H, W), uint8
        Class indexes.
    colors : sequence of str
        The colour of each index as ``'#rrggbb'``, background first.

    Returns
    -------
    bytes

    Examples
    --------
    >>> encode_mask(np.zeros((2, 2), np.uint8), ["#000000"])[:4]
    b'\x89PNG'
    """
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(colors)] = [color_to_rgb(color) for color in colors]
    palette[UNLABELLED] = _UNLABELLED_RGB
    picture = Image.fromarray(mask)
    picture.putpalette(palette.tobytes())
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=3)
    return content.getvalue()


def write_mask(path: str | Path, mask: np.ndarray, colors: Sequence[str]) -> None:
    """Save a mask as a palette PNG, in one step: a reader never meets half of it.

    Parameters
    ----------
    path : str or Path
        Where to, ending in ``.png``.
    mask : ndarray, shape (H, W), uint8
        Class indexes; 0 is background, 255 unlabelled.
    colors : sequence of str
        The colour of each index as ``'#rrggbb'``, background first.

    Raises
    ------
    MaskError
        If `mask` is not an array of class indexes.
    SaveError
        If the file cannot be written; the old one is intact then.

    Examples
    --------
    See `read_mask`.
    """
    atomic_write(path, encode_mask(as_mask(mask, path), colors))


def read_values(path: str | Path) -> np.ndarray:
    """Read the values of a mask as they are stored.

    Parameters
    ----------
    path : str or Path
        A PNG, TIFF, BMP or GIF. Of a palette picture the indexes are read, of a GIF the colours.

    Returns
    -------
    ndarray, shape (H, W) of integers, or (H, W, 3) uint8
        Colours come back only where red, green and blue differ. Where the file is wholly
        transparent, the value is 0.

    Raises
    ------
    MaskError
        If the file cannot be read, is a JPEG, a stack, or holds fractions.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mask.png"
    >>> Image.fromarray(np.array([[0, 300]], np.uint16)).save(path)
    >>> read_values(path).tolist()
    [[0, 300]]
    """
    path = Path(path)
    with decoding(path, MaskError):
        kind = file_kind(path, MaskError)
        if kind == "JPEG":
            raise MaskError(
                f"{path} is a JPEG, which changes the values of a mask when it is saved. "
                "Export the mask as PNG or TIFF from the program that drew it"
            )
        if kind == "TIFF":
            return _simplified(upright(*read_tiff_values(path, MaskError)), path)
        with open_pillow(path, kind) as picture:
            values = _without_alpha(np.array(_indexable(picture, kind)))
            return _simplified(upright(values, orientation_of(picture)), path)


def _indexable(picture: Image.Image, kind: str) -> Image.Image:
    picture.load()
    if kind == "GIF" and picture.mode == "P":
        # A GIF numbers its colours anew when it is saved: only the colours themselves last.
        return picture.convert("RGB")
    return picture.convert("P") if picture.mode == "PA" else picture


def _without_alpha(values: np.ndarray) -> np.ndarray:
    if values.ndim == 3 and values.shape[2] in {2, 4}:
        values, alpha = values[..., :-1], values[..., -1:]
        return np.where(alpha == 0, values.dtype.type(0), values)
    return values


def _simplified(values: np.ndarray, path: Path) -> np.ndarray:
    if values.ndim == 3 and (values == values[..., :1]).all():
        values = values[..., 0]
    if values.dtype == bool:
        return values.astype(np.uint8)
    if values.dtype.kind == "f":
        return _whole_numbers(values, path)
    if values.dtype.kind not in "ui":
        raise MaskError(f"{path} holds {values.dtype} values, and a mask holds whole numbers")
    return values


def _whole_numbers(values: np.ndarray, path: Path) -> np.ndarray:
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise MaskError(
            f"{path} holds fractions or NaN, and a mask holds whole numbers. Export the labels, "
            "not the probabilities"
        )
    return values.astype(np.int64)
