"""The scores of every picture and of all together, as something to read, to sort and to save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from pathlib import Path

import numpy as np

from notebook_seg.inspection import tables
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.pairs import MaskPairs, check_any, compare_each
from notebook_seg.inspection.rows import Row, save_rows
from notebook_seg.inspection.score_table import ScoreTable
from notebook_seg.inspection.tables import ALL_PICTURES

__all__ = ["Evaluation", "evaluate_predictions"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """How good predictions are: `Scores` for each picture and over all of them.

    Shown in a notebook or printed, it is a table with the worst pictures first.

    Parameters
    ----------
    scores : mapping of str to Scores
        A picture's stem to its scores, all over the same classes.

    Raises
    ------
    OptionError
        If there is no picture, or the classes differ between pictures.

    Examples
    --------
    >>> names = ["background", "fish"]
    >>> evaluation = Evaluation({
    ...     "pike": Scores([[80, 0], [10, 10]], names),
    ...     "perch": Scores([[70, 0], [0, 30]], names),
    ... })
    >>> print(evaluation)
    Of the labelled pixels of 2 pictures, 95.0% got the right class. The average overlap (IoU)
    with the masks is 0.800, where 1 is perfect. Worst picture: pike (0.500).
    <BLANKLINE>
    class             IoU   Dice  recall  precision    pixels
    background      0.938  0.968   1.000      0.938       150
    fish            0.800  0.889   0.800      1.000        50
    <BLANKLINE>
    worst first       IoU  pixel accuracy  mean accuracy  mean IoU  weighted IoU
    pike            0.500           0.900          0.750     0.694         0.811
    perch           1.000           1.000          1.000     1.000         1.000
    (all pictures)  0.800           0.950          0.900     0.869         0.903
    """

    scores: Mapping[str, Scores]

    def __post_init__(self) -> None:
        check_any(self.scores)
        object.__setattr__(self, "scores", dict(self.scores))
        reduce(add, self.scores.values())  # tells when the classes differ

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        return tables.as_text(self)

    def _repr_html_(self) -> str:
        return tables.as_html(self)

    @cached_property
    def overall(self) -> Scores:
        """The scores over the pixels of all pictures together, large pictures counting more."""
        return reduce(add, self.scores.values())

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, background first."""
        return tuple(self.overall.class_names)

    @cached_property
    def stems_worst_first(self) -> tuple[str, ...]:
        """The pictures by rising foreground mean IoU; those without one come last."""
        overlap = {stem: s.foreground_mean_iou for stem, s in self.scores.items()}
        return tuple(sorted(overlap, key=lambda stem: (np.isnan(overlap[stem]), overlap[stem])))

    @property
    def summary(self) -> str:
        """The result in a few plain sentences.

        Examples
        --------
        >>> Evaluation({"pike": Scores([[80, 0], [10, 10]], ["background", "fish"])}).summary
        'Of the labelled pixels of 1 picture, 90.0% got the right class. The average overlap
        (IoU) with the masks is 0.500, where 1 is perfect.'
        """
        return tables.summary(self)

    def rows(self) -> list[Row]:
        """Return a row for each picture and class, the rows over all pictures last.

        Returns
        -------
        list of dict
            ``picture``, ``class``; the class' ``iou``, ``dice``, ``recall`` (its accuracy),
            ``precision``, ``pixels_truth`` and ``pixels_predicted``; and the picture's
            ``pixel_accuracy``, ``mean_accuracy``, ``mean_iou``, ``foreground_mean_iou`` and
            ``frequency_weighted_iou``, the same in each of its rows. A score that does not exist
            is NaN.

        Examples
        --------
        >>> evaluation = Evaluation({"pike": Scores([[80, 0], [10, 10]], ["background", "fish"])})
        >>> [(row["picture"], row["class"], row["recall"]) for row in evaluation.rows()]
        [('pike', 'background', 1.0), ('pike', 'fish', 0.5),
         ('(all pictures)', 'background', 1.0), ('(all pictures)', 'fish', 0.5)]
        """
        everything = [*self.scores.items(), (ALL_PICTURES, self.overall)]
        return [row for picture, scores in everything for row in _rows(picture, scores)]

    def table(self, *others: Sequence[Row]) -> ScoreTable:
        """Return every score as a table, worst first, that a click on a heading sorts.

        Parameters
        ----------
        *others : sequence of dict
            More rows of the same pictures and classes, as `surface_rows` and `instance_rows`
            return them: their columns come last.

        Examples
        --------
        >>> evaluation = Evaluation({"pike": Scores([[80, 0], [10, 10]], ["background", "fish"])})
        >>> evaluation.table().rows[0]["class"]
        'fish'
        """
        return ScoreTable(self.rows(), *others)

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


def evaluate_predictions(pairs: MaskPairs, class_names: Sequence[str]) -> Evaluation:
    """Compare predicted masks with hand-made ones.

    Parameters
    ----------
    pairs : iterable of (stem, truth, prediction)
        Masks ``(H, W) uint8`` of one size; a generator is consumed one picture at a time.
    class_names : sequence of str
        Names of the classes, background first.

    Raises
    ------
    MaskError
        If two masks cannot be compared; the error names the picture.
    OptionError
        If there is no picture, or one comes twice.

    Examples
    --------
    >>> mask = np.array([[0, 1], [255, 1]], np.uint8)
    >>> evaluation = evaluate_predictions([("pike", mask, mask % 255)], ["background", "fish"])
    >>> evaluation.overall.mean_iou
    1.0
    """
    return Evaluation(
        compare_each(
            pairs, lambda truth, prediction: Scores.from_masks(truth, prediction, class_names)
        )
    )


def _rows(picture: str, scores: Scores) -> list[Row]:
    per_class = {
        "iou": scores.iou,
        "dice": scores.dice,
        "recall": scores.recall,
        "precision": scores.precision,
        "pixels_truth": scores.pixels_truth,
        "pixels_predicted": scores.pixels_predicted,
    }
    per_picture = {
        "pixel_accuracy": scores.pixel_accuracy,
        "mean_accuracy": scores.mean_accuracy,
        "mean_iou": scores.mean_iou,
        "foreground_mean_iou": scores.foreground_mean_iou,
        "frequency_weighted_iou": scores.frequency_weighted_iou,
    }
    return [
        {"picture": picture, "class": name}
        | {key: values[index].item() for key, values in per_class.items()}
        | per_picture
        for index, name in enumerate(scores.class_names)
    ]
