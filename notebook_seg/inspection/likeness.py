"""Whether two photographs are about the same one: a copy, or the next shot of one scene.

Scores on a picture that the model has nearly seen tell nothing of new ones. What is compared is
the fine pattern of thumbnails, since photographs of specimens frame alike: their colours and
layout, and hashes of these, are as close for two animals as for two copies of one picture.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.overlays import Image, check_image

__all__ = ["Twins", "find_twins", "likeness", "thumbprint"]

Thumbprint = npt.NDArray[np.float32]

_SIDE = 72
_FINE = 3.0  # what is coarser than this blur, in pixels of the thumbnail, is taken out
_SHIFT = 3  # pixels of the thumbnail that one picture may be moved against the other
_TWINS = 0.75
# Pictures whose coarse likeness is lower are not compared any closer: that takes far longer.
_COARSE_SIDE, _COARSE = 18, 0.6


class Twins(NamedTuple):
    """Two pictures that are about the same.

    Attributes
    ----------
    one, other : str
        Their stems.
    likeness : float
        From 0.75 to 1.
    """

    one: str
    other: str
    likeness: float


def thumbprint(image: Image) -> Thumbprint:
    """Return what tells a photograph from all others but its copies.

    Parameters
    ----------
    image : array (H, W, 3) of uint8

    Returns
    -------
    array (72, 72) of float32
        Grey values of the thumbnail, stretched to a square.

    Raises
    ------
    ImageError
        If it is no image.
    """
    check_image(image)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def likeness(one: Thumbprint, other: Thumbprint) -> float:
    """Tell how far two photographs share their fine pattern, 0 to 1.

    Parameters
    ----------
    one, other : array (72, 72) of float32
        From `thumbprint`.

    Returns
    -------
    float
        The highest correlation of the thumbnails without what is coarse, one of them moved by up
        to a twenty-fourth of its side and mirrored or not. Copies that were compressed, reduced,
        brightened, mirrored or moved a little reach 0.8, different specimens 0.62 at most on the
        photographs of fish, leaves, nuclei and coins that this was measured on. 0 where a picture
        is plain.

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(0, 255, (72, 72, 3), np.uint8)
    >>> round(likeness(thumbprint(image), thumbprint(image[:, ::-1])), 3)
    1.0
    """
    return min(_sought(one, other), _sought(other, one))


def _sought(one: Thumbprint, other: Thumbprint) -> float:
    pattern, place = _pattern(one)[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT], _pattern(other)
    if pattern.std() < 1 or place.std() < 1:
        return 0.0
    views = (np.ascontiguousarray(view) for view in (pattern, pattern[:, ::-1]))
    found = [cv2.matchTemplate(place, view, cv2.TM_CCOEFF_NORMED).max() for view in views]
    return float(np.clip(max(found), 0, 1))


def _pattern(thumb: Thumbprint) -> Thumbprint:
    return thumb - cv2.GaussianBlur(thumb, (0, 0), _FINE)


def find_twins(
    pictures: Mapping[str, Thumbprint], others: Mapping[str, Thumbprint]
) -> tuple[Twins, ...]:
    """Find the pictures that have about the same among others.

    Parameters
    ----------
    pictures, others : mapping of str to array (72, 72) of float32
        Thumbprints by their stems, such as those of the training and of the test pictures.

    Returns
    -------
    tuple of Twins
        The most alike first.
    """
    found = (
        Twins(one, other, likeness(pictures[one], others[other]))
        for one, other in _candidates(pictures, others)
    )
    twins = [pair for pair in found if pair.likeness >= _TWINS]
    return tuple(sorted(twins, key=lambda pair: -pair.likeness))


def _candidates(
    pictures: Mapping[str, Thumbprint], others: Mapping[str, Thumbprint]
) -> Iterator[tuple[str, str]]:
    if not pictures or not others:
        return
    coarse, mirrored, against = (
        _coarse(pictures.values()),
        _coarse(thumb[:, ::-1] for thumb in pictures.values()),
        _coarse(others.values()),
    )
    alike = np.maximum(coarse @ against.T, mirrored @ against.T) >= _COARSE
    one, other = list(pictures), list(others)
    for row, column in np.argwhere(alike):
        yield one[row], other[column]


def _coarse(thumbs: Iterable[Thumbprint]) -> npt.NDArray[np.float32]:
    """Return a row for each thumbnail, such that products of rows are correlations."""
    block = _SIDE // _COARSE_SIDE
    rows = np.stack(
        [t.reshape(_COARSE_SIDE, block, _COARSE_SIDE, block).mean((1, 3)).ravel() for t in thumbs]
    )
    rows -= rows.mean(1, keepdims=True)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-6)
