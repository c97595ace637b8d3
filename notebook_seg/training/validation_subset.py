"""Which of the pictures held back are looked at, so that most of the time is left to learn in."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from notebook_seg.data import BACKGROUND, UNLABELLED
from notebook_seg.errors import NotebookSegError
from notebook_seg.training.examples import Example, Examples
from notebook_seg.training.plan import Plan

__all__ = ["SubsetRecord", "ValidationSet", "ValidationSubset", "evenly_spaced"]

_SHARE = 0.5  # of the pixels that are learned from
_LEAST = 768 * 768  # pixels; a tile of prediction is looked at in any case


class SubsetRecord(NamedTuple):
    """Which of the pictures held back are looked at.

    Parameters
    ----------
    stems : tuple of str
    pixels : int
        What is looked at of each at most.
    """

    stems: tuple[str, ...] = ()
    pixels: int = 0


class ValidationSubset:
    """Some of the pictures held back, each whole or the part that is looked at.

    Parameters
    ----------
    examples : Examples
        All of them.
    indices : sequence of int
        Those looked at.
    pixels : int
        What is looked at of each at most.
    """

    def __init__(self, examples: Examples, indices: Sequence[int], pixels: int) -> None:
        self.examples, self.indices, self.pixels = examples, indices, pixels

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[Example]:
        return (example for _, example in self.named())

    def named(self) -> Iterator[tuple[str, Example]]:
        """Yield the name of each picture that can be read, and what is looked at of it.

        If none of them can, it is another one that was held back.

        Yields
        ------
        stem : str
        example : Example
            The picture, or the part of it that is drawn on.

        Raises
        ------
        ImageError, MaskError, DatasetError
            If none that was held back can be read.
        """
        some = self._readable(self.indices)
        yield next(some, None) or next(self._readable(range(len(self.examples))))
        yield from some

    def _readable(self, indices: Iterable[int]) -> Iterator[tuple[str, Example]]:
        for index in indices:
            example = self.examples.readable(index)
            if example is not None:
                yield self.examples.stems[index], _cut(example, self.pixels)

    @property
    def stems(self) -> list[str]:
        """The names of the pictures."""
        return [self.examples.stems[index] for index in self.indices]

    @property
    def record(self) -> SubsetRecord:
        """What it takes to choose the same again, with `ValidationSet.restored`."""
        return SubsetRecord(tuple(self.stems), self.pixels)


class ValidationSet:
    """The pictures held back, of which as many are looked at as what is learned allows.

    Parameters
    ----------
    examples : Examples

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> data = Dataset.sample()
    >>> pictures = ValidationSet(Examples(data, data.labelled, Plan(minutes=5).scale))
    >>> pictures.subset(Plan(minutes=5, batch_size=4), batches=12).stems
    ['coin_01', 'coin_03', 'coin_05', 'coin_08', 'coin_10', 'coin_12']
    """

    def __init__(self, examples: Examples) -> None:
        self.examples = examples

    def __len__(self) -> int:
        return len(self.examples)

    def subset(self, plan: Plan, batches: int) -> ValidationSubset:
        """Choose pictures, evenly spaced, whose pixels are half of those learned from at most.

        Parameters
        ----------
        plan : Plan
        batches : int
            How many are learned from for this look; the same number gives the same pictures.

        Returns
        -------
        ValidationSubset
            Of one picture at least, the first.
        """
        allowed = _allowed(plan, batches)
        # However small a picture is, a GPU takes about as long for it as for a batch.
        count = int(allowed / np.maximum(self._pixels, _batch(plan)).mean())
        indices = evenly_spaced(min(max(count, 1), len(self)), len(self))
        return ValidationSubset(self.examples, indices, allowed)

    def first_only(self, plan: Plan) -> ValidationSubset:
        """Choose one picture alone, the first in which a class is drawn.

        Parameters
        ----------
        plan : Plan

        Returns
        -------
        ValidationSubset
        """
        shows_class = (index for index in range(len(self)) if self._shows_class(index))
        return ValidationSubset(self.examples, [next(shows_class, 0)], _allowed(plan, plan.steps))

    def _shows_class(self, index: int) -> bool:
        mask = self.examples.readable_mask(index)
        return mask is not None and bool(((mask != BACKGROUND) & (mask != UNLABELLED)).any())

    def restored(self, record: SubsetRecord) -> ValidationSubset | None:
        """Choose the same pictures as before.

        Parameters
        ----------
        record : SubsetRecord
            From `ValidationSubset.record`.

        Returns
        -------
        ValidationSubset or None
            None where none of them is there.
        """
        stems = self.examples.stems
        indices = [stems.index(stem) for stem in record.stems if stem in stems]
        return ValidationSubset(self.examples, indices, record.pixels) if indices else None

    @cached_property
    def _pixels(self) -> np.ndarray:
        return np.array([self._pixels_of(stem) for stem in self.examples.stems])

    def _pixels_of(self, stem: str) -> int:
        try:
            height, width = self.examples.dataset.image_size(stem)
        except NotebookSegError:  # told when it is to be looked at
            return 0
        return int(np.prod(self.examples.scale.size(height, width)))


def _batch(plan: Plan) -> int:
    return plan.batch_size * plan.patch[0] * plan.patch[1]


def _allowed(plan: Plan, batches: int) -> int:
    return max(int(_SHARE * batches * _batch(plan)), _LEAST)


def evenly_spaced(count: int, of: int) -> list[int]:
    """Return so many of the numbers below another, the first among them.

    Parameters
    ----------
    count : int
    of : int

    Returns
    -------
    list of int
        Ascending, each once where `count` is not above `of`.

    Examples
    --------
    >>> evenly_spaced(3, of=9)
    [0, 4, 8]
    """
    return np.linspace(0, of - 1, count).round().astype(int).tolist()


def _cut(example: Example, pixels: int) -> Example:
    """Return the part of a picture that is drawn on, so many pixels at most."""
    shape = np.array(example.mask.shape)
    if shape.prod() <= pixels:
        return example
    sides = (shape * np.sqrt(pixels / shape.prod())).astype(int)
    top, left = np.clip(_middle(example.mask) - sides // 2, 0, shape - sides)
    part = slice(top, top + sides[0]), slice(left, left + sides[1])
    return Example(example.image[part], example.mask[part])


def _middle(mask: np.ndarray) -> np.ndarray:
    drawn = (mask != UNLABELLED) & (mask != BACKGROUND)
    where = drawn if drawn.any() else mask != UNLABELLED
    moments = cv2.moments(where.astype(np.uint8), binaryImage=True)
    if not moments["m00"]:
        return np.array(mask.shape) // 2
    return (np.array([moments["m01"], moments["m10"]]) / moments["m00"]).astype(int)
