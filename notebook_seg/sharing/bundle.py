"""A model in one file, opened without trusting it.

A bundle is a zip file that, unpacked, is a model folder: settings as JSON, weights as arrays of
numbers, a card as Markdown, a test picture with its label map as PNG. None of these can hold
anything that is executed. What is listed in `bundle.json` with its checksum is all there may be.
"""

import csv
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from notebook_seg.data.files import saving
from notebook_seg.errors import BundleError, ModelError, OptionError
from notebook_seg.model_files import CARD
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.prediction import load_model as load_model_folder
from notebook_seg.sharing.archive import Archive, refuse, shown
from notebook_seg.sharing.contents import (
    INFO,
    ExamplePicture,
    check_models,
    files_of,
    read_example,
)
from notebook_seg.sharing.info import BundleInfo, ForeignJsonError

__all__ = [
    "SUFFIX",
    "Bundle",
    "is_bundle",
    "load_model",
    "open_bundle",
    "read_info",
    "unpack_bundle",
]

SUFFIX = ".nbseg.zip"

# Another processor or another version of a library rounds differently: pixels along an outline,
# where two classes are as likely as each other, may change sides.
_LEAST_AGREEMENT = 0.99

# What libraries raise over well-formed files that nobody but a stranger would write.
_STRANGE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError, csv.Error)


@dataclass(frozen=True, eq=False, repr=False)
class Bundle:
    """A shared model that has been checked.

    Parameters
    ----------
    model : Model or Ensemble
        Ready to predict.
    info : BundleInfo
        What was said of it when it was shared.
    card : str
        A page about it as Markdown, in somebody else's words: to be escaped before it is shown as
        HTML.
    photograph : ndarray of uint8, shape (H, W, 3)
        The test picture.
    labels : ndarray of uint8, shape (H, W)
        What the model said of it where it was shared.
    agreement : float
        Share of the pixels of which the model says the same here, 0.99 to 1.
    """

    model: Model | Ensemble
    info: BundleInfo
    card: str
    photograph: np.ndarray
    labels: np.ndarray
    agreement: float

    def __repr__(self) -> str:
        return f"Bundle({self.info.name}: {self.model!r})"


def is_bundle(path: str | Path) -> bool:
    """Tell whether a path is that of a shared model rather than of a model folder.

    Examples
    --------
    >>> is_bundle("fish_model")
    False
    """
    return Path(path).expanduser().is_file()


def read_info(file: str | Path) -> BundleInfo:
    """Return what a shared model says of itself; its files are not unpacked.

    Raises
    ------
    BundleError
        If it is not a shared model, or not a whole one.
    """
    with Archive(Path(file).expanduser()) as archive:
        return _info(archive)


def open_bundle(file: str | Path) -> Bundle:
    """Check a shared model and load it.

    Every file in it is compared with its checksum, settings and weights are looked through, and
    the model has to see in its test picture what it saw when it was shared.

    Parameters
    ----------
    file : path
        What `share` wrote, here or anywhere.

    Raises
    ------
    BundleError
        If anything in it is not as it should be. Nothing of it has been executed.
    """
    file = Path(file).expanduser()
    with tempfile.TemporaryDirectory(prefix="notebook_seg_") as folder, saving(Path(folder)):
        return _open_unpacked(Path(folder), _unpack(file, Path(folder)), file)


def unpack_bundle(file: str | Path, out: str | Path) -> Path:
    """Check a shared model and make a model folder of it, with its card and its test picture.

    Parameters
    ----------
    file : path
    out : path
        The folder; nothing may be in it yet.

    Returns
    -------
    Path
        The folder, for `load_model` and every command that takes a model.

    Raises
    ------
    BundleError
        If anything is not as it should be.
    OptionError
        If there is something at `out` already.
    SaveError
        If it cannot be written; nothing is left behind.
    """
    file, out = Path(file).expanduser(), Path(out).expanduser()
    with _new_folder(out) as building:
        _open_unpacked(building, _unpack(file, building), file)
    return out


def load_model(path: str | Path) -> Model | Ensemble:
    """Rebuild a model, or an ensemble of models, from its folder or from a bundle.

    Parameters
    ----------
    path : path
        The folder that training, cross-validation or `save` wrote, or the file that `share` wrote.

    Raises
    ------
    ModelError
        If there is no model, or it is damaged.
    """
    return open_bundle(path).model if is_bundle(path) else load_model_folder(path)


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OptionError(f"{out} is there already: choose a folder that is not. Received: {out}")
    building = out.absolute().with_name(f".{out.name}.{secrets.token_hex(4)}")
    with saving(out):
        try:
            building.mkdir(parents=True)
            yield building
            if out.exists():
                out.rmdir()
            building.rename(out)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise


def _info(archive: Archive) -> BundleInfo:
    try:
        info = BundleInfo.from_json(archive.read(INFO))
    except ForeignJsonError as error:
        archive.refuse(f"{INFO} in it is not to be understood: {error}")
    needed = set(files_of(archive.names))
    for name in sorted(needed - (archive.names & info.files.keys())):
        archive.refuse(f"{name} is missing in it")
    for name in sorted((archive.names | info.files.keys()) - needed - {INFO}):
        archive.refuse(f"it holds {shown(name)}, which is no part of a model")
    return info


def _unpack(file: Path, folder: Path) -> BundleInfo:
    with Archive(file) as archive:
        info = _info(archive)
        archive.extract(folder, info.files)
        (folder / INFO).write_bytes(archive.read(INFO))
    return info


def _open_unpacked(folder: Path, info: BundleInfo, file: Path) -> Bundle:
    records = check_models(folder, file)
    if tuple(label.name for label in records[0].classes) != info.classes:
        refuse(file, "its model knows other classes than it says")
    example, card = read_example(folder, records, file), _card(folder, file)
    try:
        model = load_model_folder(folder)
    except (ModelError, *_STRANGE) as error:
        refuse(file, f"its model cannot be loaded ({shown(error, 200)})")
    return Bundle(model, info, card, *example, _agreement(model, example, file))


def _card(folder: Path, file: Path) -> str:
    try:
        return (folder / CARD).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(file, f"{CARD} in it is no text")


def _agreement(model: Model | Ensemble, example: ExamplePicture, file: Path) -> float:
    labels = model.predict(example.photograph).labels
    agreement = float((labels == example.labels).mean())
    if agreement < _LEAST_AGREEMENT:
        versions = ", ".join(f"{p} {shown(v)}" for p, v in model.record.versions.items())
        raise BundleError(
            f"{file} is not opened: here its model says of its test picture something else than "
            f"where it was shared ({agreement:.0%} of the pixels agree). Its weights are not those "
            f"of its label map, or the libraries differ too much: it was made with {versions}"
        )
    return agreement
