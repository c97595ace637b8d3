"""Epochs one by one: batches through a network, and a look at the pictures held back."""

import contextlib
import functools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.training.batches import Batch, PatchBatches, whole_image
from notebook_seg.training.calibration import fit_temperature
from notebook_seg.training.checkpoint import Checkpoint
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import batch_multiple, is_out_of_memory
from notebook_seg.training.diagnosis import explain_infinite_loss
from notebook_seg.training.examples import Example, Examples
from notebook_seg.training.learner import Learner, Validation, logits_of, part_that_learns
from notebook_seg.training.networks import preprocess
from notebook_seg.training.plan import Plan

__all__ = ["EpochRunner", "Preview"]

OUT_OF_MEMORY = "memory ran out"
"""With what the reason of a plan's batch size begins where it had to become smaller."""

_CALIBRATED_ON = 50  # pictures

Logs = dict[str, float]
GoOn = Callable[[Logs], bool]
"""Is called with the logs after every batch, and says whether to go on."""


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


def _patches(count: int) -> str:
    return "one patch" if count == 1 else f"{count} patches"


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


class EpochRunner:
    """Trains a network epoch by epoch, with smaller batches where memory runs out.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    split : Split
    say : callable
        Is told in a sentence what was changed on the way.

    Attributes
    ----------
    plan : Plan
        As it is followed: its batches may have become smaller.
    """

    def __init__(
        self, dataset: Dataset, plan: Plan, split: Split, say: Callable[[str], None]
    ) -> None:
        self.plan, self.say = plan, say
        self.n_classes = dataset.n_classes
        self.examples = Examples(dataset, split.train, plan.scale, plan.contrast)
        # Without pictures held back there is still one to look at.
        self.scored = bool(split.validation)
        shown = split.validation or split.train[:1]
        self.held_back = Examples(dataset, shown, plan.scale, plan.contrast)
        self.learner = Learner(plan, self.n_classes)
        self._feed: Generator[Batch, None, None] | None = None

    def follow(self, plan: Plan) -> None:
        """Go on by another plan for the same network."""
        self.close()
        self.plan = plan
        self.learner.part = ""

    def restore(self, kept: Checkpoint) -> None:
        """Go on from where another training was."""
        self.learner.prepare(self.plan, kept.part)
        if not self.learner.restore(kept.weights, kept.optimizer):
            self.say(
                "The optimiser begins anew: it is another than the one before, or the device "
                "calculates otherwise. The weights are as they were."
            )

    def close(self) -> None:
        """End the threads that make batches."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def train(self, clock: Clock, go_on: GoOn) -> Logs:
        """Train for an epoch, or until the clock or the caller ends it.

        Returns
        -------
        dict of str to float
            The mean loss and the IoU.
        """
        self._use_part(clock)
        self.learner.reset()
        logs: Logs = {}
        for _ in range(self.plan.steps):
            if clock.fraction >= 1:
                break
            logs = self._step(clock)
            clock.batches += 1
            if not go_on(logs):
                break
        return logs

    def validate(self, clock: Clock) -> tuple[Validation, Preview]:
        """Predict the pictures held back."""
        with clock.validation(), _explained_memory():
            found = self.learner.validate(self._whole(example) for example in self.held_back)
        first = self.held_back[0]
        height, width = first.mask.shape
        labels = found.labels[:height, :width]
        preview = Preview(self.held_back.stems[0], first.image, first.mask, labels)
        return found if self.scored else found._replace(logs={}), preview

    def calibrate(self, network: keras.Model) -> float | None:
        """Return the temperature that a network's logits want; None without pictures held back."""
        if not self.scored:
            return None
        some = [self.held_back[i] for i in range(min(len(self.held_back), _CALIBRATED_ON))]
        with _explained_memory():
            return fit_temperature(
                (self._logits(network, example) for example in some), (e.mask for e in some)
            )

    def _logits(self, network: keras.Model, example: Example) -> np.ndarray:
        images, _ = self._whole(example)
        height, width = example.mask.shape
        return logits_of(network, images)[0, :height, :width]

    def _whole(self, example: Example) -> Batch:
        return whole_image(example, self.n_classes, self._scaling, self.plan.channels)

    @property
    def _scaling(self) -> Callable[[np.ndarray], np.ndarray]:
        return functools.partial(preprocess, self.plan.encoder)

    def _use_part(self, clock: Clock) -> None:
        part = part_that_learns(self.plan.freeze, clock.fraction)
        if part != self.learner.part:
            self.learner.prepare(self.plan, part)

    def _step(self, clock: Clock) -> Logs:
        rate = clock.learning_rate
        try:
            logs = self.learner.step(self._next_batch(clock), rate)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._use_smaller_batches(error)
            return self._step(clock)
        if not np.isfinite(logs["loss"]):
            raise TrainingError(
                explain_infinite_loss(self.learner.network, self.plan, clock.batches, rate)
            )
        return logs

    def _next_batch(self, clock: Clock) -> Batch:
        if self._feed is None:
            self._feed = self._patches().stream(start=clock.batches)
        return next(self._feed)

    def _patches(self) -> PatchBatches:
        plan = self.plan
        return PatchBatches(
            self.examples,
            self.n_classes,
            plan.patch,
            plan.batch_size,
            plan.augmentation,
            self._scaling,
            seed=plan.seed,
            sampling=plan.sampling,
            channels=plan.channels,
            chances=self.examples.chances,
        )

    def _use_smaller_batches(self, error: Exception) -> None:
        self.close()
        before, multiple = self.plan.batch_size, batch_multiple()
        size = before // 2 // multiple * multiple
        if size == 0:
            raise OutOfMemoryError(
                f"Memory ran out, even for {_patches(before)} at a time: train with a smaller "
                f"patch, or close other programs. Received: patch={self.plan.patch}"
            ) from error
        self.say(f"Memory ran out: going on with {_patches(size)} at a time.")
        plan = self.plan.replace(batch_size=size)
        reasons = {**plan.reasons, "batch_size": f"{OUT_OF_MEMORY} with {before}"}
        self.plan = plan.replace(reasons=reasons)
