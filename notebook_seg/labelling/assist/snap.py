"""From a loose lasso to the outline of what it goes around."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import Region, polygon_region

__all__ = ["snap_region"]

_MOST = 160_000


def snap_region(image: npt.NDArray[np.uint8], vertices: npt.ArrayLike) -> Region | None:
    """Return the specimen that a lasso goes around, roughly drawn though it be.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The picture, RGB.
    vertices : array (N, 2) of float
        x and y in pixels; the last is joined to the first.

    Returns
    -------
    Region or None
        The specimen; the lasso as it was drawn where nothing plausible was found; None where the
        lasso covers no pixel.

    Notes
    -----
    C. Rother, V. Kolmogorov and A. Blake, *GrabCut*, SIGGRAPH 2004,
    https://doi.org/10.1145/1015706.1015720, inside a band around the lasso.

    Examples
    --------
    >>> image = np.full((60, 80, 3), 250, np.uint8)
    >>> image[20:40, 20:60] = (90, 60, 30)
    >>> loose = [(14, 16), (64, 15), (65, 44), (15, 45)]
    >>> bool(780 < snap_region(image, loose).inside.sum() < 900)
    True
    """
    points = np.asarray(vertices, np.float64).reshape(-1, 2)
    if len(points) < 3 or not np.isfinite(points).all():
        return None
    drawn = polygon_region(points, image.shape[:2])
    if drawn is None:
        return None
    box, inside = drawn
    band = min(max(3, round(0.1 * drawn.inside.sum() ** 0.5)), 200)
    wide = Box(box.top - 3 * band, box.left - 3 * band, box.bottom + 3 * band, box.right + 3 * band)
    wide = wide.clip(image.shape)
    window = Window.of(image, wide, _MOST)
    lasso = np.zeros(wide.shape, np.float32)
    lasso[
        box.top - wide.top : box.bottom - wide.top, box.left - wide.left : box.right - wide.left
    ] = inside
    small = cv2.resize(lasso, window.pixels.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.5
    found = _cut(window.pixels, small, max(2, round(band * window.scale[0])))
    union = (found | small).sum()
    if not union or (found & small).sum() / union < 0.5:
        return drawn
    return window.region(found)


def _cut(image: npt.NDArray[np.uint8], lasso: npt.NDArray[np.bool_], band: int) -> npt.NDArray:
    within = cv2.distanceTransform(np.pad(lasso, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    outside = cv2.distanceTransform((~lasso).astype(np.uint8), cv2.DIST_L2, 5)
    trimap = np.where(lasso, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[within > min(band, 0.7 * within.max())] = cv2.GC_FGD
    trimap[outside > band] = cv2.GC_BGD
    if not (trimap == cv2.GC_BGD).any() or not lasso.any():
        return lasso
    cv2.grabCut(image, trimap, (0, 0, 1, 1), *np.zeros((2, 1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    return (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
