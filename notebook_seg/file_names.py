"""Names of people's own that become names of files on every system."""

import re
from collections.abc import Iterable

__all__ = ["as_file_name", "as_file_names"]

_LONGEST = 64


def as_file_name(name: str, otherwise: str) -> str:
    """Return a name that every system takes for a file, and every catalogue for a model.

    Parameters
    ----------
    name : str
        Of any characters.
    otherwise : str
        What it is called where nothing of `name` is left.

    Examples
    --------
    >>> as_file_name("Fish & fins / 2026", "model"), as_file_name("日本", "model")
    ('Fish_fins_2026', 'model')
    """
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._-")[:_LONGEST] or otherwise


def as_file_names(names: Iterable[str], otherwise: str) -> dict[str, str]:
    """Return a name for each file, no two of them the same where capitals are not told apart.

    Examples
    --------
    >>> as_file_names(["why dead/alive", "why Dead alive"], "figure")
    {'why dead/alive': 'why_dead_alive', 'why Dead alive': 'why_Dead_alive_2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = free = as_file_name(name, otherwise)
        number = 1
        while free.lower() in taken:
            number += 1
            free = f"{plain}_{number}"
        taken.add(free.lower())
        found[name] = free
    return found
