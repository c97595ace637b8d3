"""Figures of scores: what is taken for what, calibration, thresholds, and the worst pictures."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from notebook_seg.errors import OptionError, check_choice
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.inline import InlineFigure, dress, shortened
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.ratios import mean_of_known, ratio
from notebook_seg.inspection.reliability import Reliability
from notebook_seg.inspection.tables import ALL_PICTURES
from notebook_seg.inspection.thresholds import ThresholdScores

__all__ = ["calibration_chart", "confusion_chart", "score_grid", "threshold_chart"]

Colors = NDArray[np.float64]

_CLASS_SCORES = ("iou", "dice", "recall", "precision")
_SPELLED = {"iou": "IoU", "dice": "Dice"}
# Right in cold colours, wrong in warm ones, for any colour vision (doi 10.1038/nmeth.1618).
_RIGHT, _WRONG, _SCALE = "Blues", "Oranges", "RdYlBu"
_NO_SCORE_COLOR = (0.93, 0.93, 0.93, 1.0)
_LINES = {"dice": "#0072b2", "iou": "#56b4e9", "precision": "#d55e00", "recall": "#009e73"}
_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#7f8c99"
_LUMINANCE = (0.299, 0.587, 0.114)
_LONGEST_NAME = 28
# Beyond, the numbers would run into each other.
_MOST_CLASSES_IN_NUMBERS = 25
# In inches.
_CELL_WIDTH, _CELL_HEIGHT, _NAMES, _HEADINGS = 0.75, 0.27, 2.4, 1.1
_NARROWEST, _LETTER = 5.0, 0.085
_CELL_FONT = 8.5
# A bin of fewer pixels says little.
_FEW = 0.01


def confusion_chart(scores: Scores) -> InlineFigure:
    """Draw where the pixels of each class went.

    Each row shows what the pixels of one class were taken for, as shares of that row: right ones
    in blue, wrong ones in orange. A class that the truth does not hold has an empty row.

    Parameters
    ----------
    scores : Scores
        Of one picture, or of all: ``evaluation.overall``.

    Examples
    --------
    >>> confusion_chart(Scores([[90, 10], [5, 15]], ["background", "fish"]))
    <InlineFigure size ... with 1 Axes>
    """
    shares = ratio(
        scores.counts, np.broadcast_to(scores.pixels_truth[:, None], scores.counts.shape)
    )
    colors = _colored(shares, _WRONG)
    diagonal = np.arange(len(shares))
    colors[diagonal, diagonal] = _colored(shares[diagonal, diagonal], _RIGHT)
    names = [shortened(name, _LONGEST_NAME) for name in scores.class_names]
    texts = [[_percent(share) for share in row] for row in shares]
    figure = _grid_figure(len(names), len(names), 1.6 * _CELL_HEIGHT)
    axes = figure.subplots()
    _draw_cells(axes, colors, texts if len(names) <= _MOST_CLASSES_IN_NUMBERS else ())
    _name_cells(axes, names, names)
    axes.set_xlabel("were taken for", labelpad=8)
    axes.xaxis.set_label_position("top")
    axes.set_ylabel("pixels of")
    return figure


def score_grid(evaluation: Evaluation, score: str = "iou", limit: int = 30) -> InlineFigure:
    """Draw a score of every picture and class in colours, the worst pictures first.

    Parameters
    ----------
    evaluation : Evaluation
    score : {"iou", "dice", "recall", "precision"}
    limit : int, default 30
        How many pictures at most.

    Raises
    ------
    OptionError
        If the score is not known, or no picture is to be shown.

    Examples
    --------
    >>> names = ["background", "fish"]
    >>> score_grid(Evaluation({"pike": Scores([[80, 0], [10, 10]], names)}))
    <InlineFigure size ... with 1 Axes>
    """
    check_choice("score", score, _CLASS_SCORES)
    if limit < 1:
        raise OptionError(f"A table needs a row at least. Received: a limit of {limit}")
    stems = _worst_first(evaluation, score)
    rows = [*((stem, evaluation.scores[stem]) for stem in stems[:limit])]
    rows.append((ALL_PICTURES, evaluation.overall))
    values = np.array([_of_classes(scores, score) for _, scores in rows])
    classes = [shortened(name, _LONGEST_NAME) for name in evaluation.class_names[1:]]
    columns = ["mean", *classes] if len(classes) > 1 else classes
    figure = _grid_figure(len(rows), len(columns), _CELL_HEIGHT)
    axes = figure.subplots()
    texts = [["–" if np.isnan(value) else f"{value:.2f}" for value in row] for row in values]
    _draw_cells(axes, _colored(values, _SCALE), texts)
    _name_cells(axes, [shortened(name, _LONGEST_NAME) for name, _ in rows], columns)
    # The rows over all pictures stand apart.
    axes.axhline(len(rows) - 1.5, color="black", linewidth=1.5)
    more = len(stems) - limit
    note = f"{_SPELLED.get(score, score)}, worst pictures first"
    axes.set_xlabel(f"{note}; {more} better ones are not shown" if more > 0 else note)
    return figure


def calibration_chart(reliability: Reliability) -> InlineFigure:
    """Draw how often a model is right against how sure it is.

    Parameters
    ----------
    reliability : Reliability

    Raises
    ------
    OptionError
        If no pixel is labelled.

    Examples
    --------
    >>> probabilities = np.tile(np.array([0.1, 0.9]), (1, 4, 1))
    >>> truth = np.array([[1, 1, 0, 0]], np.uint8)
    >>> calibration_chart(Reliability.from_probabilities(probabilities, truth))
    <InlineFigure size ... with 2 Axes>
    """
    total = reliability.pixels.sum()
    if not total:
        raise OptionError(
            "There is no calibration curve to draw: label a picture. Received: no labelled pixel"
        )
    figure = InlineFigure(5.2, 5.6)
    curve, histogram = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    _draw_calibration(curve, reliability)
    edges = np.linspace(0, 1, len(reliability.pixels) + 1)
    histogram.bar(
        edges[:-1], reliability.pixels / total, np.diff(edges), align="edge", color=_GREY, alpha=0.7
    )
    histogram.set_ylabel("of all pixels")
    for axes, below in ((curve, ""), (histogram, "how sure the model was")):
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        dress(axes, below)
    return figure


def _draw_calibration(axes: Axes, reliability: Reliability) -> None:
    sure, right = reliability.mean_sureness, reliability.shares_right
    known = reliability.pixels > 0
    few = known & (reliability.pixels < _FEW * reliability.pixels.sum())
    axes.plot([0, 1], [0, 1], "--", color=_GREY, label="honest")
    axes.fill_between(
        sure[known], sure[known], right[known], color=_ORANGE, alpha=0.15, linewidth=0
    )
    axes.plot(sure[known], right[known], color=_BLUE, linewidth=1.5)
    axes.plot(sure[known & ~few], right[known & ~few], "o", color=_BLUE, label="the model")
    if few.any():
        label = f"less than {_FEW:.0%} of the pixels"
        axes.plot(sure[few], right[few], "o", mec=_BLUE, mfc="white", label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_ylabel("how many pixels were right")
    axes.set_title("Calibration", loc="left", fontweight="bold")
    axes.set_title(f"off by {reliability.expected_error:.1%}", loc="right", fontsize="medium")
    axes.legend(frameon=False, loc="upper left")


def threshold_chart(scores: ThresholdScores, chosen: float | None = None) -> InlineFigure:
    """Draw the scores of a class against the threshold of its probability.

    Parameters
    ----------
    scores : ThresholdScores
    chosen : float, optional
        A threshold to be marked beside the best one, 0 to 1.

    Raises
    ------
    OptionError
        If no pixel of the class is labelled, or the threshold is not between 0 and 1.

    Examples
    --------
    >>> probability, truth = np.array([[0.1, 0.3, 0.4, 0.9]]), np.array([[0, 1, 1, 1]], np.uint8)
    >>> threshold_chart(ThresholdScores.from_probability(probability, truth, 1), chosen=0.5)
    <InlineFigure size ... with 1 Axes>
    """
    best = scores.best("dice")
    figure = InlineFigure(6.5, 3.9)
    axes = figure.subplots()
    for name, color in _LINES.items():
        values = getattr(scores, name)
        axes.plot(
            scores.thresholds, values, color=color, linewidth=2, label=_SPELLED.get(name, name)
        )
    axes.plot(best.threshold, best.dice, "o", color="black", markersize=6, zorder=3, label="best")
    if chosen is not None:
        point = scores.at(chosen)
        label = f"at {point.threshold:.2f}: Dice {point.dice:.3f}"
        axes.axvline(point.threshold, color=_GREY, linestyle="--", label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_title("Scores at every threshold", loc="left", fontweight="bold")
    title = f"best Dice {best.dice:.3f} at {best.threshold:.2f}"
    axes.set_title(title, loc="right", fontsize="medium")
    dress(axes, "threshold of the probability")
    figure.write_legend([(str(line.get_label()), line) for line in axes.lines])
    return figure


def _worst_first(evaluation: Evaluation, score: str) -> list[str]:
    stems = list(evaluation.scores)
    means = [mean_of_known(getattr(evaluation.scores[stem], score)[1:]) for stem in stems]
    return [stems[index] for index in np.argsort(means, kind="stable")]  # NaN come last


def _of_classes(scores: Scores, score: str) -> list[float]:
    values = getattr(scores, score)[1:]
    return [mean_of_known(values), *values] if len(values) > 1 else list(values)


def _percent(share: float) -> str:
    if np.isnan(share):
        return "–"
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _colored(values: NDArray[np.float64], scale: str) -> Colors:
    colors = np.asarray(colormaps[scale](np.nan_to_num(values)))
    colors[np.isnan(values)] = _NO_SCORE_COLOR
    return colors


def _grid_figure(rows: int, columns: int, cell_height: float) -> InlineFigure:
    width = max(_NARROWEST, _NAMES + _CELL_WIDTH * columns)
    return InlineFigure(width, _HEADINGS + cell_height * rows)


def _draw_cells(axes: Axes, colors: Colors, texts: Sequence[Sequence[str]]) -> None:
    axes.imshow(colors, aspect="auto", interpolation="nearest")
    for row, cells in enumerate(texts):
        for column, text in enumerate(cells):
            dark = colors[row, column, :3] @ _LUMINANCE < 0.5
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                color="white" if dark else "black",
                fontsize=_CELL_FONT,
            )
    for place, count in ((axes.set_yticks, len(colors)), (axes.set_xticks, colors.shape[1])):
        place(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.spines[:].set_visible(False)


def _name_cells(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    room = max(_CELL_WIDTH, (_NARROWEST - _NAMES) / len(columns))
    crowded = _LETTER * max(map(len, columns)) > room
    axes.set_yticks(range(len(rows)), rows, parse_math=False)
    axes.set_xticks(
        range(len(columns)),
        columns,
        parse_math=False,
        rotation=30 if crowded else 0,
        rotation_mode="anchor",
        ha="left" if crowded else "center",
    )
    axes.xaxis.tick_top()
    axes.tick_params(which="both", length=0)
