"""One edit of a mask, kept small enough that undo need not forget."""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box

__all__ = ["Edit"]

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Edit:
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
    >>> edit.apply(labels, "after")
    >>> labels.trace()
    np.uint64(4)
    >>> edit.apply(labels, "before")
    >>> labels.any()
    np.False_
    """

    box: Box
    where: bytes
    before: int | bytes
    after: int | bytes

    @classmethod
    def between(
        cls, labels: Labels, box: Box, changed: npt.NDArray[np.bool_], after: int | Labels
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
            zlib.compress(np.packbits(changed).tobytes(), level=1),
            _pack(labels[box.slices], changed),
            after if isinstance(after, int) else _pack(after, changed),
        )

    def apply(self, labels: Labels, side: Literal["before", "after"]) -> None:
        """Write the labels of one side of the edit into a mask, in place."""
        bits = np.frombuffer(zlib.decompress(self.where), dtype=np.uint8)
        height, width = self.box.shape
        changed = np.unpackbits(bits, count=height * width).view(bool).reshape(height, width)
        values = self.before if side == "before" else self.after
        if isinstance(values, bytes):
            labels[self.box.slices][changed] = np.frombuffer(zlib.decompress(values), np.uint8)
        else:
            np.copyto(labels[self.box.slices], np.uint8(values), where=changed)

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        return sum(
            len(part) for part in (self.where, self.before, self.after) if isinstance(part, bytes)
        )


def _pack(values: Labels, changed: npt.NDArray[np.bool_]) -> int | bytes:
    # To look at the whole box costs a tenth of picking the changed pixels out of it.
    if values.min() == values.max():
        return int(values.flat[0])
    picked = values[changed]
    if picked.min() == picked.max():
        return int(picked[0])
    return zlib.compress(picked.tobytes(), level=1)
