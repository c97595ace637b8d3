"""What somebody else would draw: shown first, then accepted or refused."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.errors import NotebookSegError
from notebook_seg.labelling.mask import Mask

__all__ = ["Proposal", "drawn_by_hand"]


class Proposal(NamedTuple):
    """Labels for a part of a mask, to be accepted or refused as a whole.

    Parameters
    ----------
    title : str
        Where it comes from, in the user's words.
    box : Box
        The part of the mask.
    labels : array (h, w) of uint8
        The labels of the box if it is accepted, background where it proposes none.
    """

    title: str
    box: Box
    labels: npt.NDArray[np.uint8]

    @classmethod
    def between(
        cls, title: str, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]
    ) -> "Proposal":
        """Propose to make one mask into another, within the box where they differ.

        Raises
        ------
        NotebookSegError
            If they do not differ.

        Examples
        --------
        >>> labels = np.zeros((9, 9), np.uint8)
        >>> after = labels.copy()
        >>> after[2:4, 5] = 1
        >>> Proposal.between("two pixels", labels, after).box
        Box(top=2, left=5, bottom=4, right=6)
        """
        left, top, width, height = cv2.boundingRect((before != after).view(np.uint8))
        box = Box(top, left, top + height, left + width)
        if box.is_empty:
            raise _nothing_new(title)
        return cls(title, box, after[box.slices])

    def check(self, mask: Mask) -> None:
        """Raise an error if it does not fit a mask, or would change nothing in it.

        Raises
        ------
        OptionError
            If the box does not lie in the mask, or the labels are not its own.
        NotebookSegError
            If the mask is like that already.
        """
        mask.check_patch(self.box, self.labels)
        if np.array_equal(mask.labels[self.box.slices], self.labels):
            raise _nothing_new(self.title)


def _nothing_new(title: str) -> NotebookSegError:
    return NotebookSegError(f"{title}: nothing to change here, the mask stays as it is")


def drawn_by_hand(
    drawn: npt.NDArray[np.uint8],
    said: npt.NDArray[np.uint8] | None,
    ours: npt.NDArray[np.uint8] | None,
) -> npt.NDArray[np.bool_]:
    """Return which pixels (H, W) a person has drawn and not said otherwise since.

    Parameters
    ----------
    drawn : array (H, W) of uint8
        The mask.
    said : array (H, W) of uint8, or None
        What was scribbled since, 255 where nothing was said.
    ours : array (H, W) of uint8, or None
        The labels that came from accepted proposals: nobody has drawn those.

    Examples
    --------
    >>> drawn_by_hand(np.array([[0, 1, 1]], np.uint8), None, np.array([[0, 0, 1]], np.uint8))
    array([[False,  True, False]])
    """
    by_hand = drawn != BACKGROUND
    if ours is not None:
        by_hand &= drawn != ours
    if said is not None:
        by_hand &= said == UNLABELLED
    return by_hand
