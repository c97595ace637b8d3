"""All that can be counted while a model looks at each picture of a dataset once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from notebook_seg.data import Dataset
from notebook_seg.data.overlays import Mask
from notebook_seg.errors import DatasetError
from notebook_seg.inspection.advice import AdviceList
from notebook_seg.inspection.advice import advise as draw_conclusions
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.evidence import PARTS, Evidence, PictureEvidence, Seen
from notebook_seg.inspection.instances import instance_rows
from notebook_seg.inspection.reliability import Reliability
from notebook_seg.inspection.rows import Row
from notebook_seg.inspection.score_table import ScoreTable
from notebook_seg.inspection.surfaces import Spacing, surface_rows
from notebook_seg.inspection.thresholds import ThresholdScores
from notebook_seg.prediction import Predictor
from notebook_seg.workflow.inspection import gather_evidence
from notebook_seg.workflow.shared import SumsByPart, check_spacing

__all__ = ["Survey", "survey"]

Progress = Callable[[float], object]


@dataclass(frozen=True, eq=False)
class Survey:
    """What a model does on all pictures of a dataset.

    Parameters
    ----------
    evidence : Evidence
        Of each picture that was looked at.
    rows : list of dict
        Of each labelled picture and class, how its outlines and its objects were met.
    reliability : Reliability or None
        On the pictures that the model is judged on, see `Evidence.judged_on`; None where nothing
        is labelled.
    thresholds : dict of int to ThresholdScores
        Of each class but the background, on the same pictures.
    done : float
        Share of the pictures that were looked at, below 1 if it was stopped.
    """

    evidence: Evidence
    rows: list[Row] = field(default_factory=list)
    reliability: Reliability | None = None
    thresholds: dict[int, ThresholdScores] = field(default_factory=dict)
    done: float = 1.0

    @property
    def advice(self) -> AdviceList:
        """What to do next, most important first."""
        return draw_conclusions(self.evidence)

    @property
    def evaluation(self) -> Evaluation:
        """The scores of each labelled picture.

        Raises
        ------
        DatasetError
            If none of the pictures that were looked at is labelled.
        """
        evaluation = self.evidence.evaluation(*PARTS)
        if evaluation is None:
            raise DatasetError(
                "There are no scores without a mask to compare with: label a picture first. "
                f"Received: {len(self.evidence.pictures)} pictures, none of them labelled"
            )
        return evaluation

    @property
    def table(self) -> ScoreTable:
        """Every score of every picture and class, the worst first.

        Raises
        ------
        DatasetError
            As of `evaluation`.
        """
        return ScoreTable(self.evaluation.rows(), self.evidence.part_rows(), self.rows)


def survey(
    model: Predictor,
    dataset: Dataset,
    progress: Progress = lambda done: None,
    spacing: Spacing | None = None,
) -> Survey:
    """Let a model look at every picture of a dataset, and count all that there is to count.

    Parameters
    ----------
    model : Model or Ensemble
    dataset : Dataset
        Of the same classes.
    progress : callable
        Told the share of the pictures that is done, 0 to 1; it ends the work by returning False,
        and what was counted until then is returned.
    spacing : float or (float, float), optional
        Millimetres that a pixel measures, or its height and width; distances are in pixels if it
        is not given.

    Raises
    ------
    OptionError
        If the classes of the dataset are not those of the model, or the spacing is not positive.
    ImageError, MaskError
        If not one of the pictures can be read; else the advice says which could not.
    """
    check_spacing(spacing)
    count = _Count(model.class_names, len(dataset), progress, spacing)
    evidence = gather_evidence(model, dataset, progress=False, visit=count.visit)
    parts = evidence.judged_parts
    thresholds = {label: sums.of(parts) for label, sums in count.thresholds.items()}
    return Survey(
        evidence,
        count.rows,
        count.reliability.of(parts),
        {label: scores for label, scores in thresholds.items() if scores is not None},
        (len(evidence.pictures) + len(evidence.unreadable)) / max(1, len(dataset)),
    )


@dataclass(eq=False)
class _Count:
    """What adds up while pictures go by."""

    class_names: tuple[str, ...]
    total: int
    progress: Progress
    spacing: Spacing | None
    seen: int = 0
    rows: list[Row] = field(default_factory=list)
    reliability: SumsByPart[Reliability] = field(default_factory=SumsByPart)
    thresholds: dict[int, SumsByPart[ThresholdScores]] = field(default_factory=dict)

    def visit(self, seen: Seen, found: PictureEvidence) -> None:
        # Before it is counted, so that all counts are of the same pictures.
        if self.progress(self.seen / self.total) is False:
            raise KeyboardInterrupt
        if seen.mask is not None:
            self._compare(seen, seen.mask, found.part)
        self.seen += 1

    def _compare(self, seen: Seen, mask: Mask, part: str) -> None:
        pair = [(seen.stem, mask, seen.labels)]
        outlines = surface_rows(pair, self.class_names, self.spacing)
        objects = instance_rows(pair, self.class_names)
        self.rows += [row for row in [*outlines, *objects] if row["picture"] == seen.stem]
        if seen.are_numbers:
            self._compare_probabilities(seen, part)

    def _compare_probabilities(self, seen: Seen, part: str) -> None:
        truth = seen.working_mask
        self.reliability.add(part, Reliability.from_probabilities(seen.probabilities, truth))
        for label in range(1, len(self.class_names)):
            likely = seen.probabilities[..., label]
            scores = ThresholdScores.from_probability(likely, truth, label)
            self.thresholds.setdefault(label, SumsByPart()).add(part, scores)
