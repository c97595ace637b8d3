"""Why the model says a class: which method, where, and what it found."""

from html import escape

from ipywidgets import HTML, Box, Dropdown, Image, ToggleButtons, VBox
from traitlets import Bunch

from notebook_seg.data.overlays import as_jpeg, reduced_image
from notebook_seg.inspection.explain import METHODS_AT_A_LAYER
from notebook_seg.inspection.explain_figures import faithfulness_curves
from notebook_seg.inspection.heat import METHOD_NAMES, Faithfulness, Heatmap
from notebook_seg.widgets.inspector_state import WHERE, InspectorState
from notebook_seg.widgets.look_canvas import LookCanvas
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row

__all__ = ["WhyView"]

_SAYS = {
    "scores": "How probable the class is at each pixel: what is to be explained, not yet why.",
    "grad_cam": "Which parts of a layer speak for the class, on average over each channel. Fast.",
    "hires_cam": "What each place of a layer adds to the class, exactly. Fast; begin here.",
    "score_cam": "Shows the network only what a channel looks at, channel by channel. Slow.",
    "occlusion": "Hides one part of the picture after the other. Slow, and needs no theory.",
}
_PLACES = {
    "predicted": "wherever it is predicted",
    "region": "in a region: draw around it",
    "pixel": "at a pixel: click on it",
}
_SUITS = "the one that suits"
_PATCH = 260


_Choice = tuple[int, str, str | None, str]
"""Class, method, layer and place that are asked about."""


class WhyView(VBox):
    """Asks why, by fields and on the canvas, and says what was found.

    Parameters
    ----------
    state : InspectorState
    canvas : LookCanvas
        On which regions are drawn and pixels clicked.
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    method, label, layer : Dropdown
    where : ToggleButtons
    sentence : HTML
        What was asked, and what is to be said of heat at the border.
    patch : Image
        The patch that mattered most.
    test : Button
        Tests the map.
    curves : Image
        What came of it.
    """

    def __init__(self, state: InspectorState, canvas: LookCanvas, guard: Guard) -> None:
        self.state, self._canvas = state, canvas
        names = enumerate(state.class_names)
        self.label = Dropdown(
            options=[(name, i) for i, name in names], value=state.label, description="Why is it"
        )
        self.where = ToggleButtons(options=[(_PLACES[name], name) for name in WHERE])
        self.method = Dropdown(
            options=[(text, name) for name, text in METHOD_NAMES.items()],
            value=state.method,
            description="Method",
        )
        layers = [(_SUITS, ""), *((stage.layer, stage.layer) for stage in state.stages)]
        self.layer = Dropdown(options=layers, value="", description="Layer")
        self.sentence, self.about, self.caption = HTML(), HTML(), HTML()
        self.patch = Image(format="jpeg")
        self.patch.add_class("nbs-patch")
        self.test = icon_button(
            "Is this map to be trusted?",
            "check",
            "Hide what is hot step by step: the class should go at once, and come back first",
            guard(state.extras.test_heat, clears=True),
        )
        self.curves = Image(format="png")
        self.curves.add_class("nbs-chart")
        for field in (self.label, self.method, self.layer):
            field.observe(guard(self._ask, clears=True), "value")
        self.where.observe(guard(self._take_place, clears=True), "value")
        super().__init__([self._questions(), self._answer()])
        self.add_class("nbs-why-view")
        self._drawn: Faithfulness | None = None
        self._chosen = self._choice_of_state()
        self._show_choice(keep_place=False)

    def show(self, news: str) -> None:
        """Bring up to date what a change of the state touches."""
        state = self.state
        if news in ("choice", "picture", "view", "threshold"):
            chosen = self._choice_of_state()
            # What a person changes meanwhile, and the state has not heard of yet, stays.
            if chosen != self._chosen:
                self._chosen = chosen
                self._show_choice(keep_place=news == "view")
        self._answer_with(state.heat)

    def _choice_of_state(self) -> _Choice:
        state = self.state
        return state.label, state.method, state.explained_layer, state.where

    def _show_choice(self, keep_place: bool) -> None:
        state = self.state
        self._reading = True
        self.label.value, self.method.value = state.label, state.method
        self.layer.value = state.explained_layer or ""
        if not keep_place:
            self.where.value = state.where
        self._reading = False
        self._show_method()

    def _show_method(self) -> None:
        self.layer.disabled = self.method.value not in METHODS_AT_A_LAYER
        self.about.value = _SAYS[self.method.value]

    def _questions(self) -> Box:
        return VBox([row(self.label, self.where), row(self.method, self.layer, self.about)])

    def _answer(self) -> Box:
        patch = VBox([self.caption, self.patch])
        answer = row(patch, VBox([self.sentence, self.test]), self.curves)
        answer.add_class("nbs-answer")
        return answer

    def _answer_with(self, heat: Heatmap | None) -> None:
        self._show_test(heat)
        if heat is None:
            self.sentence.value, self.caption.value = "", ""
            self.patch.layout.display = "none"
            return
        has_patch = heat.method != "scores" and bool(heat.values.any())
        self.patch.layout.display = None if has_patch else "none"
        if has_patch:
            patch = heat.patch(self.state.picture.image)
            self.patch.value = as_jpeg(reduced_image(patch, _PATCH))
        self.caption.value = "What mattered most" if has_patch else ""
        self.sentence.value = _told(heat)

    def _show_test(self, heat: Heatmap | None) -> None:
        curves = self.state.extras.faithfulness
        is_testable = heat is not None and heat.method != "scores" and bool(heat.values.any())
        self.test.layout.display = None if is_testable and curves is None else "none"
        self.curves.layout.display = None if curves is not None else "none"
        if curves is not None and curves is not self._drawn:
            self._drawn = curves
            self.curves.value = faithfulness_curves(curves)._repr_png_()

    def _ask(self, change: Bunch) -> None:
        if self._reading:
            return
        method, label, layer = self.method.value, self.label.value, self.layer.value or None
        # Noted first: what the fields show already is not written into them again, since a
        # person may be changing the next one.
        self._chosen = (label, method, layer, self.state.where)
        self._show_method()
        self.state.ask(method, label, layer=layer)

    def _take_place(self, change: Bunch) -> None:
        self._canvas.tool = "lasso" if change.new == "region" else "click"
        if self._reading or change.new == self.state.where:
            return
        needed = {"region": self.state.region, "pixel": self.state.place}
        # What is yet to be drawn or clicked is asked about then.
        if needed.get(change.new, True) is not None:
            self.state.ask(where=change.new)


def _told(heat: Heatmap) -> str:
    shown = (
        "The network saw all of the photograph."
        if heat.window.is_whole
        else "The photograph is large: the network was shown the part that is not darkened."
    )
    cold = "" if heat.values.any() else "Nothing that was looked at speaks for this class there."
    sentences = [f"<b>{escape(heat.sentence)}.</b>", cold, escape(heat.border_sentence), shown]
    if heat.method == "scores":
        sentences = [f"<b>{escape(heat.sentence)}.</b>", shown]
    return "".join(f"<p>{text}</p>" for text in sentences if text)
