"""A Matplotlib figure that needs no pyplot and no magic to show itself in a notebook."""

import io
from collections.abc import Sequence
from typing import Final, Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["DPI", "InlineFigure", "LegendEntry", "dress", "legend_columns", "shortened"]

Place = Literal["left", "center", "right"]
LegendEntry = tuple[str, Artist]

DPI = 150
_LEGEND_FONT = 9
_LOCATIONS: Final[
    dict[Place, Literal["outside lower left", "outside lower center", "outside lower right"]]
] = {
    "left": "outside lower left",
    "center": "outside lower center",
    "right": "outside lower right",
}
# An average letter of the legend's font, and the key with its margins, in inches.
_LETTER, _KEY = 0.065, 0.5
_TITLE_LETTER = 0.13


class InlineFigure(Figure):
    """A figure that shows itself at the end of a notebook cell, whatever backend is chosen.

    Parameters
    ----------
    width, height : float
        Size in inches.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi)
        return buffer.getvalue()

    def panels(self, count: int, columns: int) -> list[Axes]:
        """Return so many panels in rows of `columns`, the last row as full as it becomes."""
        rows = -(-count // columns)
        every = self.subplots(rows, columns, squeeze=False).ravel().tolist()
        for axes in every[count:]:
            axes.remove()
        return every[:count]

    def write_title(self, title: str) -> None:
        """Write a title above everything, its middle left out where it is too long."""
        if title:
            text = shortened(title, int(self.get_figwidth() / _TITLE_LETTER))
            self.suptitle(text, fontsize="large", fontweight="bold", parse_math=False)

    def write_legend(
        self, entries: Sequence[LegendEntry], where: Place = "center", in_layout: bool = True
    ) -> None:
        """Explain colours below everything, in as many columns as there is room for.

        A legend at the ``"left"`` and one at the ``"right"`` share the width, and the higher of
        them, `in_layout`, keeps the room for both.
        """
        if not entries:
            return
        width = self.get_figwidth() / (1 if where == "center" else 2)
        legend = self.legend(
            [artist for _, artist in entries],
            [" "] * len(entries),
            loc=_LOCATIONS[where],
            ncols=legend_columns(entries, width),
            frameon=False,
            fontsize=_LEGEND_FONT,
            columnspacing=1.5,
        )
        # Only here: Matplotlib leaves out labels that start with "_" and typesets those with "$".
        for text, (name, _) in zip(legend.get_texts(), entries, strict=True):
            text.set_parse_math(False)
            text.set_text(name)
        legend.set_in_layout(in_layout)


def dress(axes: Axes, below: str = "") -> None:
    """Give the panel of a curve a faint grid, and name what is along its lower side."""
    axes.set_xlabel(below)
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def legend_columns(entries: Sequence[LegendEntry], width: float) -> int:
    """Return how many columns of a legend fit into `width` inches."""
    widest = _KEY + _LETTER * max(len(name) for name, _ in entries)
    return min(len(entries), max(1, int(width / widest)))


def shortened(name: str, longest: int) -> str:
    """Leave out the middle of a name that is too long.

    Examples
    --------
    >>> shortened("fish_336691052_left_side", 12)
    'fish_3…_side'
    """
    end = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[: longest - 1 - end]}…{name[-end:]}"
