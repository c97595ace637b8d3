"""The row of stages at the top of the app."""

from anywidget import AnyWidget
from traitlets import Bool, Dict, List, Unicode

from notebook_seg.widgets.app_state import STAGES, AppState
from notebook_seg.widgets.modules import joined_modules

__all__ = ["TITLES", "StageBar"]

TITLES = {
    "pictures": "Pictures",
    "label": "Label",
    "train": "Train",
    "inspect": "Inspect",
    "predict": "Predict",
    "share": "Share",
}
_NOT_YET = "not yet"


class StageBar(AnyWidget):
    """Shows the stages, how far each is, and which is open; a click opens another.

    Attributes
    ----------
    stages : list of dict
        Name, title, note and whether it can be entered, of each.
    chosen : str
        Name of the one that is open.
    busy : bool
        Whether something goes on that ends with the page, which is then said.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> bar = StageBar(AppState(Dataset.sample().folder))
    >>> bar.stages[1]
    {'name': 'label', 'title': 'Label', 'note': '12 of 12 drawn', 'ready': True}
    """

    _esm = joined_modules("stages")

    stages: List = List(Dict()).tag(sync=True)
    chosen = Unicode().tag(sync=True)
    busy = Bool(False).tag(sync=True)

    def __init__(self, state: AppState) -> None:
        self._state = state
        super().__init__()
        self.show()

    def show(self) -> None:
        """Bring it up to date."""
        self.stages = [self._told(stage) for stage in STAGES]
        self.chosen = self._state.stage

    def _told(self, stage: str) -> dict[str, object]:
        ready = not self._state.obstacle(stage)
        note = self._state.note(stage) if ready else _NOT_YET
        return {"name": stage, "title": TITLES[stage], "note": note, "ready": ready}
