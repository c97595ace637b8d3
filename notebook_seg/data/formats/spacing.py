"""How large a pixel is for tools that take the density of a photograph for its scale."""

from pathlib import Path

import tifffile

from notebook_seg.data.decoding import decoding, file_kind, open_pillow
from notebook_seg.errors import ImageError

__all__ = ["pixel_spacing"]

# Millimetres in the units of JFIF, and in those of the tag ResolutionUnit of TIFF.
_JFIF = {1: 25.4, 2: 10.0}
_TIFF = {2: 25.4, 3: 10.0}


def pixel_spacing(photograph: str | Path) -> tuple[float, float]:
    """Return width and height of a pixel as ITK, and 3D Slicer with it, reads the photograph.

    Parameters
    ----------
    photograph : str or Path

    Returns
    -------
    tuple of float
        In millimetres: of the density in the JFIF head of a JPEG, or in the tags of a TIFF; 1
        where they tell none, and for other kinds of files.

    Raises
    ------
    ImageError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> path = Path(tempfile.mkdtemp()) / "grey.jpg"
    >>> Image.new("L", (640, 480), 7).save(path, dpi=(127, 254))
    >>> [round(side, 3) for side in pixel_spacing(path)]
    [0.2, 0.1]
    """
    path = Path(photograph)
    with decoding(path, ImageError):
        kind = file_kind(path, ImageError)
        if kind == "TIFF":
            unit, density = _tiff_density(path)
        elif kind == "JPEG":
            with open_pillow(path, kind) as picture:
                unit = _JFIF.get(picture.info.get("jfif_unit", 0))
                density = picture.info.get("jfif_density", (0, 0))
        else:
            unit, density = None, (0, 0)
    if unit is None or min(density) <= 0:
        return 1.0, 1.0
    return unit / density[0], unit / density[1]


def _tiff_density(path: Path) -> tuple[float | None, tuple[float, float]]:
    with tifffile.TiffFile(path) as tif:
        tags = tif.pages.first.tags
        # The standard takes inches where no unit is told.
        unit = _TIFF.get(tags.valueof("ResolutionUnit", 2))
        if "XResolution" not in tags or "YResolution" not in tags:
            return None, (0, 0)
        across, down = (tags[f"{axis}Resolution"].value for axis in "XY")
        return unit, (across[0] / (across[1] or 1), down[0] / (down[1] or 1))
