"""An `Evaluation` as plain text, as HTML and as a few sentences."""

from collections.abc import Iterator, Sequence
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from notebook_seg.inspection.metrics import Scores
from notebook_seg.wording import counted

if TYPE_CHECKING:
    from notebook_seg.inspection.evaluation import Evaluation

__all__ = [
    "ALL_PICTURES",
    "MEDIAN",
    "PICTURE_SCORES",
    "STYLE",
    "TableRow",
    "align",
    "as_html",
    "as_text",
    "html_cell",
    "html_table",
    "plain",
    "summary",
]

# In brackets, so that no photograph's name is taken for them.
ALL_PICTURES, MEDIAN = "(all pictures)", "(median)"
NOT_PRESENT = "not present"
_NO_SCORE, _INFINITE = "–", "∞"
_SHOWN = 20
_WIDTH = 95
# A row starts with a name; a number between 0 and 1 in it is a score.
TableRow = list[str | int | float]
# Half-transparent greys and a blue that keep their contrast on a light and on a dark page.
STYLE = """
.nbs-scores{overflow-x:auto;max-width:100%;font-variant-numeric:tabular-nums}
.nbs-scores p{max-width:52em;margin:.4em 0}
.nbs-scores small{opacity:.75}
.nbs-scores table{border-collapse:collapse;margin:.8em 0;border:0;color:inherit}
.nbs-scores caption{text-align:left;font-weight:600;padding:.2em .8em .2em 0;color:inherit;
 white-space:nowrap}
.nbs-scores tr,.nbs-scores tbody tr:nth-child(even){background:none}
.nbs-scores th,.nbs-scores td{padding:.3em .8em;text-align:right;border:0;color:inherit;
 border-bottom:1px solid rgba(128,128,128,.3);white-space:nowrap}
.nbs-scores thead th{font-weight:600;border-bottom:2px solid rgba(128,128,128,.6)}
.nbs-scores tr>:first-child{text-align:left;font-weight:400}
.nbs-scores thead tr>:first-child{font-weight:600}
.nbs-scores tr.nbs-all>*{font-weight:600;border-top:2px solid rgba(128,128,128,.6)}
.nbs-scores td.nbs-none{opacity:.65;font-style:italic}
"""
PICTURE_SCORES = {
    "pixel accuracy": "pixel_accuracy",
    "mean accuracy": "mean_accuracy",
    "mean IoU": "mean_iou",
    "weighted IoU": "frequency_weighted_iou",
}
"""What four scores of a picture are called, and the attributes of `Scores` they are."""
_EXPLANATION = (
    "IoU: the pixels that mask and prediction share, of all that either covers (of a picture: the "
    "mean over its classes without the background). Recall: share of the mask that was found. "
    "Precision: share of the prediction that is right. All go from 0 to 1. Classes in neither "
    f"mask nor prediction are “{NOT_PRESENT}” and count in no mean."
)


def summary(evaluation: "Evaluation") -> str:
    """Tell the result in a few plain sentences."""
    if evaluation.overall.pixels == 0:
        return "No pixel is labelled in these pictures, so there is nothing to compare with."
    return " ".join(_sentences(evaluation))


def _sentences(evaluation: "Evaluation") -> Iterator[str]:
    scores, count = evaluation.overall, len(evaluation)
    pictures = counted(count, "picture")
    yield f"Of the labelled pixels of {pictures}, {scores.pixel_accuracy:.1%} got the right class."
    mean = scores.foreground_mean_iou
    if np.isnan(mean):
        yield "There is only background in the masks and in the predictions."
        return
    yield f"The average overlap (IoU) with the masks is {mean:.3f}, where 1 is perfect."
    if np.count_nonzero(~np.isnan(scores.iou[1:])) > 1:
        yield _weakest(scores)
    worst = evaluation.stems_worst_first[0]
    if count > 1:
        yield f"Worst picture: {worst} ({evaluation.scores[worst].foreground_mean_iou:.3f})."
    if scores.absent:
        yield f"In neither masks nor predictions: {', '.join(scores.absent)}."


def _weakest(scores: Scores) -> str:
    index = 1 + int(np.nanargmin(scores.iou[1:]))
    words = f"Weakest class: {scores.class_names[index]} ({scores.iou[index]:.3f})"
    taken_for = scores.counts[index].copy()
    taken_for[index] = 0
    if taken_for.sum() == 0:
        return f"{words}."
    other = int(taken_for.argmax())
    share = f"{taken_for[other] / scores.pixels_truth[index]:.0%}"
    return f"{words}, {share} of it taken for {scores.class_names[other]}."


def as_text(evaluation: "Evaluation") -> str:
    """Lay the scores out as plain text, for a terminal."""
    rows_of_tables = (_class_table(evaluation), _picture_table(evaluation, shown_classes=()))
    texts = [[[plain(cell) for cell in row] for row in rows] for rows in rows_of_tables]
    first = max(len(row[0]) for rows in texts for row in rows)
    parts = [fill(summary(evaluation), _WIDTH), *(align(rows, first) for rows in texts)]
    return "\n\n".join(parts) + "".join(f"\n{line}" for line in _omitted(evaluation))


def as_html(evaluation: "Evaluation") -> str:
    """Lay the scores out for a notebook, readable on a light and on a dark page."""
    notes = [*_omitted(evaluation), _EXPLANATION]
    # A single class' IoU is the picture's, which has its column already.
    foreground = range(1, len(evaluation.class_names)) if len(evaluation.class_names) > 2 else ()
    return (
        f"<style>{STYLE}</style><div class='nbs-scores'>"
        f"<p>{escape(summary(evaluation))}</p>"
        f"{html_table('Classes, over all pictures', _class_table(evaluation))}"
        f"{html_table('Pictures, worst first', _picture_table(evaluation, foreground))}"
        + "".join(f"<p><small>{escape(note)}</small></p>" for note in notes)
        + "</div>"
    )


def _class_table(evaluation: "Evaluation") -> list[TableRow]:
    scores = evaluation.overall
    header: TableRow = ["class", "IoU", "Dice", "recall", "precision", "pixels"]
    return [header, *(_class_row(scores, index) for index in range(len(scores.class_names)))]


def _class_row(scores: Scores, index: int) -> TableRow:
    scored = (scores.dice[index], scores.recall[index], scores.precision[index])
    pixels = int(scores.pixels_truth[index])
    return [scores.class_names[index], _overlap(scores, index), *map(float, scored), pixels]


def _picture_table(evaluation: "Evaluation", shown_classes: Sequence[int]) -> list[TableRow]:
    names = (evaluation.class_names[index] for index in shown_classes)
    header: TableRow = ["worst first", "IoU", *names, *PICTURE_SCORES]
    shown = [(stem, evaluation.scores[stem]) for stem in evaluation.stems_worst_first[:_SHOWN]]
    body: list[TableRow] = [
        [
            name,
            scores.foreground_mean_iou,
            *(_overlap(scores, index) for index in shown_classes),
            *(getattr(scores, attribute) for attribute in PICTURE_SCORES.values()),
        ]
        for name, scores in [*shown, (ALL_PICTURES, evaluation.overall)]
    ]
    return [header, *body]


def _overlap(scores: Scores, index: int) -> str | float:
    iou = float(scores.iou[index])
    return NOT_PRESENT if np.isnan(iou) else iou


def _omitted(evaluation: "Evaluation") -> list[str]:
    more = len(evaluation) - _SHOWN
    return [f"{more} better pictures are not shown; rows() has them all."] if more > 0 else []


def plain(cell: str | int | float) -> str:
    """Write a cell as text, a score that does not exist as a dash, an infinite one as ∞."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    if np.isnan(cell):
        return _NO_SCORE
    return f"{cell:.3f}" if np.isfinite(cell) else _INFINITE


def align(rows: Sequence[Sequence[str]], first: int) -> str:
    """Lay rows of text out in columns, the first of them so many letters wide."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][1:]
    return "\n".join(
        "  ".join(
            [row[0].ljust(first), *(c.rjust(w) for c, w in zip(row[1:], widths, strict=True))]
        )
        for row in rows
    )


def html_table(caption: str, rows: Sequence[TableRow]) -> str:
    """Lay rows out as HTML, the first of them as a heading, scores with a bar behind."""
    header = "".join(f"<th>{escape(str(cell))}</th>" for cell in rows[0])
    body = "".join(_html_row(row) for row in rows[1:])
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
    )


def _html_row(row: TableRow) -> str:
    kind = " class='nbs-all'" if row[0] == ALL_PICTURES else ""
    cells = "".join(html_cell(cell) for cell in row[1:])
    return f"<tr{kind}><th>{escape(str(row[0]))}</th>{cells}</tr>"


def html_cell(cell: str | int | float, attributes: str = "", bar: bool = True) -> str:
    """Lay a cell out as HTML, on request with a bar behind a number from 0 to 1."""
    if bar and isinstance(cell, float) and 0 <= cell <= 1:
        blue = f"linear-gradient(90deg,rgba(0,130,200,.2) {cell:.1%},transparent {cell:.1%})"
        return f"<td{attributes} style='background:{blue}'>{plain(cell)}</td>"
    missing = isinstance(cell, str) or (isinstance(cell, float) and np.isnan(cell))
    kind = " class='nbs-none'" if missing else ""
    return f"<td{attributes}{kind}>{escape(plain(cell))}</td>"
