"""How a training goes, to be looked at: progress, curves, a picture, and what was said."""

import math
from collections.abc import Callable
from html import escape
from pathlib import Path

from ipywidgets import HTML, Box, FloatProgress, Image, VBox

from notebook_seg.data.overlays import as_jpeg
from notebook_seg.errors import ModelError
from notebook_seg.training import TrainingSession
from notebook_seg.training.events import Step
from notebook_seg.training.memory import used_gpu_memory, used_memory
from notebook_seg.training.runs import Run
from notebook_seg.training.samples import sample_panels
from notebook_seg.training.validation import Preview
from notebook_seg.widgets.trainer_curves import curves_html
from notebook_seg.widgets.trainer_hints import where_to_set
from notebook_seg.widgets.trainer_state import TrainerState
from notebook_seg.wording import counted

__all__ = ["TrainingView", "name_of_run", "spoken", "status_of"]

_CAPTIONS = ("photograph", "your mask", "what the network sees")
_WAITING = {
    "ready": "",
    "preparing": "Getting ready: looking through the pictures",
    "stopping": "Ending, and keeping the best epoch",
    "finishing": "All is learned: a last look, and the best epoch is kept",
}


class TrainingView(VBox):
    """Shows a training as it is when `show` is called, and nothing before there is one.

    Parameters
    ----------
    state : TrainerState
        Whose training it is.

    Attributes
    ----------
    bar : FloatProgress
    status, curves, sentences : HTML
    pictures : list of Image
        The photograph, the mask that was drawn, and the predicted one.
    """

    def __init__(self, state: TrainerState) -> None:
        self.state = state
        self.bar = FloatProgress(min=0, max=1)
        self.status, self.curves, self.sentences = HTML(), HTML(), HTML()
        self.pictures = [Image(format="jpeg") for _ in _CAPTIONS]
        self._captions = [HTML(caption) for caption in _CAPTIONS]
        self._drawn: Preview | None = None
        self._panels = Box([VBox(pair) for pair in zip(self.pictures, self._captions, strict=True)])
        parts = {
            "progress": self.bar,
            "status": self.status,
            "plots": self.curves,
            "pictures": self._panels,
            "sentences": self.sentences,
        }
        for name, part in parts.items():
            part.add_class(f"nbs-{name}")
        super().__init__(list(parts.values()))
        self.add_class("nbs-training")
        self.show()

    def show(self) -> None:
        """Bring everything up to date; what is as it was is not sent to the browser again."""
        state = self.state
        self.layout.display = "none" if state.state == "ready" else None
        self.bar.value = 0 if state.step is None else state.step.fraction
        self.bar.bar_style = _BAR_STYLES.get(state.state, "")
        self.status.value = escape(status_of(state))
        self.curves.value = curves_html(state.history)
        self.sentences.value = _as_list(self._said())
        self._show_picture()

    def _said(self) -> list[str]:
        session = self.state.session
        warnings = [] if session is None else session.warnings
        where = where_to_set(" ".join(warnings))
        return [*self.state.sentences, *([where] if where else [])]

    def _show_picture(self) -> None:
        preview = self.state.preview
        self._panels.layout.display = None if preview else "none"
        if preview is None or preview is self._drawn:
            return
        self._drawn = preview
        panels = sample_panels(preview, self.state.dataset.colors)
        for picture, panel in zip(self.pictures, panels, strict=True):
            picture.value = as_jpeg(panel)
        self._captions[0].value = f"{_CAPTIONS[0]} {escape(preview.stem)}{self._also_learned()}"

    def _also_learned(self) -> str:
        session = self.state.session
        known = session is not None and not session.split.validation
        return " (it learns from this one too)" if known else ""


_BAR_STYLES = {"paused": "warning", "finished": "success", "stopped": "success", "failed": "danger"}


def status_of(state: TrainerState) -> str:
    """Return in a line what goes on, or what has come of it.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> status_of(TrainerState(Dataset.sample()))
    ''
    """
    name = state.state
    return _WAITING[name] if name in _WAITING else _STATUS[name](state)


def _how_far(state: TrainerState) -> str:
    step = state.step
    return "Getting ready: the network is built" if step is None else _while_it_runs(state, step)


def _while_it_runs(state: TrainerState, step: Step) -> str:
    epoch = len(state.history.get("epoch", ())) + (step.fraction < 1)
    parts = [f"{step.fraction:.0%}", f"epoch {epoch}"]
    if state.state == "paused":
        parts[0] = f"Paused at {parts[0]}"
    elif 1 < step.seconds_left < math.inf:
        parts.append(f"about {spoken(step.seconds_left)} left")
    return " · ".join([*parts, f"loss {step.loss:.3f}", _memory_in_use()])


def _memory_in_use() -> str:
    of_gpu = used_gpu_memory()
    said = f"{used_memory() / 1e9:.1f} GB of main memory"
    return f"{said}, {of_gpu / 1e9:.1f} GB of the GPU's" if of_gpu else said


def _what_came_of(state: TrainerState) -> str:
    session, count = state.session, len(state.history.get("epoch", ()))
    if session is None or not count:
        return "Stopped before anything was learned"
    took = spoken(state.history["seconds"][-1])
    done = "Stopped" if state.state == "stopped" else "Done"
    iou = _kept_iou(state, session)
    score = "" if iou is None else f", with an overlap (IoU) of {iou:.3f}"
    return (
        f"{done} after {counted(count, 'epoch')} in {took}. "
        f"Kept is epoch {session.best.epoch}{score}{_folder_of(session)}"
    )


def _kept_iou(state: TrainerState, session: TrainingSession) -> float | None:
    # The last look may have been at more pictures than those after each epoch.
    if state.model is None:
        return session.best.iou
    return state.model.record.training["best_validation_iou"]


def _where_it_failed(state: TrainerState) -> str:
    session, count = state.session, len(state.history.get("epoch", ()))
    if session is None or not count:
        return "This training ended early"
    further = (
        f". Its best, {session.best.epoch}, can be trained further" if state.can_continue else ""
    )
    return (
        f"This training ended early, after {counted(count, 'epoch')}{further}{_folder_of(session)}"
    )


_STATUS: dict[str, Callable[[TrainerState], str]] = {
    "running": _how_far,
    "paused": _how_far,
    "stopped": _what_came_of,
    "finished": _what_came_of,
    "failed": _where_it_failed,
}


def name_of_run(folder: Path) -> str:
    """Return when a training began and what it trains, or its folder where that is not known.

    Examples
    --------
    >>> name_of_run(Path("runs/first"))
    'first'
    """
    try:
        run = Run.read(folder)
    except ModelError:
        return folder.name
    return f"{run.date:%d %B %Y, %H:%M}: {run.record.plan.network}"


def _folder_of(session: TrainingSession) -> str:
    return "" if session.out is None else f" · in {session.out}"


def spoken(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> [spoken(s) for s in (0.4, 75, 600, 8000)]
    ['1 s', '1 min 15 s', '10 min', '2 h 13 min']
    """
    whole = max(1, round(seconds))
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    rest = f" {whole % 60} s" if whole % 60 and minutes < 10 else ""
    return f"{minutes} min{rest}" if minutes else f"{whole} s"


def _as_list(sentences: list[str]) -> str:
    rows = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul role="log">{rows}</ul>' if rows else ""
