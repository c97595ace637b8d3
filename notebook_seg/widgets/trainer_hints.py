"""What the trainer's settings are called in its panel, and which of them help with an error."""

import re
from collections.abc import Sequence

from notebook_seg.errors import OptionError, OutOfMemoryError, TrainingError, WeightsError
from notebook_seg.widgets.messages import Hints
from notebook_seg.wording import enumerated

__all__ = ["HINTS", "SELDOM_CHANGED", "TITLES", "quoted_titles", "where_to_set"]

_OFTEN_CHANGED = {
    "architecture": "Network",
    "encoder": "Encoder",
    "encoder_weights": "It knows already",
    "freeze": "What learns",
    "loss": "Loss",
    "class_weights": "Classes count",
    "augmentation": "Augmentation",
    "contrast": "Contrast",
    "batch_size": "Batch",
    "learning_rate": "Learning rate",
    "encoder_rate": "Encoder's share",
}
SELDOM_CHANGED = {
    "scale": "Working size",
    "patch": "Patch",
    "sampling": "Cut at objects",
    "channels": "Colours",
    "validation": "Held back",
    "steps": "Steps an epoch",
    "optimizer": "Optimiser",
    "schedule": "Course of the rate",
    "seed": "Seed",
}
"""The titles of what is folded away behind the rest."""
TITLES = {**_OFTEN_CHANGED, **SELDOM_CHANGED}
"""By the name that the choice has in a plan, and so in what is said to those who write Python."""
_PLAIN_WORDS = {"validation", "steps", "seed"}  # a setting is meant only where it is given a value


def where_to_set(text: str) -> str:
    """Return where in the panel the settings are that a text names, empty if it names none.

    Examples
    --------
    >>> where_to_set("Train again with a lower learning_rate, or another loss")
    'In this panel: Settings, “Loss” and “Learning rate”.'
    >>> where_to_set("Received: loss='dice', steps=0")
    'In this panel: Settings, “Loss”; More settings, “Steps an epoch”.'
    >>> where_to_set("There is no file /home/me/loss/weights.h5")
    ''
    """
    named = [name for name in TITLES if re.search(_mentions(name), text)]
    often = [name for name in named if name not in SELDOM_CHANGED]
    seldom = [name for name in named if name in SELDOM_CHANGED]
    places = (("Settings", often), ("More settings", seldom))
    said = [f"{place}, {quoted_titles(names)}" for place, names in places if names]
    if seldom and not often:
        said = ["Settings", *said]
    return f"In this panel: {'; '.join(said)}." if said else ""


def _mentions(name: str) -> str:
    # Folders may be called anything.
    return rf"(?<![\w/\\]){name}" + ("=" if name in _PLAIN_WORDS else r"\b")


def quoted_titles(names: Sequence[str]) -> str:
    """Write the titles of settings as people do.

    Examples
    --------
    >>> quoted_titles(["patch"]), quoted_titles(["loss", "patch", "seed"])
    ('“Patch”', '“Loss”, “Patch” and “Seed”')
    """
    return enumerated([f"“{TITLES[name]}”" for name in names])


HINTS: Hints = {
    WeightsError: f"In this panel: Settings, “{TITLES['encoder_weights']}”: nothing, or a file.",
    OutOfMemoryError: (
        f"In this panel: Settings, a smaller “{TITLES['architecture']}” or “{TITLES['encoder']}”; "
        f"More settings, a smaller “{TITLES['patch']}” or “{TITLES['scale']}”."
    ),
    OptionError: where_to_set,
    TrainingError: where_to_set,
}
"""What is said behind an error; of the kinds that fit, the first."""
