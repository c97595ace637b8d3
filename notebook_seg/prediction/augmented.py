"""One image seen several ways, mirrored and turned, and what a network says of it on average."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from notebook_seg.training.augmentation import compose
from notebook_seg.training.tiling import Predict

__all__ = ["View", "averaged", "views_of"]

_ROTATIONS = ("rotate", "limit", "rotate_limit")
_QUARTER = 90


class View(NamedTuple):
    """A way to look at images ``(N, H, W, C)``.

    Parameters
    ----------
    turns : int
        Quarters of a turn, 0 to 3.
    mirrored : bool
        Whether left and right are exchanged, before it is turned.

    Examples
    --------
    >>> view, images = View(turns=1, mirrored=True), np.arange(6).reshape(1, 2, 3, 1)
    >>> view.of(images).shape, bool((view.undo(view.of(images)) == images).all())
    ((1, 3, 2, 1), True)
    """

    turns: int
    mirrored: bool

    def of(self, images: np.ndarray) -> np.ndarray:
        """Return the images as seen this way."""
        seen = images[:, :, ::-1] if self.mirrored else images
        return np.ascontiguousarray(np.rot90(seen, self.turns, axes=(1, 2)))

    def undo(self, maps: np.ndarray) -> np.ndarray:
        """Turn maps back that a network made of what `of` returned."""
        upright = np.rot90(maps, -self.turns, axes=(1, 2))
        return upright[:, :, ::-1] if self.mirrored else upright

    def after(self, other: "View") -> "View":
        """Return the view of what is seen another way already.

        Examples
        --------
        >>> View(turns=0, mirrored=True).after(View(turns=1, mirrored=False))
        View(turns=3, mirrored=True)
        """
        # In a mirror a turn goes the other way round.
        turns = -other.turns if self.mirrored else other.turns
        return View((self.turns + turns) % 4, self.mirrored != other.mirrored)


_AS_IT_IS, _MIRRORED, _TURNED = View(0, False), View(0, True), View(1, False)
_UPSIDE_DOWN, _TRANSPOSED = View(2, True), View(1, True)
_SEEN_BY = {
    "HorizontalFlip": (_MIRRORED,),
    "VerticalFlip": (_UPSIDE_DOWN,),
    "Transpose": (_TRANSPOSED,),
    "RandomRotate90": (_TURNED,),
    "D4": (_MIRRORED, _TURNED),
    "SquareSymmetry": (_MIRRORED, _TURNED),
}


def views_of(augmentation: str | Mapping[str, Any]) -> tuple[View, ...]:
    """Return the views that a network can be asked for: those it knows from its training.

    Parameters
    ----------
    augmentation : str or mapping
        As a plan has it.

    Returns
    -------
    tuple of View
        As it is, and the others that mirroring and turning as the training does leads to; all
        eight where it does both, turning by right angles or more.

    Examples
    --------
    >>> views_of("specimen")
    (View(turns=0, mirrored=False), View(turns=0, mirrored=True))
    >>> len(views_of("microscopy")), len(views_of("none"))
    (8, 1)
    """
    plain = augmentation if isinstance(augmentation, Mapping) else compose(augmentation).to_dict()
    seen = {_AS_IT_IS}.union(*map(_seen_by, _transforms(plain)))
    before: set[View] = set()
    while seen != before:
        before = seen
        seen = {one.after(other) for one, other in itertools.product(seen, repeat=2)}
    return tuple(sorted(seen))


def _seen_by(transform: Mapping[str, Any]) -> tuple[View, ...]:
    if _turns_far(transform):
        return (_TURNED,)
    return _SEEN_BY.get(transform["__class_fullname__"].rpartition(".")[2], ())


def _transforms(plain: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(plain, Mapping):
        if "__class_fullname__" in plain:
            yield plain
        plain = list(plain.values())
    if isinstance(plain, Sequence) and not isinstance(plain, str):
        for part in plain:
            yield from _transforms(part)


def _turns_far(transform: Mapping[str, Any]) -> bool:
    if not transform["__class_fullname__"].endswith(("Affine", "Rotate")):
        return False
    limits = next((transform[name] for name in _ROTATIONS if name in transform), 0)
    return bool(np.max(np.abs(limits)) >= _QUARTER)


def averaged(predict: Predict, views: Sequence[View]) -> Predict:
    """Return a function that predicts the mean over several views of what it is given.

    One view goes through the network at a time, so that it takes no more memory than one.

    Parameters
    ----------
    predict : callable
        From images ``(N, H, W, 3)`` uint8 to probabilities ``(N, H, W, C)`` float32.
    views : sequence of View

    Examples
    --------
    >>> left = lambda images: np.cumsum(images, axis=2, dtype=np.float32)
    >>> images = np.ones((1, 1, 3, 1), np.uint8)
    >>> averaged(left, [View(0, False), View(0, True)])(images).ravel()
    array([2., 2., 2.], dtype=float32)
    """

    def mean(images: np.ndarray) -> np.ndarray:
        first, *others = views
        total = first.undo(predict(first.of(images))).astype(np.float32)
        for view in others:
            total += view.undo(predict(view.of(images)))
        total /= len(views)
        return total

    return mean
