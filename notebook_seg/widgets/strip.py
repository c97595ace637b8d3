"""The list of pictures: which is open, which are labelled, and how to get to another."""

from ipywidgets import HTML, HBox, Layout, Select, VBox
from traitlets import Bunch

from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.messages import Wrapper
from notebook_seg.widgets.toolbar import icon_button

__all__ = ["PictureStrip"]

_DONE, _TO_DO = "●", "○"
# As many letters as the list is wide, its scroll bar left out.
_LONGEST = 21


class PictureStrip(VBox):
    """One line a picture, filled in when it is labelled.

    A single list and not a button each: hundreds of buttons take seconds to appear.

    Parameters
    ----------
    session : LabellingSession
        Whose pictures are listed.
    guard : callable
        Wraps each callback.
    """

    def __init__(self, session: LabellingSession, guard: Wrapper) -> None:
        self._session = session
        self._is_filling = False
        self.count = HTML()
        self.count.add_class("nbs-count")
        self.pictures = Select(options=self._options(), value=session.stem)
        self.pictures.layout = Layout(flex="1 1 auto")
        self.pictures.observe(guard(self._jump), "value")
        steps = HBox(
            [
                icon_button("", "arrow-left", "Previous picture (P)", guard(session.previous)),
                icon_button("", "arrow-right", "Next picture (N)", guard(session.next)),
                icon_button(
                    "Next to do", "", "Next unlabelled picture (T)", guard(session.next_unlabelled)
                ),
            ]
        )
        steps.add_class("nbs-steps")
        done = icon_button(
            "Mark as done",
            "check",
            "Save the mask as it is, also when it is empty (D)",
            guard(session.mark_done),
        )
        session.opened.connect(self._show_open)
        session.status_changed.connect(lambda stem: self._show_status())
        super().__init__([self.count, self.pictures, steps, done])
        self.add_class("nbs-strip")
        self._show_count()

    def _options(self) -> list[tuple[str, str]]:
        session = self._session
        marks = (_DONE if session.is_labelled(stem) else _TO_DO for stem in session.stems)
        return [
            (f"{mark} {_shortened(stem)}", stem)
            for mark, stem in zip(marks, session.stems, strict=True)
        ]

    def _jump(self, change: Bunch) -> None:
        if self._is_filling or change.new in {None, self._session.stem}:
            return
        try:
            self._session.open(change.new)
        finally:
            self._show_open(self._session.stem)

    def _show_open(self, stem: str) -> None:
        self.pictures.value = stem

    def _show_status(self) -> None:
        # A list that is filled anew goes to its first entry, which nobody has asked for.
        self._is_filling = True
        self.pictures.options = self._options()
        self.pictures.value = self._session.stem
        self._is_filling = False
        self._show_count()

    def _show_count(self) -> None:
        stems = self._session.stems
        labelled = sum(self._session.is_labelled(stem) for stem in stems)
        self.count.value = f"<b>{labelled}</b> of {len(stems)} labelled"


def _shortened(stem: str) -> str:
    """Leave out the middle of a long name: it is the end that tells pictures apart.

    Examples
    --------
    >>> _shortened("specimen_of_the_museum_0042")
    'specime…e_museum_0042'
    """
    if len(stem) <= _LONGEST:
        return stem
    return f"{stem[:7]}…{stem[-(_LONGEST - 8) :]}"
