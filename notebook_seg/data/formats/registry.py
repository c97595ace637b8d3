"""The formats that are known, and which one some files have."""

import glob
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from notebook_seg.data.files import natural_key
from notebook_seg.data.formats.annotated import Found, Hints, Labelled, Out, understanding
from notebook_seg.data.formats.legend import OBJECTS
from notebook_seg.data.images import Where
from notebook_seg.errors import MaskError, OptionError, check_choice

__all__ = ["FORMATS", "Format", "annotation_files", "format_named", "guess_format"]


class Format(NamedTuple):
    """One format of another tool.

    Parameters
    ----------
    title : str
        What people call it.
    suffixes : tuple of str
        How its files end.
    module : str
        Which module of this package reads and writes it.
    reader, writer : str
        Which functions of it do; the module is opened when they are needed.
    written : str
        The name of the file that holds all pictures, or how the file of each ends.
    pixels : bool
        Whether its files are pictures of numbers, so that they may be taken for photographs.
    beside : tuple of str
        The names of other files that are written with them.
    drawn_on : str
        Whether the tool shows photographs ``'upright'`` after their EXIF orientation, or as they
        are ``'stored'``.
    """

    title: str
    suffixes: tuple[str, ...]
    module: str
    reader: str
    writer: str
    written: str
    pixels: bool = False
    beside: tuple[str, ...] = ()
    drawn_on: str = "upright"

    def read(self, paths: Sequence[Path], hints: Hints) -> Found:
        """Read files of this format."""
        return self._function(self.reader)(paths, hints)

    def write(self, pictures: Iterator[Labelled], out: Out) -> None:
        """Write pictures in this format."""
        self._function(self.writer)(pictures, out)

    def file_for(self, stem: str) -> str:
        """Return the name of the file that a picture goes to."""
        return f"{stem}{self.written}" if self.written.startswith(".") else self.written

    def _function(self, name: str) -> Callable:
        return getattr(import_module(f"notebook_seg.data.formats.{self.module}"), name)


_JSON = (".json",)
_COCO, _VIA = "annotations.json", "via_regions.json"
_TIFF, _NIFTI = (".tif", ".tiff"), (".nii", ".nii.gz")
_PICTURES = "label_images"

FORMATS = {
    "labelme": Format("LabelMe JSON", _JSON, "labelme", "read", "write", ".json"),
    "coco": Format("COCO, polygons", _JSON, "coco", "read", "write_polygons", _COCO),
    "coco-rle": Format("COCO, RLE", _JSON, "coco", "read", "write_runs", _COCO),
    "via": Format("VGG Image Annotator 2", _JSON, "via", "read", "write_2", _VIA),
    "via1": Format("VGG Image Annotator 1", _JSON, "via", "read", "write_1", _VIA),
    "imagej": Format(
        "ImageJ and Fiji", (".zip", ".roi"), "imagej", "read", "write", ".zip", drawn_on="stored"
    ),
    "geojson": Format("QuPath", (".geojson", ".json"), "geojson", "read", "write", ".geojson"),
    "nrrd": Format(
        "3D Slicer",
        (".nrrd", ".nhdr"),
        "volumes",
        "read_nrrd",
        "write_nrrd",
        ".seg.nrrd",
        drawn_on="stored",
    ),
    "nifti": Format(
        "NIfTI", _NIFTI, "volumes", "read_nifti", "write_nifti", ".nii.gz", drawn_on="stored"
    ),
    "tiff": Format("label TIFF", _TIFF, _PICTURES, "read", "write_tiff", ".tif", True),
    "objects": Format(
        "label TIFF, objects numbered",
        _TIFF,
        _PICTURES,
        "read",
        "write_objects",
        ".tif",
        True,
        (OBJECTS,),
    ),
    "png": Format(
        "index PNG", (".png", ".bmp", ".gif"), _PICTURES, "read", "write_png", ".png", True
    ),
}

# What is found in the JSON of each tool and in that of no other; the first that fits counts.
_MARKS = (
    ("via", (b'"_via_img_metadata"',)),
    ("via", (b'"shape_attributes"',)),
    ("labelme", (b'"shapes"', b'"imagePath"')),
    ("labelme", (b'"shapes"', b'"imageHeight"')),
    ("geojson", (b'"FeatureCollection"',)),
    ("geojson", (b'"coordinates"',)),
    ("coco", (b'"annotations"', b'"images"')),
    ("via", (b'"regions"', b'"filename"')),
)


def format_named(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    OptionError
        If there is none of this name.

    Examples
    --------
    >>> format_named("imagej").title
    'ImageJ and Fiji'
    """
    return FORMATS[check_choice("format", name, FORMATS)]


def annotation_files(where: Where, name: str | None) -> list[Path]:
    """List the files to read, those of one format where it is named.

    Parameters
    ----------
    where : str, Path or iterable of these
        Files, folders (those directly in them) or patterns.
    name : str, optional
        A format. Without one, files that can only be annotations come before pictures, which
        may be the photographs.

    Raises
    ------
    MaskError
        If there are none.
    """
    suffixes = _all_suffixes() if name is None else format_named(name).suffixes
    places = [where] if isinstance(where, str | Path) else list(where)
    found = [path for place in places for path in _files_at(Path(place).expanduser(), suffixes)]
    if not found:
        named = ", ".join(str(place) for place in places)
        raise MaskError(
            f"No annotations in {named}: files ending in {', '.join(suffixes)} are looked for. "
            "Name the files, or the folder that holds them directly"
        )
    paths = sorted(dict.fromkeys(found), key=natural_key)
    documents = [path for path in paths if not _is_picture(path)]
    return paths if name is not None else documents or paths


def _files_at(place: Path, suffixes: tuple[str, ...]) -> list[Path]:
    if place.is_file():
        return [place]
    if place.is_dir():
        inside = (path for path in place.iterdir() if path.is_file())
    else:
        # Path.glob takes no absolute pattern.
        inside = (Path(name) for name in glob.glob(str(place)))  # noqa: PTH207
    return [p for p in inside if p.name.lower().endswith(suffixes) and not p.name.startswith(".")]


def _all_suffixes() -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for known in FORMATS.values() for s in known.suffixes))


def _is_picture(path: Path) -> bool:
    pictures = tuple(s for known in FORMATS.values() if known.pixels for s in known.suffixes)
    return path.name.lower().endswith(pictures)


def guess_format(paths: Sequence[Path]) -> str:
    """Tell the one format of some files, from their names and from what is in them.

    Raises
    ------
    MaskError
        If a file has none that is known.
    OptionError
        If the files have several.

    Examples
    --------
    >>> guess_format([Path("coin_01.seg.nrrd"), Path("coin_02.nrrd")])
    'nrrd'
    """
    # One of each ending: the files of thousands of photographs may hold the photographs, too.
    samples = {path.suffix.lower(): path for path in reversed(paths)}
    guesses = {_guess(path) for path in samples.values()}
    if len(guesses) > 1:
        raise OptionError(
            f"The files have several formats: {', '.join(sorted(guesses))}. Import them one after "
            f"the other, with format={next(iter(guesses))!r} (--format) and so on"
        )
    return next(iter(guesses))


def _guess(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".json"):
        return _guess_json(path)
    for known, described in FORMATS.items():
        if name.endswith(described.suffixes):
            return known
    raise MaskError(
        f"{path} has no ending that tells its format. Name it: format= (--format), one of "
        f"{', '.join(FORMATS)}"
    )


def _guess_json(path: Path) -> str:
    with understanding(path, "JSON file"):
        content = path.read_bytes()
    if not content.strip():
        raise MaskError(f"{path} is empty. Export it again")
    for known, marks in _MARKS:
        if all(mark in content for mark in marks):
            return known
    raise MaskError(
        f"{path} is a JSON file of none of the formats that are read. Name the format: format= "
        f"(--format), one of {', '.join(n for n, f in FORMATS.items() if '.json' in f.suffixes)}"
    )
