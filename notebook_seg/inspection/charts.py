"""Figures of numbers: how training went, and how well each class is found."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from notebook_seg.errors import OptionError, check_choice
from notebook_seg.inspection.inline import InlineFigure, LegendEntry, dress, shortened
from notebook_seg.inspection.metrics import Scores

__all__ = ["compared_curves", "learning_curves", "score_bars"]

_TRAINING, _VALIDATION = "#7f8c99", "#d55e00"
# Told apart by those who see few colours, too (doi 10.1038/nmeth.1618).
_RUNS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a900")
_LONGEST_NAME = 44
_BAR, _TRACK = "#0072b2", "#80808030"
_PANEL_WIDTH, _PANEL_HEIGHT, _PANELS_A_ROW = 4.8, 3.2, 3
_VALIDATION_PREFIX = "val_"
# Columns of a history that are no score.
_NOT_DRAWN = {"epoch", "learning_rate", "lr", "seconds", "time"}
_SPELLED = {"iou": "IoU", "mean_iou": "mean IoU"}


def learning_curves(
    history: Mapping[str, Sequence[float]], best_epoch: int | None = None
) -> InlineFigure:
    """Draw what training measured after each epoch.

    Parameters
    ----------
    history : mapping of str to sequence of float
        A value for each epoch under names such as ``loss``, ``iou`` and, measured on the
        validation pictures, ``val_loss``, ``val_iou``. Each pair shares a panel.
    best_epoch : int, optional
        The epoch whose weights were kept, from 1, which is marked:
        ``model.record.training["best_epoch"]``. Without it the best value on the validation
        pictures is marked, the lowest of a loss, the highest of anything else.

    Raises
    ------
    OptionError
        If there is nothing to draw.

    Examples
    --------
    >>> learning_curves({"loss": [0.9, 0.5, 0.3], "val_loss": [0.8, 0.5, 0.6]})
    <InlineFigure size 720x480 with 1 Axes>
    """
    names = list(dict.fromkeys(key.removeprefix(_VALIDATION_PREFIX) for key in history))
    names = [name for name in names if name not in _NOT_DRAWN]
    if not any(len(history.get(key, ())) for name in names for key in _both(name)):
        raise OptionError(
            "There is no learning curve to draw: train for an epoch at least. "
            f"Received: {', '.join(history) or 'an empty history'}"
        )
    columns = min(len(names), _PANELS_A_ROW)
    rows = -(-len(names) // columns)
    figure = InlineFigure(_PANEL_WIDTH * columns, _PANEL_HEIGHT * rows)
    for axes, name in zip(figure.panels(len(names), columns), names, strict=True):
        _draw_curve(axes, name, history, best_epoch)
    return figure


def _both(name: str) -> tuple[str, str]:
    return name, _VALIDATION_PREFIX + name


def _draw_curve(
    axes: Axes, name: str, history: Mapping[str, Sequence[float]], best_epoch: int | None
) -> None:
    training, validation = (np.asarray(history.get(key, ()), float) for key in _both(name))
    marker = "o" if max(training.size, validation.size) == 1 else ""
    for values, color, label, width in (
        (training, _TRAINING, "training", 1.5),
        (validation, _VALIDATION, "validation", 2),
    ):
        if values.size:
            epochs = np.arange(1, values.size + 1)
            axes.plot(epochs, values, color=color, label=label, linewidth=width, marker=marker)
    if best_epoch is None:
        _mark(axes, validation, _best_of(name, validation), "best")
    else:
        _mark(axes, validation if validation.size else training, best_epoch, "kept")
    title = _SPELLED.get(name, name.replace("_", " "))
    axes.set_title(title, loc="left", fontweight="bold", parse_math=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, max(training.size, validation.size) + 0.5)
    dress(axes, "epoch")
    axes.legend(frameon=False)


def _best_of(name: str, values: np.ndarray) -> int:
    """Return the number of the epoch with the best value, from 1; 0 where there is none."""
    if np.isnan(values).all():
        return 0
    return 1 + int(np.nanargmin(values) if "loss" in name else np.nanargmax(values))


def _mark(axes: Axes, values: np.ndarray, epoch: int, label: str) -> None:
    # A model of somebody else's may say anything of its best epoch.
    if epoch not in range(1, values.size + 1) or np.isnan(values[int(epoch) - 1]):
        return
    value = values[int(epoch) - 1]
    axes.plot(epoch, value, "o", color="black", markersize=5, zorder=3, label=label)
    axes.set_title(f"{label} {value:.3f}, epoch {epoch}", loc="right", fontsize="medium")


def compared_curves(
    histories: Mapping[str, Mapping[str, Sequence[float]]], against: str = "minutes"
) -> InlineFigure:
    """Draw the learning curves of several trainings over each other.

    Parameters
    ----------
    histories : mapping of str to mapping of str to sequence of float
        For the name of each training its values after each epoch: ``loss``, ``iou``, on the
        validation pictures ``val_loss`` and ``val_iou``, and ``seconds``. Where there are no
        validation pictures, those of training are drawn, dashed.
    against : {"minutes", "epochs"}
        What they are drawn against.

    Raises
    ------
    OptionError
        If there is nothing to draw, or `against` is not understood.

    Examples
    --------
    >>> runs = {"first": {"val_loss": [0.8, 0.5]}, "second": {"val_loss": [0.7, 0.4]}}
    >>> compared_curves(runs, against="epochs")
    <InlineFigure size 1440x480 with 2 Axes>
    """
    check_choice("axis", against, ("minutes", "epochs"))
    if not histories:
        raise OptionError("There are no learning curves to compare. Received: none")
    figure = InlineFigure(2 * _PANEL_WIDTH, _PANEL_HEIGHT)
    entries: list[LegendEntry] = []
    panels = figure.subplots(1, 2)
    for number, (name, history) in enumerate(histories.items()):
        color = _RUNS[number % len(_RUNS)]
        for axes, score in zip(panels, ("loss", "iou"), strict=True):
            _draw_run(axes, score, history, against, color)
        entries.append((shortened(name, _LONGEST_NAME), Line2D([], [], color=color, linewidth=2)))
    for axes, score in zip(panels, ("loss", "iou"), strict=True):
        axes.set_title(_SPELLED.get(score, score), loc="left", fontweight="bold")
        dress(axes, against)
        axes.xaxis.set_major_locator(MaxNLocator(integer=against == "epochs"))
    figure.write_legend(entries)
    return figure


def _draw_run(
    axes: Axes, name: str, history: Mapping[str, Sequence[float]], against: str, color: str
) -> None:
    training, validation = (np.asarray(history.get(key, ()), float) for key in _both(name))
    values = validation if validation.size else training
    if values.size:
        at = np.arange(1, values.size + 1)
        if against == "minutes":
            at = _minutes(np.asarray(history["seconds"], float))
        style = "-" if validation.size else "--"
        axes.plot(at, values, style, color=color, linewidth=1.8, marker="o" * (values.size == 1))


def _minutes(seconds: np.ndarray) -> np.ndarray:
    # Where a training was continued its clock begins anew.
    spent = np.diff(seconds, prepend=0.0)
    return np.cumsum(np.where(spent < 0, seconds, spent)) / 60


def score_bars(scores: Scores) -> InlineFigure:
    """Draw the IoU of each class as a bar, the best above.

    Classes in neither truth nor prediction have no bar and say so.

    Parameters
    ----------
    scores : Scores
        Of one picture, or of all: ``evaluation.overall``.

    Examples
    --------
    >>> score_bars(Scores([[90, 10], [0, 40]], ["background", "fish"]))
    <InlineFigure size 1050x... with 1 Axes>
    """
    iou = scores.iou
    order = np.argsort(-iou, kind="stable")  # NaN come last
    figure = InlineFigure(7, 0.8 + 0.34 * len(order))
    axes = figure.subplots()
    axes.barh(range(len(order)), 1, color=_TRACK, height=0.6)
    axes.barh(range(len(order)), np.nan_to_num(iou[order]), color=_BAR, height=0.6)
    for row, index in enumerate(order):
        text = "not present" if np.isnan(iou[index]) else f"{iou[index]:.3f}"
        axes.text(1.02, row, text, va="center_baseline")
    axes.set_yticks(
        range(len(order)), [scores.class_names[index] for index in order], parse_math=False
    )
    axes.set_title("IoU: overlap of prediction and mask", loc="left", fontweight="bold")
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.tick_params(left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
