"""The overlap that is watched while a network trains."""

import keras
from keras import ops

from notebook_seg.training.losses import Tensor

__all__ = ["ForegroundIoU"]


class ForegroundIoU(keras.metrics.Metric):
    """Intersection over union, averaged over the foreground classes that have been seen.

    Unlabelled pixels count for nothing. A class in neither truth nor prediction is left out of
    the mean; 0 if there is none.

    Parameters
    ----------
    n_classes : int
        Number of classes, background included.

    Examples
    --------
    >>> metric = ForegroundIoU(n_classes=2)
    >>> truth = keras.ops.one_hot([[[0, 1, 1, 0]]], 2)
    >>> metric.update_state(truth, keras.ops.one_hot([[[0, 1, 0, 0]]], 2))
    >>> float(metric.result())
    0.5
    """

    def __init__(self, n_classes: int, name: str = "iou") -> None:
        super().__init__(name=name)
        self.n_classes = n_classes
        self.confusion = self.add_weight(
            shape=(n_classes, n_classes), initializer="zeros", name="confusion"
        )

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        """Count one-hot truth `(N, H, W, C)` against scores of the same shape."""
        truth = ops.reshape(ops.cast(y_true, self.dtype), (-1, self.n_classes))
        chosen = ops.one_hot(ops.argmax(y_pred, axis=-1), self.n_classes, dtype=self.dtype)
        chosen = ops.reshape(chosen, (-1, self.n_classes))
        self.confusion.assign_add(ops.matmul(ops.transpose(truth), chosen))

    def result(self) -> Tensor:
        """Return the mean as a scalar tensor, 0 to 1."""
        hits = ops.diagonal(self.confusion)[1:]
        union = (ops.sum(self.confusion, axis=0) + ops.sum(self.confusion, axis=1))[1:] - hits
        seen = ops.cast(union > 0, self.dtype)
        return ops.sum(hits / ops.maximum(union, 1.0)) / ops.maximum(ops.sum(seen), 1.0)

    @property
    def score(self) -> float | None:
        """What `result` returns as a number; None if no class was in the truth."""
        in_truth = ops.convert_to_numpy(ops.sum(self.confusion, axis=1))[1:]
        return float(self.result()) if in_truth.any() else None
