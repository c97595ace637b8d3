"""The command line: one command a stage, the same calls as in Python."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from notebook_seg.errors import DatasetError, ModelError, NotebookSegError, OptionError

__all__ = ["app", "main"]

app = typer.Typer(
    help=(
        "Segment your own photographs: label some, train a network on them, predict the rest.\n\n"
        "A first walk, without photographs of your own:\n\n"
        "  notebook-seg sample coins\n\n"
        "  notebook-seg train coins --out model --encoder-weights none --test 0.25\n\n"
        "  notebook-seg evaluate model coins --only test\n\n"
        "  notebook-seg predict model coins/images --out results"
    ),
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DatasetFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The dataset folder.")]
ModelFolder = Annotated[Path, typer.Argument(metavar="MODEL", help="The folder training wrote.")]
Minutes = Annotated[float | None, typer.Option(help="Time to train for; 5 by default.")]
TestShare = Annotated[
    float, typer.Option(help="Share of pictures to keep for `evaluate --only test`.")
]
Epochs = Annotated[int | None, typer.Option(help="Rounds to train for, instead.")]
PlanFile = Annotated[
    Path | None, typer.Option(help="A file from `notebook-seg plan`, edited or not.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what was cut off in OUT.")]
Augmented = Annotated[
    bool, typer.Option("--augmented", help="Look at each mirrored as well: slower, a bit better.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

Values = Mapping[int | str | tuple[int, int, int], int | str]

# Options that training decides unless they are given, listed apart in the help.
_TUNING: Any = {"rich_help_panel": "Fine tuning, by default chosen for your photographs"}
_INTERRUPTED = 130


def _given(**options: object) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _comma_separated(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _value_map(text: str | None) -> Values | None:
    if text is None:
        return None
    pairs = [[side.strip() for side in part.split("=")] for part in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise OptionError(f"Write --values as VALUE=CLASS,VALUE=CLASS. Received: {text!r}")
    # A value is a number, or a colour such as #ff0000.
    return {int(value) if value.isdecimal() else value: name for value, name in pairs}


@app.command()
def sample(folder: DatasetFolder) -> None:
    """Make a small labelled dataset of ancient coins to try everything with.

    Example: notebook-seg sample coins
    """
    from notebook_seg.data import Dataset

    data = Dataset.sample(folder)
    typer.echo(f"{folder}: {len(data)} photographs of coins, all labelled.")


@app.command()
def new(
    folder: DatasetFolder,
    images: Annotated[str, typer.Option(help="Folder, file or glob of your photographs.")],
    classes: Annotated[
        str | None, typer.Option(help="Names of what you want to find: leaf,symptom")
    ] = None,
    masks: Annotated[Path | None, typer.Option(help="Folder of masks that you have.")] = None,
    values: Annotated[
        str | None, typer.Option(help="What the masks' values mean: 0=background,255=leaf")
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(help="Regular expression whose match names pictures that belong together."),
    ] = None,
) -> None:
    """Make a dataset from your photographs, with or without masks.

    The photographs are copied; the originals are never touched.

    Example: notebook-seg new my_fish --images "photos/*.jpg" --classes fish
    """
    from notebook_seg.data import Dataset

    data = Dataset.create(
        folder,
        images,
        classes=_comma_separated(classes),
        masks=masks,
        values=_value_map(values),
        groups=groups,
    )
    typer.echo(
        f"{folder}: {len(data)} photographs, {len(data.labelled)} labelled; classes: "
        f"{', '.join(data.class_names[1:])}."
    )
    if data.unlabelled:
        typer.echo(f"Next: notebook-seg label {folder}")


@app.command()
def label(
    folder: DatasetFolder,
    lab: Annotated[bool, typer.Option("--lab", help="In JupyterLab, with a notebook.")] = False,
    model: Annotated[
        Path | None, typer.Option(help="A trained model that proposes masks to correct.")
    ] = None,
) -> None:
    """Draw masks: opens the labeller on a dataset, alone on a page in your browser.

    Every stroke is saved as you make it. Close the page and press Ctrl-C here when you are done.

    Example: notebook-seg label my_fish
    """
    from notebook_seg.data import Dataset
    from notebook_seg.lab import open_jupyterlab, open_page

    data = Dataset(folder)
    if lab:
        raise typer.Exit(open_jupyterlab(folder))
    if not len(data):
        raise DatasetError(f"There is no picture to label in {folder / 'images'}. Put some there")
    if model is not None and not (model / "model.json").is_file():
        raise ModelError(f"{model} is not a model: give the folder that `notebook-seg train` wrote")
    open_page(folder, lambda address: typer.echo(f"{address}\nCtrl-C ends the labeller."), model)


@app.command()
def check(
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="Also write a table: a CSV file.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if anything looks wrong.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Look over the masks of a dataset for what may be a mistake.

    Tiny islands and holes, masks that touch the border, that have another size than their
    photograph, that hold nothing or cannot be read, and classes that are never used.

    Example: notebook-seg check my_fish --strict
    """
    from notebook_seg.data import Dataset
    from notebook_seg.labelling.review import review, write_suspicions

    found = review(Dataset(folder), progress=not quiet)
    typer.echo(str(found))
    if out is not None:
        write_suspicions(found.suspicions, out)
    raise typer.Exit(1 if strict and found.suspicions else 0)


@app.command()
def plan(
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="File to keep the plan in, to edit it.")] = None,
    minutes: Minutes = None,
    test: TestShare = 0.0,
) -> None:
    """Show how a dataset would be trained on, and why; nothing is trained.

    Example: notebook-seg plan my_fish --out plan.json
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.workflow import plan as plan_training

    decided = plan_training(data, minutes=minutes, test=test)
    typer.echo(str(decided))
    if out is not None:
        decided.save(out)
        typer.echo(f"Written to {out}: edit it, then train with --plan {out}")


@app.command()
def train(
    folder: DatasetFolder,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model; by default one in DIR/runs.")
    ] = None,
    minutes: Minutes = None,
    epochs: Epochs = None,
    plan: PlanFile = None,
    resume: Resume = False,
    test: TestShare = 0.0,
    architecture: Annotated[
        str | None, typer.Option(help="unet, fpn, deeplabv3plus, ...", **_TUNING)
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="mobilenetv2, resnet34, ...", **_TUNING)
    ] = None,
    encoder_weights: Annotated[
        str | None,
        typer.Option(help="imagenet, none, or the path of a weights file.", **_TUNING),
    ] = None,
    freeze: Annotated[str | None, typer.Option(help="nothing, encoder, staged.", **_TUNING)] = None,
    loss: Annotated[
        str | None, typer.Option(help="Names joined by +: 'dice + 0.5*focal'.", **_TUNING)
    ] = None,
    augmentation: Annotated[
        str | None, typer.Option(help="none, light, specimen, ...", **_TUNING)
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(help="Share of pictures to choose the best epoch by.", **_TUNING),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed gives the same split.", **_TUNING)
    ] = None,
    patch: Annotated[
        int | None, typer.Option(help="Side of a patch in pixels: a multiple of 32.", **_TUNING)
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Patches a batch.", **_TUNING)] = None,
    steps: Annotated[int | None, typer.Option(help="Batches an epoch.", **_TUNING)] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The highest, such as 0.001.", **_TUNING)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train a network on the labelled pictures of a dataset.

    Ctrl-C ends training early and keeps the best epoch; --resume goes on.

    Example: notebook-seg train my_fish --out fish_model --minutes 10 --test 0.2
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)  # a wrong path is told before TensorFlow takes its time to start
    from notebook_seg.training import Plan
    from notebook_seg.workflow.training import follow, model_of, training_session

    choices = _given(
        minutes=minutes,
        epochs=epochs,
        architecture=architecture,
        encoder=encoder,
        encoder_weights=encoder_weights,
        freeze=freeze,
        loss=loss,
        augmentation=augmentation,
        validation=validation,
        seed=seed,
        patch=None if patch is None else (patch, patch),
        batch_size=batch_size,
        steps=steps,
        learning_rate=learning_rate,
    )
    if encoder_weights is not None and encoder_weights.lower() == "none":
        choices["encoder_weights"] = None
    given = None if plan is None else Plan.load(plan)
    session = training_session(data, out, plan=given, test=test, resume=resume, **choices)
    model = model_of(session, follow(session, progress=not quiet))
    iou = model.record.training["best_validation_iou"]
    score = "" if iou is None else f", validation IoU {iou:.3f}"
    typer.echo(f"{session.out}: best epoch {model.record.training['best_epoch']}{score}.")


@app.command("cross-validate")
def cross_validate(
    folder: DatasetFolder,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the models; by default one in DIR/runs.")
    ] = None,
    folds: Annotated[int, typer.Option(help="How many models.")] = 5,
    minutes: Annotated[
        float | None, typer.Option(help="Time to train each for; 5 by default.")
    ] = None,
    epochs: Epochs = None,
    plan: PlanFile = None,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Score every picture by a model that has not seen it; the models together are one as well.

    Example: notebook-seg cross-validate my_fish --folds 4 --out fish_models
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.training import Plan
    from notebook_seg.workflow import cross_validate as validate

    given = None if plan is None else Plan.load(plan)
    choices = _given(minutes=minutes, epochs=epochs)
    found = validate(data, folds, out, plan=given, resume=resume, progress=not quiet, **choices)
    typer.echo(str(found))
    typer.echo(f"{found.folder}: {folds} models, to be used as one.")


@app.command()
def runs(
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
) -> None:
    """List the trainings of a dataset, the best marked.

    Example: notebook-seg runs my_fish
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.workflow import runs as list_runs

    found = list_runs(data)
    typer.echo(str(found))
    if out is not None:
        found.to_csv(out)


@app.command()
def predict(
    model: ModelFolder,
    photos: Annotated[list[str], typer.Argument(help="Folders, files or globs.")],
    out: Annotated[Path, typer.Option(help="Folder for masks and overlays.")],
    overlays: Annotated[bool, typer.Option(help="Write photographs with classes drawn.")] = True,
    augmented: Augmented = False,
    quiet: Quiet = False,
) -> None:
    """Segment photographs: writes OUT/masks/NAME.png and OUT/overlays/NAME.jpg.

    A photograph that cannot be read is reported and passed over; the exit code is then 1.

    Example: notebook-seg predict fish_model more_photos --out results
    """
    from notebook_seg.data import find_images

    find_images(photos)
    from notebook_seg.prediction import load_model, predict_folder

    loaded = load_model(model)
    report = predict_folder(loaded, photos, out, overlays, not quiet, augmented=augmented)
    for reason in report.failed.values():
        _complain(reason)
    typer.echo(f"{out}: {len(report.done)} photographs segmented, {len(report.failed)} failed.")
    if report.left:
        _complain(f"Interrupted: {len(report.left)} photographs are left.")
        raise typer.Exit(_INTERRUPTED)
    raise typer.Exit(1 if report.failed else 0)


@app.command()
def evaluate(
    model: ModelFolder,
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="Folder for scores.csv and pictures.")] = None,
    only: Annotated[
        str | None, typer.Option(help="train, validation or test: that part of the split.")
    ] = None,
    augmented: Augmented = False,
    quiet: Quiet = False,
) -> None:
    """Score a model on labelled pictures: IoU, Dice and accuracies, per picture and over all.

    Example: notebook-seg evaluate fish_model my_fish --only test --out scores
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.prediction import load_model
    from notebook_seg.workflow import evaluate as evaluate_model
    from notebook_seg.workflow import part_of_split, write_evaluation

    loaded = load_model(model)
    if only is not None:
        data = part_of_split(loaded, data, only)
    scores = evaluate_model(loaded, data, not quiet, augmented=augmented)
    typer.echo(str(scores))
    if out is not None:
        write_evaluation(loaded, data, scores, out)
        typer.echo(f"Written to {out}: scores.csv, worst_first.png")


@app.command()
def inspect(
    model: ModelFolder,
    folder: DatasetFolder,
    out: Annotated[Path, typer.Option(help="Folder for the report, the sheet and the tables.")],
    limit: Annotated[int, typer.Option(help="Pictures in the report, the worst first.")] = 12,
    millimetres: Annotated[
        float | None, typer.Option(help="What a pixel measures; distances are in pixels else.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say what to do next, and write a report with pictures, scores, heatmaps and curves.

    Writes OUT/report.html, a page that opens without the internet, OUT/sheet.pdf to print, tables,
    masks and figures. Ctrl-C ends the step under way and goes on to the next.

    Example: notebook-seg inspect fish_model my_fish --out inspection
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.prediction import load_model
    from notebook_seg.workflow import write_inspection

    loaded = load_model(model)
    found = write_inspection(
        loaded, data, out, limit=limit, spacing=millimetres, progress=not quiet
    )
    typer.echo(found.scores.summary)
    typer.echo(str(found.advice))
    typer.echo(f"Written to {out}: report.html, sheet.pdf, scores.csv, metrics.csv, figures, masks")


def _complain(message: str) -> None:
    text = Text.assemble(("Error: ", "bold red"), message)
    Console(stderr=True).print(text, soft_wrap=True)


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit code 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except NotebookSegError as error:
        _complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        _complain("Interrupted.")
        sys.exit(_INTERRUPTED)
