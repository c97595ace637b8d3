"""One image through the network in bounded memory: overlapping tiles, blended without seams."""

import itertools
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from notebook_seg.training.networks import STRIDE, up_to_stride

__all__ = ["TILE", "Predict", "in_tiles", "predict_in_tiles", "tile_edges"]

Predict = Callable[[np.ndarray], np.ndarray]
"""From images (N, H, W, 3) uint8 to probabilities (N, H, W, C) float32."""

TILE = 768
"""Pixels along a side, where memory allows."""
_OVERLAP = 192


def _starts(side: int, tile: int, overlap: int) -> list[int]:
    if side <= tile:
        return [0]
    count = -(-(side - overlap) // (tile - overlap))
    # Multiples of the stride, so that a pixel meets the network's grid alike in every tile.
    spread = np.linspace(0, side - tile, count)
    return [int(start) // STRIDE * STRIDE for start in spread[:-1]] + [side - tile]


def _ramp(size: int, overlap: int) -> np.ndarray:
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]) + 1
    return np.minimum(distance / overlap, 1.0).astype(np.float32)


def _tiles(shape: tuple[int, ...], tile: int, overlap: int) -> Iterator[tuple[slice, slice]]:
    rows, columns = (_starts(side, tile, overlap) for side in shape[:2])
    for top, left in itertools.product(rows, columns):
        yield slice(top, top + tile), slice(left, left + tile)


def predict_in_tiles(
    image: np.ndarray, predict: Predict, tile: int = TILE, overlap: int = _OVERLAP
) -> np.ndarray:
    """Return the class probabilities of an image of any size.

    Tiles overlap and are blended with weights that fall to nothing towards their edges, as the
    overlap-tile strategy of the U-Net does without blending [1]_. An image that fits into one
    tile goes through the network whole.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    predict : callable
        From images ``(N, H, W, 3)`` uint8, whose sides divide by 32, to probabilities
        ``(N, H, W, C)`` float32.
    tile, overlap : int
        Side of a tile and what neighbours share, in pixels, multiples of 32.

    Returns
    -------
    ndarray of float32, shape (H, W, C)

    References
    ----------
    .. [1] Ronneberger et al. 2015, U-Net, doi:10.1007/978-3-319-24574-4_28

    Examples
    --------
    >>> brightness = lambda images: images[..., :2].astype(np.float32)
    >>> image = np.full((100, 70, 3), 7, np.uint8)
    >>> predict_in_tiles(image, brightness, tile=64, overlap=32).shape
    (100, 70, 2)
    """
    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(
        image,
        0,
        up_to_stride(height) - height,
        0,
        up_to_stride(width) - width,
        cv2.BORDER_REPLICATE,
    )
    return in_tiles(padded, predict, tile, overlap)[:height, :width]


def in_tiles(
    image: np.ndarray, predict: Predict, tile: int = TILE, overlap: int = _OVERLAP
) -> np.ndarray:
    """Return what is predicted for an image whose sides divide by 32, blended where tiles meet.

    Parameters
    ----------
    image : ndarray, shape (H, W, channels)
        As `predict` wants it.
    predict : callable
        From images ``(N, H, W, channels)`` to values ``(N, H, W, C)``: probabilities, or logits,
        which are blended in the same way.
    tile, overlap : int
        As for `predict_in_tiles`.

    Returns
    -------
    ndarray, shape (H, W, C)

    Examples
    --------
    >>> twice = in_tiles(np.ones((64, 96, 1), np.float32), lambda images: 2 * images, 64, 32)
    >>> float(twice.min()), float(twice.max())
    (2.0, 2.0)
    """
    if max(image.shape[:2]) <= tile:
        return predict(image[None])[0]
    return _blend(image, predict, tile, overlap)


def tile_edges(
    shape: tuple[int, ...], tile: int = TILE, overlap: int = _OVERLAP
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the rows and the columns of an image at which a tile begins or ends.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image, in pixels.
    tile, overlap : int
        As for `predict_in_tiles`.

    Returns
    -------
    tuple of int, tuple of int
        Without the edges of the image itself; both empty where it fits into one tile.

    Examples
    --------
    >>> tile_edges((700, 1300))
    ((), (544, 768))
    >>> tile_edges((600, 768))
    ((), ())
    """
    padded = [up_to_stride(side) for side in shape[:2]]
    if max(padded) <= tile:
        return (), ()
    rows, columns = (
        sorted({at for start in _starts(side, tile, overlap) for at in (start, start + tile)})
        for side in padded
    )
    height, width = shape[:2]
    return tuple(r for r in rows if 0 < r < height), tuple(c for c in columns if 0 < c < width)


def _blend(image: np.ndarray, predict: Predict, tile: int, overlap: int) -> np.ndarray:
    weights = np.zeros((*image.shape[:2], 1), np.float32)
    blended: np.ndarray | None = None
    for rows, columns in _tiles(image.shape, tile, overlap):
        probabilities = predict(image[None, rows, columns])[0]
        if blended is None:
            blended = np.zeros((*image.shape[:2], probabilities.shape[-1]), np.float32)
        height, width = probabilities.shape[:2]
        weight = (_ramp(height, overlap)[:, None] * _ramp(width, overlap))[..., None]
        blended[rows, columns] += weight * probabilities
        weights[rows, columns] += weight
    blended /= weights
    return blended
