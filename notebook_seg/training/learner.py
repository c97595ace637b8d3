"""A network with its loss and its optimiser: one step, and one look at pictures held back."""

from collections.abc import Iterable
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from notebook_seg.training.batches import Batch
from notebook_seg.training.best import Weights
from notebook_seg.training.device import (
    compiles_with_xla,
    precision,
    suitable_precision,
    use_all_gpus,
)
from notebook_seg.training.freezing import set_trainable
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.networks import build_network
from notebook_seg.training.optimizers import optimizer_for
from notebook_seg.training.overlap import ForegroundIoU
from notebook_seg.training.plan import Plan
from notebook_seg.training.quiet import quiet_retracing
from notebook_seg.training.tiling import in_tiles

__all__ = ["Learner", "Validation", "logits_of", "part_that_learns"]

_HEADS_UNTIL, _UPPER_UNTIL = 0.2, 0.5


class Validation(NamedTuple):
    """What a network makes of pictures that it does not learn from.

    Parameters
    ----------
    logs : dict of str to float
        ``val_loss`` and, where a class is drawn, ``val_iou``.
    confusion : ndarray, shape (C, C)
        Pixels by their true class (rows) and the predicted one.
    labels : ndarray of uint8, shape (H, W)
        Predicted for the first of the pictures.
    """

    logs: dict[str, float]
    confusion: np.ndarray
    labels: np.ndarray


def part_that_learns(freeze: str, fraction: float) -> str:
    """Return which part of the network learns at a point of the training.

    Parameters
    ----------
    freeze : {"nothing", "encoder", "staged"}
    fraction : float
        How much of the training is done, 0 to 1.

    Returns
    -------
    {"all", "upper", "heads"}

    Examples
    --------
    >>> [part_that_learns("staged", done) for done in (0, 0.3, 0.9)]
    ['heads', 'upper', 'all']
    """
    if freeze == "nothing":
        return "all"
    if freeze == "encoder" or fraction < _HEADS_UNTIL:
        return "heads"
    return "upper" if fraction < _UPPER_UNTIL else "all"


def logits_of(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return what a network says of a picture of any size, in the memory that a tile needs.

    Parameters
    ----------
    network : keras.Model
    images : ndarray of float32, shape (1, H, W, channels)
        Preprocessed; the sides divide by 32.

    Returns
    -------
    ndarray of float32, shape (1, H, W, C)
    """
    with quiet_retracing():
        return in_tiles(images[0], network.predict_on_batch)[None]


class Learner:
    """A network that learns as planned.

    Parameters
    ----------
    plan : Plan
    n_classes : int
        Number of classes, background included.
    """

    def __init__(self, plan: Plan, n_classes: int) -> None:
        self.n_classes = n_classes
        self.part = ""
        use_all_gpus()
        with precision(suitable_precision()):
            self.network = build_network(
                plan.architecture, plan.encoder, n_classes, plan.encoder_weights, plan.channels
            )

    def prepare(self, plan: Plan, part: str) -> None:
        """Make ready for the steps to come; nothing of what was learned is lost."""
        set_trainable(self.network, part)
        self.part = part
        self.loss = loss_by_name(plan.loss, plan.class_weights)
        self.network.compile(
            optimizer=optimizer_for(
                plan.optimizer, plan.learning_rate, self.network, plan.encoder_rate
            ),
            loss=self.loss,
            metrics=[ForegroundIoU(self.n_classes)],
            jit_compile="auto" if compiles_with_xla() else False,
        )
        # TensorFlow would draw the graph of a step twice if the first step made these variables.
        self.network.optimizer.build(self.network.trainable_variables)

    def step(self, batch: Batch, learning_rate: float) -> dict[str, float]:
        """Learn from a batch; return the loss and IoU since the last `reset`."""
        self.network.optimizer.learning_rate = learning_rate
        with quiet_retracing():
            return self.network.train_on_batch(*batch, return_dict=True)

    def reset(self) -> None:
        """Begin a new epoch."""
        self.network.reset_metrics()

    def validate(self, batches: Iterable[Batch]) -> Validation:
        """Predict each batch of one picture, a large one in tiles, and compare."""
        overlap = ForegroundIoU(self.n_classes)
        losses: list[float] = []
        first = None
        for images, truth in batches:
            logits = logits_of(self.network, images)
            losses.append(float(self.loss(truth, logits)))
            overlap.update_state(truth, logits)
            if first is None:
                first = np.argmax(logits[0], axis=-1).astype(np.uint8)
        assert first is not None
        logs = {"val_loss": float(np.mean(losses))}
        if overlap.score is not None:
            logs["val_iou"] = overlap.score
        return Validation(logs, np.asarray(overlap.confusion), first)

    def optimizer_state(self) -> Weights:
        """Return what the optimiser remembers of the steps so far."""
        return [ops.convert_to_numpy(value) for value in self.network.optimizer.variables]

    def restore(self, weights: Weights, optimizer: Weights) -> bool:
        """Go on from weights and from what `optimizer_state` returned with them.

        Returns
        -------
        bool
            False if that was of another optimiser, or of another arithmetic, which adds to it
            what it scales the loss by: this one then begins anew.
        """
        self.network.set_weights(weights)
        variables = self.network.optimizer.variables
        if [tuple(v.shape) for v in variables] != [value.shape for value in optimizer]:
            return False
        for variable, value in zip(variables, optimizer, strict=True):
            variable.assign(value)
        return True
