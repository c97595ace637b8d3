"""What the trainer's settings are called in its panel, and which of them help with an error."""

import re

from notebook_seg.errors import OptionError, OutOfMemoryError, TrainingError, WeightsError
from notebook_seg.widgets.messages import Hints

__all__ = ["HINTS", "SELDOM_CHANGED", "TITLES", "titles_named_in", "where_to_set"]

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


def titles_named_in(text: str) -> list[str]:
    """Return the titles of the settings that a text speaks of by their names in Python.

    Examples
    --------
    >>> titles_named_in("Received: learning_rate=0.001, loss='dice'")
    ['Loss', 'Learning rate']
    >>> titles_named_in("There is no file /home/me/loss/weights.h5")
    []
    """
    # Folders may be called anything.
    return [title for name, title in TITLES.items() if re.search(_mentions(name), text)]


def _mentions(name: str) -> str:
    return rf"(?<![\w/\\]){name}" + ("=" if name in _PLAIN_WORDS else r"\b")


def where_to_set(text: str) -> str:
    """Return where in the panel the settings are that a text names, empty if it names none.

    Examples
    --------
    >>> where_to_set("Train again with a lower learning_rate, or another loss")
    'In this panel: Settings, “Loss” and “Learning rate”.'
    >>> where_to_set("The disk is full")
    ''
    """
    quoted = [f"“{title}”" for title in titles_named_in(text)]
    if not quoted:
        return ""
    # "A, B and C"
    first = [", ".join(quoted[:-1])] if quoted[1:] else []
    return f"In this panel: Settings, {' and '.join([*first, quoted[-1]])}."


HINTS: Hints = {
    WeightsError: f"In this panel: Settings, “{TITLES['encoder_weights']}”: nothing, or a file.",
    OutOfMemoryError: (
        f"In this panel: Settings, a smaller “{TITLES['patch']}”, “{TITLES['architecture']}” or "
        f"“{TITLES['encoder']}”."
    ),
    OptionError: where_to_set,
    TrainingError: where_to_set,
}
"""What is said behind an error; of the kinds that fit, the first."""
