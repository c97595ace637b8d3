"""Views for the notebook: they show a state object of an earlier stage and hold no logic."""

from notebook_seg.widgets.labeller import Labeller
from notebook_seg.widgets.overview import Review

__all__ = ["Labeller", "Review"]
