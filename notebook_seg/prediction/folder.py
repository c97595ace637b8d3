"""Many photographs through one model, each result on disk as soon as it is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from notebook_seg.data import atomic_write, find_images, write_mask
from notebook_seg.data.files import make_folder
from notebook_seg.errors import ImageError, OptionError
from notebook_seg.interruption import stoppable
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.prediction.result import Prediction
from notebook_seg.progress import progress_bar

__all__ = ["FolderReport", "predict_folder"]


@dataclass(frozen=True)
class FolderReport:
    """What became of each photograph.

    Parameters
    ----------
    done : tuple of Path
        The masks that were written.
    failed : dict of Path to str
        The photographs that could not be read, each with the reason.
    left : tuple of Path
        The photographs that were not reached, because somebody interrupted.
    """

    done: tuple[Path, ...]
    failed: dict[Path, str]
    left: tuple[Path, ...]


def _check_names(photographs: list[Path]) -> None:
    seen: dict[str, Path] = {}
    for photograph in photographs:
        other = seen.setdefault(photograph.stem, photograph)
        if other != photograph:
            raise OptionError(
                f"Two photographs would write the same mask {photograph.stem}.png: rename one of "
                f"them. Received: {other} and {photograph}"
            )


def _check_apart(photographs: list[Path], out: Path) -> None:
    # The overlays are photographs in shape, so a folder of them must not be taken for the input.
    if out.resolve() in {photograph.parent.resolve() for photograph in photographs}:
        raise OptionError(
            f"Results go to a folder of their own, apart from the photographs. Received: {out}"
        )


def _write_overlay(path: Path, overlay: np.ndarray) -> None:
    _, encoded = cv2.imencode(".jpg", overlay[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    atomic_write(path, encoded.tobytes())


def _write(prediction: Prediction, stem: str, masks: Path, overlays: Path | None) -> Path:
    path = masks / f"{stem}.png"
    write_mask(path, prediction.labels, prediction.colors)
    if overlays is not None:
        _write_overlay(overlays / f"{stem}.jpg", prediction.overlay())
    return path


def predict_folder(
    model: Predictor,
    photographs: str | Path | Iterable[str | Path],
    out: str | Path,
    overlays: bool = True,
    progress: bool = True,
    augmented: bool = False,
) -> FolderReport:
    """Predict photographs and write ``out/masks/<stem>.png`` and ``out/overlays/<stem>.jpg``.

    A photograph that cannot be read is reported and passed over. Interrupting keeps what is done.

    Parameters
    ----------
    model : Model or Ensemble
    photographs : path or iterable of paths
        A folder, a file, a glob pattern, or several of them.
    out : path
        The folder for the results; it is made where it is absent.
    overlays : bool
        Whether to write the photographs with their classes drawn over them, too.
    progress : bool
        Whether to show a bar.
    augmented : bool
        Whether to look at each photograph in several ways; see `Model.predict`.

    Returns
    -------
    FolderReport

    Raises
    ------
    ImageError
        If there are no photographs.
    OptionError
        If two photographs have the same name, or `out` is the folder of the photographs.
    SaveError
        If a result cannot be written.
    """
    found = find_images(photographs)
    _check_names(found)
    _check_apart(found, Path(out))
    masks = make_folder(Path(out) / "masks")
    overlay_folder = make_folder(Path(out) / "overlays") if overlays else None
    done: list[Path] = []
    failed: dict[Path, str] = {}
    # An interruption is how a person says "enough": what is written stays.
    with stoppable(), progress_bar(len(found), "Predicting", "photo", progress) as bar:
        for photograph in found:
            try:
                prediction = model.predict(photograph, augmented)
                done.append(_write(prediction, photograph.stem, masks, overlay_folder))
            except ImageError as error:
                failed[photograph] = str(error)
            bar.update()
    return FolderReport(tuple(done), failed, tuple(found[len(done) + len(failed) :]))
