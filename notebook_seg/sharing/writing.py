"""A model of one's own, written into one file for others."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from notebook_seg.data import Dataset, atomic_write, write_mask
from notebook_seg.data.files import make_folder, replacing, saving, sync_folder
from notebook_seg.model_files import CARD
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.progress import progress_bar
from notebook_seg.sharing.archive import file_record
from notebook_seg.sharing.bundle import SUFFIX, open_bundle
from notebook_seg.sharing.catalogue import add_to_catalogue, check_unlisted
from notebook_seg.sharing.contents import INFO, LABELS, PHOTOGRAPH, files_of
from notebook_seg.sharing.info import BundleInfo, check_name
from notebook_seg.sharing.preparing import About, Prepared, check_free, name_of, prepared

__all__ = ["share"]

_PACKED = {".h5": zipfile.ZIP_STORED, ".png": zipfile.ZIP_STORED}  # they do not get smaller
_MEMBER_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same model gives the same file
_READABLE = 0o644 << 16


def share(
    model: Model | Ensemble | str | Path,
    out: str | Path | None = None,
    *,
    name: str | None = None,
    description: str = "",
    authors: Sequence[str] = (),
    licence: str = "",
    citation: str = "",
    limits: str = "",
    data: Dataset | str | Path | None = None,
    picture: np.ndarray | str | Path | None = None,
    catalogue: str | Path | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> Path:
    """Write a model into one file for others: weights, settings, card, test picture, checksums.

    The test picture goes with the model, where everybody can see it: one of `picture`, of `data`,
    or of the sample that comes with the package.

    Parameters
    ----------
    model : Model, Ensemble or path of a model folder
    out : path, optional
        The file, best ending in ``.nbseg.zip``; ``NAME.nbseg.zip`` here, or in the catalogue, if
        not given.
    name : str, optional
        Letters, digits, ``.``, ``_`` and ``-``; the folder's name, or those of the classes, if not
        given.
    description, licence, citation, limits : str
        What it is for; under which licence, best an SPDX identifier such as ``"CC-BY-4.0"``; how
        to cite it; what it must not be expected to do. All of it goes to the card.
    authors : sequence of str
        Who made it.
    data : Dataset or path, optional
        Labelled pictures: the model's scores on those that it has never seen go to the card.
    picture : ndarray of uint8, shape (H, W, 3), or path, optional
        The test picture; it is shared at 768 pixels at most.
    catalogue : path, optional
        A folder to whose index the model is added; see `add_to_catalogue`.
    overwrite : bool
        Whether to replace a file, or an entry of the catalogue, that is there already.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Path
        The file, which has been opened as others will open it.

    Raises
    ------
    ModelError
        If the model folder cannot be read.
    OptionError
        If the name is none or taken in the catalogue, a text cannot be shown, the file is there
        already, or the dataset has other classes.
    SaveError
        If the file cannot be written; what was there before is intact.
    """
    named = check_name(name) if name is not None else name_of(model)
    target = Path(catalogue or "", f"{named}{SUFFIX}") if out is None else Path(out)
    target = target.expanduser()
    check_free(target, overwrite)
    if catalogue is not None:
        check_unlisted(Path(catalogue).expanduser(), named, overwrite)
    about = About(named, description, authors, licence, citation, limits)
    ready = prepared(model, about, data, picture, progress)
    with progress_bar(3, "Sharing", "step", progress) as bar, _beside(target) as folder:
        _write_files(folder, ready)
        bar.update()
        packed = folder / target.name
        _pack(folder, ready.info, packed)
        bar.update()
        # As others will open it: what they would be refused is never handed out.
        open_bundle(packed)
        packed.replace(target)
        sync_folder(target.parent)
        bar.update()
    if catalogue is not None:
        add_to_catalogue(catalogue, target, overwrite)
    return target


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    make_folder(target.parent)
    with (
        saving(target),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".sharing-") as folder,
    ):
        yield Path(folder)


def _write_files(folder: Path, ready: Prepared) -> None:
    ready.model.save(folder)
    atomic_write(folder / CARD, ready.card.encode())
    make_folder((folder / PHOTOGRAPH).parent)
    Image.fromarray(ready.photograph).save(folder / PHOTOGRAPH)
    labels = ready.model.predict(ready.photograph).labels
    write_mask(folder / LABELS, labels, ready.model.colors)


def _pack(folder: Path, info: BundleInfo, packed: Path) -> None:
    there = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    names = files_of(there)
    listed = replace(info, files={name: file_record(folder / name) for name in names})
    with replacing(packed) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_member(INFO), listed.to_json())
        for name in names:
            with (folder / name).open("rb") as source, archive.open(_member(name), "w") as member:
                shutil.copyfileobj(source, member)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _MEMBER_DATE)
    member.compress_type = _PACKED.get(Path(name).suffix, zipfile.ZIP_DEFLATED)
    member.external_attr = _READABLE
    return member
