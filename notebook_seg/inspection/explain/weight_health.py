"""Layers whose weights are dead, have run away, or are no numbers any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from notebook_seg.errors import OptionError
from notebook_seg.inspection.inline import InlineFigure, shortened
from notebook_seg.training.weight_histograms import (
    WeightHistogram,
    fill_histogram,
    layer_weights,
    measure_weights,
)

__all__ = ["LayerHealth", "draw_weight_health", "layer_health", "weight_health"]

_KERNEL = "kernel"
# Against He's spread of the first weights, the square root of 2 / inputs (arXiv:1502.01852).
# Encoders as they are published reach 120.
_EXPLODING = 1000.0
_DEAD = 1e-6  # of the largest weight of the layer
_SHOWN, _COLUMNS, _TICKS = 12, 4, 4
_PANEL_WIDTH, _PANEL_HEIGHT, _TITLE = 2.6, 1.6, 0.4
_HEALTHY, _DEAD_COLOR, _BROKEN = "#0072b2", "#8a6d00", "#c03000"
_LONGEST_NAME = 30


@dataclass(frozen=True, eq=False)
class LayerHealth:
    """What is to be known of the weights of one layer.

    Parameters
    ----------
    histogram : WeightHistogram
        How they are spread, and of which layer and variable they are.
    finite : bool
        Whether each of them is a number.
    largest : float
        The largest, whatever its sign, against the usual spread of first weights; NaN if none is
        a number.
    channels : int
        How many channels the layer gives.
    dead : int
        How many of them give nothing, since all their weights are zero; 0 but for kernels.

    Examples
    --------
    >>> health = layer_health("head", "kernel", np.array([[1.0, 0.0], [2.0, 0.0]]))
    >>> health.dead, health.channels, health.mark, health.is_broken
    (1, 2, '1 of 2 channels dead', False)
    """

    histogram: WeightHistogram
    finite: bool
    largest: float
    channels: int
    dead: int

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.histogram.layer

    @property
    def is_broken(self) -> bool:
        """Whether nothing that comes after the layer can be right."""
        return not self.finite or self.largest > _EXPLODING or self.dead == self.channels

    @property
    def mark(self) -> str:
        """What is wrong, in a few words; empty if nothing is."""
        if not self.finite:
            return "not finite"
        if self.largest > _EXPLODING:
            return f"exploding: {self.largest:,.0f} times the usual"
        if self.dead:
            every = self.dead == self.channels
            return "dead" if every else f"{self.dead} of {self.channels} channels dead"
        return ""


def layer_health(
    layer: str, variable: str, values: np.ndarray, depthwise: bool = False
) -> LayerHealth:
    """Look for what is wrong with an array of weights.

    Parameters
    ----------
    layer, variable : str
        Such as ``"decoder_0a_conv"`` and ``"kernel"``.
    values : array (..., inputs, channels)
        The weights; of a bias, ``(channels,)``.
    depthwise : bool
        Whether they are ``(height, width, channels, 1)``, as of a depthwise convolution.

    Notes
    -----
    A weight explodes above 1,000 times the spread with which He et al. 2015 (arXiv:1502.01852)
    begin; pretrained encoders, whose normalisations make up for it, reach 120. A channel is dead
    where all weights of a kernel are zero or below a millionth of the layer's largest.

    Examples
    --------
    >>> layer_health("head", "kernel", np.array([[1.0], [np.nan]])).mark
    'not finite'
    """
    values = np.asarray(values, np.float32)
    if depthwise:
        values = values.reshape(-1, values.shape[-2] * values.shape[-1])
    is_kernel = _KERNEL in variable and values.ndim > 1
    rows = values.reshape(-1, values.shape[-1]) if is_kernel else values.reshape(1, -1)
    finite = bool(np.isfinite(rows).all())
    sizes = np.abs(np.where(np.isfinite(rows), rows, 0)).max(axis=0, initial=0)
    largest = float(sizes.max(initial=0))
    usual = np.sqrt(2 / max(len(rows), 1)) if is_kernel else 1.0
    dead = int(np.count_nonzero(sizes <= _DEAD * largest)) if is_kernel and finite else 0
    measured = measure_weights(layer, variable, values)
    return LayerHealth(measured, finite, largest / float(usual), rows.shape[1], dead)


def weight_health(network: keras.Model) -> tuple[LayerHealth, ...]:
    """Look for what is wrong with the weights of a network, layer by layer.

    Parameters
    ----------
    network : keras.Model

    Returns
    -------
    tuple of LayerHealth
        For each array of weights, in the order of the network.

    Examples
    --------
    >>> given = keras.Input((8, 8, 3))
    >>> network = keras.Model(given, keras.layers.Conv2D(2, 3, name="head")(given))
    >>> [(health.name, health.mark) for health in weight_health(network)]
    [('head', ''), ('head', '')]
    """
    depthwise = set(_depthwise_kernels(network))
    return tuple(
        layer_health(layer, variable, values, f"{layer}/{variable}" in depthwise)
        for layer, variable, values in layer_weights(network)
    )


def _depthwise_kernels(network: keras.Model) -> Iterator[str]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _depthwise_kernels(layer)
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            yield layer.kernel.path


def draw_weight_health(found: Sequence[LayerHealth]) -> InlineFigure:
    """Draw how the weights of kernels are spread, with what is wrong above.

    Parameters
    ----------
    found : sequence of LayerHealth
        Of a network. What is marked is drawn first, then layers from the first to the last, twelve
        in all.

    Raises
    ------
    OptionError
        If there is nothing to draw.

    Examples
    --------
    >>> draw_weight_health([layer_health("head", "kernel", np.array([[1.0], [2.0]]))])
    <InlineFigure size ... with 1 Axes>
    """
    shown = _to_show(found)
    if not shown:
        raise OptionError("There are no weights to draw. Received: none")
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure = InlineFigure(_PANEL_WIDTH * columns, _PANEL_HEIGHT * rows + _TITLE)
    for axes, health in zip(figure.panels(len(shown), columns), shown, strict=True):
        _draw(axes, health)
    marked = sum(bool(health.mark) for health in found)
    figure.write_title(f"Weights: {marked} of {len(found)} arrays marked")
    return figure


def _to_show(found: Sequence[LayerHealth]) -> list[LayerHealth]:
    order = sorted(found, key=lambda health: (not health.is_broken, not health.mark))
    marked = [health for health in order if health.mark][:_SHOWN]
    kernels = [h for h in found if not h.mark and _KERNEL in h.histogram.variable]
    wanted = min(_SHOWN - len(marked), len(kernels))
    spread = np.linspace(0, len(kernels) - 1, wanted).astype(int) if wanted else ()
    return marked + [kernels[index] for index in spread]


def _draw(axes: Axes, health: LayerHealth) -> None:
    color = _BROKEN if health.is_broken else _DEAD_COLOR if health.mark else _HEALTHY
    fill_histogram(axes, health.histogram, color)
    name = shortened(f"{health.name} {health.histogram.variable}", _LONGEST_NAME)
    title = f"{name}\n{health.mark}" if health.mark else name
    axes.set_title(title, fontsize=8, color=color if health.mark else "black", parse_math=False)
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(_TICKS))
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
