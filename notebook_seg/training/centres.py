"""Where the classes are, so that patches can be cut where rare ones are."""

from collections.abc import Callable

import numpy as np

__all__ = ["ClassCentres"]

_KEPT_IN_ALL = 1 << 20
_KEPT_AT_LEAST = 64  # of a class in a picture

ReadMask = Callable[[int], np.ndarray | None]


def _nothing() -> None:
    """Go on."""


class ClassCentres:
    """Draws pixels of the foreground classes, each class as likely, from masks read as needed.

    Which pixels are drawn depends on the generator of random numbers and the masks alone, not on
    what was read before. It may be used from several threads.

    Parameters
    ----------
    n_pictures, n_classes : int
        Background is one of the classes.
    read_mask : callable
        Gives the mask ``(H, W)`` uint8 of the picture with a number, from 0; None if it cannot be
        read.
    chances : ndarray of float, shape (n_pictures,), optional
        How likely each picture is, together 1; without them all alike.

    Examples
    --------
    >>> centres = ClassCentres(2, 3, lambda index: np.eye(2, dtype=np.uint8) * 2 * index)
    >>> index, (row, column) = centres.draw(np.random.default_rng(0))
    >>> index, row == column
    (1, np.True_)
    """

    def __init__(
        self,
        n_pictures: int,
        n_classes: int,
        read_mask: ReadMask,
        chances: np.ndarray | None = None,
    ) -> None:
        self.n_pictures, self.n_classes, self.chances = n_pictures, n_classes, chances
        self._read_mask = read_mask
        share = _KEPT_IN_ALL // max(1, n_pictures * (n_classes - 1))
        self._kept = max(share, _KEPT_AT_LEAST)
        self._found: dict[int, tuple[np.ndarray, ...]] = {}
        self._absent: set[int] = set()

    def draw(
        self, rng: np.random.Generator, check: Callable[[], None] = _nothing
    ) -> tuple[int, np.ndarray] | None:
        """Return a picture's number and a (row, column) of a class in it; None if there is none.

        Parameters
        ----------
        rng : Generator
        check : callable
            Called before each mask is read; it raises an error to end the search.
        """
        for label in rng.permutation(self.n_classes - 1) + 1:
            # Pictures in random order until one holds the class: of a thousand masks a few are
            # read, and each picture with the class is as likely as if all had been.
            order = rng.choice(self.n_pictures, self.n_pictures, replace=False, p=self.chances)
            found = None if label in self._absent else self._first(order, int(label), check)
            if found is not None:
                index, positions = found
                return index, positions[rng.integers(len(positions))]
        return None

    def leave_out(self, index: int) -> None:
        """Draw nothing from a picture any more."""
        self._found[index] = self._nowhere()

    def _nowhere(self) -> tuple[np.ndarray, ...]:
        return (np.empty((0, 2), np.int32),) * (self.n_classes - 1)

    def _first(
        self, order: np.ndarray, label: int, check: Callable[[], None]
    ) -> tuple[int, np.ndarray] | None:
        """Return the first picture that holds a class, and where; None if there is none."""
        for index in order.tolist():
            check()
            # Asked for once: by the next time another thread may have left the picture out.
            positions = self._positions(index)[label - 1]
            if len(positions):
                return index, positions
        self._absent.add(label)
        return None

    def _positions(self, index: int) -> tuple[np.ndarray, ...]:
        """Return pixels of each foreground class in a picture, (N, 2) row and column."""
        if index not in self._found:
            mask = self._read_mask(index)
            found = self._nowhere() if mask is None else self._sampled(mask, index)
            # Meanwhile another thread may have left it out.
            self._found.setdefault(index, found)
        return self._found[index]

    def _sampled(self, mask: np.ndarray, index: int) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng(index)
        return tuple(self._sample(mask == label, rng) for label in range(1, self.n_classes))

    def _sample(self, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        at = np.flatnonzero(where)
        if len(at) > self._kept:
            at = at[rng.integers(len(at), size=self._kept)]
        return np.stack(np.unravel_index(at, where.shape), axis=-1).astype(np.int32)
