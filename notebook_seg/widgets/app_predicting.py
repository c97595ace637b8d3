"""The one place where the app meets the prediction of many photographs."""

from collections.abc import Callable, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from notebook_seg.prediction import FolderReport, Predictor, predict_folder

__all__ = ["AfterEach", "available_outputs", "predict_photographs"]

# Told how many of how many are done; False from it ends the work.
AfterEach = Callable[[int, int], bool | None]

_call: Callable[..., FolderReport] = predict_folder
_TAKEN = signature(predict_folder).parameters
_OPTIONAL = ("overlays", "cutouts", "silhouettes", "objects")


def available_outputs() -> tuple[str, ...]:
    """Return what can be written beside masks.

    Examples
    --------
    >>> available_outputs()[0]
    'overlays'
    """
    return _OPTIONAL if "write" in _TAKEN else _OPTIONAL[:1]


def predict_photographs(
    model: Predictor,
    photographs: Sequence[Path],
    out: Path,
    write: Sequence[str],
    crop: bool,
    after_each: AfterEach,
) -> list[str]:
    """Predict photographs into a folder, and return why some of them failed.

    Parameters
    ----------
    model : Model or Ensemble
    photographs : sequence of Path
    out : Path
    write : sequence of str
        Of `available_outputs`.
    crop : bool
        Whether cut-outs are only as large as what is in them.
    after_each : callable

    Raises
    ------
    NotebookSegError
        If a result cannot be written.
    """
    if "after_each" in _TAKEN:
        options: dict[str, Any] = {"write": list(write), "crop": crop, "after_each": after_each}
        report = _call(model, list(photographs), out, progress=False, **options)
        return list(report.failed.values())
    return _one_by_one(model, photographs, out, "overlays" in write, after_each)


def _one_by_one(
    model: Predictor, photographs: Sequence[Path], out: Path, overlays: bool, after_each: AfterEach
) -> list[str]:
    failed: list[str] = []
    for number, photograph in enumerate(photographs, start=1):
        report = _call(model, photograph, out, overlays, progress=False)
        failed += report.failed.values()
        if after_each(number, len(photographs)) is False:
            break
    return failed
