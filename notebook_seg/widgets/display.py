"""A picture with its mask over it, at the size of the screen and not of the photograph."""

import cv2
import numpy as np
import numpy.typing as npt

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED, color_to_rgb
from notebook_seg.widgets.viewport import Viewport

__all__ = ["SURROUND", "Display"]

Pixels = npt.NDArray[np.uint8]

# Around the picture: a grey that goes with light and dark pages and flatters no photograph.
SURROUND = (58, 60, 64)

# Above this many screen pixels for one of the picture, pixels are shown as the squares they are.
_SQUARES = 2.0
_STRIPES = np.array([[70, 70, 70], [190, 190, 190]], dtype=np.uint8)
_STRIPE_WIDTH = 5


class Display:
    """Resamples what a viewport shows.

    A large photograph is kept at its own and at halved sizes, so that a look at all of it costs no
    more than a look at a corner.

    Parameters
    ----------
    image : array (H, W, 3) of uint8
        The photograph.
    colors : sequence of str
        The colour of each class as ``'#rrggbb'``, background first.

    Examples
    --------
    >>> image = np.full((600, 800, 3), 200, np.uint8)
    >>> labels = np.zeros((600, 800), np.uint8)
    >>> view = Viewport.fit(image.shape, width=400, height=300)
    >>> Display(image, ["#000000", "#ff0000"]).compose(view, labels, opacity=0.5).shape
    (300, 400, 3)
    """

    def __init__(self, image: Pixels, colors: tuple[str, ...] | list[str]) -> None:
        self._levels = [image]
        self._colors = np.zeros((256, 3), dtype=np.uint8)
        self._colors[: len(colors)] = [color_to_rgb(color) for color in colors]
        self._seen: Viewport | None = None
        self._picture: Pixels = np.empty((0, 0, 3), dtype=np.uint8)

    def compose(
        self, view: Viewport, labels: Pixels | None, opacity: float, part: Box | None = None
    ) -> Pixels:
        """Return what the view shows, or a part of it.

        Parameters
        ----------
        view : Viewport
            Where to look.
        labels : array (H, W) of uint8, or None
            The mask, at the size of the photograph.
        opacity : float
            Of the mask, 0 to 1. Its outlines are drawn stronger.
        part : Box, optional
            The pixels of the screen that are wanted; without it, all.

        Returns
        -------
        array (h, w, 3) of uint8
        """
        whole = Box(0, 0, view.height, view.width)
        part = whole if part is None else part
        picture = self._look(view)[part.slices]
        if labels is None or part.is_empty:
            return picture.copy()
        grown = Box(part.top - 1, part.left - 1, part.bottom + 1, part.right + 1)
        grown = grown.clip((view.height, view.width))
        shown = _sample_labels(labels, view, grown)
        inner = Box(
            part.top - grown.top,
            part.left - grown.left,
            part.bottom - grown.top,
            part.right - grown.left,
        ).slices
        outline, shown = _outlines(shown)[inner], shown[inner]
        colors = self._paint(shown, part)
        strength = np.where(outline, min(1.0, 3 * opacity), opacity)
        return _blend(picture, colors, np.where(shown == BACKGROUND, 0, strength))

    def _paint(self, shown: Pixels, part: Box) -> Pixels:
        colors = self._colors[shown]
        unlabelled = shown == UNLABELLED
        if unlabelled.any():
            rows, columns = np.nonzero(unlabelled)
            stripe = (rows + columns + part.top + part.left) // _STRIPE_WIDTH % 2
            colors[unlabelled] = _STRIPES[stripe]
        return colors

    def _look(self, view: Viewport) -> Pixels:
        if view != self._seen:
            self._picture = self._resample(view)
            self._seen = view
        return self._picture

    def _resample(self, view: Viewport) -> Pixels:
        if view.scale >= _SQUARES:
            return _sample_squares(self._levels[0], view)
        return _sample_smoothly(self._level(view.scale), view, self._levels[0].shape)

    def _level(self, scale: float) -> Pixels:
        """Return the picture at a half, a quarter, ... : the smallest that is fine enough."""
        wanted = max(0, int(np.floor(np.log2(1 / scale))))
        while len(self._levels) <= wanted:
            height, width = self._levels[-1].shape[:2]
            half = (max(1, width // 2), max(1, height // 2))
            self._levels.append(
                cv2.resize(self._levels[-1], half, interpolation=cv2.INTER_AREA).astype(
                    np.uint8, copy=False
                )
            )
        return self._levels[wanted]


def _blend(under: Pixels, over: Pixels, strength: npt.NDArray[np.float64]) -> Pixels:
    """Mix two pictures, with a strength (h, w) of 0 to 1 for the one above."""
    share = strength.astype(np.float32)
    return cv2.blendLinear(over, under, share, 1 - share).astype(np.uint8, copy=False)


def _sample_labels(labels: Pixels, view: Viewport, part: Box) -> Pixels:
    rows = view.rows()[part.top : part.bottom]
    columns = view.columns()[part.left : part.right]
    return _take(labels, rows, columns, np.full(part.shape, BACKGROUND, dtype=np.uint8))


def _sample_squares(image: Pixels, view: Viewport) -> Pixels:
    canvas = np.full((view.height, view.width, 3), SURROUND, dtype=np.uint8)
    return _take(image, view.rows(), view.columns(), canvas)


def _take(source: Pixels, rows: npt.NDArray, columns: npt.NDArray, canvas: Pixels) -> Pixels:
    """Copy the given rows and columns into a canvas, where the source has them."""
    first_row, last_row = np.searchsorted(rows, (0, source.shape[0]))
    first_column, last_column = np.searchsorted(columns, (0, source.shape[1]))
    inside = source.take(rows[first_row:last_row], axis=0)
    inside = inside.take(columns[first_column:last_column], axis=1)
    canvas[first_row:last_row, first_column:last_column] = inside
    return canvas


def _sample_smoothly(level: Pixels, view: Viewport, shape: tuple[int, ...]) -> Pixels:
    """Resample one level, of a picture of the given shape, by linear interpolation."""
    ratio = level.shape[1] / shape[1], level.shape[0] / shape[0]
    start = [(s + 0.5) * r - 0.5 for s, r in zip((view.left, view.top), ratio, strict=True)]
    stop = [(s + 0.5) * r - 0.5 for s, r in zip((view.right, view.bottom), ratio, strict=True)]
    # Only what is visible: OpenCV takes no more than 32,767 pixels a side.
    box = Box(int(start[1]) - 1, int(start[0]) - 1, int(stop[1]) + 2, int(stop[0]) + 2).clip(
        level.shape
    )
    step = np.array(ratio) / view.scale
    offset = np.array(start) + step / 2 - (box.left, box.top)
    to_level = np.array([[step[0], 0, offset[0]], [0, step[1], offset[1]]])
    return cv2.warpAffine(
        np.ascontiguousarray(level[box.slices]),
        to_level,
        (view.width, view.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=SURROUND,
    ).astype(np.uint8, copy=False)


def _outlines(shown: Pixels) -> npt.NDArray[np.bool_]:
    """Return the pixels whose left, right, upper or lower neighbour has another label."""
    edges = np.zeros(shown.shape, dtype=bool)
    across = shown[:, 1:] != shown[:, :-1]
    down = shown[1:] != shown[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges
