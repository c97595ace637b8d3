"""How well the model's masks agree with those that were drawn."""

from html import escape

from ipywidgets import HTML, Box, Dropdown, FloatSlider, Image, Output, VBox
from traitlets import Bunch

from notebook_seg.inspection.metrics import Scores
from notebook_seg.inspection.overlays import ERROR_COLORS, ERROR_NAMES
from notebook_seg.inspection.score_charts import (
    calibration_chart,
    confusion_chart,
    threshold_chart,
)
from notebook_seg.inspection.thresholds import ThresholdPoint, ThresholdScores
from notebook_seg.widgets.inspector_state import InspectorState
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row
from notebook_seg.workflow.survey import Survey

__all__ = ["OverlapView"]

_DEFAULT = 0.5
_NO_MASK = "Nothing is drawn in this picture, so there is nothing to compare the prediction with."


class OverlapView(VBox):
    """Scores of the picture, of all pictures, and of every threshold.

    Parameters
    ----------
    state : InspectorState
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    scores : HTML
        Of the picture.
    label : Dropdown
        The class whose threshold is tried out.
    threshold : FloatSlider
    live : HTML
        The scores at the threshold.
    look : Button
        Goes through all pictures.
    table : Output
        Every score of every picture, worst first.
    """

    def __init__(self, state: InspectorState, guard: Guard) -> None:
        self.state = state
        self.scores, self.live, self.reliability = HTML(), HTML(), HTML()
        self.label = Dropdown(
            options=[(name, i) for i, name in enumerate(state.class_names) if i],
            description="Class",
        )
        self.threshold = FloatSlider(
            value=_DEFAULT, min=0, max=1, step=1 / 64, readout_format=".2f", description="From"
        )
        self.threshold.tooltip = "The probability from which on a pixel is taken for the class"
        self.back = icon_button(
            "Most probable class",
            "undo",
            "Take for each pixel the most probable class, as the model does",
            guard(lambda: state.choose_threshold(None)),
        )
        self.look = icon_button(
            "Score all pictures",
            "play",
            "Let the model look at every picture of the dataset",
            guard(state.look_through, clears=True),
        )
        self.table = Output()
        self.table.add_class("nbs-table")
        self.charts = {name: Image(format="png") for name in ("thresholds", "confusion", "trust")}
        self._reading = False
        self._drawn: ThresholdScores | None = None
        self.label.observe(guard(self._take), "value")
        self.threshold.observe(guard(self._take), "value")
        super().__init__([self.scores, self._thresholds(), row(self.look), *self._of_all()])
        self.add_class("nbs-overlap-view")
        self._show_survey()
        self._draw_thresholds()

    def show(self, news: str) -> None:
        """Bring up to date what a change of the state touches."""
        if news in ("picture", "prediction", "view"):
            self.scores.value = _of_picture(self.state.scores, self.state.picture.mask is None)
        if news in ("picture", "prediction", "view", "threshold", "survey"):
            self._show_threshold()
        if news == "survey":
            self._show_survey()

    def _thresholds(self) -> Box:
        return row(self.label, self.threshold, self.back, self.live)

    def _of_all(self) -> list[VBox | Box]:
        for chart in self.charts.values():
            chart.add_class("nbs-chart")
        return [VBox([self.table]), self.reliability, row(*self.charts.values())]

    def _take(self, change: Bunch) -> None:
        if not self._reading:
            self.state.choose_threshold(self.threshold.value, self.label.value)

    def _show_threshold(self) -> None:
        state = self.state
        self._reading = True
        if state.label:
            self.label.value = state.label
        self.threshold.value = _DEFAULT if state.threshold is None else state.threshold
        self._reading = False
        self.back.disabled = state.threshold is None
        self.live.value = self._scores_at(self.threshold.value) if state.label else ""
        self._draw_thresholds()

    def _scores_at(self, threshold: float) -> str:
        survey = self.state.survey
        shown = [("this picture", self.state.thresholds)]
        if survey is not None:
            shown.append((survey.evidence.judged_on, survey.thresholds.get(self.state.label)))
        return "<br>".join(
            f"{name}: {_at(scores.at(threshold))}{_best(scores)}"
            for name, scores in shown
            if scores is not None
        )

    def _draw_thresholds(self) -> None:
        survey, label = self.state.survey, self.state.label
        scores = None if survey is None else survey.thresholds.get(label)
        chart = self.charts["thresholds"]
        can = scores is not None and bool(scores.of_class.any())
        chart.layout.display = None if can else "none"
        # Drawing takes longer than a slider moves: the chart is of many pictures, and stays.
        if can and scores is not None and self._drawn is not scores:
            chart.value = threshold_chart(scores)._repr_png_()
            self._drawn = scores

    def _show_survey(self) -> None:
        survey = self.state.survey
        known = survey is not None and bool(survey.evidence.labelled)
        for part in (self.table, self.reliability, self.charts["confusion"], self.charts["trust"]):
            part.layout.display = None if known else "none"
        count = len(self.state.dataset)
        text = "Score all pictures" if survey is None else "Score all pictures anew"
        self.look.description = f"{text} ({count})"
        if survey is not None and known:
            self._show_scores(survey)

    def _show_scores(self, survey: Survey) -> None:
        table = survey.table
        data = {"text/html": table._repr_html_(), "text/plain": repr(table)}
        # In an output the script that sorts the table runs; in an HTML widget none does.
        self.table.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)
        judgement = survey.evidence.judgement or survey.evaluation
        self.charts["confusion"].value = confusion_chart(judgement.overall)._repr_png_()
        part = "" if survey.done == 1 else f" Stopped after {survey.done:.0%} of the pictures."
        said = [survey.evidence.summary + part]
        if survey.reliability is not None and survey.reliability.pixels.any():
            said.append(survey.reliability.summary)
            self.charts["trust"].value = calibration_chart(survey.reliability)._repr_png_()
        self.reliability.value = "".join(f"<p>{escape(text)}</p>" for text in said)


def _of_picture(scores: Scores | None, is_unlabelled: bool) -> str:
    if scores is None:
        return _NO_MASK if is_unlabelled else ""
    cells = "".join(
        f"<tr><td>{escape(name)}</td>"
        + "".join(f"<td>{_number(values[i])}</td>" for values in _columns(scores))
        + "</tr>"
        for i, name in enumerate(scores.class_names)
        if i
    )
    heads = "".join(f"<th>{name}</th>" for name in ("class", "IoU", "Dice", "recall", "precision"))
    return f"<table><tr>{heads}</tr>{cells}</table>{_key()}"


def _columns(scores: Scores) -> tuple:
    return scores.iou, scores.dice, scores.recall, scores.precision


def _key() -> str:
    swatches = (
        f'<span class="nbs-swatch" style="background:{ERROR_COLORS[error]}"></span>{name}'
        for error, name in ERROR_NAMES.items()
    )
    return f'<span class="nbs-key">{" ".join(swatches)}</span>'


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _at(point: ThresholdPoint) -> str:
    return (
        f"Dice {_number(point.dice)}, IoU {_number(point.iou)}, "
        f"recall {_number(point.recall)}, precision {_number(point.precision)}"
    )


def _best(scores: ThresholdScores) -> str:
    if not scores.of_class.any():
        return ""
    best = scores.best("dice")
    return f"; best from {best.threshold:.2f} (Dice {best.dice:.3f})"
