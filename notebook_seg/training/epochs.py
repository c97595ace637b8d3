"""Epochs one by one: batches through a network, smaller ones where memory runs out."""

import functools
from collections.abc import Callable, Generator

import keras
import numpy as np

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.training.batches import Batch, PatchBatches
from notebook_seg.training.best import Weights
from notebook_seg.training.checkpoint import Checkpoint
from notebook_seg.training.clock import Clock
from notebook_seg.training.device import batch_multiple, has_gpu, is_out_of_memory, shareable
from notebook_seg.training.diagnosis import explain_infinite_loss
from notebook_seg.training.examples import Examples
from notebook_seg.training.freezing import part_that_learns
from notebook_seg.training.learner import Learner
from notebook_seg.training.memory import patches_that_fit, smaller_batch
from notebook_seg.training.networks import preprocess
from notebook_seg.training.plan import Plan
from notebook_seg.training.validation import FinalValidation, Validation, Validator
from notebook_seg.wording import counted

__all__ = ["EpochRunner", "has_adapted_batches"]

_OUT_OF_MEMORY, _LITTLE_MEMORY, _SHARED = "memory ran out", "little memory was free", "shared by"

Logs = dict[str, float]
GoOn = Callable[[Logs], bool]
"""Is called with the logs after every batch, and says whether to go on."""


def has_adapted_batches(plan: Plan) -> bool:
    """Return whether batches are of another size than was asked for, as the device needs it.

    Examples
    --------
    >>> has_adapted_batches(Plan(minutes=1, batch_size=2))
    False
    """
    why = plan.reasons.get("batch_size", "")
    return why.startswith((_OUT_OF_MEMORY, _LITTLE_MEMORY, _SHARED))


class EpochRunner:
    """Trains a network epoch by epoch, with smaller batches where memory runs out.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    split : Split
    say : callable
        Is told in a sentence what was changed on the way.
    resumed_from : Checkpoint, optional
        Where another training was, to go on from.

    Attributes
    ----------
    plan : Plan
        As it is followed: its batches may have become smaller.
    learner : Learner
    validator : Validator

    Raises
    ------
    WeightsError
        If the weights that the network begins with cannot be had.
    """

    def __init__(
        self,
        dataset: Dataset,
        plan: Plan,
        split: Split,
        say: Callable[[str], None],
        resumed_from: Checkpoint | None = None,
    ) -> None:
        self.plan, self.say = plan, say
        self.n_classes = dataset.n_classes
        self.examples = Examples(dataset, split.train, plan.scale, plan.contrast)
        self.learner = Learner(plan, self.n_classes, fetches=resumed_from is None)
        self._feed: Generator[Batch, None, None] | None = None
        self._told: set[str] = set()
        if resumed_from is not None:
            self._restore(resumed_from)
        record = None if resumed_from is None else resumed_from.validation_subset
        self.validator = Validator(dataset, plan, split, say, record)
        self._adapt_batches()
        if resumed_from is None and plan.keeps_random_encoder:
            say(
                "The encoder begins from random weights and keeps them: let it learn with "
                "freeze='nothing', or begin from pretrained weights."
            )

    def follow(self, plan: Plan) -> None:
        """Go on by another plan for the same network.

        Parameters
        ----------
        plan : Plan
        """
        self.close()
        self.plan = plan
        self.learner.part = ""
        self._adapt_batches()

    def _restore(self, kept: Checkpoint) -> None:
        # It is not known where the training was stopped before its first batch.
        part = kept.part or part_that_learns(self.plan.freeze, 0.0)
        self.learner.prepare(self.plan, part)
        if not self.learner.restore(kept.weights, kept.optimizer, kept.random):
            self.say(
                "The optimiser begins anew: it is another than the one before, or the device "
                "calculates otherwise. The weights are as they were."
            )

    def close(self) -> None:
        """End the threads that make batches."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def forget(self) -> None:
        """Let go of the pictures in memory, so that a mask corrected since is read again."""
        for examples in (self.examples, self.validator.examples):
            examples.forget()
        self._told.clear()

    def train(self, clock: Clock, go_on: GoOn) -> Logs:
        """Train for an epoch, or until the clock or the caller ends it.

        Parameters
        ----------
        clock : Clock
            Counts the batches.
        go_on : callable
            Is called with the logs after every batch, and says whether to go on.

        Returns
        -------
        dict of str to float
            The mean loss and the IoU; empty if the clock ended it before the first batch.

        Raises
        ------
        TrainingError
            If the loss becomes infinite.
        OutOfMemoryError
            If memory runs out for the smallest batch.
        ImageError, MaskError, DatasetError
            If none of the pictures can be read; one of many that cannot is left out.
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

    def validate(self, clock: Clock) -> Validation:
        """Look at pictures held back; see `Validator.after_epoch`.

        Parameters
        ----------
        clock : Clock
            Notes how long it takes.

        Returns
        -------
        Validation
        """
        found = self.validator.after_epoch(self.learner, self.plan, clock)
        self._tell_what_is_left_out()
        return found

    def validate_at_end(self, network: keras.Model, batches: int = 0) -> FinalValidation:
        """Look at pictures held back with the weights to keep; see `Validator.at_end`.

        Parameters
        ----------
        network : keras.Model
        batches : int
            How many were learned from.

        Returns
        -------
        FinalValidation
        """
        return self.validator.at_end(network, self.plan, batches)

    def _tell_what_is_left_out(self) -> None:
        left_out = {**self.examples.left_out, **self.validator.examples.left_out}
        for stem in left_out.keys() - self._told:
            self.say(f"Going on without {stem}: {left_out[stem]}")
        self._told.update(left_out)

    def _use_part(self, clock: Clock) -> None:
        part = part_that_learns(self.plan.freeze, clock.fraction)
        if part != self.learner.part:
            self.learner.prepare(self.plan, part)
            # The optimiser begins anew, and its first steps are the most daring ones.
            clock.warm_up()

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
            raise self._infinite(clock, rate)
        return logs

    def check_finite(self, weights: Weights, clock: Clock) -> None:
        """Refuse weights that the last batch of an epoch broke: only the next would tell.

        Parameters
        ----------
        weights : list of ndarray
            Of the network as it is now.
        clock : Clock

        Raises
        ------
        TrainingError
            If a weight is infinite or not a number.
        """
        if not all(np.isfinite(values).all() for values in weights):
            raise self._infinite(clock, clock.learning_rate)

    def _infinite(self, clock: Clock, rate: float) -> TrainingError:
        network = self.learner.network
        return TrainingError(explain_infinite_loss(network, self.plan, clock.batches, rate))

    def _next_batch(self, clock: Clock) -> Batch:
        if self._feed is None:
            self._feed = self._patch_batches().stream(start=clock.all_batches)
        return next(self._feed)

    def _patch_batches(self) -> PatchBatches:
        plan = self.plan
        return PatchBatches(
            self.examples,
            self.n_classes,
            plan.patch,
            plan.batch_size,
            plan.augmentation,
            functools.partial(preprocess, plan.encoder),
            seed=plan.seed,
            sampling=plan.sampling,
            channels=plan.channels,
            chances=self.examples.chances,
        )

    def _use_smaller_batches(self, error: Exception) -> None:
        self.close()
        before = self.plan.batch_size
        size = smaller_batch(before, batch_multiple())
        if size == 0:
            raise OutOfMemoryError(
                f"Memory ran out, even for {counted(before, 'patch')} at a time: train with a "
                f"smaller patch, or close other programs. Received: patch={self.plan.patch}"
            ) from error
        self.say(f"Memory ran out: going on with {counted(size, 'patch')} at a time.")
        self._use_batches_of(size, f"{_OUT_OF_MEMORY} with {before}")

    def _adapt_batches(self) -> None:
        size, gpus = shareable(self.plan.batch_size), batch_multiple()
        if size != self.plan.batch_size:
            self.say(f"{gpus} GPUs share each batch: it has {counted(size, 'patch')}.")
            self._use_batches_of(size, f"{_SHARED} {gpus} GPUs")
        self._look_for_memory()

    def _look_for_memory(self) -> None:
        # A GPU tells when its memory runs out.
        if has_gpu():
            return
        fit = patches_that_fit(self.learner.network, self.plan.patch)
        if fit < self.plan.batch_size:
            self.say(
                f"Little memory is free: learning from {counted(fit, 'patch')} at a time instead "
                f"of {self.plan.batch_size}."
            )
            self._use_batches_of(fit, f"{_LITTLE_MEMORY} for {self.plan.batch_size}")

    def _use_batches_of(self, size: int, why: str) -> None:
        plan = self.plan.replace(batch_size=size)
        self.plan = plan.replace(reasons={**plan.reasons, "batch_size": why})
