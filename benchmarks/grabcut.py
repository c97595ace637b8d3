"""What snap is compared with: GrabCut in the same band around a lasso.

C. Rother, V. Kolmogorov and A. Blake, *GrabCut*, SIGGRAPH 2004,
https://doi.org/10.1145/1015706.1015720. Deep within the lasso is foreground and far outside it is
background; what lies in the band is cut where the colours say so.
"""

import cv2
import numpy as np

from notebook_seg.data.box import Box
from notebook_seg.labelling.assist.window import Window
from notebook_seg.labelling.raster import polygon_region

MOST = 160_000
ROUNDS = 4


def grabcut_region(image, vertices):
    """Return what GrabCut finds around a lasso; the lasso itself where that has little of it."""
    drawn = polygon_region(np.asarray(vertices, float), image.shape[:2])
    if drawn is None:
        return None
    size = drawn.inside.sum() ** 0.5
    band = max(3, min(0.3 * size, 0.04 * size + 12))
    margin = int(2 * band) + 2
    top, left, bottom, right = drawn.box
    box = Box(top - margin, left - margin, bottom + margin, right + margin).clip(image.shape)
    window = Window.of(image, box, MOST)
    whole = np.zeros(image.shape[:2], np.float32)
    whole[drawn.box.slices] = drawn.inside
    small = window.pixels.shape[1::-1]
    lasso = cv2.resize(whole[box.slices], small, interpolation=cv2.INTER_AREA) > 0.5
    found = cut(window.pixels, lasso, band * window.scale[0])
    plausible = (found & lasso).sum() >= 0.4 * (found | lasso).sum()
    return window.region(found) if plausible else drawn


def cut(image, lasso, band):
    within = cv2.distanceTransform(np.pad(lasso, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    outside = cv2.distanceTransform((~lasso).astype(np.uint8), cv2.DIST_L2, 5)
    known = np.where(lasso, np.uint8(cv2.GC_PR_FGD), np.uint8(cv2.GC_PR_BGD))
    known[within > min(band, 0.7 * within.max())] = cv2.GC_FGD
    known[outside > band] = cv2.GC_BGD
    if not (known == cv2.GC_BGD).any():
        return lasso
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(image, known, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (known == cv2.GC_FGD) | (known == cv2.GC_PR_FGD)
