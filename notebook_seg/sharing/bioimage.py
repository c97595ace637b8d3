"""Packages for the BioImage Model Zoo (bioimage.io): the one door to `bioimageio`.

Its programs (ilastik, deepImageJ, QuPath and others) know nothing of this package: what they are
given is one Keras file of standard layers, and tensors to test it with. The description follows
https://github.com/bioimage-io/spec-bioimage-io, version 0.5.
"""

import re
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
from PIL import Image

from notebook_seg._version import __version__
from notebook_seg.data import Dataset
from notebook_seg.data.files import make_folder, saving
from notebook_seg.data.overlays import reduced_image
from notebook_seg.errors import MissingExtraError, ModelError, OptionError
from notebook_seg.prediction import Ensemble, Model
from notebook_seg.progress import progress_bar
from notebook_seg.sharing.info import BundleInfo, check_name
from notebook_seg.sharing.preparing import About, Prepared, check_free, name_of, prepared
from notebook_seg.sharing.standard_network import standard_network
from notebook_seg.training.batches import as_channels
from notebook_seg.training.networks import STRIDE, up_to_stride
from notebook_seg.training.quiet import quiet_retracing

__all__ = ["export_bioimage"]

_WEIGHTS, _INPUT, _OUTPUT = "weights.keras", "test_input.npy", "test_output.npy"
_README, _COVER = "README.md", "cover.png"
_LEAST_SIDE = 2 * STRIDE
_LONGEST_SIDE = 16 * STRIDE  # pixels of the test tensors
_COVER_SIDE = 400  # pixels
_TOLERANCE = 1e-4  # of a probability
_SHORTEST_NAME, _LONGEST_DESCRIPTION = 5, 1024
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s,;]+[^\s,;.)]")
_ADDRESS = re.compile(r"https?://[^\s,;]+[^\s,;.)]")


def export_bioimage(
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
    overwrite: bool = False,
    progress: bool = True,
) -> Path:
    """Write a model as a package that the programs around bioimage.io open.

    The network in it takes photographs at the working scale, as its README says, in grey levels
    from 0 to 255, and returns probabilities.

    Parameters
    ----------
    model, name, description, authors, limits, data, picture, overwrite, progress
        As for `share`.
    out : path, optional
        The file; ``NAME.bioimage.zip`` here if not given.
    licence : str
        An SPDX identifier, such as ``"CC-BY-4.0"``.
    citation : str
        With a DOI or an address in it.

    Returns
    -------
    Path
        The file, whose weights have been loaded again and compared.

    Raises
    ------
    MissingExtraError
        If `bioimageio` is not installed.
    OptionError
        If the network cannot be expressed in layers of Keras alone (see `standard_network`), the
        file is there already, or the licence is not known there.
    SaveError
        If the file cannot be written.
    """
    v0_5 = _specification()
    named = check_name(name) if name is not None else name_of(model)
    target = Path(out if out is not None else f"{named}.bioimage.zip").expanduser()
    check_free(target, overwrite)
    about = About(named, description, authors, licence, citation, limits)
    ready = prepared(model, about, data, picture, progress, as_bundle=False)
    make_folder(target.parent)
    with (
        progress_bar(2, "Exporting", "step", progress) as bar,
        saving(target),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".sharing-") as folder,
    ):
        _write_files(Path(folder), ready)
        bar.update()
        _save(_described(v0_5, Path(folder), ready), Path(folder) / "package.zip", target)
        bar.update()
    return target


def _specification() -> ModuleType:
    try:
        from bioimageio.spec.model import v0_5
    except ImportError as error:
        raise _missing("it is not installed") from error
    return v0_5


def _missing(why: str) -> MissingExtraError:
    return MissingExtraError(
        f"Packages for bioimage.io are written by its own library, and {why}: "
        'pip install "notebook_seg[bioimageio]"'
    )


def _write_files(folder: Path, ready: Prepared) -> None:
    network = standard_network(ready.model)
    tensor = _test_tensor(ready)
    with quiet_retracing():
        expected = network.predict_on_batch(tensor.astype(np.float32))
        network.save(folder / _WEIGHTS)
        again = keras.saving.load_model(folder / _WEIGHTS, compile=False, safe_mode=True)
        differs = np.abs(again.predict_on_batch(tensor.astype(np.float32)) - expected).max()
    if differs > _TOLERANCE:
        raise ModelError(
            f"Keras {keras.__version__} loads this network as another one (probabilities differ by "
            f"{differs:.3g}): share a bundle of this package."
        )
    np.save(folder / _INPUT, tensor)
    np.save(folder / _OUTPUT, np.asarray(expected, np.float32))
    (folder / _README).write_text(_readme(ready), encoding="utf-8")
    Image.fromarray(_cover(ready)).save(folder / _COVER)


def _test_tensor(ready: Prepared) -> np.ndarray:
    plan = ready.model.record.plan
    working = plan.working_image(ready.photograph)[:_LONGEST_SIDE, :_LONGEST_SIDE]
    short = [max(_LEAST_SIDE, up_to_stride(side)) - side for side in working.shape[:2]]
    padded = np.pad(working, [(0, short[0]), (0, short[1]), (0, 0)], mode="edge")
    return as_channels(padded, plan.channels)[None]


def _cover(ready: Prepared) -> np.ndarray:
    """Return the photograph beside what the model says of it, twice as wide as high."""
    side = min(_COVER_SIDE, *ready.photograph.shape[:2])
    overlay = ready.model.predict(ready.photograph).overlay()
    halves = [reduced_image(_square(image), side) for image in (ready.photograph, overlay)]
    return np.concatenate(halves, axis=1)


def _square(image: np.ndarray) -> np.ndarray:
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def _readme(ready: Prepared) -> str:
    plan = ready.model.record.plan
    return (
        f"{ready.card}\n## What goes in, what comes out\n\n"
        f"Scale photographs first: {plan.scale}. The sides are then filled up to multiples of "
        f"{STRIDE} pixels. Grey levels go from 0 to 255; "
        f"{'one channel, grey' if plan.channels == 1 else 'red, green and blue'}. Out come "
        f"probabilities: {', '.join(ready.model.class_names)}.\n\n"
        "## Validation\n\nCompare label maps (the most probable class of each pixel) with masks "
        "drawn by hand on photographs that were not learned from, by IoU.\n"
    )


def _described(v0_5: ModuleType, folder: Path, ready: Prepared) -> Any:
    info = ready.info
    try:
        return v0_5.ModelDescr(
            name=f"{info.name.replace('.', '_'):_<{_SHORTEST_NAME}}",
            description=(info.description or f"Segments {', '.join(info.classes)}.")[
                :_LONGEST_DESCRIPTION
            ],
            authors=[v0_5.Author(name=author) for author in info.authors],
            cite=_cited(v0_5, info),
            license=info.licence or None,
            tags=["segmentation", "semantic-segmentation", "2d", "keras", "notebook_seg"],
            documentation=v0_5.FileDescr(source=folder / _README),
            covers=[v0_5.FileDescr(source=folder / _COVER)],
            inputs=[_input(v0_5, folder, ready)],
            outputs=[_output(v0_5, folder, ready)],
            weights=v0_5.WeightsDescr(keras_v3=_weights(v0_5, folder)),
            version=__version__,
        )
    # pydantic's error is a ValueError that names each field.
    except ValueError as error:
        detail = " ".join(str(error).split())
        if "index_key" in detail:
            # Since 2.14 it refuses how bioimageio.spec 0.5.12 calls it (pydantic #13506).
            raise _missing(f"pydantic {version('pydantic')} does not go with it") from error
        raise OptionError(
            "bioimage.io does not take this: a licence is an SPDX identifier such as 'CC-BY-4.0', "
            f"an author a name without a slash. Received: {info.licence!r}, "
            f"{', '.join(info.authors) or 'no authors'} ({detail[:300]})"
        ) from error


def _cited(v0_5: ModuleType, info: BundleInfo) -> list[Any]:
    doi, address = _DOI.search(info.citation), _ADDRESS.search(info.citation)
    if doi:
        return [v0_5.CiteEntry(text=info.citation, doi=doi.group())]
    return [v0_5.CiteEntry(text=info.citation, url=address.group())] if address else []


def _input(v0_5: ModuleType, folder: Path, ready: Prepared) -> Any:
    grey = ready.model.record.plan.channels == 1
    return v0_5.InputTensorDescr(
        id="photograph",
        axes=[
            v0_5.BatchAxis(),
            *(v0_5.SpaceInputAxis(id=axis, size=_sizes(v0_5)) for axis in "yx"),
            v0_5.ChannelAxis(channel_names=["grey"] if grey else ["red", "green", "blue"]),
        ],
        data=v0_5.IntervalOrRatioDataDescr(type="uint8", range=(0, 255)),
        preprocessing=[v0_5.EnsureDtypeDescr(kwargs=v0_5.EnsureDtypeKwargs(dtype="float32"))],
        test_tensor=v0_5.FileDescr(source=folder / _INPUT),
    )


def _sizes(v0_5: ModuleType) -> Any:
    return v0_5.ParameterizedSize(min=_LEAST_SIDE, step=STRIDE)


def _output(v0_5: ModuleType, folder: Path, ready: Prepared) -> Any:
    return v0_5.OutputTensorDescr(
        id="probabilities",
        axes=[
            v0_5.BatchAxis(),
            *(
                v0_5.SpaceOutputAxis(
                    id=axis, size=v0_5.SizeReference(tensor_id="photograph", axis_id=axis)
                )
                for axis in "yx"
            ),
            v0_5.ChannelAxis(channel_names=list(ready.model.class_names)),
        ],
        data=v0_5.IntervalOrRatioDataDescr(type="float32", range=(0, 1)),
        test_tensor=v0_5.FileDescr(source=folder / _OUTPUT),
    )


def _weights(v0_5: ModuleType, folder: Path) -> Any:
    backend = keras.backend.backend()
    return v0_5.KerasV3WeightsDescr(
        source=folder / _WEIGHTS,
        keras_version=v0_5.Version(keras.__version__),
        backend=(backend, v0_5.Version(version(backend))),
    )


def _save(described: Any, package: Path, target: Path) -> None:
    from bioimageio.spec import save_bioimageio_package

    save_bioimageio_package(described, output_path=package)
    package.replace(target)
