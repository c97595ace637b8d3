"""A network with its loss and its optimiser, and one step of its learning."""

from dataclasses import replace

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

__all__ = ["Learner"]


class Learner:
    """A network that learns as planned.

    Parameters
    ----------
    plan : Plan
    n_classes : int
        Number of classes, background included.
    fetches : bool
        Whether the encoder begins with the weights of the plan; they are not wanted where
        `restore` brings all of them.
    """

    def __init__(self, plan: Plan, n_classes: int, *, fetches: bool = True) -> None:
        self.n_classes = n_classes
        self.part = ""
        # Before anything that lies on them is made.
        use_all_gpus()
        self._overlap, self._of_epoch = ForegroundIoU(n_classes), ForegroundIoU(n_classes)
        self._losses: list[float] = []
        weights = plan.encoder_weights if fetches else None
        with precision(suitable_precision()):
            self.network = build_network(
                plan.architecture, plan.encoder, n_classes, weights, plan.channels
            )
        pretrained = plan.encoder_weights is not None
        self.network.parts = replace(self.network.parts, pretrained=pretrained)

    def prepare(self, plan: Plan, part: str) -> None:
        """Make ready for the steps to come; nothing of what was learned is lost.

        Parameters
        ----------
        plan : Plan
        part : {"heads", "upper", "all"}
            Which part of the network learns.
        """
        set_trainable(self.network, part)
        self.part = part
        self.loss = loss_by_name(plan.loss, plan.class_weights)
        self.network.compile(
            optimizer=optimizer_for(
                plan.optimizer, plan.learning_rate, self.network, plan.encoder_rate
            ),
            loss=self.loss,
            metrics=[self._overlap],
            jit_compile="auto" if compiles_with_xla() else False,
        )
        # TensorFlow would draw the graph of a step twice if the first step made these variables.
        self.network.optimizer.build(self.network.trainable_variables)

    def step(self, batch: Batch, learning_rate: float) -> dict[str, float]:
        """Learn from a batch.

        Parameters
        ----------
        batch : (ndarray, ndarray) of float32, shapes (N, H, W, channels) and (N, H, W, C)
        learning_rate : float

        Returns
        -------
        dict of str to float
            The mean loss and the IoU since the last `reset`.
        """
        self.network.optimizer.learning_rate = learning_rate
        with quiet_retracing():
            logs = self.network.train_on_batch(*batch, return_dict=True)
        # Keras forgets its own with every batch.
        self._losses.append(float(logs["loss"]))
        self._of_epoch.confusion.assign_add(self._overlap.confusion)
        return {"loss": float(np.mean(self._losses)), "iou": float(self._of_epoch.result())}

    def reset(self) -> None:
        """Begin a new epoch."""
        self._losses.clear()
        self._of_epoch.reset_state()

    @property
    def confusion(self) -> np.ndarray:
        """What it saw in the patches of this epoch, as it learned from them.

        Returns
        -------
        ndarray, shape (C, C)
            Pixels by their true class (rows) and the predicted one.
        """
        return ops.convert_to_numpy(self._of_epoch.confusion)

    def random_state(self) -> Weights:
        """Return where the network is in the random numbers by which it drops activations.

        Returns
        -------
        list of ndarray
        """
        return [ops.convert_to_numpy(variable) for variable in self._random_variables()]

    def _random_variables(self) -> list[keras.Variable]:
        layers = self.network.layers
        known = {id(weight) for layer in layers for weight in layer.weights}
        return [v for layer in layers for v in layer.variables if id(v) not in known]

    def optimizer_state(self) -> Weights:
        """Return what the optimiser remembers of the steps so far.

        Returns
        -------
        list of ndarray
            In the order of the optimiser's variables.
        """
        return [ops.convert_to_numpy(value) for value in self.network.optimizer.variables]

    def restore(self, weights: Weights, optimizer: Weights, random: Weights | None = None) -> bool:
        """Go on from weights and from what `optimizer_state` and `random_state` returned then.

        Parameters
        ----------
        weights, optimizer : list of ndarray
        random : list of ndarray, optional

        Returns
        -------
        bool
            False if that was of another optimiser, or of another arithmetic, which adds to it
            what it scales the loss by: this one then begins anew.
        """
        self.network.set_weights(weights)
        _assign(self._random_variables(), random or [])
        return _assign(self.network.optimizer.variables, optimizer)


def _assign(variables: list[keras.Variable], values: Weights) -> bool:
    """Give variables their values, if there is one of the same shape for each of them."""
    if [tuple(v.shape) for v in variables] != [value.shape for value in values]:
        return False
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return True
