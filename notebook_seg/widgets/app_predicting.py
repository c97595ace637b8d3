"""The one place where the app meets the prediction of many photographs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from notebook_seg.prediction import Predictor, predict_folder
from notebook_seg.prediction.outputs import OUTPUTS

__all__ = ["AfterEach", "available_outputs", "predict_photographs"]

# Told how many of how many are done; False from it ends the work.
AfterEach = Callable[[int, int], bool | None]


def available_outputs() -> tuple[str, ...]:
    """Return what can be written beside masks.

    Examples
    --------
    >>> available_outputs()[0]
    'overlays'
    """
    return tuple(name for name in OUTPUTS if name != "masks")


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
    report = predict_folder(
        model, photographs, out, progress=False, write=write, crop=crop, after_each=after_each
    )
    return list(report.failed.values())
