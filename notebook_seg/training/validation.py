"""What a network makes of the pictures held back: after each epoch, and with the weights to keep.

Where no picture is held back there is still one to look at, which counts for nothing.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.training.batches import whole_image
from notebook_seg.training.calibration import fit_temperature
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import is_out_of_memory
from notebook_seg.training.examples import Example, Examples
from notebook_seg.training.learner import Learner
from notebook_seg.training.networks import preprocess
from notebook_seg.training.overlap import ForegroundIoU
from notebook_seg.training.plan import Plan
from notebook_seg.training.quiet import quiet_retracing
from notebook_seg.training.tiling import TILE, in_tiles
from notebook_seg.training.validation_subset import (
    SubsetRecord,
    ValidationSet,
    ValidationSubset,
    evenly_spaced,
)

__all__ = ["FinalValidation", "Preview", "Validation", "Validator"]

_CALIBRATED_ON = 50  # pictures
_TILES = (TILE, TILE // 2, TILE // 3)  # the largest first


@dataclass(frozen=True)
class Preview:
    """A picture that the network does not learn from, and what it sees there.

    Parameters
    ----------
    stem : str
    image : ndarray of uint8, shape (h, w, 3)
        At the working scale, as are the masks.
    truth, labels : ndarray of uint8, shape (h, w)
        As drawn, and as predicted.
    """

    stem: str
    image: np.ndarray
    truth: np.ndarray
    labels: np.ndarray


class Validation(NamedTuple):
    """What a network makes of pictures that it does not learn from.

    Parameters
    ----------
    logs : dict of str to float
        ``val_loss`` and, where a class is drawn, ``val_iou``; empty without pictures held back.
    confusion : ndarray of float, shape (C, C)
        Pixels by their true class (rows) and the predicted one.
    preview : Preview
        The first of the pictures; where none is held back, the first in which a class is drawn.
    """

    logs: dict[str, float]
    confusion: np.ndarray
    preview: Preview


class FinalValidation(NamedTuple):
    """What a network that is to be kept makes of pictures that it has not learned from.

    Parameters
    ----------
    iou : float or None
        None where no more was looked at than after each epoch, or no class is drawn there.
    temperature : float or None
        The one that its logits want; None without pictures held back.
    """

    iou: float | None
    temperature: float | None


class _Prediction(NamedTuple):
    """A picture, its one-hot truth and its logits, both (1, H, W, C) and padded to the stride."""

    stem: str
    example: Example
    truth: np.ndarray
    logits: np.ndarray

    @property
    def unpadded(self) -> np.ndarray:
        height, width = self.example.mask.shape
        return self.logits[0, :height, :width]

    @property
    def preview(self) -> Preview:
        labels = np.argmax(self.unpadded, axis=-1).astype(np.uint8)
        return Preview(self.stem, self.example.image, self.example.mask, labels)


@contextlib.contextmanager
def _explained_memory() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, TrainingError) or not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            "Memory ran out while the network looked at the pictures held back: close other "
            "programs, or train at a smaller scale, such as scale=WorkingScale(long_side=512)."
        ) from error


class Validator:
    """Chooses, shows, scores and calibrates on the pictures held back.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
        By which the pictures are chosen that are looked at after each epoch.
    split : Split
    say : callable
        Is told in a sentence if not all pictures are looked at after each epoch.
    record : SubsetRecord, optional
        Which were looked at by a training that goes on: they are looked at again.

    Attributes
    ----------
    examples : Examples
        The pictures held back, or else those learned from.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> split = data.split(validation=0.2)
    >>> Validator(data, Plan(minutes=5), split, print).record.stems == split.validation
    True
    """

    def __init__(
        self,
        dataset: Dataset,
        plan: Plan,
        split: Split,
        say: Callable[[str], None],
        record: SubsetRecord | None = None,
    ) -> None:
        self.n_classes, self._group_of = dataset.n_classes, dataset.group_of
        self._scored, self._tile = bool(split.validation), _TILES[0]
        stems = split.validation or split.train
        self.examples = Examples(dataset, stems, plan.scale, plan.contrast)
        self._set = ValidationSet(self.examples)
        restored = None if record is None else self._set.restored(record)
        self._subset = restored or self._first_subset(plan)
        self._tell_how_many(say)

    @property
    def record(self) -> SubsetRecord:
        """Which of the pictures held back are looked at after each epoch."""
        return self._subset.record

    @property
    def n_groups(self) -> int:
        """How many pictures are looked at after each epoch, those of one group counted once."""
        return len({self._group_of(stem) for stem in self.record.stems})

    def after_epoch(self, learner: Learner, plan: Plan, clock: Clock) -> Validation:
        """Predict and score the pictures that are looked at after each epoch.

        Parameters
        ----------
        learner : Learner
        plan : Plan
            As it is followed now.
        clock : Clock
            Notes how long it takes.

        Returns
        -------
        Validation

        Raises
        ------
        OutOfMemoryError
            If memory runs out.
        ImageError, MaskError, DatasetError
            If none of the pictures can be read; one of many that cannot is left out.
        """
        final = self._final_subset(plan, clock.batches)
        more = 0.0 if final is None else len(final) / len(self._subset)
        with clock.validation(more), _explained_memory():
            return self._scores(learner, plan)

    def at_end(self, network: keras.Model, plan: Plan, batches: int = 0) -> FinalValidation:
        """Score and calibrate a network with the weights to keep.

        Parameters
        ----------
        network : keras.Model
        plan : Plan
            As it was followed last.
        batches : int
            How many were learned from, and with it how much may be looked at; never less than
            after an epoch.

        Returns
        -------
        FinalValidation

        Raises
        ------
        OutOfMemoryError
            If memory runs out.
        ImageError, MaskError, DatasetError
            If none of the pictures can be read; one of many that cannot is left out.
        """
        if not self._scored:
            return FinalValidation(None, None)
        final = self._final_subset(plan, batches)
        subset, overlap = final or self._subset, ForegroundIoU(self.n_classes)
        calibrated_on = evenly_spaced(min(len(subset), _CALIBRATED_ON), len(subset))
        with _explained_memory():
            predictions = enumerate(self._predictions(network, plan, subset, overlap))
            temperature = fit_temperature(
                (seen.unpadded, seen.example.mask)
                for number, seen in predictions
                if number in calibrated_on
            )
        return FinalValidation(overlap.score if final else None, temperature)

    def _scores(self, learner: Learner, plan: Plan) -> Validation:
        overlap = ForegroundIoU(self.n_classes)
        losses: list[float] = []
        previews: list[Preview] = []
        for seen in self._predictions(learner.network, plan, self._subset, overlap):
            losses.append(float(learner.loss(seen.truth, seen.logits)))
            if not previews:
                previews.append(seen.preview)
        logs = {"val_loss": float(np.mean(losses))}
        if overlap.score is not None:
            logs["val_iou"] = overlap.score
        confusion = np.asarray(overlap.confusion)
        return Validation(logs if self._scored else {}, confusion, previews[0])

    def _predictions(
        self, network: keras.Model, plan: Plan, subset: ValidationSubset, overlap: ForegroundIoU
    ) -> Iterator[_Prediction]:
        """Predict picture by picture, a large one in tiles, and count each in the overlap."""
        scaling = functools.partial(preprocess, plan.encoder)
        for stem, example in subset.named():
            images, truth = whole_image(example, self.n_classes, scaling, plan.channels)
            with quiet_retracing():
                logits = self._in_tiles(images[0], network)[None]
            overlap.update_state(truth, logits)
            yield _Prediction(stem, example, truth, logits)

    def _in_tiles(self, image: np.ndarray, network: keras.Model) -> np.ndarray:
        """Predict a picture in tiles, in smaller ones once memory has run out."""
        try:
            return in_tiles(image, network.predict_on_batch, self._tile, self._tile // 4)
        except Exception as error:
            smaller = [tile for tile in _TILES if tile < self._tile]
            if not smaller or not is_out_of_memory(error):
                raise
            self._tile = smaller[0]
        return self._in_tiles(image, network)

    def _first_subset(self, plan: Plan) -> ValidationSubset:
        if self._scored:
            return self._set.subset(plan, plan.steps)
        return self._set.first_only(plan)

    def _final_subset(self, plan: Plan, batches: int) -> ValidationSubset | None:
        """Return what is looked at when all is learned; None if after an epoch it is as much."""
        if not self._scored:
            return None
        final = self._set.subset(plan, max(batches, plan.steps))
        return final if len(final) > len(self._subset) else None

    def _tell_how_many(self, say: Callable[[str], None]) -> None:
        count = len(self._subset)
        if self._scored and count < len(self._set):
            say(
                f"After each epoch {count} of the {len(self._set)} pictures held back are looked "
                "at, so that most of the time is left to learn in; at the end more of them."
            )
