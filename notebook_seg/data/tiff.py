"""TIFF files: of any depth, byte order and compression, with one picture in each."""

import math
from pathlib import Path

import numpy as np
import tifffile

from notebook_seg.data.pixels import cmyk_to_rgb, grey_to_rgb, over_white, to_uint8
from notebook_seg.errors import NotebookSegError

__all__ = ["read_tiff", "read_tiff_values", "tiff_layout"]

_COLORS = {"MINISWHITE": 1, "MINISBLACK": 1, "PALETTE": 1, "RGB": 3, "YCBCR": 3, "SEPARATED": 4}


_ALPHA = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)


def read_tiff(path: Path, error: type[NotebookSegError]) -> tuple[np.ndarray, int]:
    """Return the only picture of a TIFF as ``(H, W, 3)`` uint8, and its orientation tag."""
    with tifffile.TiffFile(path) as tif:
        page = _only_page(tif, path, error)
        samples = _channels_last(page)
        return _to_rgb(page, samples), _orientation(page)


def read_tiff_values(path: Path, error: type[NotebookSegError]) -> tuple[np.ndarray, int]:
    """Return the samples as they are stored, ``(H, W)`` or ``(H, W, 3)``, and the orientation."""
    with tifffile.TiffFile(path) as tif:
        page = _only_page(tif, path, error)
        samples = _channels_last(page)[..., : _n_colors(page)]
        return samples[..., 0] if samples.shape[2] == 1 else samples, _orientation(page)


def tiff_layout(path: Path, error: type[NotebookSegError]) -> tuple[tuple[int, int], int]:
    """Return height and width in the file and the orientation tag, without decoding pixels."""
    with tifffile.TiffFile(path) as tif:
        page = _only_page(tif, path, error)
        return (page.imagelength, page.imagewidth), _orientation(page)


def _only_page(
    tif: tifffile.TiffFile, path: Path, error: type[NotebookSegError]
) -> tifffile.TiffPage:
    page = tif.pages.first
    pictures = _n_pictures(tif, page)
    if pictures > 1:
        raise error(
            f"{path} is a stack of {pictures} pages, and a photograph is one. Save the page that "
            "is wanted as a file of its own"
        )
    return page


def _n_pictures(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> int:
    alike = sum(other.shape == page.shape for other in tif.pages)
    # ImageJ writes a large stack as one page, and tells the others in its own description.
    return max(alike, math.prod(tif.series[0].shape) // math.prod(page.shape))


def _orientation(page: tifffile.TiffPage) -> int:
    tag = page.tags.get("Orientation")
    return int(tag.value) if tag is not None else 1


def _channels_last(page: tifffile.TiffPage) -> np.ndarray:
    _check_complete(page)
    samples = page.asarray()
    if page.axes == "SYX":
        samples = np.moveaxis(samples, 0, 2)
    elif page.axes not in {"YX", "YXS"}:
        raise ValueError(f"the page has the axes {page.axes}")
    return samples.reshape(page.imagelength, page.imagewidth, -1)


def _check_complete(page: tifffile.TiffPage) -> None:
    # The JPEG decoder would fill what is missing with grey.
    ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
    if max(ends, default=0) > page.parent.filehandle.size:
        raise EOFError("the end of the file is missing")


def _n_colors(page: tifffile.TiffPage) -> int:
    photometric = _photometric(page)
    if photometric not in _COLORS or (photometric == "YCBCR" and page.compression == 1):
        raise ValueError(f"the colour model {photometric}")
    if photometric == "MINISBLACK" and not _has_alpha(page):
        # Some programs write the channels of a colour picture without saying that they are.
        if page.samplesperpixel not in {1, 3}:
            raise ValueError(f"it has {page.samplesperpixel} channels, and 1 or 3 can be shown")
        return page.samplesperpixel
    return _COLORS[photometric]


def _has_alpha(page: tifffile.TiffPage) -> bool:
    return any(kind in _ALPHA for kind in page.extrasamples)


def _photometric(page: tifffile.TiffPage) -> str:
    return getattr(page.photometric, "name", str(page.photometric))


def _to_rgb(page: tifffile.TiffPage, samples: np.ndarray) -> np.ndarray:
    n_colors = _n_colors(page)
    rgb = _colors_to_rgb(page, samples[..., :n_colors])
    if not _has_alpha(page):
        return rgb
    kinds = list(page.extrasamples)
    first = next(i for i, kind in enumerate(kinds) if kind in _ALPHA)
    alpha = _alpha(samples[..., n_colors + first])
    if kinds[first] == tifffile.EXTRASAMPLE.UNASSALPHA:
        return over_white(rgb, alpha)
    # Associated alpha means that the colours are multiplied with it already.
    return rgb + np.minimum(255 - alpha[..., np.newaxis], 255 - rgb)


def _alpha(samples: np.ndarray) -> np.ndarray:
    full = np.iinfo(samples.dtype).max if samples.dtype.kind in "ui" else 1.0
    return np.rint(np.clip(samples / full, 0, 1) * 255).astype(np.uint8)


def _colors_to_rgb(page: tifffile.TiffPage, colors: np.ndarray) -> np.ndarray:
    photometric = _photometric(page)
    if photometric == "PALETTE":
        return _palette(page)[colors[..., 0]]
    if photometric == "SEPARATED":
        return cmyk_to_rgb(_alpha(colors))
    rgb = to_uint8(_full_range(page, colors))
    if photometric == "MINISWHITE":
        rgb = 255 - rgb
    return grey_to_rgb(rgb) if rgb.shape[2] == 1 else rgb


def _full_range(page: tifffile.TiffPage, colors: np.ndarray) -> np.ndarray:
    bits = page.bitspersample
    if colors.dtype == np.uint8 and bits < 8:
        return colors * np.uint8(255 // (2**bits - 1))
    return colors


def _palette(page: tifffile.TiffPage) -> np.ndarray:
    table = np.asarray(page.colormap).T
    # The standard has 16-bit entries; some programs write 8-bit ones.
    return (table >> 8 if table.max() > 255 else table).astype(np.uint8)
