"""Everything that there is to say of a model, written to a folder: report, sheet, tables, pictures.

The model looks at each picture once. What takes long, outlines and heatmaps, comes after and can be
interrupted; the report is written from what was done until then.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from notebook_seg.data import Dataset, atomic_write, read_mask, write_mask
from notebook_seg.data.files import make_folder
from notebook_seg.errors import DatasetError
from notebook_seg.file_names import as_file_names
from notebook_seg.inspection.advice import AdviceList
from notebook_seg.inspection.advice import advise as draw_conclusions
from notebook_seg.inspection.charts import learning_curves
from notebook_seg.inspection.evaluation import Evaluation
from notebook_seg.inspection.evidence import PARTS, Evidence, PictureEvidence, Seen
from notebook_seg.inspection.explain import heatmap
from notebook_seg.inspection.explain.weight_health import draw_weight_health, weight_health
from notebook_seg.inspection.explain_figures import heat_overlay
from notebook_seg.inspection.instances import instance_rows
from notebook_seg.inspection.reliability import Reliability
from notebook_seg.inspection.report import (
    Section,
    WorstPictures,
    facts_html,
    figure_html,
    html_page,
)
from notebook_seg.inspection.rows import Row, save_rows
from notebook_seg.inspection.score_charts import calibration_chart, confusion_chart, score_grid
from notebook_seg.inspection.score_table import ScoreTable
from notebook_seg.inspection.sheet import Sheet, four_scores, open_sheet
from notebook_seg.inspection.surfaces import Spacing, surface_rows
from notebook_seg.interruption import stoppable
from notebook_seg.prediction import Ensemble, Model, Predictor
from notebook_seg.progress import progress_bar
from notebook_seg.workflow.inspection import gather_evidence
from notebook_seg.workflow.shared import (
    SumsByPart,
    check_classes,
    check_labelled,
    check_spacing,
    loaded,
    save_figure,
)

__all__ = ["Inspection", "write_inspection"]

_FIGURES, _MASKS = "figures", "masks"
_HEATMAP_WIDTH = 5.7  # inches: two of them share a row
_EXPLAINED = 3  # of the worst pictures, for each class that is drawn or found in them


@dataclass(frozen=True, eq=False)
class Inspection:
    """What an inspection came to.

    Parameters
    ----------
    advice : AdviceList
        What to do next, most important first.
    scores : Evaluation
        Of every labelled picture.
    evidence : Evidence
        What the advice is drawn from.
    report : Path
        The page that has everything.
    """

    advice: AdviceList
    scores: Evaluation
    evidence: Evidence
    report: Path


def write_inspection(
    model: Predictor | str | Path,
    dataset: Dataset,
    out: str | Path,
    *,
    limit: int = 12,
    spacing: Spacing | None = None,
    progress: bool = True,
) -> Inspection:
    """Write all that there is to say of a model to a folder.

    Parameters
    ----------
    model : Model, Ensemble or path
        A path is that of a model's folder.
    dataset : Dataset
        Of the same classes, some of it labelled.
    out : path
        The folder; it is made where it is absent. It gets ``report.html``, one page that has
        everything; ``sheet.pdf``, a page to print for every three pictures; ``scores.csv`` with
        every score of each picture and class; ``metrics.csv`` with four scores a picture;
        ``masks/<stem>.png``, what the model predicts; and ``figures/<name>.png``.
    limit : int
        How many pictures the report shows, the worst first; 0 shows none.
    spacing : float or (float, float), optional
        Millimetres that a pixel measures, or its height and width; distances are in pixels if it
        is not given.
    progress : bool
        Whether to show bars. Interrupting ends the step under way and goes on to the next.

    Returns
    -------
    Inspection

    Raises
    ------
    DatasetError
        If no picture is labelled, or it is interrupted before one was looked at.
    ImageError, MaskError
        If not one of the pictures can be read; else the advice says which could not.
    ModelError
        If the folder holds no model.
    OptionError
        If the classes of the dataset are not those of the model, the limit is below 0 or the
        spacing is not positive.
    SaveError
        If the folder cannot be written.
    """
    check_labelled(dataset)
    model = loaded(model)
    check_classes(model, dataset)
    check_spacing(spacing)
    worst = WorstPictures(model.class_names, model.colors, limit)
    folder = make_folder(Path(out).expanduser())
    make_folder(folder / _FIGURES)
    notes, evidence = _look(model, dataset, folder, worst, progress)
    scores = _needed(evidence, dataset)
    save_rows(folder / "metrics.csv", notes.rows)
    table = _score_table(evidence, scores, dataset, folder / _MASKS, spacing, progress)
    table.to_csv(folder / "scores.csv")
    findings = _findings(notes, dataset, evidence, scores, table, progress)
    return Inspection(findings.advice, scores, evidence, _write_report(findings, folder))


def _look(
    model: Predictor, dataset: Dataset, folder: Path, worst: WorstPictures, progress: bool
) -> tuple["_Notes", Evidence]:
    """Let the model look at each picture, and write what is written of each by itself."""
    with open_sheet(folder / "sheet.pdf", model.class_names, model.colors) as sheet:
        notes = _Notes(sheet, make_folder(folder / _MASKS), model, worst)
        return notes, gather_evidence(model, dataset, progress, notes.visit)


def _needed(evidence: Evidence, dataset: Dataset) -> Evaluation:
    """Return the scores of all labelled pictures, without which there is nothing to tell."""
    scores = evidence.evaluation(*PARTS)
    if scores is None:
        raise DatasetError(
            "No labelled picture could be read, or it was interrupted before: look at the files, "
            f"or start anew. Received: {len(evidence.pictures)} of {len(dataset)} pictures"
        )
    return scores


@dataclass(eq=False)
class _Notes:
    """What is kept of each picture while its prediction is at hand."""

    sheet: Sheet
    masks: Path
    model: Predictor
    worst: WorstPictures
    rows: list[Row] = field(default_factory=list)
    reliability: SumsByPart[Reliability] = field(default_factory=SumsByPart)

    def visit(self, seen: Seen, found: PictureEvidence) -> None:
        write_mask(self.masks / f"{seen.stem}.png", seen.labels, self.model.colors)
        if seen.mask is None or found.scores is None:
            return
        shown = seen.stem, seen.image, seen.mask, seen.labels, found.scores, found.part
        self.sheet.add(*shown)
        self.worst.add(*shown)
        named: Row = {"picture": seen.stem, "part": found.part}
        self.rows.append(named | four_scores(seen.stem, found.scores))
        if seen.are_numbers:
            own = Reliability.from_probabilities(seen.probabilities, seen.working_mask)
            self.reliability.add(found.part, own)


def _score_table(
    evidence: Evidence,
    scores: Evaluation,
    dataset: Dataset,
    masks: Path,
    spacing: Spacing | None,
    progress: bool,
) -> ScoreTable:
    def pairs(what: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        with progress_bar(len(scores), what, "photo", progress) as bar:
            for stem in scores.scores:
                yield stem, dataset.drawn_mask(stem), read_mask(masks / f"{stem}.png")
                bar.update()

    names, tables = evidence.class_names, [scores.rows(), evidence.part_rows()]
    measures: tuple[tuple[str, Callable[..., list[Row]]], ...] = (
        ("Outlines", lambda found: surface_rows(found, names, spacing)),
        ("Objects", lambda found: instance_rows(found, names)),
    )
    for what, measure in measures:
        with stoppable():
            tables.append(measure(pairs(what)))
    return ScoreTable(*tables)


def _figures(
    model: Predictor, evidence: Evidence, scores: Evaluation, reliability: Reliability | None
) -> dict[str, Figure]:
    drawn: dict[str, Figure] = {
        "scores": score_grid(scores),
        "confusion": confusion_chart((evidence.judgement or scores).overall),
    }
    if reliability is not None and reliability.pixels.sum():
        drawn["calibration"] = calibration_chart(reliability)
    if isinstance(model, Model):
        if model.history:
            kept = model.record.training.get("best_epoch")
            drawn["curves"] = learning_curves(model.history, kept)
        drawn["weights"] = draw_weight_health(weight_health(model.network))
    return drawn


def _explained(
    model: Predictor,
    dataset: Dataset,
    stems: tuple[str, ...],
    scores: Evaluation,
    progress: bool,
) -> dict[str, Figure]:
    wanted = [
        (stem, label)
        for stem in stems
        for label in np.flatnonzero(scores.scores[stem].pixels_predicted).tolist()
        if label
    ]
    drawn: dict[str, Figure] = {}
    with stoppable(), progress_bar(len(wanted), "Explaining", "map", progress) as bar:
        for stem, label in wanted:
            image = dataset.image(stem)
            heat = heatmap(model, image, label, progress=False)
            drawn[f"{model.class_names[label]} in {stem}"] = heat_overlay(image, heat)
            bar.update()
    return drawn


@dataclass(frozen=True, eq=False)
class _Findings:
    """What the report tells."""

    model: Predictor
    dataset: str
    evidence: Evidence
    advice: AdviceList
    table: ScoreTable
    worst: str
    drawn: dict[str, Figure]
    why: dict[str, Figure]


def _findings(
    notes: _Notes,
    dataset: Dataset,
    evidence: Evidence,
    scores: Evaluation,
    table: ScoreTable,
    progress: bool,
) -> _Findings:
    model, worst = notes.model, notes.worst
    reliability = notes.reliability.of(evidence.judged_parts)
    return _Findings(
        model=model,
        dataset=dataset.folder.name,
        evidence=evidence,
        advice=draw_conclusions(evidence),
        table=table,
        worst=worst.html,
        drawn=_figures(model, evidence, scores, reliability),
        why=_explained(model, dataset, worst.stems[:_EXPLAINED], scores, progress),
    )


def _write_report(findings: _Findings, folder: Path) -> Path:
    """Write the page, then each of its figures as a file, and return where the page is."""
    report = folder / "report.html"
    atomic_write(report, _page(findings).encode())
    figures = findings.drawn | {f"why {name}": figure for name, figure in findings.why.items()}
    for name, file_name in as_file_names(figures, "figure").items():
        save_figure(figures[name], folder / _FIGURES / f"{file_name}.png")
    return report


def _page(findings: _Findings) -> str:
    model, evidence, drawn = findings.model, findings.evidence, findings.drawn
    sections = [
        Section("What to do next", findings.advice._repr_html_()),
        Section("Pictures, worst first", findings.worst),
        Section("Scores of each picture", _drawn(drawn, "scores")),
        Section(f"Scores on {evidence.judged_on}", _drawn(drawn, "confusion", "calibration")),
        Section("Every score", findings.table._repr_html_()),
        Section(f"Why{_explained_of(model)}: what spoke for a class", _heatmaps(findings.why)),
        Section("Learning curves", _drawn(drawn, "curves")),
        Section("How it was trained", facts_html(_facts(model)) + model.record.plan._repr_html_()),
        Section("Weights", _drawn(drawn, "weights")),
    ]
    known = [section for section in sections if section.html]
    return html_page(f"{_title(model)}: {findings.dataset}", evidence.summary, known)


def _drawn(figures: dict[str, Figure], *names: str) -> str:
    return "".join(figure_html(figures[name]) for name in names if name in figures)


def _heatmaps(why: dict[str, Figure]) -> str:
    return "".join(figure_html(figure, name, _HEATMAP_WIDTH) for name, figure in why.items())


def _explained_of(model: Predictor) -> str:
    return f" (first of {len(model)} models)" if isinstance(model, Ensemble) else ""


def _title(model: Predictor) -> str:
    models = f"{len(model)} models, " if isinstance(model, Ensemble) else ""
    return f"{models}{model.record.plan.network}"


def _facts(model: Predictor) -> Iterator[tuple[str, str]]:
    record = model.record
    yield "classes", ", ".join(model.class_names[1:])
    for part, stems in record.split.items():
        yield f"{part} pictures", f"{len(stems)}: {', '.join(stems)}" if stems else "none"
    told = {"epochs": "epochs", "best_epoch": "best epoch", "device": "trained on"}
    for key, name in told.items():
        if record.training.get(key):
            yield name, str(record.training[key])
    if record.training.get("seconds"):
        yield "trained for", f"{record.training['seconds'] / 60:.1f} minutes"
    yield "versions", ", ".join(f"{name} {number}" for name, number in record.versions.items())
