"""The stage of the app in which one looks into the chosen model."""

from html import escape

from ipywidgets import VBox

from notebook_seg.data import Dataset
from notebook_seg.widgets.app_parts import ModelChoice, Painter, text
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.inspector import Inspector
from notebook_seg.widgets.messages import Guard

__all__ = ["InspectPanel"]

_STILL = (
    "The model from before is still shown, because a training was going on below: open this stage "
    "again once it has ended."
)


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
    still : HTML
        Why it is not the model that is chosen, empty where it is.
    """

    def __init__(self, state: AppState, dataset: Dataset, guard: Guard) -> None:
        self._state, self._shown = state, state.model_name
        self.inspector = Inspector(state.load_model(), dataset)
        self.still = text()
        super().__init__([ModelChoice(state, guard), self.still, self.inspector])
        self.painter = Painter(self._show, guard)
        state.changed.connect(self.painter)

    @property
    def is_busy(self) -> bool:
        """Whether a training that was set up here goes on: it ends with the panel."""
        return self.inspector.is_busy

    def close(self) -> None:
        """End what goes on, and take the panel off the page."""
        self.inspector.close()
        super().close()

    def __del__(self) -> None:
        # Not `close`: what was never made whole has nothing that goes on.
        super().close()

    def _show(self) -> None:
        is_another = self._state.model_name != self._shown
        self.still.value = escape(_STILL) if is_another else ""
