"""From a dataset to a network: plan, patches, losses and the training itself."""

from notebook_seg.training.quiet import quiet_stderr

with quiet_stderr():
    import keras  # noqa: F401 - first here, so that its start-up is quiet

from notebook_seg.training import recipes
from notebook_seg.training.events import Fitted
from notebook_seg.training.plan import Plan
from notebook_seg.training.planner import make_plan
from notebook_seg.training.record import ModelRecord, save_model
from notebook_seg.training.session import TrainingSession

__all__ = [
    "Fitted",
    "ModelRecord",
    "Plan",
    "TrainingSession",
    "make_plan",
    "recipes",
    "save_model",
]
