"""What a mask holds, in numbers: pixels of each class, its connected pieces and its holes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED

__all__ = ["MaskFacts", "Patch", "measure_mask", "typical_piece"]


class Patch(NamedTuple):
    """A connected piece of a class, or a hole in one.

    Attributes
    ----------
    label : int
        The class; of a hole, the class around it.
    n_pixels : int
        Its size; of a piece, with its holes.
    box : Box
        Where it is.
    """

    label: int
    n_pixels: int
    box: Box


@dataclass(frozen=True)
class MaskFacts:
    """What a mask holds.

    Attributes
    ----------
    shape : tuple of int
        Height and width.
    pixels : tuple of int
        How many pixels have each class, background first.
    n_unlabelled : int
        How many have none.
    pieces, holes : tuple of Patch
        Connected pieces of a class, and background within them.
    """

    shape: tuple[int, int]
    pixels: tuple[int, ...]
    n_unlabelled: int
    pieces: tuple[Patch, ...]
    holes: tuple[Patch, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel of any foreground class."""
        return not any(self.pixels[1:])

    def share(self, label: int) -> float:
        """Return how much of the picture has a class, 0 to 1."""
        return self.pixels[label] / (self.shape[0] * self.shape[1])

    def n_pieces(self, label: int) -> int:
        """Return in how many connected pieces a class comes."""
        return sum(piece.label == label for piece in self.pieces)

    def touches_border(self, piece: Patch) -> bool:
        """Whether a piece reaches the edge of the picture."""
        box, (height, width) = piece.box, self.shape
        return box.top == 0 or box.left == 0 or box.bottom == height or box.right == width


def measure_mask(labels: npt.NDArray[np.uint8], n_classes: int) -> MaskFacts:
    """Count the pixels, pieces and holes of a mask.

    Parameters
    ----------
    labels : array (H, W) of uint8
        Class indexes; 255 is unlabelled.
    n_classes : int
        How many classes there are, background counted.

    Notes
    -----
    Pixels of a piece hang together by sides and corners, those of a hole by sides. Sizes follow
    from the outlines (Pick's theorem), so that the memory needed is that of the outlines beside
    one byte a pixel.

    Examples
    --------
    >>> labels = np.zeros((9, 9), np.uint8)
    >>> labels[1:6, 1:6] = 1
    >>> labels[3, 3] = 0
    >>> facts = measure_mask(labels, n_classes=2)
    >>> facts.pixels, facts.pieces[0].n_pixels, facts.holes
    ((57, 24), 25, (Patch(label=1, n_pixels=1, box=Box(top=3, left=3, bottom=4, right=4)),))
    """
    labels = np.ascontiguousarray(labels)
    counts = cv2.calcHist([labels], [0], None, [256], [0, 256]).ravel().astype(np.int64).tolist()
    present = [label for label in range(1, n_classes) if counts[label]]
    pieces = [piece for label in present for piece in _pieces(labels, label)]
    return MaskFacts(
        (labels.shape[0], labels.shape[1]),
        tuple(counts[:n_classes]),
        counts[UNLABELLED],
        tuple(pieces),
        tuple(_holes(labels)) if present else (),
    )


def _pieces(labels: npt.NDArray[np.uint8], label: int) -> Iterator[Patch]:
    for outline, is_hole in _outlines(labels == label):
        if not is_hole:
            n_pixels = cv2.contourArea(outline) + len(outline) / 2 + 1
            # A single pixel has an outline of one point.
            yield Patch(label, max(1, int(n_pixels)), _box(outline))


def _holes(labels: npt.NDArray[np.uint8]) -> Iterator[Patch]:
    """Yield where background is enclosed, by whatever it is."""
    for outline, is_hole in _outlines(labels != BACKGROUND):
        if is_hole:
            n_pixels = cv2.contourArea(outline) - len(outline) / 2 + 1
            column, row = outline[0, 0]
            # The outline of a hole runs on the pixels around it.
            outer = _box(outline)
            inner = Box(outer.top + 1, outer.left + 1, outer.bottom - 1, outer.right - 1)
            yield Patch(int(labels[row, column]), max(1, int(n_pixels)), inner)


def _outlines(inside: npt.NDArray[np.bool_]) -> Iterator[tuple[npt.NDArray[np.int32], bool]]:
    outlines, hierarchy = cv2.findContours(
        inside.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    parents = [] if hierarchy is None else hierarchy[0, :, 3].tolist()
    for outline, parent in zip(outlines, parents, strict=True):
        yield np.asarray(outline, np.int32), parent >= 0


def _box(outline: npt.NDArray[np.int32]) -> Box:
    left, top, width, height = cv2.boundingRect(outline)
    return Box(top, left, top + height, left + width)


def typical_piece(areas: npt.NDArray[Any]) -> int:
    """Return which piece of a class the median of its pixels lies in, so that crumbs do not decide.

    Parameters
    ----------
    areas : (n,) array
        How large each piece is; at least one.

    Examples
    --------
    >>> typical_piece(np.array([1, 400, 1, 1, 100]))
    1
    """
    order = np.argsort(areas)
    covered = np.cumsum(areas[order])
    return int(order[np.searchsorted(covered, covered[-1] / 2)])
