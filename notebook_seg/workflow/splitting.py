"""A split in which every class that is drawn can be learned, and some class scored."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from notebook_seg.data import BACKGROUND, UNLABELLED, Dataset, Split

__all__ = ["folds_by_classes", "split_by_classes"]

_TRIED = 20  # splits
_SEEDS_APART = 1000

_SEEN: dict[Path, tuple[object, frozenset[int]]] = {}
"""Of each mask its version and the classes in it: plans are made again and again."""


def split_by_classes(dataset: Dataset, validation: float, test: float, seed: int) -> Split:
    """Divide the labelled pictures at random, so that what is rare is not held back.

    Parameters
    ----------
    dataset : Dataset
    validation, test, seed
        As for `Dataset.split`, whose split is taken if every class that is drawn is in the
        pictures to learn from, and a class in those to validate with; else that of another seed.

    Returns
    -------
    Split
        Of those that were tried, the one that comes nearest.

    Examples
    --------
    >>> data = Dataset.sample()
    >>> split_by_classes(data, 0.25, 0.0, seed=3) == data.split(validation=0.25, seed=3)
    True
    """
    tried: list[tuple[tuple[int, bool], Split]] = []
    for number in range(_TRIED):
        other = seed + number * _SEEDS_APART
        split = dataset.split(validation=validation, test=test, seed=other)
        tried.append((_faults(dataset, split), split))
        if not any(tried[-1][0]):
            break
    return min(tried, key=lambda one: one[0])[1]


def folds_by_classes(dataset: Dataset, k: int, validation: float, seed: int) -> tuple[Split, ...]:
    """Divide the labelled pictures as `Dataset.folds`, so that what is rare is not held back.

    Parameters
    ----------
    dataset : Dataset
    k, validation, seed
        As for `Dataset.folds`, which says what is tested; what is left of each fold is divided
        by `split_by_classes`.

    Returns
    -------
    tuple of Split

    Examples
    --------
    >>> data = Dataset.sample()
    >>> folds_by_classes(data, 3, 0.2, seed=0) == data.folds(3)
    True
    """
    folds = dataset.folds(k, seed, validation=validation)
    return tuple(_divided_again(dataset, fold, validation, seed) for fold in folds)


def _divided_again(dataset: Dataset, fold: Split, validation: float, seed: int) -> Split:
    if not fold.validation:
        return fold
    rest = dataset.subset(fold.train + fold.validation)
    return split_by_classes(rest, validation, 0.0, seed)._replace(test=fold.test)


def _faults(dataset: Dataset, split: Split) -> tuple[int, bool]:
    """Return how many drawn classes cannot be learned, and whether none can be scored."""
    absent = {label.index for label in dataset.classes}
    absent -= _found(dataset, split.train, absent)
    held_back = _found(dataset, split.validation + split.test, absent)
    drawn_on = any(_classes_in(dataset, stem) for stem in split.validation)
    return len(held_back), bool(split.validation) and not drawn_on


def _found(dataset: Dataset, stems: Iterable[str], wanted: set[int]) -> set[int]:
    """Return which of some classes are drawn, reading no more masks than that takes."""
    found: set[int] = set()
    for stem in stems:
        if found == wanted:
            break
        found |= wanted & _classes_in(dataset, stem)
    return found


def _classes_in(dataset: Dataset, stem: str) -> frozenset[int]:
    file, version = dataset.mask_path(stem), dataset.mask_version(stem)
    known = _SEEN.get(file)
    if known is None or known[0] != version:
        counts = cv2.calcHist([dataset.drawn_mask(stem)], [0], None, [256], [0, 256]).ravel()
        classes = frozenset(np.flatnonzero(counts).tolist()) - {BACKGROUND, UNLABELLED}
        known = _SEEN[file] = (version, classes)
    return known[1]
