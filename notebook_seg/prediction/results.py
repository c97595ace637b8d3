"""What becomes of one photograph: its files and what is noted of it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from notebook_seg.data import read_image
from notebook_seg.data.files import atomic_write, make_folder
from notebook_seg.data.images import image_size
from notebook_seg.data.photographs import Photograph
from notebook_seg.prediction.ledger import photograph_stamp
from notebook_seg.prediction.objects import find_objects
from notebook_seg.prediction.outputs import Outputs, encoded_outputs
from notebook_seg.prediction.pipeline import Stages
from notebook_seg.prediction.predictor import Predictor
from notebook_seg.prediction.result import Prediction
from notebook_seg.prediction.traits import object_traits, picture_traits

__all__ = ["Job", "stages_of"]

Entry = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What is to be done with each photograph of a run.

    Parameters
    ----------
    out : Path
        The folder of results.
    outputs : Outputs
    augmented : bool
        As for `Model.predict`.
    scales : mapping of str to float
        Millimetres a pixel by name of the photograph, where they are known.
    """

    out: Path
    outputs: Outputs
    augmented: bool
    scales: dict[str, float]

    def write(self, photograph: Photograph, predicted: "_Predicted") -> Entry:
        """Write all files of a photograph, the label map last, and return what to note of it.

        Raises
        ------
        SaveError
            If the disk is full or may not be written.
        """
        prediction, outputs = predicted.prediction, self.outputs
        objects = find_objects(prediction.labels, outputs.split, outputs.together, outputs.smallest)
        files = []
        for file, content in encoded_outputs(prediction, objects, photograph.name, outputs):
            make_folder((self.out / file).parent)
            atomic_write(self.out / file, content)
            files.append(file)
        scale = self.scales.get(photograph.name)
        return {
            "name": photograph.name,
            "file": photograph.file,
            "source": str(photograph.path.resolve()),
            "stamp": predicted.stamp,
            "scale": scale,
            "files": files,
            "predicted_at": predicted.at,
            "seconds": round(predicted.seconds, 3),
            "picture": picture_traits(prediction, objects, scale),
            "objects": object_traits(prediction, objects, scale),
        }


class _Loaded(NamedTuple):
    image: np.ndarray
    stamp: list[int] | None


class _Predicted(NamedTuple):
    prediction: Prediction
    stamp: list[int] | None
    at: str
    seconds: float


def stages_of(
    model: Predictor,
    job: Job,
    record: Callable[[Entry], object],
    turn: AbstractContextManager[object] | None = None,
) -> Stages[Photograph, _Loaded, _Predicted]:
    """Return the stages of a photograph: it is read, predicted, written, and recorded.

    Parameters
    ----------
    model : Model or Ensemble
    job : Job
    record : callable
        Takes what is to be noted of a photograph once its files are written; called in threads.
    turn : context manager, optional
        Held while the network is at work, where others use it as well.
    """

    def process(loaded: _Loaded) -> _Predicted:
        with turn or nullcontext():
            started = time.perf_counter()
            prediction = model.predict(loaded.image, job.augmented)
            seconds = time.perf_counter() - started
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return _Predicted(prediction, loaded.stamp, now, seconds)

    return Stages(
        _pixels, _load, process, lambda photograph, made: record(job.write(photograph, made))
    )


def _pixels(photograph: Photograph) -> int:
    height, width = image_size(photograph.path)
    return height * width


def _load(photograph: Photograph) -> _Loaded:
    # Before it is read: what is changed meanwhile is predicted again the next time.
    stamped = photograph_stamp(photograph.path)
    return _Loaded(read_image(photograph.path), stamped)
