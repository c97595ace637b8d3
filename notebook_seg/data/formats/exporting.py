"""Masks of a dataset, for other tools."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from notebook_seg.data.classes import UNLABELLED, ClassLabel
from notebook_seg.data.dataset import Dataset
from notebook_seg.data.files import atomic_write, make_folder, replacing
from notebook_seg.data.formats.annotated import Labelled
from notebook_seg.data.formats.legend import CLASSES, OBJECTS, classes_table
from notebook_seg.data.formats.matching import DRAWN_ON, as_stored, turned_note
from notebook_seg.data.formats.registry import Format, format_named
from notebook_seg.data.images import stored_layout
from notebook_seg.errors import DatasetError, SaveError, check_choice
from notebook_seg.interruption import stoppable
from notebook_seg.progress import ProgressBar, progress_bar

__all__ = ["Exported", "Files", "export_masks"]

_UNLABELLED = ClassLabel(UNLABELLED, "unlabelled", "#808080")


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Parameters
    ----------
    folder : Path
        Where to.
    files : tuple of Path
        All files.
    pictures : tuple of str
        The pictures that are in them.
    left : tuple of str
        What an interruption left to be done.
    notes : tuple of str
        What else a person should know, a sentence each.
    """

    folder: Path
    files: tuple[Path, ...]
    pictures: tuple[str, ...]
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.folder}: masks exported: {len(self.pictures)}.", *self.notes])


def export_masks(
    data: Dataset | str | Path,
    out: str | Path,
    format: str,  # noqa: A002
    *,
    drawn_on: str | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> Exported:
    """Write the masks of a dataset in the format of another tool.

    Parameters
    ----------
    data : Dataset, str or Path
        All pictures that have a mask are written.
    out : str or Path
        A folder; it is made where it is absent. Beside the files of the tool it gets
        ``classes.csv``, by which `import_masks` finds the indexes and colours of the classes, and
        with numbered objects ``label_objects.csv``, which tells the class of each.
    format : str
        ``labelme``, ``coco`` (polygons, and RLE for what has holes), ``coco-rle``, ``via`` (VGG
        Image Annotator 2), ``via1``, ``imagej``, ``geojson`` (QuPath), ``nrrd`` (3D Slicer),
        ``nifti``, ``tiff`` (class indexes), ``objects`` (a TIFF that numbers the objects) or
        ``png`` (class indexes with their colours).
    drawn_on : str, optional
        For photographs that are turned by their EXIF orientation: ``'upright'``, or as they are
        ``'stored'``. Without it, as the tool shows them: stored for 3D Slicer, NIfTI and ImageJ,
        else upright.
    overwrite : bool, optional
        Whether files that are there are replaced, and a ``label_objects.csv`` that would no
        longer hold is removed. Photographs and masks of the dataset never are.
    progress : bool, optional
        Whether a bar is shown.

    Returns
    -------
    Exported

    Raises
    ------
    DatasetError
        If nothing is labelled.
    OptionError
        If there is no such format.
    SaveError
        If a file is there already, or the disk is full.

    Notes
    -----
    Outlines run along the borders of pixels, so that filling them gives the very same mask.
    Unlabelled pixels are written as a class ``unlabelled``.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> exported = export_masks(Dataset.sample(), folder, "imagej", progress=False)
    >>> sorted(path.name for path in exported.files)[:2]
    ['classes.csv', 'coin_01.zip']
    """
    data = data if isinstance(data, Dataset) else Dataset(data)
    kind = format_named(format)
    drawn_on = check_choice("drawn_on", drawn_on or kind.drawn_on, DRAWN_ON)
    stems = data.labelled
    if not stems:
        raise DatasetError(f"No picture of {data.folder} is labelled: there is nothing to export")
    folder = Path(out).expanduser()
    _check_free(data, folder, kind, overwrite)
    make_folder(folder)
    if OBJECTS not in kind.beside:
        # It would tell the classes of what is written now.
        (folder / OBJECTS).unlink(missing_ok=True)
    files = Files(folder)
    with progress_bar(len(stems), "Exporting", "picture", show=progress) as bar, stoppable():
        kind.write(_labelled(data, stems, drawn_on, bar), files)
    files.save(CLASSES, classes_table([*data.classes, _UNLABELLED]))
    done = tuple(stem for stem in stems if folder / kind.file_for(stem) in files.written)
    left = tuple(stem for stem in stems if stem not in done)
    turned = sum(2 <= stored_layout(data.image_path(stem))[1] <= 8 for stem in done)
    notes = (turned_note("written", drawn_on, turned),) if turned else ()
    return Exported(folder, tuple(files.written), done, left, notes)


class Files:
    """Writes files into a folder, and notes which."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[Path] = []

    def save(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all."""
        atomic_write(self.folder / name, content)
        self.written.append(self.folder / name)

    @contextmanager
    def stream(self, name: str) -> Iterator[BinaryIO]:
        """Open a file that is there once it is complete."""
        with replacing(self.folder / name) as file:
            yield file
        self.written.append(self.folder / name)


def _labelled(
    data: Dataset, stems: Sequence[str], drawn_on: str, bar: ProgressBar
) -> Iterator[Labelled]:
    for stem in stems:
        mask, photograph = data.drawn_mask(stem), data.image_path(stem)
        if drawn_on == "stored":
            mask = as_stored(mask, stored_layout(photograph)[1])
        yield Labelled(stem, photograph, mask, _classes(data, (mask == UNLABELLED).any()))
        bar.update()


def _classes(data: Dataset, unlabelled: bool) -> tuple[ClassLabel, ...]:
    return (*data.classes, _UNLABELLED) if unlabelled else data.classes


def _check_free(data: Dataset, folder: Path, kind: Format, overwrite: bool) -> None:
    stems = data.stems
    own = {path.resolve() for s in stems for path in (data.image_path(s), data.mask_path(s))}
    pictures = (kind.file_for(stem) for stem in data.labelled)
    for name in dict.fromkeys([*pictures, *kind.beside, CLASSES, OBJECTS]):
        path = folder / name
        if path.resolve() in own:
            raise SaveError(f"{path} belongs to the dataset itself. Choose another folder")
        if path.exists() and not overwrite:
            raise SaveError(
                f"{path} is there already. Choose another folder, or replace it with "
                "overwrite=True (--overwrite)"
            )
