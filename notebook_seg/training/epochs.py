"""Epochs one by one: batches through a network, and a look at the pictures held back."""

import contextlib
import functools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.training.batches import Batch, PatchBatches, whole_image
from notebook_seg.training.calibration import fit_temperature
from notebook_seg.training.checkpoint import Checkpoint
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import batch_multiple, has_gpu, is_out_of_memory
from notebook_seg.training.diagnosis import explain_infinite_loss
from notebook_seg.training.examples import Example, Examples
from notebook_seg.training.freezing import part_that_learns
from notebook_seg.training.held_back import HeldBack, Look, LookedAt, evenly_spaced
from notebook_seg.training.learner import Learner, Validation, logits_of
from notebook_seg.training.memory import patches_that_fit
from notebook_seg.training.networks import preprocess
from notebook_seg.training.overlap import ForegroundIoU
from notebook_seg.training.plan import Plan

__all__ = ["Assessment", "EpochRunner", "Preview"]

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


class Assessment(NamedTuple):
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
    kept : Checkpoint, optional
        Where another training was, to go on from.

    Attributes
    ----------
    plan : Plan
        As it is followed: its batches may have become smaller.
    """

    def __init__(
        self,
        dataset: Dataset,
        plan: Plan,
        split: Split,
        say: Callable[[str], None],
        kept: Checkpoint | None = None,
    ) -> None:
        self.plan, self.say = plan, say
        self.n_classes = dataset.n_classes
        self.examples = Examples(dataset, split.train, plan.scale, plan.contrast)
        self.scored = bool(split.validation)
        # Without pictures held back there is still one to look at.
        shown = split.validation or split.train
        self.held_back = HeldBack(Examples(dataset, shown, plan.scale, plan.contrast))
        self.learner = Learner(plan, self.n_classes, fetches=kept is None)
        self._look = self._first_look()
        self._feed: Generator[Batch, None, None] | None = None
        self._told: set[str] = set()
        if kept is not None:
            self._restore(kept)
        self._tell_what_is_looked_at()
        self._look_for_memory()

    def follow(self, plan: Plan) -> None:
        """Go on by another plan for the same network."""
        self.close()
        self.plan = plan
        self.learner.part = ""

    def _restore(self, kept: Checkpoint) -> None:
        self._look = self.held_back.same_look(kept.looked_at) or self._look
        self.learner.prepare(self.plan, kept.part)
        if not self.learner.restore(kept.weights, kept.optimizer, kept.random):
            self.say(
                "The optimiser begins anew: it is another than the one before, or the device "
                "calculates otherwise. The weights are as they were."
            )

    @property
    def looked_at(self) -> LookedAt:
        """Which of the pictures held back are looked at after each epoch."""
        return self._look.looked_at

    def close(self) -> None:
        """End the threads that make batches."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def forget(self) -> None:
        """Let go of the pictures in memory, so that a mask corrected since is read again."""
        for examples in (self.examples, self.held_back.examples):
            examples.forget()
        self._told.clear()

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
        self._tell_what_is_left_out()
        return logs

    def validate(self, clock: Clock) -> tuple[Validation, Preview]:
        """Predict pictures held back, those of `HeldBack.look`."""
        look, last = self._look, self._last_look(clock.batches)
        more = 0.0 if last is None else len(last) / len(look)
        with clock.validation(more), _explained_memory():
            found = self.learner.validate(self._whole(example) for example in look)
        self._tell_what_is_left_out()
        stem, first = next(look.named())
        height, width = first.mask.shape
        preview = Preview(stem, first.image, first.mask, found.labels[:height, :width])
        return found if self.scored else found._replace(logs={}), preview

    def assess(self, network: keras.Model, batches: int = 0) -> Assessment:
        """Look at pictures held back with the weights to keep.

        Parameters
        ----------
        network : keras.Model
        batches : int
            How many were learned from, and with it how much may be looked at; never less than
            after an epoch.
        """
        if not self.scored:
            return Assessment(None, None)
        last = self._last_look(batches)
        look, overlap = last or self._look, ForegroundIoU(self.n_classes)
        calibrated_on = evenly_spaced(min(len(look), _CALIBRATED_ON), len(look))
        with _explained_memory():
            said = self._said_of(network, look, calibrated_on, overlap)
            temperature = fit_temperature(said)
        return Assessment(overlap.score if last else None, temperature)

    def _said_of(
        self, network: keras.Model, look: Look, wanted: list[int], overlap: ForegroundIoU
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Count all that is looked at; yield logits and mask of the pictures that are wanted."""
        for number, example in enumerate(look):
            images, truth = self._whole(example)
            logits = logits_of(network, images)
            overlap.update_state(truth, logits)
            if number in wanted:
                height, width = example.mask.shape
                yield logits[0, :height, :width], example.mask

    def _first_look(self) -> Look:
        if self.scored:
            return self.held_back.look(self.plan, self.plan.steps)
        return self.held_back.look_at_first(self.plan)

    def _last_look(self, batches: int) -> Look | None:
        """Return what is looked at when all is learned; None if after an epoch it is as much."""
        if not self.scored:
            return None
        last = self.held_back.look(self.plan, max(batches, self.plan.steps))
        return last if len(last) > len(self._look) else None

    def _tell_what_is_left_out(self) -> None:
        left_out = {**self.examples.left_out, **self.held_back.examples.left_out}
        for stem in left_out.keys() - self._told:
            self.say(f"Going on without {stem}: {left_out[stem]}")
        self._told.update(left_out)

    def _tell_what_is_looked_at(self) -> None:
        count = len(self._look)
        if self.scored and count < len(self.held_back):
            self.say(
                f"After each epoch {count} of the {len(self.held_back)} pictures held back are "
                "looked at, so that most of the time is left to learn in; at the end more of them."
            )

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
            self._feed = self._patches().stream(start=clock.all_batches)
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
        self._use_batches_of(size, f"{OUT_OF_MEMORY} with {before}")

    def _look_for_memory(self) -> None:
        # A GPU tells when its memory runs out.
        if has_gpu():
            return
        fit = patches_that_fit(self.learner.network, self.plan.patch)
        if fit < self.plan.batch_size:
            self.say(
                f"Little memory is free: learning from {_patches(fit)} at a time instead of "
                f"{self.plan.batch_size}."
            )
            self._use_batches_of(fit, f"{OUT_OF_MEMORY} with {self.plan.batch_size}")

    def _use_batches_of(self, size: int, why: str) -> None:
        plan = self.plan.replace(batch_size=size)
        self.plan = plan.replace(reasons={**plan.reasons, "batch_size": why})
