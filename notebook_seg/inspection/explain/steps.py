"""Work of many steps that shows how far it is, and that can be stopped keeping what was done."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar

from notebook_seg.progress import progress_bar

__all__ = ["Progress", "Steps"]

T = TypeVar("T")

Progress: TypeAlias = bool | Callable[[float], object]
"""True shows a bar; a function is told the share that is done, and stops the work by False."""


class Steps(Generic[T]):
    """Goes through the steps of some work; `done` is the share that was done, 0 to 1.

    Parameters
    ----------
    items : sequence
        What each step works on.
    progress : bool or callable
        See `Progress`.
    description, unit : str
        What goes on, and in what it is counted.

    Examples
    --------
    >>> steps = Steps("abcd", lambda done: done < 0.5, "Reading", "letter")
    >>> list(steps), steps.done
    (['a', 'b'], 0.5)
    """

    def __init__(self, items: Sequence[T], progress: Progress, description: str, unit: str) -> None:
        self.items = items
        self.done = 0.0
        self._tell = progress if callable(progress) else None
        self._shows_bar = progress is True
        self._said = description, unit

    def __iter__(self) -> Iterator[T]:
        with progress_bar(len(self.items), *self._said, show=self._shows_bar) as bar:
            for number, item in enumerate(self.items, start=1):
                yield item
                self.done = number / len(self.items)
                bar.update()
                if self._tell is not None and self._tell(self.done) is False:
                    return
