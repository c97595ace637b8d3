"""Labelled pictures at the working scale, read when they are needed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ImageError, MaskError, NotebookSegError
from notebook_seg.training.cache import ArrayCache
from notebook_seg.training.contrast import CONTRASTS, working_image
from notebook_seg.training.scale import WorkingScale

__all__ = ["Example", "Examples", "Pictures"]

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Example:
    """An image ``(H, W, 3)`` uint8 and its mask ``(H, W)`` uint8, both at the working scale."""

    image: np.ndarray
    mask: np.ndarray


class Pictures(Protocol):
    """What batches are made from: `Examples`, or a list of `Example`."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Example: ...


class Examples:
    """The labelled pictures of a dataset, each decoded when it is first asked for.

    Nothing is read before. Pictures and masks are kept at the working scale within a bound of
    memory, beyond which those that were not used for the longest go and are read again when
    needed. It may be used from several threads.

    Parameters
    ----------
    dataset : Dataset
    stems : sequence of str
        Which of its pictures; each must be labelled.
    scale : WorkingScale
        How they are scaled.
    contrast : {"as it is", "stretched"}
        See `notebook_seg.training.contrast`.
    bound : int, optional
        Bytes kept at most; without it, an eighth of the free memory, up to 4 GB.

    Attributes
    ----------
    left_out : dict of str to NotebookSegError
        The pictures that `readable` could not read, and why.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> examples = Examples(data, data.labelled, WorkingScale(long_side=64))
    >>> len(examples), examples.kept_bytes
    (12, 0)
    >>> examples[0].image.shape[:2] == examples[0].mask.shape
    True
    """

    def __init__(
        self,
        dataset: Dataset,
        stems: Sequence[str],
        scale: WorkingScale,
        contrast: str = CONTRASTS[0],
        bound: int | None = None,
    ) -> None:
        self.dataset, self.stems, self.scale = dataset, tuple(stems), scale
        self.contrast = contrast
        self.left_out: dict[str, NotebookSegError] = {}
        self._cache = ArrayCache(bound)

    def __len__(self) -> int:
        return len(self.stems)

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int, /) -> Example:
        return Example(self.image(index), self.mask(index))

    @property
    def chances(self) -> np.ndarray:
        """How likely each picture is drawn so that each group is as likely, together 1.

        Of twenty focus planes of one field there is less to learn than of two fields.
        """
        groups = [self.dataset.group_of(stem) for stem in self.stems]
        sizes = Counter(groups)
        return np.array([1 / (len(sizes) * sizes[group]) for group in groups])

    @property
    def kept_bytes(self) -> int:
        """How many bytes of pictures and masks are in memory now."""
        return self._cache.n_bytes

    def readable(self, index: int) -> Example | None:
        """Return a picture with its mask, None if they cannot be read.

        Raises
        ------
        ImageError, MaskError, DatasetError
            If none of the pictures can be read.
        """
        return self._or_none(index, self.__getitem__)

    def readable_mask(self, index: int) -> np.ndarray | None:
        """Return a mask, None if it cannot be read; see `readable`."""
        return self._or_none(index, self.mask)

    def _or_none(self, index: int, read: Callable[[int], _Read]) -> _Read | None:
        stem = self.stems[index]
        if stem not in self.left_out:
            try:
                return read(index)
            except (ImageError, MaskError, DatasetError) as error:
                self.left_out[stem] = error
        if len(self.left_out) == len(set(self.stems)):
            raise self.left_out[stem]
        return None

    def forget(self) -> None:
        """Let go of all pictures in memory: what is asked for next is read as it is then."""
        self._cache.clear()
        self.left_out.clear()

    def image(self, index: int) -> np.ndarray:
        """Return a picture ``(H, W, 3)`` uint8, which must not be changed.

        Raises
        ------
        ImageError
            If its file cannot be read; the message names it.
        DatasetError
            If it is no longer there.
        """
        stem = self.stems[index]
        return self._cache.get(("image", stem), lambda: self._read(stem))

    def _read(self, stem: str) -> np.ndarray:
        return working_image(self.dataset.image(stem), self.scale, self.contrast)

    def mask(self, index: int) -> np.ndarray:
        """Return a mask ``(H, W)`` uint8, which must not be changed; its picture is not decoded.

        Raises
        ------
        MaskError
            If its file cannot be read or does not fit the picture; the message names it.
        DatasetError
            If it is no longer there.
        """
        stem = self.stems[index]
        return self._cache.get(
            ("mask", stem), lambda: self.scale.mask(self.dataset.drawn_mask(stem))
        )
