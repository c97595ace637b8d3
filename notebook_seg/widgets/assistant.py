"""Help from a model: proposed masks, and which picture to label next."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from ipywidgets import HTML, Button, Checkbox, Layout, VBox
from psygnal import Signal
from traitlets import Bool, Bunch

from notebook_seg.assistance import Advisor, Answer, Say
from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND
from notebook_seg.errors import NotebookSegError
from notebook_seg.labelling.proposal import Proposal, drawn_by_hand
from notebook_seg.labelling.ranking import Suggestion
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.background import Background, GoOn, OvertakenError
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button

if TYPE_CHECKING:
    from notebook_seg.prediction import Model

__all__ = ["Assistant"]

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Question:
    """The open picture as it was when something was asked about it."""

    stem: str
    turn: int
    image: Picture
    scribbles: Picture | None
    labelled: tuple[str, ...]
    unasked: bool


class Assistant(VBox):
    """Proposes masks and the next picture, while one goes on labelling.

    It asks a trained model or, without one, a pixel classifier that learns from the pictures
    labelled so far. Scribbles always teach a pixel classifier. All of it happens in one background
    thread, in which the last thing asked wins. A result arrives only while the same picture is
    open and nothing else was done to it; what a person has drawn there is kept.

    Parameters
    ----------
    session : LabellingSession
        Whose pictures it helps with.
    guard : Guard
        Its lock is held while a result arrives, and it shows what goes wrong.
    model : Model, str or Path, optional
        A trained model, or the folder of one, which is loaded in the background.

    Attributes
    ----------
    auto : bool
        Whether each unlabelled picture opens with a proposal; True at first if there is a model.
    status : str
        What it is doing, empty when it does nothing.
    suggestions : tuple of Suggestion
        The pictures most worth labelling as they were last ranked, the best first.
    suggestion : Suggestion or None
        The picture that it suggested last.
    ranked : psygnal.Signal
        Emitted when the pictures were ranked anew.

    Raises
    ------
    OptionError
        If the model knows other classes than the dataset.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> from notebook_seg.widgets.messages import MessageLine
    >>> session = LabellingSession(Dataset.sample(), start="coin_04")
    >>> box = session.clear()
    >>> assistant = Assistant(session, Guard(MessageLine()))
    >>> assistant.ask()
    >>> assistant.wait()
    True
    >>> session.proposal.title
    'The labelled pictures'
    """

    auto = Bool(False)
    ranked = Signal()

    def __init__(
        self, session: LabellingSession, guard: Guard, model: "Model | str | Path | None" = None
    ) -> None:
        self.session = session
        self.suggestions: tuple[Suggestion, ...] = ()
        self.suggestion: Suggestion | None = None
        self._guard = guard
        self._advisor = Advisor(session.dataset, model)
        self._background = Background()
        self._turn = 0
        self._ours: Picture | None = None
        self._offered: tuple[Proposal, Picture] | None = None
        self._arriving = False
        self.status = ""
        self._status, self._why = HTML(), HTML()
        self._automatic = Checkbox(description="Propose at once", indent=False)
        self._automatic.layout = Layout(width="auto")
        self._automatic.tooltip = "Each unlabelled picture opens with a proposal"
        super().__init__([self._suggest_button(), self._automatic, self._status, self._why])
        self.add_class("nbs-assistant")
        self._listen()
        self.auto = model is not None
        self._opened(session.stem)

    def ask(self) -> None:
        """Propose a mask of the open picture.

        By the model or, without one, by what was learned from the scribbles on this picture and
        from the labelled pictures. What a person has drawn is kept.

        Raises
        ------
        NotebookSegError
            If the open picture cannot be labelled.
        """
        self._ask(unasked=False)

    def suggest_next(self) -> None:
        """Look for the unlabelled picture that is most worth labelling, open it and say why.

        If something was done meanwhile it is only told.
        """
        with self._guard.lock:
            session, labelled = self.session, self._labelled()
            self._start(partial(self._suggest, self._turn, session.stem, labelled))

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has nothing left to do; not in a callback, which would hold it up.

        Parameters
        ----------
        timeout : float, optional
            Seconds, without it for ever.

        Returns
        -------
        bool
            False if the time was over before.
        """
        return self._background.wait(timeout)

    def close(self) -> None:
        """Stop what goes on, and take it off the page."""
        self._background.stop()
        super().close()

    # ---------------------------------------------------------------- what happens meanwhile

    def _suggest_button(self) -> Button:
        suggest = self._guard(self.suggest_next, clears=True)
        tip = "Open the picture that is most worth labelling"
        return icon_button("Which next?", "lightbulb-o", tip, suggest)

    def _listen(self) -> None:
        session = self.session
        session.opened.connect(self._opened)
        session.begun.connect(self._begun)
        session.edited.connect(self._edited)
        session.proposed.connect(self._proposed)
        session.scribbled.connect(self._scribbled)
        self._automatic.observe(self._tick, "value")
        self.observe(self._show_auto, "auto")

    def _tick(self, change: Bunch) -> None:
        self.auto = change.new

    def _show_auto(self, change: Bunch) -> None:
        self._automatic.value = change.new

    def _show_status(self, text: str) -> None:
        self.status = text
        self._status.value = f'<span role="status">{html.escape(text)}</span>' if text else ""

    def _show_why(self, text: str) -> None:
        self._why.value = html.escape(text)

    def _opened(self, stem: str) -> None:
        self._turn += 1
        self._ours = self._offered = None
        if not (self.suggestion and self.suggestion.stem == stem):
            self._why.value = ""
        known = self._advisor.has_model or self._labelled()
        to_do = self.session.mask is not None and not self.session.is_labelled(stem)
        if self.auto and known and to_do:
            self._ask(unasked=True)

    def _begun(self) -> None:
        self._turn += 1

    def _edited(self, box: Box) -> None:
        self._turn += 1
        if self._offered is not None and self.session.mask is not None:
            proposal, labels = self._offered
            # Only what was accepted is ours: what is drawn after a refusal was drawn by hand.
            if np.array_equal(self.session.mask.labels[proposal.box.slices], proposal.labels):
                self._ours = labels
            self._offered = None

    def _proposed(self) -> None:
        if self.session.proposal is not None and not self._arriving:
            self._turn += 1

    def _scribbled(self) -> None:
        self._turn += 1
        self._start(partial(self._by_learning, self._question(unasked=False)))

    def _labelled(self) -> tuple[str, ...]:
        session = self.session
        return tuple(s for s in session.stems if s != session.stem and session.is_labelled(s))

    # ---------------------------------------------------------------- in the background

    def _ask(self, unasked: bool) -> None:
        answer = self._by_model if self._advisor.has_model else self._by_learning
        self._start(partial(answer, self._question(unasked)))

    def _question(self, unasked: bool) -> _Question:
        session = self.session
        if session.mask is None or session.image is None:
            raise session.problem or NotebookSegError(f"{session.stem} cannot be labelled")
        said = None if session.scribbles is None else session.scribbles.labels.copy()
        return _Question(session.stem, self._turn, session.image, said, self._labelled(), unasked)

    def _start(self, work: Callable[[Say], None]) -> None:
        self._background.start(partial(self._run, work))

    def _run(self, work: Callable[[Say], None], go_on: GoOn) -> None:
        def say(text: str) -> None:
            go_on()
            self._show_status(text)

        try:
            work(say)
        except OvertakenError:
            raise
        except Exception as error:  # noqa: BLE001 - the user must see any fault
            self._guard.show(error)
        finally:
            self._show_status("")

    def _by_model(self, question: _Question, say: Say) -> None:
        answer = self._advisor.by_model(question.image, say)
        self._arrive(question, answer, say)

    def _by_learning(self, question: _Question, say: Say) -> None:
        answer = self._advisor.by_learning(
            question.image, question.scribbles, question.labelled, say
        )
        self._arrive(question, answer, say)

    def _arrive(self, question: _Question, answer: Answer, say: Say) -> None:
        say("")
        with self._guard.lock:
            mask = self.session.mask
            if question.turn != self._turn or mask is None:
                return
            by_hand = drawn_by_hand(mask.labels, question.scribbles, self._ours)
            labels = np.where(by_hand, mask.labels, answer.labels)
            if question.unasked and np.array_equal(labels, mask.labels):
                return
            self._arriving = True
            try:
                proposal = Proposal.between(answer.title, mask.labels, labels)
                self.session.propose(proposal)
                self._offered = proposal, np.where(by_hand, BACKGROUND, labels)
            finally:
                self._arriving = False

    def _suggest(self, turn: int, stem: str, labelled: tuple[str, ...], say: Say) -> None:
        suggestions = self._advisor.ranking(labelled, say)
        say("")
        with self._guard.lock:
            self.suggestions = tuple(suggestions)
            self.suggestion = found = next((s for s in suggestions if s.stem != stem), None)
            self.ranked.emit()
            if found is None:
                self._show_why("There is no other picture left to label")
                return
            self._show_why(f"{found.stem}: {found.why}")
            if turn == self._turn:
                self.session.open(found.stem)
