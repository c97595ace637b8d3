"""The calls that join stages: from a dataset to a model, from a model to its scores."""

from notebook_seg.workflow.comparison import runs
from notebook_seg.workflow.cross_validation import CrossValidation, cross_validate
from notebook_seg.workflow.evaluation import (
    evaluate,
    part_of_split,
    worst_first,
    write_evaluation,
)
from notebook_seg.workflow.inspection import advise, gather_evidence
from notebook_seg.workflow.inspection_files import Inspection, write_inspection
from notebook_seg.workflow.preview import preview_augmentation
from notebook_seg.workflow.training import plan, train

__all__ = [
    "CrossValidation",
    "Inspection",
    "advise",
    "cross_validate",
    "evaluate",
    "gather_evidence",
    "part_of_split",
    "plan",
    "preview_augmentation",
    "runs",
    "train",
    "worst_first",
    "write_evaluation",
    "write_inspection",
]
