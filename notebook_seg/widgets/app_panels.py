"""What is to be seen in each stage of the app, built when it is first opened."""

from collections.abc import Callable
from typing import Any

from ipywidgets import Widget

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError
from notebook_seg.widgets.app_models import FoundModel
from notebook_seg.widgets.app_pictures import PicturesPanel
from notebook_seg.widgets.app_state import AppState
from notebook_seg.widgets.labeller import Labeller
from notebook_seg.widgets.messages import Guard

__all__ = ["is_busy", "make_panel", "must_stay", "what_it_shows"]


def what_it_shows(stage: str, state: AppState) -> object:
    """Return what a panel was built for: with anything else, it has to be built anew."""
    data = state.dataset
    if data is None:
        return None
    shown: dict[str, tuple[object, ...]] = {
        "label": (data.stems, data.classes, _adviser(state)),
        "train": (data.labelled, data.classes),
        "inspect": (data.stems, data.classes, state.model),
    }
    return shown.get(stage)


def is_busy(panel: Widget) -> bool:
    """Return whether something goes on in a panel that ends with it."""
    of_panel = panel if hasattr(panel, "is_busy") else getattr(panel, "state", None)
    return bool(getattr(of_panel, "is_busy", False))


def must_stay(stage: str, panel: Widget, state: AppState, entered: bool) -> bool:
    """Return whether a panel is left as it is, although it shows what is no longer so.

    Parameters
    ----------
    stage : str
    panel : Widget
        What is to be seen in it.
    state : AppState
    entered : bool
        Whether the stage is entered right now; otherwise somebody may be at work in it.
    """
    if stage in ("label", "train") and not entered:
        return True
    return is_busy(panel) or (stage == "train" and _is_in_use(panel, _dataset(state)))


def _is_in_use(trainer: Any, data: Dataset) -> bool:
    """Return whether a trainer holds what a person has chosen or waits for."""
    training = trainer.state
    begun = training.session is not None or training.error is not None or training.choices.chosen
    # A network for other classes is of no use any more.
    return bool(begun) and training.dataset.classes == data.classes


def make_panel(stage: str, state: AppState, guard: Guard, old: Widget | None = None) -> Widget:
    """Return the panel of a stage.

    Parameters
    ----------
    stage : str
    state : AppState
    guard : Guard
        Wraps each callback.
    old : Widget, optional
        The one in whose place it comes: the picture that was open there is open again.

    Raises
    ------
    NotebookSegError
        If it cannot be built, as from a model that is damaged.
    """
    if isinstance(old, Labeller):
        return _labeller(state, start=old.session.stem)
    return _MAKERS[stage](state, guard)


def _adviser(state: AppState) -> FoundModel | None:
    """Return the model that proposes masks, if there is one that knows these classes."""
    model, data = state.model, state.dataset
    fits = model is not None and data is not None and model.class_names == data.class_names
    return model if fits else None


def _dataset(state: AppState) -> Dataset:
    if state.dataset is None:
        raise OptionError(f"{state.obstacle('label')} Received: {state.folder}")
    return state.dataset


def _pictures(state: AppState, guard: Guard) -> Widget:
    return PicturesPanel(state, guard)


def _label(state: AppState, guard: Guard) -> Widget:
    return _labeller(state)


def _labeller(state: AppState, start: str | None = None) -> Labeller:
    model, data = _adviser(state), _dataset(state)
    start = start if start in data.stems else None
    return Labeller(data, start=start, model=None if model is None else model.folder)


def _train(state: AppState, guard: Guard) -> Widget:
    # Here and below: TensorFlow must not delay the page.
    from notebook_seg.widgets.trainer import Trainer

    return Trainer(_dataset(state))


def _inspect(state: AppState, guard: Guard) -> Widget:
    from notebook_seg.widgets.app_inspect import InspectPanel

    return InspectPanel(state, _dataset(state), guard)


def _predict(state: AppState, guard: Guard) -> Widget:
    from notebook_seg.widgets.app_predict import PredictPanel

    return PredictPanel(state, guard)


def _share(state: AppState, guard: Guard) -> Widget:
    from notebook_seg.widgets.app_share import SharePanel

    return SharePanel(state, guard)


_MAKERS: dict[str, Callable[[AppState, Guard], Widget]] = {
    "pictures": _pictures,
    "label": _label,
    "train": _train,
    "inspect": _inspect,
    "predict": _predict,
    "share": _share,
}
