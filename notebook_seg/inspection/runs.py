"""Trainings side by side: a table, a file and a figure."""

import csv
import io
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import overload

from notebook_seg.data.files import atomic_write
from notebook_seg.errors import OptionError
from notebook_seg.inspection.charts import compared_curves
from notebook_seg.inspection.inline import InlineFigure
from notebook_seg.training.runs import Run

__all__ = ["Runs"]

_COLUMNS = (
    "date",
    "network",
    "encoder",
    "loss",
    "pictures",
    "epochs",
    "minutes",
    "validation_iou",
    "state",
    "folder",
)
_NUMBERS = ("pictures", "epochs", "minutes", "validation_iou")
# The class is said twice where JupyterLab has a rule for all tables that would else be stronger.
_STYLE = """
.nbs-runs{overflow-x:auto;max-width:100%;font-variant-numeric:tabular-nums}
.nbs-runs table{border-collapse:collapse;margin:.4em 0;border:0;color:inherit}
.nbs-runs tr,.nbs-runs tbody tr:nth-child(even){background:none}
.nbs-runs.nbs-runs table :is(th,td){padding:.25em .8em .25em 0;text-align:left;border:0;
 color:inherit;border-bottom:1px solid rgba(128,128,128,.3);white-space:nowrap}
.nbs-runs.nbs-runs table .nbs-number{text-align:right}
.nbs-runs .nbs-best td{font-weight:600}
"""


class Runs(Sequence[Run]):
    """The trainings of a dataset, the latest first; at the end of a cell it shows a table.

    Parameters
    ----------
    runs : sequence of Run
    problems : sequence of str, optional
        What is to be said of folders that cannot be read.

    Examples
    --------
    >>> len(Runs([]))
    0
    """

    def __init__(self, runs: Sequence[Run], problems: Sequence[str] = ()) -> None:
        self._runs = tuple(runs)
        self.problems = tuple(problems)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> "Runs": ...
    def __getitem__(self, index: int | slice) -> "Run | Runs":
        if isinstance(index, slice):
            return Runs(self._runs[index])
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def best(self) -> Run | None:
        """The one with the highest validation IoU, None if none has any."""
        scored = [run for run in self._runs if run.best_iou is not None]
        return max(scored, key=lambda run: run.best_iou or 0.0, default=None)

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield a row of the table for each run, its values by column.

        The columns are date, network, encoder, loss, pictures (learned from), epochs, minutes,
        validation_iou (0 to 1), state and folder.
        """
        return (dict(zip(_COLUMNS, _values(run), strict=True)) for run in self._runs)

    def to_csv(self, path: str | Path) -> None:
        """Write the table to a CSV file.

        Raises
        ------
        SaveError
            If the file cannot be written.
        """
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows())
        atomic_write(path, text.getvalue().encode())

    def figure(self, against: str = "minutes", limit: int = 8) -> InlineFigure:
        """Draw the learning curves of the best runs over each other.

        Parameters
        ----------
        against : {"minutes", "epochs"}
            What they are drawn against.
        limit : int
            How many runs at most.

        Raises
        ------
        OptionError
            If there is no run with a curve.
        """
        drawn = [run for run in self._runs if run.epochs]
        if not drawn:
            raise OptionError("There are no learning curves to compare: train first. Received: 0")
        best = sorted(drawn, key=lambda run: run.best_iou or 0.0, reverse=True)[:limit]
        return compared_curves({run.name: run.history for run in best}, against)

    def __repr__(self) -> str:
        rows = [_COLUMNS, *(tuple(row.values()) for row in self.rows())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, *self.problems])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{_spelled(name)}</th>" for name in _COLUMNS)
        best = self.best
        body = "".join(
            _html_row(row, run is best) for run, row in zip(self._runs, self.rows(), strict=True)
        )
        notes = "".join(f"<p>{escape(problem)}</p>" for problem in self.problems)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f'<style>{_STYLE}</style><div class="nbs-runs">{table}{notes}</div>'


def _spelled(name: str) -> str:
    return name.replace("_", " ").replace("iou", "IoU")


def _html_row(row: dict[str, str], is_best: bool) -> str:
    cells = "".join(
        f"<td{' class=nbs-number' if name in _NUMBERS else ''}>{escape(value)}</td>"
        for name, value in row.items()
    )
    return f"<tr{' class=nbs-best' if is_best else ''}>{cells}</tr>"


def _values(run: Run) -> tuple[str, ...]:
    plan = run.record.plan
    return (
        f"{run.date:%Y-%m-%d %H:%M}",
        plan.architecture,
        plan.encoder,
        plan.loss,
        str(len(run.record.split["train"])),
        str(run.epochs),
        f"{run.minutes:.1f}",
        "" if run.best_iou is None else f"{run.best_iou:.3f}",
        _state(run),
        run.name,
    )


def _state(run: Run) -> str:
    if run.is_running:
        return "running"
    return "can be resumed" if run.can_be_resumed else "finished"
