"""All pictures of a dataset with their masks, as a grid to look over, filter and jump from."""

import time
from collections.abc import Sequence
from typing import Any

from anywidget import AnyWidget
from psygnal import Signal
from traitlets import List, Unicode

from notebook_seg.data.box import Box
from notebook_seg.errors import NotebookSegError
from notebook_seg.labelling.ranking import Suggestion
from notebook_seg.labelling.review import DatasetReview, PictureReview, Reviewer
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.labelling.suspicions import Suspicion
from notebook_seg.labelling.thumbnails import Thumbnails
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.modules import joined_modules, static_text

__all__ = ["ReviewGrid"]

Message = dict[str, Any]

# How long one message may keep the kernel: a stroke that comes meanwhile waits as long.
_BATCH_S = 0.2


class ReviewGrid(AnyWidget):
    """Shows each picture with its mask, what the masks hold and what looks wrong.

    The browser asks for the thumbnails that come into view, and for a few more masks to be
    measured when it has nothing else to ask for, so that hundreds of pictures keep nobody waiting.
    What was measured is kept until a mask changes.

    Parameters
    ----------
    session : LabellingSession
        Whose pictures are shown, and where a picture is opened that is chosen.
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    session : LabellingSession
        As given.
    review : DatasetReview or None
        What was found, once all masks were measured.
    suggestions : tuple of Suggestion
        The pictures that are worth labelling next; see `suggest`.
    chosen : psygnal.Signal
        Emitted with the stem that was opened and the `Box` to look at, or None.
    closed : psygnal.Signal
        Emitted when the user goes back to drawing.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> from notebook_seg.widgets.messages import MessageLine
    >>> grid = ReviewGrid(LabellingSession(Dataset.sample()), Guard(MessageLine()))
    >>> grid.measure_all().n_labelled
    12
    """

    _esm = joined_modules("review")
    _css = static_text("review.css")

    classes: List = List().tag(sync=True)
    stem = Unicode().tag(sync=True)

    chosen = Signal(str, object)
    closed = Signal()

    def __init__(self, session: LabellingSession, guard: Guard) -> None:
        self.session = session
        self.review: DatasetReview | None = None
        self._reviewer = Reviewer(session.dataset)
        self._thumbnails = Thumbnails(session.dataset)
        self.suggestions: tuple[Suggestion, ...] = ()
        self._looked: dict[str, PictureReview] = {}
        data = session.dataset
        looks = zip(data.class_names, data.colors, strict=True)
        classes = [{"name": name, "color": color} for name, color in looks]
        super().__init__(classes=classes, stem=session.stem)
        self._handlers = {
            "hello": guard(self._hello),
            "measure": guard(self._measure),
            "thumbnails": guard(self._send_thumbnails),
            "open": guard(self._open, clears=True),
            "close": guard(self._close, clears=True),
        }
        self.on_msg(self._receive)
        session.opened.connect(self._show_open)

    def suggest(self, suggestions: Sequence[Suggestion]) -> None:
        """Say which pictures are worth labelling next, the best first, as `rank_unlabelled` does.

        They can then be shown alone, in this order, each with its reason.
        """
        self.suggestions = tuple(suggestions)
        self.send({"type": "suggestions", "suggestions": self._told_suggestions()})

    def refresh(self) -> None:
        """Look again at what has changed since; to be called when the grid is shown once more."""
        self._looked = {}
        self.review = None
        self.send({"type": "pictures", "pictures": self._pictures()})

    def measure_all(self) -> DatasetReview:
        """Measure all masks that are left, without waiting for the browser to ask."""
        for stem in self.session.stems:
            self._look(stem)
        return self._finish()

    # ---------------------------------------------------------------- what the browser asks

    def _receive(self, widget: AnyWidget, content: Message, buffers: list[memoryview]) -> None:
        handler = self._handlers.get(content.get("type", ""))
        if handler is not None:
            handler(content)

    def _hello(self, content: Message) -> None:
        self.refresh()
        self.send({"type": "suggestions", "suggestions": self._told_suggestions()})

    def _measure(self, content: Message) -> None:
        """Measure as many masks as there is time for, and tell what they hold."""
        left = [stem for stem in self.session.stems if stem not in self._looked]
        until = time.monotonic() + _BATCH_S
        measured = []
        for stem in left:
            measured.append(self._told(stem, self._look(stem)))
            if time.monotonic() > until:
                break
        self.send({"type": "measured", "pictures": measured})
        if len(measured) == len(left):
            self._finish()

    def _send_thumbnails(self, content: Message) -> None:
        """Send as many of the wanted thumbnails as there is time for; the others with the next."""
        until = time.monotonic() + _BATCH_S
        stems, pictures = [], []
        for stem in content["stems"]:
            stems.append(stem)
            pictures.append(self._thumbnail(stem))
            if time.monotonic() > until:
                break
        told = [self._told(stem, self._looked.get(stem)) for stem in stems]
        self.send({"type": "thumbnails", "pictures": told}, pictures)

    def _open(self, content: Message) -> None:
        box = content.get("box")
        self.session.open(content["stem"])
        self.chosen.emit(content["stem"], None if box is None else Box(*box))

    def _close(self, content: Message) -> None:
        self.closed.emit()

    # ---------------------------------------------------------------- what is told

    def _show_open(self, stem: str) -> None:
        self.stem = stem

    def _look(self, stem: str) -> PictureReview:
        try:
            found = self._reviewer.look(stem)
        except NotebookSegError as error:
            gone = Suspicion(stem, "photograph", None, None, str(error))
            found = PictureReview(stem, problem=gone)
        self._looked[stem] = found
        return found

    def _thumbnail(self, stem: str) -> bytes:
        """Return a JPEG; nothing where the photograph cannot be read."""
        try:
            return self._thumbnails.with_mask(stem, self._look(stem).small)
        except NotebookSegError:
            return b""

    def _finish(self) -> DatasetReview:
        """Tell what only all pictures together can say."""
        self.review = self._reviewer.summary([self._look(stem) for stem in self.session.stems])
        told = [_told_suspicion(found) for found in self.review.suspicions]
        self.send({"type": "summary", "totals": self.review.totals(), "suspicions": told})
        return self.review

    def _pictures(self) -> list[Message]:
        return [self._told(stem, None) for stem in self.session.stems]

    def _told(self, stem: str, found: PictureReview | None) -> Message:
        facts = None if found is None else found.facts
        shares = {} if facts is None else {n: facts.share(n) for n in range(1, len(facts.pixels))}
        return {
            "stem": stem,
            "labelled": self.session.is_labelled(stem),
            "measured": found is not None,
            "shares": {label: share for label, share in shares.items() if share},
        }

    def _told_suggestions(self) -> list[Message]:
        return [{"stem": found.stem, "why": found.why} for found in self.suggestions]


def _told_suspicion(found: Suspicion) -> Message:
    box = None if found.box is None else list(found.box)
    return {"stem": found.stem, "kind": found.kind, "message": found.message, "box": box}
