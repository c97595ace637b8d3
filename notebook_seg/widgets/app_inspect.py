"""The stage of the app in which one looks into the chosen model."""

from ipywidgets import VBox

from notebook_seg.data import Dataset
from notebook_seg.widgets.app_parts import ModelChoice
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.inspector import Inspector
from notebook_seg.widgets.messages import Guard

__all__ = ["InspectPanel"]


class InspectPanel(VBox):
    """Shows the inspector of one model, and lets one choose another.

    Parameters
    ----------
    state : AppState
    dataset : Dataset
        Of the same classes.
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    inspector : Inspector
    """

    def __init__(self, state: AppState, dataset: Dataset, guard: Guard) -> None:
        self.inspector = Inspector(state.load_model(), dataset)
        super().__init__([ModelChoice(state, guard), self.inspector])

    def close(self) -> None:
        """End what goes on, and take the panel off the page."""
        self.inspector.close()
        super().close()

    def __del__(self) -> None:
        # Not `close`: what was never made whole has nothing that goes on.
        super().close()
