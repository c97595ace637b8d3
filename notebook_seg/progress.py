"""A bar with the time left, in a terminal or a notebook alike."""

from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["ProgressBar", "progress_bar"]

ProgressBar: TypeAlias = "tqdm[NoReturn]"


def progress_bar(total: float, description: str, unit: str, show: bool = True) -> ProgressBar:
    """Return a `tqdm` bar; use it in a ``with`` statement or call its ``update``.

    Parameters
    ----------
    total : float
        What 100 % is.
    description, unit : str
        What goes on, and in what it is counted.
    show : bool
        False gives a bar that shows nothing.

    Examples
    --------
    >>> with progress_bar(2, "Reading", "photo", show=False) as bar:
    ...     for _ in range(2):
    ...         _ = bar.update()
    """
    from tqdm.auto import tqdm as bar

    return bar(
        total=total,
        desc=description,
        unit=unit,
        disable=not show,
        leave=True,
        dynamic_ncols=True,
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
    )
