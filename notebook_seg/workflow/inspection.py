"""From a model and a dataset to what to do next."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from notebook_seg.data import Dataset
from notebook_seg.errors import ImageError, MaskError, NotebookSegError
from notebook_seg.inspection.advice import AdviceList
from notebook_seg.inspection.advice import advise as draw_conclusions
from notebook_seg.inspection.disagreement import sure_after
from notebook_seg.inspection.evidence import Evidence, PictureEvidence, Seen, picture_evidence
from notebook_seg.inspection.explain.weight_health import weight_health
from notebook_seg.interruption import stoppable
from notebook_seg.prediction import Ensemble, Model, Predictor
from notebook_seg.progress import progress_bar
from notebook_seg.training import ModelRecord
from notebook_seg.training.plan import YOUR_CHOICE
from notebook_seg.training.tiling import tile_edges
from notebook_seg.workflow.shared import check_classes, loaded

__all__ = ["Visit", "advise", "gather_evidence"]

Visit = Callable[[Seen, PictureEvidence], None]
"""Is called with each picture while its prediction is at hand."""


def advise(model: Predictor | str | Path, dataset: Dataset, progress: bool = True) -> AdviceList:
    """Say what to do next to get a better model, the most important first.

    The model looks at each picture once. What it says is compared with the masks, the learning
    curves, the sizes of what is drawn and the pictures with each other.

    Parameters
    ----------
    model : Model, Ensemble or path
        A path is that of a model's folder.
    dataset : Dataset
        The one that the model was trained on, as a rule; of the same classes in any case.
        Pictures without a mask are looked at too, for those that are worth labelling.
    progress : bool
        Whether to show a bar. Interrupting gives advice from the pictures looked at so far.

    Returns
    -------
    AdviceList
        Shown at the end of a cell it is a list of sentences, each with a call that acts on it;
        empty if nothing is wrong.

    Raises
    ------
    ModelError
        If the folder holds no model.
    OptionError
        If the classes of the dataset are not those of the model.
    ImageError, MaskError
        If not one of the pictures can be read; else the advice says which could not.
    """
    return draw_conclusions(gather_evidence(loaded(model), dataset, progress))


def gather_evidence(
    model: Predictor, dataset: Dataset, progress: bool = True, visit: Visit | None = None
) -> Evidence:
    """Let a model look at every picture of a dataset once, and note what there is to say.

    Parameters
    ----------
    model : Model or Ensemble
    dataset, progress
        As for `advise`.
    visit : callable, optional
        Called with each picture, its prediction and the evidence of it.

    Raises
    ------
    OptionError
        If the classes of the dataset are not those of the model.
    ImageError, MaskError
        If not one of the pictures can be read; else the advice says which could not.
    """
    check_classes(model, dataset)
    parts = {stem: part for part, stems in model.record.split.items() for stem in stems}
    pictures: list[PictureEvidence] = []
    unreadable: dict[str, NotebookSegError] = {}
    # An interruption is how a person says "enough": what was seen is enough to go on.
    with stoppable():
        for seen in _looks(model, dataset, progress, unreadable):
            edges = tile_edges(seen.probabilities.shape)
            part = parts.get(seen.stem, "new")
            found = picture_evidence(seen, part, model.class_names, edges)
            if visit is not None:
                visit(seen, found)
            pictures.append(found)
    if unreadable and not pictures:
        raise next(iter(unreadable.values()))
    return _evidence(model, dataset, pictures, unreadable)


def _looks(
    model: Predictor, dataset: Dataset, progress: bool, unreadable: dict[str, NotebookSegError]
) -> Iterator[Seen]:
    """Yield each picture with its prediction; why one cannot be read is added to `unreadable`."""
    with progress_bar(len(dataset), "Looking", "photo", progress) as bar:
        for stem in dataset.stems:
            try:
                yield _look(model, dataset, stem)
            except (ImageError, MaskError) as error:
                unreadable[stem] = error
            bar.update()


def _look(model: Predictor, dataset: Dataset, stem: str) -> Seen:
    image, mask = dataset.image(stem), dataset.mask(stem)
    said = model.predict(image)
    sure = sure_after(model.temperature, len(model.class_names))
    return Seen(stem, image, mask, said.labels, said.working_probabilities, sure)


def _evidence(
    model: Predictor,
    dataset: Dataset,
    pictures: list[PictureEvidence],
    unreadable: Mapping[str, NotebookSegError],
) -> Evidence:
    return Evidence(
        model.class_names,
        tuple(pictures),
        model.history if isinstance(model, Model) else {},
        _training_again(model.record),
        dataset.groups,
        _broken_layers(model),
        _cross_validated(model),
        {stem: str(error) for stem, error in unreadable.items()},
    )


def _training_again(record: ModelRecord) -> dict[str, Any]:
    """Return the plan and the test part, with a reason for all that no planner would decide."""
    plan = record.plan
    usual = {field.name: field.default for field in fields(plan) if field.name != "reasons"}
    own = [name for name, value in usual.items() if getattr(plan, name) != value]
    told = plan.to_json() | {"reasons": dict.fromkeys(own, YOUR_CHOICE) | dict(plan.reasons)}
    test, learned = (
        len(tuple(chain.from_iterable(record.split.get(part, ()) for part in parts)))
        for parts in (("test",), ("train", "validation"))
    )
    if test:
        told["test"] = round(test / (test + learned), 2)
        told["reasons"]["test"] = YOUR_CHOICE
    return told


def _cross_validated(model: Predictor) -> frozenset[str]:
    """Return what was held back from a model of an ensemble, neither learned from nor chosen by."""
    if not isinstance(model, Ensemble):
        return frozenset()
    splits = (member.record.split for member in model.models)
    return frozenset(chain.from_iterable(split.get("test", ()) for split in splits))


def _broken_layers(model: Predictor) -> tuple[str, ...]:
    if not isinstance(model, Model):
        return ()
    return tuple(dict.fromkeys(h.name for h in weight_health(model.network) if h.is_broken))
