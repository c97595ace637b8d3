"""Every score of every picture and class, in a table that a click on a heading sorts."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np

from notebook_seg.data.files import atomic_write
from notebook_seg.errors import OptionError
from notebook_seg.inspection.rows import Row, save_rows
from notebook_seg.inspection.tables import ALL_PICTURES, MEDIAN, STYLE, align, html_cell, plain

__all__ = ["ScoreTable", "joined_rows"]

_KEYS = ("picture", "class")
_TOGETHER = {ALL_PICTURES, MEDIAN}
_UNIT = "unit"
# What a model did with a picture: "train", "validation", "test" or "new".
_PART = "part"
# Lengths, which get worse as they grow.
_DISTANCES = {"hausdorff_95": "95 % Hausdorff", "mean_surface_distance": "surface distance"}
_HEADINGS = {
    "iou": "IoU",
    "dice": "Dice",
    "mean_iou": "mean IoU",
    "foreground_mean_iou": "foreground IoU",
    "frequency_weighted_iou": "weighted IoU",
    "boundary_iou": "boundary IoU",
    "object_f1": "object F1",
    **_DISTANCES,
}
# The same in each row of a picture.
_OF_PICTURES = {
    "pixel_accuracy",
    "mean_accuracy",
    "mean_iou",
    "foreground_mean_iou",
    "frequency_weighted_iou",
}
_SHOWN_AS_TEXT, _SHOWN = 20, 1000
_ASCENDING, _DESCENDING = "ascending", "descending"

# What stays in sight while the rest is scrolled needs the colour of the page, and its own borders.
_SORTABLE_STYLE = """
.nbs-sortable .nbs-scroll{overflow:auto;max-height:34em}
.nbs-sortable table{margin:0;border-collapse:separate;border-spacing:0}
.nbs-sortable thead th,.nbs-sortable .nbs-text{position:sticky;
 background:var(--jp-layout-color0,var(--vscode-editor-background,Canvas))}
.nbs-sortable thead th{top:0;z-index:1;text-align:right}
.nbs-scores.nbs-sortable tr>.nbs-text{left:0;text-align:left;box-sizing:border-box;
 min-width:11em;max-width:11em;overflow:hidden;text-overflow:ellipsis}
.nbs-scores.nbs-sortable tfoot tr+tr>*{border-top:0}
.nbs-scores.nbs-sortable tr>.nbs-text+.nbs-text{left:11em}
.nbs-sortable thead th.nbs-text{z-index:2}
.nbs-sortable thead button{all:unset;cursor:pointer;font-weight:600}
.nbs-sortable thead button:hover{text-decoration:underline}
.nbs-sortable thead button:focus-visible{outline:2px solid #0082c8;outline-offset:2px}
.nbs-sortable thead button::after{content:"";display:inline-block;width:1em;text-align:center}
.nbs-sortable th[aria-sort=ascending] button::after{content:"▲";font-size:.7em}
.nbs-sortable th[aria-sort=descending] button::after{content:"▼";font-size:.7em}
@media print{.nbs-sortable .nbs-scroll{max-height:none;overflow:visible}}
"""
_SCRIPT = """
(() => {
  const value = ({ dataset, textContent }) => {
    if (dataset.value === undefined) return textContent;
    return dataset.value === "" ? NaN : Number(dataset.value);
  };
  const compare = (a, b) =>
    typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
  const sort = (table, heading) => {
    const { first } = heading.dataset;
    const second = first === "ascending" ? "descending" : "ascending";
    const order = heading.getAttribute("aria-sort") === first ? second : first;
    const sign = order === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map(row => [value(row.cells[heading.cellIndex]), row]);
    rows.sort(([a], [b]) => Number.isNaN(a) - Number.isNaN(b) || sign * compare(a, b));
    body.append(...rows.map(([, row]) => row));
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", order);
  };
  for (const table of document.querySelectorAll(".nbs-sortable table:not([data-sorts])")) {
    table.dataset.sorts = "";
    table.tHead.addEventListener("click", event => {
      const heading = event.target.closest("th");
      if (heading) sort(table, heading);
    });
  }
})();
"""
_PAGE_STYLE = ":root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:2em}"


class ScoreTable:
    """A table of scores, the worst first; in a notebook or a browser a click on a heading sorts it.

    Parameters
    ----------
    *tables : sequence of dict
        Rows with a ``picture`` and a ``class``: ``evaluation.rows()``, and beside them what
        `surface_rows` and `instance_rows` return for the same pictures.
    caption : str, optional
        Written above.

    Raises
    ------
    OptionError
        If there is no row.

    Notes
    -----
    Rows start by rising ``iou``, or by the first score if there is none. Where a class has no score
    it comes last, whichever way is sorted. The rows over all pictures stay below. The scores of a
    picture as a whole, the same in each of its rows, are the last columns. A page shows the 1000
    worst rows, a terminal 20; `rows` and the CSV file hold them all.

    Examples
    --------
    >>> scores = [{"picture": "perch", "class": "fish", "iou": 0.9, "pixels_truth": 1200},
    ...           {"picture": "pike", "class": "fish", "iou": 0.5, "pixels_truth": 800}]
    >>> outlines = [{"picture": "pike", "class": "fish", "hausdorff_95": 12.5, "unit": "px"}]
    >>> ScoreTable(scores, outlines)
    picture  class    IoU  pixels truth  95 % Hausdorff (px)
    pike      fish  0.500           800               12.500
    perch     fish  0.900         1,200                    –
    """

    def __init__(self, *tables: Sequence[Row], caption: str = "") -> None:
        together = joined_rows(*tables)
        if not together or set(together[0]) <= {*_KEYS, _UNIT}:
            raise OptionError("There is no score to show. Received: no row with one")
        self.caption = caption
        units = {str(row.pop(_UNIT)) for row in together if _UNIT in row} - {"nan"}
        self._unit = f" ({units.pop()})" if len(units) == 1 else ""
        self.columns = tuple(sorted(together[0], key=_place))
        pictures = [row for row in together if row["picture"] not in _TOGETHER]
        self._worst_first = _sorted(pictures, self._first_score)
        self._last = [row for row in together if row["picture"] in _TOGETHER]

    @property
    def rows(self) -> list[Row]:
        """A row for each picture and class, the worst first, those over all pictures last."""
        rows = [*self._worst_first, *self._last]
        return [{key: row[key] for key in self.columns} for row in rows]

    def to_csv(self, path: str | Path) -> None:
        """Save `rows` as a CSV file (UTF-8), a score that does not exist as an empty cell.

        Raises
        ------
        SaveError
            If the file cannot be written.
        """
        save_rows(path, self.rows)

    def save(self, path: str | Path) -> None:
        """Save the table as a page (HTML) that opens in any browser, without the internet.

        Parameters
        ----------
        path : str or Path
            The file, replaced as a whole if it is there.

        Raises
        ------
        SaveError
            If the file cannot be written.
        """
        title = escape(self.caption or "Scores")
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>{_PAGE_STYLE}</style></head>"
            f"<body>{self._repr_html_()}</body></html>\n"
        )
        atomic_write(Path(path), page.encode())

    def __repr__(self) -> str:
        shown = [*self._worst_first[:_SHOWN_AS_TEXT], *self._last]
        rows = [
            [self._heading(key) for key in self.columns],
            *([plain(row[key]) for key in self.columns] for row in shown),
        ]
        table = align(rows, max(len(row[0]) for row in rows))
        return "\n".join(
            [*([self.caption] if self.caption else []), table, *self._omitted(_SHOWN_AS_TEXT)]
        )

    def _repr_html_(self) -> str:
        caption = f"<p>{escape(self.caption)}</p>" if self.caption else ""
        notes = "".join(f"<p><small>{note}</small></p>" for note in self._omitted(_SHOWN))
        headings = "".join(map(self._html_heading, self.columns))
        body = "".join(map(self._html_row, self._worst_first[:_SHOWN]))
        foot = "".join(map(self._html_row, self._last))
        return (
            f"<style>{STYLE}{_SORTABLE_STYLE}</style><div class='nbs-scores nbs-sortable'>{caption}"
            f"<div class='nbs-scroll'><table><thead><tr>{headings}</tr></thead>"
            f"<tbody>{body}</tbody><tfoot>{foot}</tfoot></table></div>{notes}</div>"
            f"<script>{_SCRIPT}</script>"
        )

    @property
    def _first_score(self) -> str:
        scores = [key for key in self.columns if key not in (*_KEYS, _PART)]
        return "iou" if "iou" in scores else scores[0]

    def _heading(self, key: str) -> str:
        unit = self._unit if key in _DISTANCES else ""
        return _HEADINGS.get(key, key.replace("_", " ")) + unit

    def _html_heading(self, key: str) -> str:
        kind = " class='nbs-text'" if key in _KEYS else ""
        order = f" aria-sort='{_ASCENDING}'" if key == self._first_score else ""
        first = _DESCENDING if key in _DISTANCES else _ASCENDING
        name = escape(self._heading(key))
        return (
            f"<th scope='col' data-first='{first}'{kind}{order}>"
            f"<button type='button'>{name}</button></th>"
        )

    def _html_row(self, row: Row) -> str:
        kind = " class='nbs-all'" if row["picture"] in _TOGETHER else ""
        names = (escape(str(row[key])) for key in _KEYS)
        texts = "".join(f"<td class='nbs-text' title='{name}'>{name}</td>" for name in names)
        cells = "".join(_html_cell(key, row[key]) for key in self.columns if key not in _KEYS)
        return f"<tr{kind}>{texts}{cells}</tr>"

    def _omitted(self, limit: int) -> list[str]:
        more = len(self._worst_first) - limit
        return [f"{more} better rows are not shown; rows has them all."] if more > 0 else []


def _place(column: str) -> tuple[bool, bool]:
    """Sort names before scores, and those before scores of pictures; else they stay in order."""
    return column in _OF_PICTURES, column not in (*_KEYS, _PART)


def _html_cell(key: str, value: str | int | float) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return html_cell(value, f" data-value='{_value(value)}'", bar=key not in _DISTANCES)


def joined_rows(*tables: Iterable[Row]) -> list[Row]:
    """Join the rows of several tables that tell of the same picture and class.

    Parameters
    ----------
    *tables : iterable of dict
        Rows with a ``picture``, a ``class`` and scores.

    Returns
    -------
    list of dict
        The columns of all tables in every row, NaN where a table has no such row.

    Examples
    --------
    >>> one = {"picture": "pike", "class": "fish", "iou": 0.5}
    >>> other = {"picture": "pike", "class": "fish", "boundary_iou": 0.25}
    >>> joined_rows([one], [other])
    [{'picture': 'pike', 'class': 'fish', 'iou': 0.5, 'boundary_iou': 0.25}]
    """
    found: dict[tuple[str, str], Row] = {}
    columns: Row = {}
    for row in (row for table in tables for row in table):
        columns |= dict.fromkeys(row, float("nan"))
        found.setdefault((str(row["picture"]), str(row["class"])), {}).update(row)
    return [columns | row for row in found.values()]


def _sorted(rows: Sequence[Row], key: str) -> list[Row]:
    sign = -1 if key in _DISTANCES else 1
    values = [sign * float(row[key]) for row in rows]
    return [rows[index] for index in np.argsort(values, kind="stable")]  # NaN come last


def _value(score: str | int | float) -> str:
    return (
        ""
        if isinstance(score, float) and np.isnan(score)
        else str(score).replace("inf", "Infinity")
    )
