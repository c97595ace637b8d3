"""Figures of masks and errors, each a pure function from arrays to a Matplotlib figure.

None touches pyplot: nothing is left open, and the figures can be made in threads and scripts. At
the end of a notebook cell each shows itself; ``figure.savefig(path)`` saves it. The figures of
numbers live in `notebook_seg.inspection.charts` and are to be had here too.
"""

import itertools
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from notebook_seg.data.overlays import Image, Mask, overlay_image
from notebook_seg.errors import OptionError
from notebook_seg.inspection.charts import learning_curves, score_bars
from notebook_seg.inspection.inline import InlineFigure, LegendEntry, legend_columns, shortened
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.overlays import error_overlay
from notebook_seg.inspection.panels import (
    WIDTH,
    Classes,
    View,
    class_entries,
    error_entries,
    legend_entry,
)

__all__ = [
    "InlineFigure",
    "class_legend",
    "comparison",
    "gallery",
    "learning_curves",
    "overlay",
    "patch_pairs",
    "score_bars",
]

# Lengths of a figure's parts, in inches.
_NARROWEST = 5.0
_TITLE, _HEADING, _LEGEND_ROW = 0.25, 0.3, 0.21
_TALLEST_ALONE, _TALLEST_COMPARED, _TALLEST_IN_GALLERY = 6.5, 4.5, 2.6
_LONGEST_NAME = 32
_PATCH_COLUMNS, _PATCH_OPACITY = 4, 0.15
_LEGEND_PADDING = 0.13


def overlay(
    image: Image,
    mask: Mask,
    class_names: Sequence[str],
    colors: Sequence[str],
    opacity: float = 0.5,
    title: str = "",
) -> InlineFigure:
    """Draw a mask over its photograph.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photograph, RGB.
    mask : (H, W) uint8 array
        Class indexes; unlabelled pixels (255) are striped grey.
    class_names, colors : sequence of str
        Name and colour of each class, background first.
    opacity : float, default 0.5
        0 shows the photograph alone but for the outlines, 1 hides it under the classes.
    title : str, optional
        Written above.

    Raises
    ------
    ImageError, MaskError, OptionError
        If the arrays, names and colours do not fit each other.

    Examples
    --------
    >>> image = np.zeros((40, 60, 3), np.uint8)
    >>> mask = np.ones((40, 60), np.uint8)
    >>> overlay(image, mask, ["background", "fish"], ["#000000", "#e69f00"], title="pike")
    <InlineFigure size ... with 1 Axes>
    """
    classes = Classes.of(class_names, colors)
    view = View.of((image, mask, mask), classes, columns=1, tallest=_TALLEST_ALONE)
    legend = class_entries([view], classes)
    figure = _figure(view.width, view.height + bool(title) * _TITLE, legend)
    _show(figure.subplots(), overlay_image(view.image, view.truth, classes.colors, opacity))
    figure.write_title(title)
    return figure


def comparison(
    image: Image,
    truth: Mask,
    prediction: Mask,
    class_names: Sequence[str],
    colors: Sequence[str],
    title: str = "",
) -> InlineFigure:
    """Draw a photograph, its true and its predicted mask, and where they differ.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photograph, RGB.
    truth, prediction : (H, W) uint8 arrays
        Class indexes; unlabelled pixels (255 in `truth`) are striped grey and never an error.
    class_names, colors : sequence of str
        Name and colour of each class, background first.
    title : str, optional
        Written above, such as the picture's name.

    Raises
    ------
    ImageError, MaskError, OptionError
        If the arrays, names and colours do not fit each other.

    Examples
    --------
    >>> image = np.zeros((40, 60, 3), np.uint8)
    >>> mask = np.ones((40, 60), np.uint8)
    >>> comparison(image, mask, mask, ["background", "fish"], ["#000000", "#e69f00"])
    <InlineFigure size ... with 4 Axes>
    """
    classes = Classes.of(class_names, colors)
    columns = 2 if image.shape[1] > 1.2 * image.shape[0] else 4
    rows = 4 // columns
    view = View.of((image, truth, prediction), classes, columns, _TALLEST_COMPARED)
    height = rows * (view.height + _HEADING) + bool(title) * _TITLE
    figure = _figure_with_legends(columns * view.width, height, [view], classes)
    overlap = _overlap(truth, prediction, classes)
    _show_panels(figure.subplots(rows, columns).flat, view, classes, "Photograph", overlap)
    figure.write_title(title)
    return figure


def gallery(
    pictures: Iterable[tuple[str, Image, Mask, Mask]],
    class_names: Sequence[str],
    colors: Sequence[str],
    limit: int = 6,
) -> InlineFigure:
    """Draw a row for each picture, the worst predicted first.

    Parameters
    ----------
    pictures : iterable of (stem, image, truth, prediction)
        As in `comparison`; a generator is consumed one picture at a time.
    class_names, colors : sequence of str
        Name and colour of each class, background first.
    limit : int, default 6
        How many rows at most.

    Raises
    ------
    ImageError, MaskError
        If the arrays, names and colours do not fit each other.
    OptionError
        If there is no picture.

    Examples
    --------
    >>> image, mask = np.zeros((40, 60, 3), np.uint8), np.ones((40, 60), np.uint8)
    >>> pictures = [("pike", image, mask, mask), ("perch", image, mask, 0 * mask)]
    >>> gallery(pictures, ["background", "fish"], ["#000000", "#e69f00"])
    <InlineFigure size ... with 8 Axes>
    """
    classes = Classes.of(class_names, colors)
    rows = (
        _Row(
            _overlap(truth, prediction, classes),
            stem,
            View.of((image, truth, prediction), classes, 4, _TALLEST_IN_GALLERY),
        )
        for stem, image, truth, prediction in pictures
    )
    worst = nsmallest(limit, rows, key=lambda row: (np.isnan(row.overlap), row.overlap))
    if not worst:
        raise OptionError(
            f"A gallery needs a picture and a row at least. Received: none, with limit {limit}"
        )
    return _draw_gallery(worst, classes)


def patch_pairs(
    before: Sequence[tuple[Image, Mask]],
    after: Sequence[tuple[Image, Mask]],
    class_names: Sequence[str],
    colors: Sequence[str],
    title: str = "",
) -> InlineFigure:
    """Draw patches with the outlines of their masks, and below each what has become of it.

    Parameters
    ----------
    before, after : sequence of (image, mask)
        All of one size: images ``(H, W, 3)`` uint8, masks ``(H, W)`` uint8.
    class_names, colors : sequence of str
        Name and colour of each class, background first.
    title : str, optional
        Written above.

    Raises
    ------
    ImageError, MaskError, OptionError
        If the arrays, names and colours do not fit each other.

    Examples
    --------
    >>> patch = np.zeros((40, 60, 3), np.uint8), np.ones((40, 60), np.uint8)
    >>> patch_pairs([patch], [patch], ["background", "fish"], ["#000000", "#e69f00"])
    <InlineFigure size ... with 2 Axes>
    """
    classes, columns = Classes.of(class_names, colors), min(_PATCH_COLUMNS, len(before))
    # Row by row: what is, and below it what has become of it.
    starts = range(0, len(before), columns)
    rows = [part[start : start + columns] for start in starts for part in (before, after)]
    views = [[View.of((*p, p[1]), classes, columns, _TALLEST_ALONE) for p in row] for row in rows]
    first, legend = views[0][0], class_entries(itertools.chain(*views), classes)
    height = len(rows) * (first.height + _HEADING) + bool(title) * _TITLE
    figure = _figure(columns * first.width, height, legend)
    panels = figure.subplots(len(rows), columns, squeeze=False)
    headings = itertools.cycle(("as it is", "augmented"))
    for axes, row, heading in zip(panels, views, headings, strict=False):
        _show_row(axes, row, classes, heading)
    figure.write_title(title)
    return figure


def _show_row(panels: Sequence[Axes], row: Sequence[View], classes: Classes, heading: str) -> None:
    for axes, view in itertools.zip_longest(panels, row):
        if view is None:
            axes.remove()
        else:
            colors = classes.colors
            _show(axes, overlay_image(view.image, view.truth, colors, _PATCH_OPACITY), heading)


def class_legend(class_names: Sequence[str], colors: Sequence[str]) -> InlineFigure:
    """Draw the names of the classes beside their colours, the background left out.

    Parameters
    ----------
    class_names, colors : sequence of str
        Name and colour of each class, background first.

    Examples
    --------
    >>> class_legend(["background", "fish"], ["#000000", "#e69f00"])
    <InlineFigure size ... with 0 Axes>
    """
    classes = Classes.of(class_names, colors)
    entries = [
        legend_entry(*pair) for pair in zip(classes.names[1:], classes.colors[1:], strict=True)
    ]
    return _figure(WIDTH, 0, entries)


class _Row(NamedTuple):
    overlap: float
    stem: str
    view: View


def _overlap(truth: Mask, prediction: Mask, classes: Classes) -> float:
    return Scores.from_masks(truth, prediction, classes.names).foreground_mean_iou


def _figure(width: float, height: float, legend: Sequence[LegendEntry]) -> InlineFigure:
    width = max(width, _NARROWEST)
    figure = InlineFigure(width, height + _legend_height(legend, width))
    figure.write_legend(legend)
    return figure


def _figure_with_legends(
    width: float, height: float, views: Sequence[View], classes: Classes
) -> InlineFigure:
    """Make a figure that explains its classes at the left and its errors at the right."""
    width = max(width, _NARROWEST)
    of_classes, of_errors = class_entries(views, classes), error_entries(views)
    left, right = (_legend_height(legend, width / 2) for legend in (of_classes, of_errors))
    figure = InlineFigure(width, height + max(left, right))
    figure.write_legend(of_classes, "left", in_layout=left >= right)
    figure.write_legend(of_errors, "right", in_layout=left < right)
    return figure


def _legend_height(legend: Sequence[LegendEntry], width: float) -> float:
    if not legend:
        return 0.0
    return _LEGEND_PADDING + _LEGEND_ROW * -(-len(legend) // legend_columns(legend, width))


def _show(axes: Axes, picture: Image, heading: str = "") -> None:
    axes.imshow(picture)
    axes.set_axis_off()
    axes.set_title(heading, fontsize="medium", parse_math=False)


def _show_panels(
    panels: Iterable[Axes], view: View, classes: Classes, name: str, overlap: float
) -> None:
    score = "" if np.isnan(overlap) else f" (IoU {overlap:.3f})"
    pictures = {
        name: view.image,
        "Truth": overlay_image(view.image, view.truth, classes.colors),
        "Prediction": overlay_image(view.image, view.prediction, classes.colors),
        f"Errors{score}": error_overlay(view.image, view.truth, view.prediction),
    }
    for axes, (heading, picture) in zip(panels, pictures.items(), strict=True):
        _show(axes, picture, heading)


def _draw_gallery(rows: Sequence[_Row], classes: Classes) -> InlineFigure:
    views = [row.view for row in rows]
    heights = [view.height + _HEADING for view in views]
    figure = _figure_with_legends(WIDTH, sum(heights), views, classes)
    grid = figure.subplots(len(rows), 4, squeeze=False, height_ratios=heights)
    for number, (row, panels) in enumerate(zip(rows, grid, strict=True), start=1):
        name = f"{number}. {shortened(row.stem, _LONGEST_NAME)}"
        _show_panels(panels, row.view, classes, name, row.overlap)
    return figure
