"""How messages count and enumerate things."""

from collections.abc import Sequence

__all__ = ["counted", "enumerated"]

_SIBILANTS = ("s", "x", "sh", "tch")


def counted(count: int, thing: str) -> str:
    """Write how many there are of a thing.

    Parameters
    ----------
    count : int
        0 or more.
    thing : str
        One of them, in English; its plural is regular.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "picture"), counted(3, "picture"), counted(2, "class")
    ('1 picture', '3 pictures', '2 classes')
    >>> counted(2, "batch"), counted(2, "epoch")
    ('2 batches', '2 epochs')
    """
    plural = f"{thing}es" if thing.endswith(_SIBILANTS) else f"{thing}s"
    return f"{count} {thing if count == 1 else plural}"


def enumerated(things: Sequence[str]) -> str:
    """Write things in a row as people do.

    Examples
    --------
    >>> enumerated(["pike"]), enumerated(["pike", "perch"]), enumerated(["pike", "perch", "eel"])
    ('pike', 'pike and perch', 'pike, perch and eel')
    """
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)
