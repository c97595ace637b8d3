"""Figures of explanations, each a pure function from arrays to a Matplotlib figure.

What they draw is computed by `notebook_seg.inspection.explain`; drawing needs no Keras.
"""

import itertools
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import FancyArrowPatch, Rectangle

from notebook_seg.data.overlays import Image, reduced_image
from notebook_seg.errors import OptionError
from notebook_seg.inspection.heat import Faithfulness, Heatmap
from notebook_seg.inspection.inline import DPI, InlineFigure, shortened
from notebook_seg.inspection.panels import WIDTH
from notebook_seg.inspection.responses import Activations, ExcitingPatch, Stage

__all__ = [
    "channel_grid",
    "exciting_grid",
    "faithfulness_curves",
    "heat_overlay",
    "network_drawing",
]

# Lengths in inches.
_TITLE, _HEADING, _LINE, _BAR = 0.35, 0.25, 0.2, 0.9
_TALLEST, _TALLEST_CHANNEL = 6.5, 2.4
_LETTER = 0.078
_COLUMNS = 6
_CHANNEL_COLORS, _HEAT_COLORS = "viridis", "inferno"
_FADED, _HIDES = 0.65, 0.85
_HOT, _COLD = "#d55e00", "#0072b2"
_SIDE_COLORS = {
    "encoder": "#0072b2",
    "centre": "#d55e00",
    "decoder": "#009e73",
    "outputs": "#cc79a7",
}
_SIDE_AT = {"encoder": 1.4, "centre": 3.9, "decoder": 6.4, "outputs": 8.8}
_ROW, _WIDEST, _BOX, _TEXT = 0.95, 1.9, 0.34, 0.33

Point = tuple[float, float]


def channel_grid(activations: Activations, page: int = 0, per_page: int = 24) -> InlineFigure:
    """Draw the channels of a layer, the most responding first.

    Each is stretched by itself from dark, its lowest value, to bright, its highest; one that says
    the same everywhere is crossed out.

    Parameters
    ----------
    activations : Activations
    page : int
        Which channels: 0 draws the first `per_page` of them.
    per_page : int

    Raises
    ------
    OptionError
        If there is no such page.

    Examples
    --------
    >>> from notebook_seg.data.box import Box
    >>> from notebook_seg.inspection.windows import Window
    >>> values = np.random.default_rng(0).random((8, 12, 10), np.float32)
    >>> window = Window((64, 96), (64, 96), Box.whole((64, 96)))
    >>> channel_grid(Activations("decoder", 8, values, window))
    <InlineFigure size 1500x... with 10 Axes>
    """
    first = page * per_page
    shown = activations.order[max(0, first) : first + per_page]
    if page < 0 or not len(shown):
        raise OptionError(
            f"{activations.layer} has {len(activations)} channels, and pages are counted from 0. "
            f"Received: page={page} of {per_page} channels each"
        )
    height, width = activations.window.shape
    panel = WIDTH / _COLUMNS
    tall = min(_TALLEST_CHANNEL, panel * height / width)
    rows = -(-len(shown) // _COLUMNS)
    figure = InlineFigure(WIDTH, rows * (tall + _HEADING) + _TITLE)
    panels = figure.panels(len(shown), _COLUMNS)
    for axes, channel in zip(panels, shown.tolist(), strict=True):
        _show_channel(axes, activations, channel)
    dead = int(activations.dead.sum())
    figure.write_title(
        f"{shortened(activations.layer, 40)}: channels {first + 1} to {first + len(shown)} of "
        f"{len(activations)} by response" + (f", {dead} dead" if dead else "")
    )
    return figure


def _show_channel(axes: Axes, activations: Activations, channel: int) -> None:
    name = str(channel)
    if activations.dead[channel]:
        name = f"{channel} dead"
        axes.add_patch(
            Rectangle((0, 0), 1, 1, facecolor="#e8e8e8", edgecolor="#a0a0a0", hatch="xx")
        )
        axes.set_aspect(activations.window.shape[0] / activations.window.shape[1])
    else:
        enlarged = reduced_map(activations.enlarged(channel), round(WIDTH / _COLUMNS * DPI))
        axes.imshow(enlarged, cmap=_CHANNEL_COLORS, vmin=0, vmax=1)
    axes.set_axis_off()
    axes.set_title(name, fontsize="small", pad=2)


def reduced_map(values: np.ndarray, longest: int) -> np.ndarray:
    """Leave out rows and columns of a map, so that no side exceeds `longest` by much.

    Examples
    --------
    >>> reduced_map(np.zeros((600, 800)), 100).shape
    (75, 100)
    """
    step = max(1, max(values.shape) // longest)
    return values[::step, ::step]


def heat_overlay(image: Image, heat: Heatmap) -> InlineFigure:
    """Draw a heatmap over its photograph.

    The pixels that were asked about are outlined, or marked where there are few; the patch that
    mattered most is in a dashed box. Below stands what was asked and what is to be said of the
    border.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photograph that was explained.
    heat : Heatmap

    Raises
    ------
    ImageError
        If it is another photograph.

    Examples
    --------
    >>> from notebook_seg.data.box import Box
    >>> from notebook_seg.inspection.windows import Window
    >>> values = np.linspace(0, 1, 96 * 64, dtype=np.float32).reshape(64, 96)
    >>> window = Window((128, 192), (64, 96), Box.whole((64, 96)))
    >>> heat = Heatmap(values, values, values > 0.5, "below", 0.9, 1, "fish", "occlusion", "logits",
    ...                window)
    >>> heat_overlay(np.zeros((128, 192, 3), np.uint8), heat)
    <InlineFigure size ... with 1 Axes>
    """
    shown = heat.window.crop(image)
    scale = min((WIDTH - _BAR) / shown.shape[1], _TALLEST / shown.shape[0])
    height, width = (side * scale for side in shown.shape[:2])
    total = max(width + _BAR, 5.0)
    sentences = _wrapped((heat.sentence, heat.border_sentence), total)
    figure = InlineFigure(total, height + _LINE * (sentences.count("\n") + 2))
    axes = figure.subplots()
    photograph = reduced_image(shown, round(max(height, width) * DPI))
    _lay_over(axes, photograph, heat)
    figure.supxlabel(sentences, x=0.02, ha="left", fontsize="small", parse_math=False)
    return figure


def _wrapped(sentences: Sequence[str], width: float) -> str:
    return "\n".join(textwrap.fill(text, int(width / _LETTER)) for text in sentences)


def _lay_over(axes: Axes, photograph: Image, heat: Heatmap) -> None:
    height, width = heat.values.shape
    extent = (0.0, float(width), float(height), 0.0)
    grey = photograph.mean(axis=2) * _FADED / 255
    axes.imshow(grey, cmap="gray", vmin=0, vmax=1, extent=extent)
    axes.imshow(
        heat.values,
        cmap=_HEAT_COLORS,
        vmin=0,
        vmax=1,
        alpha=_HIDES * np.sqrt(heat.values),
        extent=extent,
        interpolation="bilinear",
    )
    _mark_region(axes, heat.region)
    _mark_patch(axes, heat)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    what = "probability" if heat.method == "scores" else "of the hottest pixel"
    scale = ScalarMappable(Normalize(0, 1), _HEAT_COLORS)
    axes.figure.colorbar(scale, cax=axes.inset_axes((1.02, 0, 0.03, 1)), label=what)


def _mark_region(axes: Axes, region: np.ndarray) -> None:
    rows, columns = np.nonzero(region)
    if region.all() or not rows.size:
        return
    if np.ptp(rows) < 4 and np.ptp(columns) < 4:
        center = (columns.mean() + 0.5, rows.mean() + 0.5)
        axes.plot(*center, "o", markersize=13, markeredgewidth=4, mec="black", mfc="none")
        axes.plot(*center, "o", markersize=13, markeredgewidth=2, mec="white", mfc="none")
        return
    height, width = region.shape
    at = np.arange(width) + 0.5, np.arange(height) + 0.5
    for color, line in (("black", 3.0), ("white", 1.3)):
        axes.contour(*at, region, levels=[0.5], colors=color, linewidths=line)


def _mark_patch(axes: Axes, heat: Heatmap) -> None:
    if heat.method == "scores" or not heat.values.any():
        return
    box, (height, width) = heat.window.in_photograph(), heat.values.shape
    down, across = height / box.shape[0], width / box.shape[1]
    patch = heat.patch_box
    corner = ((patch.left - box.left) * across, (patch.top - box.top) * down)
    size = (patch.shape[1] * across, patch.shape[0] * down)
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor="black", linewidth=2.6))
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor="#56b4e9", ls="--", lw=1.6))


def faithfulness_curves(curves: Faithfulness) -> InlineFigure:
    """Draw how fast a class vanishes when what is hot is hidden, and comes back when it is shown.

    Parameters
    ----------
    curves : Faithfulness

    Examples
    --------
    >>> at = np.linspace(0, 1, 5)
    >>> faithfulness_curves(Faithfulness(at, 1 - at**0.5, at**0.5))
    <InlineFigure size 810x525 with 1 Axes>
    """
    figure = InlineFigure(5.4, 3.5)
    axes = figure.subplots()
    at = curves.fractions * 100
    for values, area, color, what in (
        (curves.insertion, curves.insertion_area, _HOT, "shown"),
        (curves.deletion, curves.deletion_area, _COLD, "hidden"),
    ):
        name = f"hottest {what} first, area {area:.2f}"
        axes.plot(at, values, color=color, linewidth=2, marker="o", markersize=3, label=name)
    if len(at) > 1:
        axes.fill_between(at, curves.deletion, curves.insertion, color="#80808025")
    axes.set_title(f"Faithfulness: gap {curves.gap:+.2f}", loc="left", fontweight="bold")
    axes.set_xlabel("pixels, %")
    axes.set_ylabel("probability of the class")
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.02, 1.02)
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", loc="best")
    return figure


def exciting_grid(
    patches: Sequence[ExcitingPatch], layer: str, channel: int, made: Image | None = None
) -> InlineFigure:
    """Draw the patches that excite a channel most, each with its picture's name and its value.

    Parameters
    ----------
    patches : sequence of ExcitingPatch
    layer : str
    channel : int
    made : (h, w, 3) uint8 array, optional
        A picture made for the channel, which comes first.

    Raises
    ------
    OptionError
        If there is nothing to draw.

    Examples
    --------
    >>> from notebook_seg.data.box import Box
    >>> patch = ExcitingPatch("pike", Box(0, 0, 32, 32), 1.5, np.zeros((32, 32, 3), np.uint8))
    >>> exciting_grid([patch], "decoder", 3)
    <InlineFigure size 975x... with 1 Axes>
    """
    pictures = [(f"{shortened(p.stem, 20)}\n{p.value:.3g}", p.image) for p in patches]
    if made is not None:
        pictures.insert(0, ("made for it", made))
    if not pictures:
        raise OptionError("There is no patch to draw: look through a picture at least.")
    columns = min(5, len(pictures))
    rows = -(-len(pictures) // columns)
    side = WIDTH / 5
    figure = InlineFigure(max(6.5, columns * side), rows * (side + 2 * _HEADING) + _TITLE)
    panels = figure.panels(len(pictures), columns)
    for axes, (name, image) in zip(panels, pictures, strict=True):
        axes.imshow(image)
        axes.set_axis_off()
        axes.set_title(name, fontsize="small", parse_math=False)
    figure.write_title(f"What excites channel {channel} of {shortened(layer, 22)}")
    return figure


def network_drawing(stages: Sequence[Stage], height: int, width: int) -> InlineFigure:
    """Draw a network as its U: down at the left, up at the right, the deepest stage between.

    Parameters
    ----------
    stages : sequence of Stage
        From `notebook_seg.inspection.explain.network_stages`.
    height, width : int
        Of the working picture, in pixels; the sizes of the maps follow from it.

    Raises
    ------
    OptionError
        If there is no stage.

    Examples
    --------
    >>> stages = [Stage("relu0", 2, 64, "encoder"), Stage("relu1", 32, 512, "centre"),
    ...           Stage("decoder_b", 2, 32, "decoder"), Stage("logits", 1, 2, "outputs")]
    >>> network_drawing(stages, 256, 384)
    <InlineFigure size 1500x... with 1 Axes>
    """
    if not stages:
        raise OptionError("A network has a stage at least. Received: none")
    rows = {stride: row for row, stride in enumerate(sorted({s.stride for s in stages}))}
    figure = InlineFigure(WIDTH, _ROW * len(rows) + 0.3)
    axes = figure.subplots()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(-_ROW * (len(rows) - 1) - 0.65, 0.4)
    axes.set_axis_off()
    places = [(_SIDE_AT[stage.side], -_ROW * rows[stage.stride]) for stage in stages]
    for place, stage in zip(places, stages, strict=True):
        _draw_stage(axes, place, stage, stage.size(height, width))
    _draw_arrows(axes, stages, places)
    return figure


def _width(stage: Stage) -> float:
    # Side by side, maps of 384 and of 12 pixels could not be drawn to one scale.
    return _WIDEST / float(np.sqrt(stage.stride))


def _draw_stage(axes: Axes, place: Point, stage: Stage, size: tuple[int, int]) -> None:
    (x, y), wide, color = place, _width(stage), _SIDE_COLORS[stage.side]
    corner = (x - wide / 2, y - _BOX / 2)
    axes.add_patch(Rectangle(corner, wide, _BOX, facecolor=f"{color}55", edgecolor=color, lw=1.5))
    what = "classes" if stage.side == "outputs" else "channels"
    text = f"{shortened(stage.layer, 24)}\n{size[0]} × {size[1]}, {stage.channels} {what}"
    axes.text(x, y - _BOX / 2 - 0.05, text, ha="center", va="top", fontsize=7.5, parse_math=False)


def _draw_arrows(axes: Axes, stages: Sequence[Stage], places: Sequence[Point]) -> None:
    at = dict(zip(stages, places, strict=True))
    for stage, following in itertools.pairwise(stages):
        if stage.side == following.side:
            _draw_arrow(axes, *_above_one_another(at[stage], at[following]))
        else:
            _draw_arrow(axes, *_side_by_side(stage, following, at))
    for stage, other in itertools.product(stages, repeat=2):
        if (stage.side, other.side) == ("encoder", "decoder") and stage.stride == other.stride:
            _draw_arrow(axes, *_side_by_side(stage, other, at), style=":")


def _above_one_another(start: Point, end: Point) -> tuple[Point, Point]:
    # The text of the upper one lies between.
    upper, lower = max(start, end, key=lambda p: p[1]), min(start, end, key=lambda p: p[1])
    ends = (upper[0], upper[1] - _BOX / 2 - _TEXT), (lower[0], lower[1] + _BOX / 2)
    return ends if start == upper else ends[::-1]


def _side_by_side(left: Stage, right: Stage, at: Mapping[Stage, Point]) -> tuple[Point, Point]:
    (x, y), (to_x, to_y) = at[left], at[right]
    return (x + _width(left) / 2, y), (to_x - _width(right) / 2, to_y)


def _draw_arrow(axes: Axes, start: Point, end: Point, style: str = "-") -> None:
    arrow = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, shrinkA=2, shrinkB=2)
    arrow.set(color="#00000099", linestyle=style)
    axes.add_patch(arrow)
