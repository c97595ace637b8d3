"""How large drawn objects are in the eyes of a network, which sees photographs reduced."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from notebook_seg.data.overlays import Mask
from notebook_seg.labelling.mask_facts import measure_mask, typical_piece

__all__ = ["ObjectSizes", "object_sizes"]


@dataclass(frozen=True, eq=False)
class ObjectSizes:
    """The connected pieces of one class.

    Parameters
    ----------
    areas : (n,) float64 array
        In pixels of the working scale, holes counted.
    lengths : (n,) float64 array
        The longer sides of their boxes, in pixels of the working scale.

    Examples
    --------
    >>> sizes = ObjectSizes(np.array([1.0, 100.0, 400.0]), np.array([1.0, 12.0, 25.0]))
    >>> round(sizes.typical_diameter, 1), sizes.typical_length
    (22.6, 25.0)
    """

    areas: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def typical_diameter(self) -> float:
        """That of a circle as large as the typical piece, in pixels; NaN if there is none."""
        return float(2 * np.sqrt(self._typical(self.areas) / np.pi))

    @property
    def typical_length(self) -> float:
        """The longer side of the typical piece's box, in pixels; NaN if there is none."""
        return self._typical(self.lengths)

    def _typical(self, values: npt.NDArray[np.float64]) -> float:
        return float(values[typical_piece(self.areas)]) if len(self) else float("nan")

    @classmethod
    def together(cls, sizes: Iterable["ObjectSizes"]) -> "ObjectSizes":
        """Put the pieces of several pictures together."""
        every = tuple(sizes)
        nothing = np.zeros(0)
        return cls(
            np.concatenate([nothing, *(s.areas for s in every)]),
            np.concatenate([nothing, *(s.lengths for s in every)]),
        )


def object_sizes(mask: Mask, n_classes: int, factor: float) -> tuple[ObjectSizes, ...]:
    """Measure the objects of each foreground class.

    Parameters
    ----------
    mask : (H, W) uint8 array
        Class indexes; 255 is unlabelled.
    n_classes : int
        How many classes there are, background counted.
    factor : float
        How many pixels of the working scale a pixel of the mask is wide.

    Returns
    -------
    tuple of ObjectSizes
        For the classes from 1 on.

    Examples
    --------
    >>> mask = np.zeros((60, 60), np.uint8)
    >>> mask[10:50, 10:30] = 1
    >>> (found,) = object_sizes(mask, n_classes=2, factor=0.5)
    >>> found.areas.tolist(), found.lengths.tolist()
    ([200.0], [20.0])
    """
    pieces = measure_mask(mask, n_classes).pieces
    found = []
    for label in range(1, n_classes):
        own = [piece for piece in pieces if piece.label == label]
        sides = [(p.box.bottom - p.box.top, p.box.right - p.box.left) for p in own]
        areas = np.array([piece.n_pixels for piece in own], float) * factor**2
        found.append(ObjectSizes(areas, np.array([max(s) for s in sides], float) * factor))
    return tuple(found)
