"""All that the inspector does, without a widget: what is looked at, and what is found there."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from psygnal import Signal

from notebook_seg.data import Dataset
from notebook_seg.data.images import Where
from notebook_seg.data.overlays import resized_mask
from notebook_seg.errors import (
    ImageError,
    MaskError,
    NotebookSegError,
    OptionError,
    check_choice,
)
from notebook_seg.inspection.explain import (
    METHODS,
    METHODS_AT_A_LAYER,
    activations,
    heatmap,
)
from notebook_seg.inspection.explain.stages import layer_names, network_stages, telling_layer
from notebook_seg.inspection.explain.view import one_model
from notebook_seg.inspection.heat import Heatmap
from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.responses import Activations, Stage
from notebook_seg.inspection.surfaces import Spacing
from notebook_seg.inspection.thresholds import ThresholdScores
from notebook_seg.labelling.raster import as_points, polygon_region
from notebook_seg.prediction import Prediction, Predictor
from notebook_seg.widgets.background import Background, GoOn, Job, OvertakenError
from notebook_seg.widgets.inspector_extras import Extras
from notebook_seg.widgets.inspector_panes import (
    Mark,
    Pane,
    channel_pane,
    errors_pane,
    heat_marks,
    heat_pane,
    mask_pane,
    threshold_pane,
)
from notebook_seg.widgets.inspector_pictures import Pictures
from notebook_seg.workflow.shared import check_classes
from notebook_seg.workflow.survey import Survey, survey

__all__ = ["VIEWS", "WHERE", "InspectorState", "Picture"]

VIEWS = ("layers", "why", "overlap", "advice")
WHERE = ("predicted", "region", "pixel")
_KEPT_PANES = 6
_ADVISING = "Going through all pictures"

Place = tuple[int, int]
Told = Callable[[float], bool]


@dataclass(eq=False)
class Picture:
    """The picture that is looked at, and what was found out about it so far.

    Parameters
    ----------
    name : str
    image : ndarray of uint8, shape (H, W, 3)
    mask : ndarray of uint8, shape (H, W), or None
        What was drawn of it.
    """

    name: str
    image: np.ndarray
    mask: np.ndarray | None
    prediction: Prediction | None = None
    activations: Activations | None = None
    heat: Heatmap | None = None
    question: object = None
    panes: dict[object, Pane] = field(default_factory=dict)
    thresholds: dict[int, ThresholdScores] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.image.shape[0], self.image.shape[1]


@dataclass(frozen=True)
class _Question:
    """What a heatmap is asked for; two are the same if they come to the same map."""

    method: str
    label: int
    where: str
    asked: int
    layer: str | None


class InspectorState:
    """A model, a picture, and what of the two is looked at.

    Whatever is chosen is worked out in the background; `changed` tells when it is there. What was
    chosen last wins.

    Parameters
    ----------
    model : Model or Ensemble
        Of an ensemble, the first model is explained.
    dataset : Dataset
        Of the same classes.
    start : str, optional
        The picture to begin with; without it, the first.
    spacing : float or (float, float), optional
        Millimetres that a pixel measures, or its height and width.

    Attributes
    ----------
    pictures : Pictures
        What there is to look at.
    picture : Picture
        What is looked at.
    stages : tuple of Stage
        The network as its U.
    layers : tuple of str
        All layers that give a map.
    survey : Survey or None
        What is known of all pictures, once `look_through` was called.
    extras : Extras
        What is found out of the channel, the map and the network only when it is asked for.
    working : dict of str to float or None
        What goes on, and the share of it that is done, if that is known.
    error : Exception or None
        Why the last work failed.
    changed : psygnal.Signal
        Emitted with the name of what is new, one of ``picture``, ``prediction``, ``activations``,
        ``heat``, ``place``, ``view``, ``choice``, ``threshold``, ``survey``, ``pictures``,
        ``working`` and ``error``, or a name of the `Extras`, in the thread that has found it out.

    Raises
    ------
    DatasetError
        If there is no picture.
    OptionError
        If the classes of the dataset are not those of the model.
    """

    changed = Signal(str)

    def __init__(
        self,
        model: Predictor,
        dataset: Dataset,
        start: str | None = None,
        spacing: Spacing | None = None,
    ) -> None:
        check_classes(model, dataset)
        self.model, self.dataset, self.spacing = model, dataset, spacing
        network = one_model(model).network
        self.stages: tuple[Stage, ...] = network_stages(network)
        self.layers = layer_names(network)
        self.pictures = Pictures(dataset)
        self.place: Place | None = None
        self.region: np.ndarray | None = None
        self.view = VIEWS[0]
        self.layer = telling_layer(self.stages)
        self.channel: int | None = None
        self.method, self.label, self.where = "hires_cam", min(1, len(model.class_names) - 1), ""
        self.explained_layer: str | None = None
        self.threshold: float | None = None
        self.survey: Survey | None = None
        self.extras = Extras(self)
        self.working: dict[str, float | None] = {}
        self.error: Exception | None = None
        self._background, self._survey_background = Background(), Background()
        self._stopping: set[Background] = set()
        self._asked, self._longer = 0, ""
        self._open(start if start is not None else _first(self.pictures))

    # ---------------------------------------------------------------- what is looked at

    def open(self, name: str) -> None:
        """Look at another picture.

        Raises
        ------
        OptionError
            If there is none of that name.
        ImageError, MaskError
            If it, or its mask, cannot be read.
        """
        self._open(name)
        self.changed.emit("picture")
        self.update()

    def step(self, by: int) -> None:
        """Look at the picture so many further on, around the end; past those that do not open.

        Raises
        ------
        ImageError, MaskError
            If one was passed, after another one was opened.
        """
        names = self.pictures.names
        here = names.index(self.picture.name)
        passed: list[NotebookSegError] = []
        for steps in range(1, len(names) + 1):
            try:
                self.open(names[(here + steps * by) % len(names)])
                break
            except (ImageError, MaskError) as error:
                passed.append(error)
        if passed:
            raise passed[0]

    def add(self, where: Where) -> None:
        """Add photographs, and look at the first of them.

        Raises
        ------
        ImageError
            If there is none.
        """
        first, *_ = self.pictures.add(where)
        self.changed.emit("pictures")
        self.open(first)

    def add_upload(self, name: str, content: bytes) -> None:
        """Add a photograph that came as the content of a file, and look at it.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        added = self.pictures.add_upload(name, content)
        self.changed.emit("pictures")
        self.open(added)

    def choose_view(self, view: str) -> None:
        """Show one of `VIEWS`."""
        self.view = check_choice("view", view, VIEWS)
        self.changed.emit("view")
        self.update()

    def choose_layer(self, layer: str) -> None:
        """Look at the channels of another layer.

        Raises
        ------
        OptionError
            If no layer of that name gives a map.
        """
        self.layer = check_choice("layer", layer, self.layers)
        self.channel = None
        self.changed.emit("choice")
        self.update()

    def choose_channel(self, channel: int) -> None:
        """Lay a channel over the photograph.

        Raises
        ------
        OptionError
            If the layer has no such channel.
        """
        found = self.activations
        if found is not None:
            found.channel(channel)
        self.channel = channel
        self.changed.emit("choice")

    def ask(
        self,
        method: str | None = None,
        label: int | None = None,
        where: str | None = None,
        layer: str | None = "",
    ) -> None:
        """Ask why; what is not given stays as it was.

        Parameters
        ----------
        method : str, optional
            One of `notebook_seg.inspection.explain.METHODS`.
        label : int, optional
            Index of the class.
        where : str, optional
            One of `WHERE`: where the class is predicted, in the region that was drawn, or at the
            pixel that was clicked.
        layer : str or None, optional
            The layer to look at; None for the one that suits.

        Raises
        ------
        OptionError
            If a choice is not understood, or nothing was drawn or clicked yet.
        """
        chosen = check_choice("place", self.where if where is None else where, WHERE)
        self._check_place(chosen)
        self.method = check_choice("method", method or self.method, METHODS)
        self.label = self.label if label is None else self._known(label)
        self.explained_layer = self.explained_layer if layer == "" else layer
        self.where = chosen
        self.changed.emit("choice")
        self.update()

    def draw(self, vertices: np.ndarray) -> None:
        """Ask about the region within a line.

        Parameters
        ----------
        vertices : ndarray of float, shape (n, 2)
            x and y in pixels of the photograph.

        Raises
        ------
        OptionError
            If there is no pixel in it.
        """
        found = polygon_region(as_points(vertices), self.picture.shape)
        if found is None:
            raise OptionError("The line goes around no pixel: draw a larger one. Received: no area")
        self.region = np.zeros(self.picture.shape, bool)
        self.region[found.box.slices] = found.inside
        self._asked += 1
        self.ask(where="region")

    def point(self, row: int, column: int) -> None:
        """Look at a pixel; if *Why* is looked at, ask about it.

        Raises
        ------
        OptionError
            If it lies outside the photograph.
        """
        height, width = self.picture.shape
        if not (0 <= row < height and 0 <= column < width):
            raise OptionError(
                f"The pixel lies outside the photograph of {height} x {width} pixels. "
                f"Received: row {row}, column {column}"
            )
        self.place = (row, column)
        self._asked += 1
        self.changed.emit("place")
        if self.view == "why":
            self.ask(where="pixel")

    def choose_threshold(self, threshold: float | None, label: int | None = None) -> None:
        """Take a class for present from a probability on; None takes the most probable class.

        Raises
        ------
        OptionError
            If the threshold is not between 0 and 1, or there is no such class.
        """
        if threshold is not None and not 0 <= threshold <= 1:
            raise OptionError(f"A threshold is a probability, 0 to 1. Received: {threshold}")
        self.label = self.label if label is None else self._known(label)
        self.threshold = threshold
        self.changed.emit("threshold")

    # ---------------------------------------------------------------- what is found there

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of the model, background first."""
        return self.model.class_names

    @property
    def activations(self) -> Activations | None:
        """What the channels of the layer say of the picture, once that is known."""
        found = self.picture.activations
        return found if found is not None and found.layer == self.layer else None

    @property
    def shown_channel(self) -> int | None:
        """The channel that is laid over the photograph: the chosen one, or what responds most."""
        if self.channel is not None or self.activations is None:
            return self.channel
        return int(self.activations.order[0])

    @property
    def heat(self) -> Heatmap | None:
        """The answer to what was asked last, once it is known."""
        picture = self.picture
        return picture.heat if picture.question == self._question else None

    @property
    def scores(self) -> Scores | None:
        """How the prediction of the picture compares with its mask, where there are both."""
        picture = self.picture
        if picture.mask is None or picture.prediction is None:
            return None
        return Scores.from_masks(picture.mask, picture.prediction.labels, self.class_names)

    @property
    def thresholds(self) -> ThresholdScores | None:
        """The scores of the class in the picture at every threshold, where it has a mask."""
        picture, label = self.picture, self.label
        found = picture.prediction
        if picture.mask is None or found is None:
            return None
        # Once a class: whoever moves the slider asks for it at every move.
        if label not in picture.thresholds:
            working = found.working_probabilities
            truth = resized_mask(picture.mask, (working.shape[0], working.shape[1]))
            scores = ThresholdScores.from_probability(working[..., label], truth, label)
            picture.thresholds[label] = scores
        return picture.thresholds[label]

    @property
    def said_of_place(self) -> str:
        """What is known of the pixel that was clicked, in words."""
        if self.place is None:
            return ""
        row, column = self.place
        parts = [f"Row {row}, column {column}"]
        picture = self.picture
        if picture.prediction is not None:
            working = picture.prediction.working_probabilities
            height, width = picture.shape
            at = working[row * working.shape[0] // height, column * working.shape[1] // width]
            best = int(picture.prediction.labels[row, column])
            parts.append(f"the model says {self.class_names[best]} ({at[best]:.0%})")
        if picture.mask is not None:
            drawn = int(picture.mask[row, column])
            known = drawn < len(self.class_names)
            parts.append(f"your mask says {self.class_names[drawn] if known else 'unlabelled'}")
        return ": ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0]

    @property
    def panes(self) -> tuple[Pane, ...]:
        """What the view shows side by side."""
        photograph = Pane("Photograph", self.picture.image)
        if self.view == "layers":
            return (photograph, *self._layer_panes())
        if self.view == "why":
            return (photograph, *self._heat_panes())
        return tuple(self._overlap_panes())

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The lines over what the view shows."""
        heat = self.heat
        return heat_marks(heat) if self.view == "why" and heat is not None else ()

    # ---------------------------------------------------------------- work

    def update(self) -> None:
        """Work out in the background what the view shows."""
        self._start(self._background, self._work)

    def look_through(self) -> None:
        """Let the model look at every picture of the dataset, for scores and advice."""
        self.run(_ADVISING, self._look_through, "survey")

    def run(self, what: str, work: Callable[[Told], None], news: str) -> None:
        """Do longer work in the background, and tell the news.

        Parameters
        ----------
        what : str
            What goes on, in words.
        work : callable
            Called with a function that takes the share done and returns whether to go on.
        news : str
            What `changed` is emitted with at the end.

        Raises
        ------
        OptionError
            If other longer work is not done yet: none is to be lost because of another.
        """
        if self._longer:
            raise OptionError(
                f"One thing at a time: wait until this is done, or press Stop. "
                f"Received: {what}, during: {self._longer}"
            )
        self._longer = what

        def job(go_on: GoOn) -> None:
            try:
                with _Working(self, what) as tell:
                    work(self._told(tell, go_on, self._survey_background))
            finally:
                self._longer = ""
            self.changed.emit(news)

        self._start(self._survey_background, job)

    def stop(self) -> None:
        """End what goes on, and keep what was done."""
        self._stopping |= {self._background, self._survey_background}

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; return False if the time was over before."""
        return self._background.wait(timeout) and self._survey_background.wait(timeout)

    def close(self) -> None:
        """End what goes on."""
        self.stop()
        self._background.stop()
        self._survey_background.stop()

    def _open(self, name: str) -> None:
        self.picture = Picture(name, self.pictures.image(name), self.pictures.mask(name))
        self.place, self.region = None, None
        self.where = WHERE[0]

    def _known(self, label: int) -> int:
        if not 0 <= label < len(self.class_names):
            raise OptionError(
                f"The classes are 0 to {len(self.class_names) - 1}. Received: {label}"
            )
        return label

    def _check_place(self, where: str) -> None:
        needed = {"region": (self.region, "draw around it"), "pixel": (self.place, "click on it")}
        found, advice = needed.get(where, (True, ""))
        if found is None:
            raise OptionError(
                f"There is no {where} yet: {advice} in the photograph. Received: none"
            )

    @property
    def _question(self) -> _Question:
        asked = 0 if self.where == WHERE[0] else self._asked
        return _Question(self.method, self.label, self.where, asked, self.explained_layer)

    def _start(self, background: Background, job: Job) -> None:
        def work(go_on: GoOn) -> None:
            try:
                job(go_on)
            except OvertakenError:
                raise
            except Exception as error:  # noqa: BLE001 - the user must see any fault
                self.error = error
                self.changed.emit("error")

        self.error = None
        self._stopping.discard(background)
        background.start(work)

    def _work(self, go_on: GoOn) -> None:
        picture = self.picture
        self._predict(picture)
        go_on()
        if self.view == "layers":
            self._respond(picture)
        elif self.view == "why":
            self._explain(picture, go_on)

    def _predict(self, picture: Picture) -> None:
        if picture.prediction is None:
            with _Working(self, f"Predicting {picture.name}"):
                prediction = self.model.predict(picture.image)
                prediction.labels  # noqa: B018 - worked out here rather than where it is shown
                picture.prediction = prediction
            self.changed.emit("prediction")

    def _respond(self, picture: Picture) -> None:
        layer = self.layer
        if picture.activations is None or picture.activations.layer != layer:
            with _Working(self, f"Looking at {layer}"):
                picture.activations = activations(self.model, picture.image, layer)
            self.changed.emit("activations")

    def _explain(self, picture: Picture, go_on: GoOn) -> None:
        question = self._question
        where = self.region if question.where == "region" else None
        place = self.place if question.where == "pixel" else None
        layer = question.layer if question.method in METHODS_AT_A_LAYER else None
        if picture.question == question and picture.heat is not None:
            return
        with _Working(self, "Asking why") as tell:
            heat = heatmap(
                self.model,
                picture.image,
                question.label,
                question.method,
                where if place is None else place,
                layer,
                progress=self._told(tell, go_on, self._background),
            )
        picture.heat, picture.question = heat, question
        self.changed.emit("heat")

    def _told(self, tell: Callable[[float], None], go_on: GoOn, background: Background) -> Told:
        def progress(done: float) -> bool:
            go_on()
            tell(done)
            return background not in self._stopping

        return progress

    def _look_through(self, told: Told) -> None:
        self.survey = survey(self.model, self.dataset, told, self.spacing)

    # ---------------------------------------------------------------- what is shown of it

    def _layer_panes(self) -> list[Pane]:
        found, channel = self.activations, self.shown_channel
        if found is None or channel is None:
            return []
        image = self.picture.image
        return [self._kept((found.layer, channel), lambda: channel_pane(image, found, channel))]

    def _heat_panes(self) -> list[Pane]:
        heat, picture = self.heat, self.picture
        if heat is None:
            return []
        return [self._kept(picture.question, lambda: heat_pane(picture.image, heat))]

    def _overlap_panes(self) -> list[Pane]:
        picture = self.picture
        image, truth, found = picture.image, picture.mask, picture.prediction
        colors = self.model.colors
        panes = []
        if truth is None:
            panes.append(Pane("Photograph", image))
        else:
            panes.append(self._kept("mask", lambda: mask_pane(image, truth, colors, "Your mask")))
        if found is not None:
            panes.append(
                self._kept("found", lambda: mask_pane(image, found.labels, colors, "Prediction"))
            )
            panes += self._error_panes(found)
        return panes

    def _error_panes(self, found: Prediction) -> list[Pane]:
        image, truth, label, threshold = (
            self.picture.image,
            self.picture.mask,
            self.label,
            self.threshold,
        )
        if threshold is not None:
            likely = found.working_probabilities[..., label]
            return [
                self._kept(
                    (label, threshold),
                    lambda: threshold_pane(image, truth, likely, label, threshold),
                )
            ]
        if truth is None:
            return []
        return [self._kept("errors", lambda: errors_pane(image, truth, found.labels))]

    def _kept(self, key: object, make: Callable[[], Pane]) -> Pane:
        """Return a pane that was made before, or make it; what was not shown for long goes."""
        panes = self.picture.panes
        pane = panes.pop(key, None) or make()
        panes[key] = pane
        while len(panes) > _KEPT_PANES:
            del panes[next(iter(panes))]
        return pane


class _Working:
    """Tells in a state what goes on for the time of a ``with`` statement, and how far it is."""

    def __init__(self, state: InspectorState, what: str) -> None:
        self._state, self._what = state, what

    def __enter__(self) -> Callable[[float], None]:
        self._show(None)
        return self._show

    def __exit__(self, *_: object) -> None:
        self._state.working = {
            what: done for what, done in self._state.working.items() if what != self._what
        }
        self._state.changed.emit("working")

    def _show(self, done: float | None) -> None:
        self._state.working = self._state.working | {self._what: done}
        self._state.changed.emit("working")


def _first(pictures: Pictures) -> str:
    names = pictures.names
    if not names:
        raise OptionError(
            "There is no picture to look at: put some into the dataset. Received: none"
        )
    return names[0]
