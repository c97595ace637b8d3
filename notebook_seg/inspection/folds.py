"""The scores of a cross-validation: a mean and a spread in place of one lucky number."""

from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from textwrap import fill

import numpy as np

from notebook_seg.errors import OptionError
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.ratios import mean_of_known
from notebook_seg.inspection.rows import Row, save_rows
from notebook_seg.inspection.tables import ALL_PICTURES, STYLE, TableRow, align, html_table, plain

__all__ = ["FoldScores"]

MEAN, SPREAD = "(mean)", "(spread)"
_WIDTH = 95
_FIRST = len("(all pictures)")


class FoldScores:
    """How good the models of a cross-validation are, each on the pictures it has not seen.

    Shown in a notebook or printed, it is a table of the folds above that of the pictures.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of each fold, no picture in two of them.

    Raises
    ------
    OptionError
        If there is no fold, or a picture is in two of them.

    Examples
    --------
    >>> from notebook_seg.inspection.metrics import Scores
    >>> names = ["background", "fish"]
    >>> folds = FoldScores([
    ...     Evaluation({"pike": Scores([[80, 0], [10, 10]], names)}),
    ...     Evaluation({"perch": Scores([[70, 0], [0, 30]], names)}),
    ... ])
    >>> round(folds.mean, 2), round(folds.spread, 2)
    (0.75, 0.35)
    >>> folds.scores.stems_worst_first
    ('pike', 'perch')
    """

    def __init__(self, evaluations: Sequence[Evaluation]) -> None:
        self.evaluations = tuple(evaluations)
        if not self.evaluations:
            raise OptionError("There is no fold to evaluate. Received: none")
        stems = [stem for evaluation in self.evaluations for stem in evaluation.scores]
        twice = sorted({stem for stem in stems if stems.count(stem) > 1})
        if twice:
            raise OptionError(f"Each picture is tested in one fold. Received twice: {twice[0]}")

    def __len__(self) -> int:
        return len(self.evaluations)

    @cached_property
    def scores(self) -> Evaluation:
        """Of every picture, by the model that has not seen it."""
        together = [pair for e in self.evaluations for pair in e.scores.items()]
        return Evaluation(dict(together))

    @cached_property
    def iou(self) -> np.ndarray:
        """Mean IoU over the foreground classes in each fold: ``(k,)`` float64, 0 to 1.

        NaN where a fold has neither drawn nor predicted foreground.
        """
        return np.array([e.overall.foreground_mean_iou for e in self.evaluations])

    @property
    def mean(self) -> float:
        """The mean of `iou` over the folds; NaN if none has any."""
        return mean_of_known(self.iou)

    @property
    def spread(self) -> float:
        """The standard deviation of `iou` between folds; NaN if fewer than two have any."""
        return _spread(self.iou)

    @property
    def summary(self) -> str:
        """The result in a sentence."""
        return (
            f"Over {len(self)} folds, the average overlap (IoU) with the masks of pictures that "
            f"the model had not seen is {plain(self.mean)} ± {plain(self.spread)} (mean and "
            "standard deviation), where 1 is perfect."
        )

    def __repr__(self) -> str:
        table = align([[plain(cell) for cell in row] for row in self._table()], _FIRST)
        return "\n\n".join([fill(self.summary, _WIDTH), table, repr(self.scores)])

    def _repr_html_(self) -> str:
        return (
            f"<style>{STYLE}</style><div class='nbs-scores'><p>{escape(self.summary)}</p>"
            f"{html_table('Folds', self._table())}</div>{self.scores._repr_html_()}"
        )

    def _table(self) -> list[TableRow]:
        names = self.scores.class_names[1:] if len(self.scores.class_names) > 2 else ()
        values = np.array(
            [
                [iou, *e.overall.iou[1:][: len(names)], e.overall.pixel_accuracy]
                for iou, e in zip(self.iou, self.evaluations, strict=True)
            ]
        )
        pictures = [len(evaluation) for evaluation in self.evaluations]
        folds: list[TableRow] = [
            [str(number), count, *map(float, row)]
            for number, (count, row) in enumerate(zip(pictures, values, strict=True), 1)
        ]
        return [
            ["fold", "pictures", "IoU", *names, "pixel accuracy"],
            *folds,
            ["mean", "", *map(mean_of_known, values.T)],
            ["spread", "", *map(_spread, values.T)],
        ]

    def rows(self) -> list[Row]:
        """Return what `Evaluation.rows` tells of each fold, then mean and spread over the folds.

        Returns
        -------
        list of dict
            ``fold``, from 1, or ``"(mean)"`` and ``"(spread)"``; the rest as in
            `Evaluation.rows`.
        """
        folds = [e.rows() for e in self.evaluations]
        told: list[Row] = [
            {"fold": number, **row} for number, rows in enumerate(folds, 1) for row in rows
        ]
        overall = [[r for r in rows if r["picture"] == ALL_PICTURES] for rows in folds]
        for name, summarise in ((MEAN, mean_of_known), (SPREAD, _spread)):
            for of_class in zip(*overall, strict=True):
                numbers = {
                    key: summarise(np.array([float(row[key]) for row in of_class]))
                    for key in of_class[0]
                    if key not in ("picture", "class")
                }
                told.append({"fold": name, **of_class[0], **numbers})
        return told

    def to_csv(self, path: str | Path) -> None:
        """Save `rows` as a CSV file (UTF-8), a score that does not exist as an empty cell.

        Parameters
        ----------
        path : str or Path
            The file, replaced as a whole if it is there.

        Raises
        ------
        SaveError
            If the file cannot be written.
        """
        save_rows(path, self.rows())


def _spread(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.std(ddof=1)) if known.size > 1 else float("nan")
