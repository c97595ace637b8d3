"""Pictures in rows, a page of them at a time."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape

from ipywidgets import HTML, VBox

from notebook_seg.errors import NotebookSegError
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.toolbar import icon_button, row

__all__ = ["Gallery", "Tile"]

# What is said of a picture, and what gives it as JPEG.
Tile = tuple[str, Callable[[], bytes]]
_PER_PAGE = 18


class Gallery(VBox):
    """Shows pictures with their names; those of the page at hand alone are made.

    Parameters
    ----------
    guard : Guard
        Wraps each callback.

    Examples
    --------
    >>> from notebook_seg.widgets.messages import MessageLine
    >>> gallery = Gallery(Guard(MessageLine()))
    >>> gallery.show([("fish_1", lambda: b""), ("<b>", lambda: b"")])
    >>> "fish_1" in gallery.tiles.value, "<b>" in gallery.tiles.value
    (True, False)
    """

    def __init__(self, guard: Guard) -> None:
        self.tiles, self.where = HTML(), HTML()
        self.tiles.add_class("nbs-gallery")
        self._pictures: Sequence[Tile] = ()
        self.page = 0
        back, on = (
            icon_button("", icon, tip, guard(lambda by=by: self.turn(by)))
            for icon, tip, by in (
                ("chevron-left", "The pictures before", -1),
                ("chevron-right", "More pictures", 1),
            )
        )
        self.pager = row(back, on, self.where)
        super().__init__([self.tiles, self.pager])
        self.show(())

    def show(self, pictures: Sequence[Tile]) -> None:
        """Show these, and of many the page that was open."""
        self._pictures = pictures
        self.turn(0)

    def turn(self, by: int) -> None:
        """Turn pages, as far as there are any."""
        count = len(self._pictures)
        self.page = min(max(0, self.page + by), max(0, count - 1) // _PER_PAGE)
        first = self.page * _PER_PAGE
        shown = self._pictures[first : first + _PER_PAGE]
        self.tiles.value = "".join(map(_figure, shown))
        self.where.value = f"{first + 1} to {first + len(shown)} of {count}"
        self.pager.layout.display = None if count > _PER_PAGE else "none"


def _figure(tile: Tile) -> str:
    name, make = tile
    try:
        image = f'<img src="data:image/jpeg;base64,{b64encode(make()).decode()}" alt="">'
    except NotebookSegError as error:
        image, name = "", str(error)
    text = escape(name)
    return f'<figure>{image}<figcaption title="{text}">{text}</figcaption></figure>'
