r"""How far apart the outlines of two regions run: boundary IoU and surface distances.

Notes
-----
The *surface* of a region are those of its pixels that have a neighbour above, below, left or right
which is not of the region; nothing beyond the edge of the picture is. Let :math:`A` be the surface
of the truth, :math:`B` that of the prediction, and :math:`d(a, B)` the distance between the centre
of pixel :math:`a` and the nearest of :math:`B`. Then [1]_ [2]_

.. math::

    \text{95\,\% Hausdorff} &= \max(\text{P}_{95}\{d(a, B)\}, \text{P}_{95}\{d(b, A)\}) \\
    \text{mean distance} &= \textstyle (\sum_a d(a, B) + \sum_b d(b, A)) / (|A| + |B|)

The second is also called average symmetric surface distance. Both count pixels, or millimetres
where the size of a pixel is told; less is better.

Boundary IoU [3]_ is the IoU of two bands, those pixels of each region from which a square of
:math:`w` pixels to each side reaches out of it; by default :math:`w` is 2 % of the picture's
diagonal. It goes from 0 to 1, and unlike IoU it does not forgive a wrong outline because the object
is large.

What is done where there is nothing to measure:

- Pixels that are unlabelled (255) in the truth belong to no region. An outline along them is
  the same in truth and prediction and adds distances of 0: where much is unlabelled, distances
  flatter.
- A class in neither mask has no distance and no boundary IoU: NaN.
- A class in one mask alone is infinitely far from the other, and has a boundary IoU of 0.
- A median over pictures leaves out NaN and keeps infinity, so that it is infinite where the class
  was missed, or made up, in more than half of the pictures.

References
----------
.. [1] D. P. Huttenlocher, G. A. Klanderman, W. J. Rucklidge, "Comparing images using the Hausdorff
   distance", IEEE TPAMI 15 (1993) 850-863. :doi:`10.1109/34.232073`
.. [2] T. Heimann et al., "Comparison and evaluation of methods for liver segmentation from CT
   datasets", IEEE TMI 28 (2009) 1251-1265. :doi:`10.1109/TMI.2009.2013851` (average symmetric
   surface distance)
.. [3] B. Cheng et al., "Boundary IoU: improving object-centric image segmentation evaluation",
   CVPR 2021, 15334-15342. :doi:`10.1109/CVPR46437.2021.01508`
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from notebook_seg.data import UNLABELLED
from notebook_seg.data.box import Box
from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection.confusion import confusion_matrix
from notebook_seg.inspection.pairs import MaskPairs, compare_each
from notebook_seg.inspection.ratios import ratio
from notebook_seg.inspection.rows import Row
from notebook_seg.inspection.tables import MEDIAN

__all__ = [
    "Spacing",
    "SurfaceDistances",
    "SurfaceScores",
    "boundary_iou",
    "pixel_size",
    "surface_distances",
    "surface_rows",
    "surface_scores",
]

# Side of a pixel, or its height and width.
Spacing = float | tuple[float, float]
Region = NDArray[np.bool_]

_PERCENTILE = 95.0
_BAND = 0.02
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
# Pixels whose nearest neighbour is looked up at once.
_CHUNK = 1 << 20


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """The distance of each surface pixel of two regions to the other region's surface.

    Parameters
    ----------
    from_truth : (n,) float64 array
        Of each surface pixel of the truth to the nearest of the prediction, in no special order;
        infinite where nothing was predicted.
    from_prediction : (m,) float64 array
        Of each surface pixel of the prediction to the nearest of the truth.
    """

    from_truth: NDArray[np.float64]
    from_prediction: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Average symmetric surface distance; NaN without any region, infinite without one."""
        count = len(self.from_truth) + len(self.from_prediction)
        return float(ratio(self.from_truth.sum() + self.from_prediction.sum(), count))

    def hausdorff(self, percentile: float = _PERCENTILE) -> float:
        """Return the distance within which so many percent of each surface find the other.

        Parameters
        ----------
        percentile : float
            0 to 100, at which it is the Hausdorff distance itself.

        Returns
        -------
        float
            NaN without any region, infinite without one of the two.

        Raises
        ------
        OptionError
            If the percentile is not between 0 and 100.
        """
        if not 0 <= percentile <= 100:
            raise OptionError(f"A percentile is a number from 0 to 100. Received: {percentile}")
        if not math.isfinite(self.mean):
            return self.mean
        both = self.from_truth, self.from_prediction
        return max(float(np.percentile(distances, percentile)) for distances in both)


class SurfaceScores(NamedTuple):
    """How well the outlines of a class agree; the module's notes tell the formulae.

    Parameters
    ----------
    boundary_iou : float
        0 to 1.
    hausdorff_95, mean_distance : float
        In pixels, or the unit of the spacing.
    """

    boundary_iou: float
    hausdorff_95: float
    mean_distance: float


_ABSENT = SurfaceScores(math.nan, math.nan, math.nan)
_FAILED = SurfaceScores(0.0, math.inf, math.inf)


def surface_distances(
    truth: Region, prediction: Region, spacing: Spacing = 1.0
) -> SurfaceDistances:
    """Measure the distances between the surfaces of two regions.

    Parameters
    ----------
    truth, prediction : (H, W) bool arrays
        Where the two regions are, such as ``mask == 1``.
    spacing : float or (float, float)
        Side of a pixel, or its height and width, in the unit that is wanted; 1 measures in pixels.

    Raises
    ------
    MaskError
        If the arrays are not two bool arrays of one shape.
    OptionError
        If the spacing is not positive.

    Notes
    -----
    Memory beyond the two arrays grows with the box around both regions, a byte a pixel, and with
    the length of their surfaces.

    Examples
    --------
    A square, and the same one two pixels further right, of 0.1 mm each:

    >>> truth = np.zeros((20, 20), bool)
    >>> truth[5:10, 5:10] = True
    >>> distances = surface_distances(truth, np.roll(truth, 2, axis=1), spacing=0.1)
    >>> round(distances.hausdorff(), 3), round(distances.mean, 3)
    (0.2, 0.1)
    """
    size = pixel_size(spacing)
    _check_regions(truth, prediction)
    of_truth, of_prediction = (_rim(region, _CROSS) for region in _cropped(truth, prediction))
    return SurfaceDistances(
        _distances(of_truth, of_prediction, size), _distances(of_prediction, of_truth, size)
    )


def boundary_iou(truth: Region, prediction: Region, width: int | None = None) -> float:
    """Return the IoU of the bands along the outlines of two regions.

    Parameters
    ----------
    truth, prediction : (H, W) bool arrays
        Where the two regions are.
    width : int, optional
        Width of the bands in pixels; 2 % of the diagonal of the picture, and 1 at least, if not
        given.

    Returns
    -------
    float
        0 to 1; NaN if both regions are empty.

    Raises
    ------
    MaskError
        If the arrays are not two bool arrays of one shape.
    OptionError
        If the width is less than 1.

    Examples
    --------
    A large square and one that is a pixel smaller all around share most of their area, but less of
    their outline:

    >>> truth, prediction = np.zeros((2, 100, 100), bool)
    >>> truth[10:90, 10:90] = prediction[11:89, 11:89] = True
    >>> round(float((truth & prediction).sum() / (truth | prediction).sum()), 2)
    0.95
    >>> round(boundary_iou(truth, prediction, width=2), 2)
    0.33
    """
    _check_regions(truth, prediction)
    if width is None:
        width = max(1, round(_BAND * math.hypot(*truth.shape)))
    if width < 1:
        raise OptionError(f"A band along an outline is a pixel wide at least. Received: {width}")
    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    bands = [_rim(region, square) for region in _cropped(truth, prediction)]
    shared, covered = (np.count_nonzero(f(*bands)) for f in (np.logical_and, np.logical_or))
    return float(ratio(shared, covered))


def surface_scores(
    truth: NDArray[np.uint8],
    prediction: NDArray[np.uint8],
    n_classes: int,
    spacing: Spacing = 1.0,
    width: int | None = None,
) -> tuple[SurfaceScores, ...]:
    """Compare the outlines of every class of two masks.

    Parameters
    ----------
    truth, prediction : (H, W) uint8 arrays
        Class indexes; what is unlabelled (255) in `truth` counts nowhere.
    n_classes : int
        Number of classes, background included.
    spacing : float or (float, float)
        Side of a pixel, or its height and width, in the unit that is wanted; 1 measures in pixels.
    width : int, optional
        Of the bands whose overlap is the boundary IoU, in pixels; see `boundary_iou`.

    Returns
    -------
    tuple of SurfaceScores
        One for each class but the background.

    Raises
    ------
    MaskError
        If the shapes differ, or a value is not a class.
    OptionError
        If a number is out of range.

    Examples
    --------
    >>> truth = np.zeros((20, 20), np.uint8)
    >>> truth[5:10, 5:10] = 1
    >>> surface_scores(truth, truth, 3)
    (SurfaceScores(boundary_iou=1.0, hausdorff_95=0.0, mean_distance=0.0),
     SurfaceScores(boundary_iou=nan, hausdorff_95=nan, mean_distance=nan))
    """
    pixel_size(spacing)
    counts = confusion_matrix(truth, prediction, n_classes)
    present = zip(counts.sum(axis=1) > 0, counts.sum(axis=0) > 0, strict=True)
    return tuple(
        _scores_of_class(truth, prediction, label, spacing, width)
        if all(where)
        else (_FAILED if any(where) else _ABSENT)
        for label, where in enumerate(present)
        if label
    )


def _scores_of_class(
    truth: NDArray[np.uint8],
    prediction: NDArray[np.uint8],
    label: int,
    spacing: Spacing,
    width: int | None,
) -> SurfaceScores:
    regions = truth == label, (prediction == label) & (truth != UNLABELLED)
    distances = surface_distances(*regions, spacing)
    return SurfaceScores(boundary_iou(*regions, width), distances.hausdorff(), distances.mean)


def surface_rows(
    pairs: MaskPairs, class_names: Sequence[str], spacing: Spacing | None = None
) -> list[Row]:
    """Return a row for each picture and class with what its outlines are apart.

    They take longer than the scores of an `Evaluation`, about a second for a class at 24
    megapixels, and so have a table of their own. `notebook_seg.inspection.rows.save_rows` writes it
    as CSV.

    Parameters
    ----------
    pairs : iterable of (stem, truth, prediction)
        Masks ``(H, W) uint8`` of one size; a generator is consumed one picture at a time.
    class_names : sequence of str
        Names of the classes, background first.
    spacing : float or (float, float), optional
        Millimetres that a pixel measures, or its height and width; in pixels if not given.

    Returns
    -------
    list of dict
        ``picture``, ``class`` (the background has no row), ``boundary_iou`` (0 to 1),
        ``hausdorff_95`` and ``mean_surface_distance`` in the ``unit`` ``"px"`` or ``"mm"``. The
        last rows, of the picture ``"(median)"``, hold the median over the pictures.

    Raises
    ------
    MaskError
        If two masks cannot be compared; the error names the picture.
    OptionError
        If there is no picture, one comes twice, or the spacing is not positive.

    Examples
    --------
    >>> truth = np.zeros((20, 20), np.uint8)
    >>> truth[5:10, 5:10] = 1
    >>> rows = surface_rows([("pike", truth, np.roll(truth, 2, axis=1))], ["background", "fish"])
    >>> [(row["picture"], row["class"], row["hausdorff_95"], row["unit"]) for row in rows]
    [('pike', 'fish', 2.0, 'px'), ('(median)', 'fish', 2.0, 'px')]
    """
    size = 1.0 if spacing is None else spacing
    found = compare_each(
        pairs,
        lambda truth, prediction: surface_scores(truth, prediction, len(class_names), size),
    )
    unit = "px" if spacing is None else "mm"
    medians = [_median(of_class) for of_class in zip(*found.values(), strict=True)]
    return [
        {
            "picture": picture,
            "class": name,
            "boundary_iou": scores.boundary_iou,
            "hausdorff_95": scores.hausdorff_95,
            "mean_surface_distance": scores.mean_distance,
            "unit": unit,
        }
        for picture, classes in [*found.items(), (MEDIAN, medians)]
        for name, scores in zip(class_names[1:], classes, strict=True)
    ]


def _median(scores: Sequence[SurfaceScores]) -> SurfaceScores:
    columns = (np.sort(np.array(column)) for column in zip(*scores, strict=True))
    return SurfaceScores(*(_middle(column[~np.isnan(column)]) for column in columns))


def _middle(ordered: NDArray[np.float64]) -> float:
    if not ordered.size:
        return math.nan
    low, high = ordered[(ordered.size - 1) // 2], ordered[ordered.size // 2]
    return float(low if low == high else (low + high) / 2)


def pixel_size(spacing: Spacing) -> NDArray[np.float64]:
    """Return the height and width of a pixel.

    Raises
    ------
    OptionError
        If one of them is not positive.

    Examples
    --------
    >>> pixel_size(0.5)
    array([0.5, 0.5])
    """
    size = np.array(np.broadcast_to(np.asarray(spacing, float), 2))
    if not (np.isfinite(size) & (size > 0)).all():
        raise OptionError(
            "The side of a pixel is a positive number, or two: its height and its width. "
            f"Received: {spacing}"
        )
    return size


def _check_regions(truth: Region, prediction: Region) -> None:
    for name, region in (("truth", truth), ("prediction", prediction)):
        if region.dtype != np.bool_ or region.ndim != 2:
            raise MaskError(
                f"The region of the {name} must be an (H, W) bool array, such as mask == 1. "
                f"Received: shape {region.shape}, {region.dtype}"
            )
    if truth.shape != prediction.shape:
        raise MaskError(
            "The regions of truth and prediction must have the same shape. "
            f"Received: {truth.shape} and {prediction.shape}"
        )


def _cropped(*regions: Region) -> Iterator[Region]:
    """Yield the regions within the box around all of them."""
    boxes = [box for box in map(_box, regions) if not box.is_empty]
    around = boxes[0] if boxes else Box(0, 0, 0, 0)
    for box in boxes[1:]:
        around = around.union(box)
    return (np.ascontiguousarray(region[around.slices]) for region in regions)


def _box(region: Region) -> Box:
    if not region.size:
        return Box(0, 0, 0, 0)
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(region).view(np.uint8))
    return Box(top, left, top + height, left + width)


def _rim(region: Region, reach: NDArray[np.uint8]) -> Region:
    """Return the pixels of a region from which `reach`, laid over them, sticks out of it."""
    if not region.size:
        return region
    inner = cv2.erode(region.view(np.uint8), reach, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return region & ~inner.view(np.bool_)


def _distances(surface: Region, other: Region, size: NDArray[np.float64]) -> NDArray[np.float64]:
    distances = np.zeros(np.count_nonzero(surface))
    if not other.any():
        return distances + math.inf
    # Where both surfaces share a pixel the distance is 0, and nothing has to be looked up.
    apart = np.argwhere(surface & ~other) * size
    tree = cKDTree(np.argwhere(other) * size, balanced_tree=False, compact_nodes=False)
    for start in range(0, len(apart), _CHUNK):
        nearest, _ = tree.query(apart[start : start + _CHUNK], workers=-1)
        distances[start : start + len(nearest)] = nearest
    return distances
