"""One edit of a mask, kept small enough that undo need not forget."""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.change import Change, pack_values, pack_where

__all__ = ["Edit", "Step"]


class Edit(NamedTuple):
    """The pixels that an edit changed, with their labels before and after.

    Parameters
    ----------
    box : Box
        The smallest box around the changed pixels.
    where : bytes
        Which pixels of the box changed: packed bits, compressed.
    before, after : int or bytes
        Their labels in reading order: one number where all are equal, else compressed bytes.

    Examples
    --------
    >>> labels = np.zeros((4, 4), np.uint8)
    >>> edit = Edit.between(labels, Box(0, 0, 4, 4), np.eye(4, dtype=bool), 1)
    >>> edit.forward.apply(labels)
    >>> labels.trace()
    np.uint64(4)
    >>> edit.backward.apply(labels)
    >>> labels.any()
    np.False_
    """

    box: Box
    where: bytes
    before: int | bytes
    after: int | bytes

    @classmethod
    def between(
        cls,
        labels: npt.NDArray[np.uint8],
        box: Box,
        changed: npt.NDArray[np.bool_],
        after: int | npt.NDArray[np.uint8],
    ) -> "Edit":
        """Describe the change of some pixels of a mask, before it is made.

        Parameters
        ----------
        labels : array (H, W) of uint8
            The mask as it is.
        box : Box
            The smallest box around the changed pixels.
        changed : array of bool
            Which pixels of the box change.
        after : int or array of uint8
            Their new label, or an array of the shape of the box with the new labels.
        """
        return cls(
            box,
            pack_where(changed),
            pack_values(labels[box.slices], changed),
            after if isinstance(after, int) else pack_values(after, changed),
        )

    @property
    def forward(self) -> Change:
        """The change that makes it."""
        return Change(self.box, self.where, self.after)

    @property
    def backward(self) -> Change:
        """The change that takes it back."""
        return Change(self.box, self.where, self.before)

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        return sum(len(part) for part in self if isinstance(part, bytes))


class Step(NamedTuple):
    """What was done with an edit: it was made, taken back or made again."""

    kind: Literal["edit", "undo", "redo"]
    edit: Edit

    @property
    def change(self) -> Change:
        """What that changed in the mask."""
        return self.edit.backward if self.kind == "undo" else self.edit.forward
