"""From labelled pictures to a network."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from notebook_seg.data import Dataset, Split
from notebook_seg.errors import OutOfMemoryError, TrainingError
from notebook_seg.progress import progress_bar
from notebook_seg.training.batches import Example, PatchBatches, WholeImages
from notebook_seg.training.callbacks import Clock, KeepBest, ShowProgress
from notebook_seg.training.device import (
    describe_device,
    has_gpu,
    is_out_of_memory,
    precision,
    suitable_precision,
)
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import build_network, preprocess
from notebook_seg.training.overlap import ForegroundIoU
from notebook_seg.training.plan import Plan
from notebook_seg.training.record import History, ModelRecord, save_model

__all__ = ["Fitted", "fit"]


@dataclass(frozen=True)
class Fitted:
    """A trained network with its record and learning curves.

    Parameters
    ----------
    network : keras.Model
    record : ModelRecord
    history : dict of str to list of float
        A value per epoch for each name: loss, iou, val_loss, val_iou, seconds.
    """

    network: keras.Model
    record: ModelRecord
    history: History


def _examples(dataset: Dataset, stems: Sequence[str], plan: Plan, show: bool) -> list[Example]:
    examples = []
    with progress_bar(len(stems), "Reading photographs", "photo", show) as bar:
        for stem in stems:
            image, mask = dataset.image(stem), dataset.drawn_mask(stem)
            examples.append(Example(plan.scale.image(image), plan.scale.mask(mask)))
            bar.update()
    return examples


def _compiled(plan: Plan, n_classes: int) -> keras.Model:
    with precision(suitable_precision()):
        network = build_network(plan.architecture, plan.encoder, n_classes, plan.encoder_weights)
    network.compile(
        optimizer=keras.optimizers.AdamW(plan.learning_rate, weight_decay=1e-4),
        loss=loss_by_name(plan.loss),
        metrics=[ForegroundIoU(n_classes)],
        # On a CPU, XLA takes minutes to compile these networks and then runs them slower.
        jit_compile="auto" if has_gpu() else False,
    )
    return network


@contextlib.contextmanager
def _memory_advice(plan: Plan) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            "Memory ran out: train with a smaller batch_size or patch, or close other programs. "
            f"Received: batch_size={plan.batch_size}, patch={plan.patch}"
        ) from error


class _Run:
    """One training from the first batch to the record of the best epoch."""

    def __init__(self, dataset: Dataset, plan: Plan, split: Split, out: Path | None) -> None:
        self.dataset, self.plan, self.split, self.out = dataset, plan, split, out
        self.n_classes = dataset.n_classes
        self.network = _compiled(plan, self.n_classes)
        self.clock = Clock(plan)
        self.best = KeepBest(self.clock, on_best=self._save)

    def _save(self) -> None:
        if self.out is not None:
            save_model(self.out, self.network, self.record(), self.best.history)

    def record(self) -> ModelRecord:
        epochs = len(self.best.history.get("epoch", ()))
        return ModelRecord(
            classes=self.dataset.classes,
            plan=self.plan,
            split=self.split._asdict(),
            training={
                "device": describe_device(),
                "epochs": epochs,
                "best_epoch": self.best.best_epoch,
                "best_validation_iou": self.best.best_iou,
                "seconds": round(self.clock.seconds, 1),
            },
        )

    def train(self, show: bool) -> None:
        scaling = functools.partial(preprocess, self.plan.encoder)
        examples = _examples(self.dataset, self.split.train, self.plan, show)
        held_back = _examples(self.dataset, self.split.validation, self.plan, show=False)
        batches = PatchBatches(
            examples,
            self.n_classes,
            self.plan.patch,
            self.plan.batch_size,
            self.plan.steps,
            self.plan.augmentation,
            scaling,
            self.plan.seed,
        )
        # An interruption is how a person says "enough": what was learned so far is kept.
        with contextlib.suppress(KeyboardInterrupt), _memory_advice(self.plan):
            self.network.fit(
                batches,
                epochs=self.plan.epochs or 1_000_000,
                validation_data=WholeImages(held_back, self.n_classes, scaling) or None,
                callbacks=[self.clock, self.best, ShowProgress(self.clock, show)],
                verbose=0,
            )

    def fitted(self) -> Fitted:
        if self.best.best_weights is None:
            raise TrainingError(
                "Training was stopped before its first epoch ended: there is nothing to keep."
            )
        record = self.record()
        network = record.build()
        network.set_weights(self.best.best_weights)
        return Fitted(network, record, self.best.history)


def fit(
    dataset: Dataset,
    plan: Plan,
    split: Split,
    out: Path | None = None,
    progress: bool = True,
    say: Callable[[str], None] = print,
) -> Fitted:
    """Train a network as planned.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    split : Split
        The pictures to learn from and those to validate with.
    out : Path, optional
        Model folder that is rewritten whenever an epoch is the best so far, so that a kill costs
        at most what came after.
    progress : bool
        Whether to show a bar. Interrupting (Ctrl-C, the notebook's stop button) ends training
        and keeps the best epoch.
    say : callable
        Is told in a sentence which device runs.

    Raises
    ------
    WeightsError, TrainingError, OutOfMemoryError, SaveError
    """
    if progress:
        say(describe_device())
    keras.utils.set_random_seed(plan.seed)
    run = _Run(dataset, plan, split, out)
    run.train(progress)
    fitted = run.fitted()
    if out is not None:
        save_model(out, fitted.network, fitted.record, fitted.history)
    return fitted
