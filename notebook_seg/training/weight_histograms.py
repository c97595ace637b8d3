"""How the weights of each layer are spread, which shows layers that are dead or run away."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from notebook_seg.data.files import atomic_write

__all__ = [
    "WeightHistogram",
    "append_histograms",
    "draw_histograms",
    "fill_histogram",
    "layer_weights",
    "measure",
    "measure_weights",
]

_BINS = 24
_LOOKED_AT = 50_000  # numbers of a layer, which tell their spread well enough
_SHOWN = 12
_COLUMNS = 4
_FIRST, _LAST = "#999999", "#0072b2"
_SPREAD = ("mean", "deviation", "lowest", "highest")
_HEAD = ("epoch", "layer", "variable", "size", *_SPREAD)
_HEADINGS = (*_HEAD, *(f"bin_{number}" for number in range(1, _BINS + 1)))
# The statistics of a batch normalisation, and seeds, are not learned by gradients.
_NOT_LEARNED = ("moving_mean", "moving_variance", "seed_generator_state")


@dataclass(frozen=True)
class WeightHistogram:
    """How the weights of one layer are spread.

    Parameters
    ----------
    layer, variable : str
        Such as ``"decoder_stage0a_conv"`` and ``"kernel"``.
    size : int
        How many numbers it has.
    mean, deviation, lowest, highest : float
    counts : ndarray of int, shape (24,)
        Numbers in bins of equal width from the lowest to the highest; of large layers, those
        of every n-th number.
    """

    layer: str
    variable: str
    size: int
    mean: float
    deviation: float
    lowest: float
    highest: float
    counts: np.ndarray


def layer_weights(network: keras.Model) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield layer, variable and values float32 of what a network learns, in its order."""
    for variable in network.weights:
        if variable.name not in _NOT_LEARNED:
            layer = variable.path.rpartition("/")[0]
            yield layer, variable.name, np.asarray(keras.ops.convert_to_numpy(variable), np.float32)


def measure(network: keras.Model) -> list[WeightHistogram]:
    """Measure the weights of every layer.

    Examples
    --------
    >>> given = keras.Input((3,))
    >>> network = keras.Model(given, keras.layers.Dense(2, name="head")(given))
    >>> [(found.layer, found.variable, found.size) for found in measure(network)]
    [('head', 'kernel', 6), ('head', 'bias', 2)]
    """
    return [measure_weights(*named) for named in layer_weights(network)]


def measure_weights(layer: str, variable: str, values: np.ndarray) -> WeightHistogram:
    """Measure one array of weights of any shape.

    Examples
    --------
    >>> measure_weights("head", "kernel", np.array([[-1.0, 3.0]])).mean
    1.0
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        spread = (math.nan, math.nan, math.nan, math.nan)
        return WeightHistogram(layer, variable, values.size, *spread, np.zeros(_BINS, int))
    lowest, highest = float(finite.min()), float(finite.max())
    some = finite[:: max(1, finite.size // _LOOKED_AT)]
    counts = np.histogram(some, _BINS, (lowest, highest))[0]
    spread = (float(finite.mean()), float(finite.std()), lowest, highest)
    return WeightHistogram(layer, variable, values.size, *spread, counts)


def append_histograms(
    file: Path, epoch: int, measured: Sequence[WeightHistogram]
) -> list[WeightHistogram]:
    """Write a row for each layer into a CSV file, behind those of the epochs before.

    Rows of this epoch and of later ones go: a training that is taken up again measures them anew.
    The file is replaced whole, so that a kill leaves no half of a row.

    Returns
    -------
    list of WeightHistogram
        Those of the first epoch in the file.

    Raises
    ------
    SaveError
        If the disk is full or may not be written.
    """
    known = {before: rows for before, rows in _read(file).items() if before < epoch}
    known[epoch] = list(measured)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADINGS)
    writer.writerows(_row(number, each) for number, rows in known.items() for each in rows)
    atomic_write(file, text.getvalue().encode())
    return next(iter(known.values()))


def _read(file: Path) -> dict[int, list[WeightHistogram]]:
    """Return by epoch what is in a file, without rows that are not whole."""
    known: dict[int, list[WeightHistogram]] = {}
    if file.exists():
        with file.open(newline="", encoding="utf-8") as lines:
            rows = [row for row in csv.reader(lines) if len(row) == len(_HEADINGS)]
        for row in rows[1:]:
            known.setdefault(int(row[0]), []).append(_histogram(row))
    return known


def _row(epoch: int, m: WeightHistogram) -> list[object]:
    spread = (f"{getattr(m, name):.6g}" for name in _SPREAD)
    return [epoch, m.layer, m.variable, m.size, *spread, *m.counts]


def _histogram(row: Sequence[str]) -> WeightHistogram:
    layer, variable, size = row[1:4]
    mean, deviation, lowest, highest = map(float, row[4 : len(_HEAD)])
    counts = np.array(row[len(_HEAD) :], int)
    return WeightHistogram(layer, variable, int(size), mean, deviation, lowest, highest, counts)


def draw_histograms(
    file: Path, first: Sequence[WeightHistogram], last: Sequence[WeightHistogram]
) -> None:
    """Draw how kernels are spread now and were at first, of layers from the first to the last.

    Raises
    ------
    SaveError
        If the disk is full or may not be written.
    """
    pairs = [(a, b) for a, b in zip(first, last, strict=True) if "kernel" in b.variable]
    spread = np.linspace(0, len(pairs) - 1, min(_SHOWN, len(pairs))).astype(int)
    rows = -(-len(spread) // _COLUMNS)
    figure = Figure(figsize=(3 * _COLUMNS, 1.9 * rows), dpi=100, layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, index in zip(panels, spread, strict=False):
        _draw(axes, *pairs[index])
    for axes in panels[len(spread) :]:
        axes.remove()
    figure.suptitle("Weights of layers: first epoch grey, latest blue", fontsize=10)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    atomic_write(file, png.getvalue())


def _draw(axes: Axes, first: WeightHistogram, last: WeightHistogram) -> None:
    for measured, color in ((first, _FIRST), (last, _LAST)):
        fill_histogram(axes, measured, color)
    axes.set_title(last.layer[-32:], fontsize=8, parse_math=False)


def fill_histogram(axes: Axes, measured: WeightHistogram, color: str) -> None:
    """Draw one histogram into a small panel, which may hold others.

    Examples
    --------
    >>> axes = Figure().subplots()
    >>> fill_histogram(axes, measure_weights("head", "kernel", np.arange(9.0)), "#0072b2")
    """
    if measured.counts.sum():
        edges = np.linspace(measured.lowest, measured.highest, _BINS + 1)
        axes.stairs(measured.counts, edges, fill=True, color=color, alpha=0.5)
    axes.tick_params(labelsize=7)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
