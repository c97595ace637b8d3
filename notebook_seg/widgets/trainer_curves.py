"""Learning curves that are drawn anew several times a minute, as SVG for a page of any colour."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

__all__ = ["curves_html"]

_WIDTH, _HEIGHT = 320, 168
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 26, 22
_MOST_POINTS = 300
_PANELS = {"loss": "Loss", "iou": "IoU"}
_LINES = {"": "training", "val_": "validation"}
_BY_HEART = "on pictures that it learned from"
_HINTS = {
    "loss": "How wrong the network is: should fall",
    "iou": "Overlap with the masks, 1 is perfect: should rise",
}

Points = list[tuple[int, float]]


def curves_html(history: Mapping[str, Sequence[float]]) -> str:
    """Draw loss and IoU of training and validation after each epoch.

    Parameters
    ----------
    history : mapping of str to sequence of float
        A value for each epoch under ``loss``, ``iou``, ``val_loss`` and ``val_iou``.

    Returns
    -------
    str
        Two SVG pictures whose colours `trainer.css` gives; empty before the first epoch.

    Examples
    --------
    >>> html = curves_html({"loss": [0.9, 0.5], "iou": [0.1, 0.4]})
    >>> html.count("<svg"), "val" in html
    (2, False)
    """
    if not any(history.get(prefix + name) for name in _PANELS for prefix in _LINES):
        return ""
    return f'<div class="nbs-curves">{"".join(_panel(name, history) for name in _PANELS)}</div>'


def _panel(name: str, history: Mapping[str, Sequence[float]]) -> str:
    lines = {text: _points(history.get(p + name, ())) for p, text in _LINES.items()}
    last = max((points[-1][0] for points in lines.values() if points), default=1)
    highest = 1.0 if name == "iou" else _round_up(v for points in lines.values() for _, v in points)
    drawn = "".join(_line(text, points, last, highest) for text, points in lines.items() if points)
    said = f"{_PANELS[name]}. {_HINTS[name]}. {_latest(lines)}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(said)}">'
        f"<title>{escape(said)}</title>{_axes(last, highest)}{drawn}{_heading(name, lines)}</svg>"
    )


def _points(values: Sequence[float]) -> Points:
    """Return epochs and values, thinned out where there are more than can be seen."""
    step = max(1, len(values) // _MOST_POINTS)
    last = len(values) - 1
    return [(i + 1, v) for i, v in enumerate(values) if i % step == 0 or i == last]


def _round_up(values: Iterable[float]) -> float:
    largest = max((v for v in values if math.isfinite(v)), default=1.0)
    if largest <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(largest))
    return float(next(unit * m for m in (1, 2, 5, 10) if unit * m >= largest * 0.999))


def _x(epoch: int, last: int) -> float:
    share = (epoch - 1) / (last - 1) if last > 1 else 0.5
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, highest: float) -> float:
    share = min(max(value / highest, 0), 1)
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _axes(last: int, highest: float) -> str:
    rows = "".join(_row(highest * part / 4, highest) for part in range(5))
    ends = dict.fromkeys((1, last))
    anchors = {1: "start", last: "end"} if last > 1 else {1: "middle"}
    ticks = "".join(_text(_x(e, last), _HEIGHT - 6, str(e), anchors[e]) for e in ends)
    return rows + ticks + _text(_WIDTH / 2 + _LEFT / 2, _HEIGHT - 6, "epoch" * (last > 1), "middle")


def _row(value: float, highest: float) -> str:
    y = _y(value, highest)
    line = f'<line class="nbs-grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + _text(_LEFT - 5, y + 3.5, f"{value:.3g}", "end")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(kind: str, points: Points, last: int, highest: float) -> str:
    drawn = []
    for finite, part in groupby(points, lambda point: math.isfinite(point[1])):
        if finite:
            places = " ".join(f"{_x(e, last):.1f},{_y(v, highest):.1f}" for e, v in part)
            drawn.append(f'<polyline class="nbs-{kind}" points="{places}"/>')
    epoch, value = points[-1]
    if math.isfinite(value):
        at = f'cx="{_x(epoch, last):.1f}" cy="{_y(value, highest):.1f}"'
        drawn.append(f'<circle class="nbs-{kind}" r="3" {at}/>')
    return "".join(drawn)


def _latest(lines: Mapping[str, Points]) -> str:
    return ", ".join(f"{said} {value:.3f}" for _, said, value in _values(lines))


def _values(lines: Mapping[str, Points]) -> list[tuple[str, str, float]]:
    """Return of each line what kind it is, what is said of it, and its latest value."""
    drawn = {kind: points[-1][1] for kind, points in lines.items() if points}
    # By itself the training would be taken for what is to be expected of other pictures.
    said = {"training": _BY_HEART} if "validation" not in drawn else {}
    return [(kind, said.get(kind, kind), value) for kind, value in drawn.items()]


def _heading(name: str, lines: Mapping[str, Points]) -> str:
    values = "".join(
        f'<tspan class="nbs-{kind}" dx="10">{said} {value:.3f}</tspan>'
        for kind, said, value in _values(lines)
    )
    title = f"<tspan>{_PANELS[name]}</tspan>"
    return f'<text x="{_LEFT}" y="15">{title}{values}</text>'
