"""Commands that train, and that list what was trained."""

from pathlib import Path
from typing import Annotated, Any

import typer

from notebook_seg.cli.common import DatasetFolder, Quiet, app, only_given

__all__ = ["cross_validate", "plan", "runs", "train"]

Minutes = Annotated[float | None, typer.Option(help="Time to train for; 5 by default.")]
TestShare = Annotated[
    float, typer.Option(help="Share of pictures to keep for `evaluate --only test`.")
]
Epochs = Annotated[int | None, typer.Option(help="Rounds to train for, instead.")]
PlanFile = Annotated[
    Path | None, typer.Option(help="A file from `notebook-seg plan`, edited or not.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Go on with what was cut off in OUT, or else with the latest of DIR/runs."
    ),
]

# Options that training decides unless they are given, listed apart in the help.
_TUNING: Any = {"rich_help_panel": "Fine tuning, by default chosen for your photographs"}


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
    encoder_rate: Annotated[
        float | None, typer.Option(help="Share of it for the encoder, such as 0.1.", **_TUNING)
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

    choices = only_given(
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
        encoder_rate=encoder_rate,
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
    choices = only_given(minutes=minutes, epochs=epochs)
    found = validate(data, folds, out, plan=given, resume=resume, progress=not quiet, **choices)
    typer.echo(str(found))
    typer.echo(f"{found.folder}: {folds} models, to be used as one.")


@app.command()
def runs(
    folder: DatasetFolder,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
) -> None:
    """List the trainings in DIR/runs.

    Example: notebook-seg runs my_fish
    """
    from notebook_seg.data import Dataset

    data = Dataset(folder)
    from notebook_seg.workflow import runs as list_runs

    found = list_runs(data)
    typer.echo(str(found))
    if out is not None:
        found.to_csv(out)
