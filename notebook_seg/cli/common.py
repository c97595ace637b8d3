"""What commands share: the application, options that several take, one line for an error."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

__all__ = [
    "INTERRUPTED",
    "Augmented",
    "DatasetFolder",
    "ModelFolder",
    "ModelOrBundle",
    "Quiet",
    "app",
    "comma_separated",
    "complain",
    "only_given",
    "warn",
]

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
ModelOrBundle = Annotated[
    Path, typer.Argument(metavar="MODEL", help="The folder training wrote, or a shared model.")
]
Augmented = Annotated[
    bool,
    typer.Option(
        "--augmented",
        help="Look at each mirrored or turned as in training, too: slower, and not always better.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

# As of a program that the shell saw end by Ctrl-C.
INTERRUPTED = 130


def only_given(**options: object) -> dict[str, Any]:
    """Leave out what was not said, for which a function has its own default.

    Examples
    --------
    >>> only_given(minutes=5, epochs=None)
    {'minutes': 5}
    """
    return {name: value for name, value in options.items() if value is not None}


def comma_separated(text: str | None) -> list[str] | None:
    """Return the parts of an option that is a list.

    Examples
    --------
    >>> comma_separated("leaf, symptom")
    ['leaf', 'symptom']
    """
    return None if text is None else [part.strip() for part in text.split(",")]


def complain(message: str) -> None:
    """Write one line on standard error."""
    _say("Error: ", "bold red", message)


def warn(message: str) -> None:
    """Write one line on standard error of what is done nonetheless."""
    _say("Warning: ", "bold yellow", message)


def _say(what: str, style: str, message: str) -> None:
    text = Text.assemble((what, style), message)
    Console(stderr=True).print(text, soft_wrap=True)
