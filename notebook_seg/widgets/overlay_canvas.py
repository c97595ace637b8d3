"""An ipympl canvas on which a line is drawn without drawing the picture under it again."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["OverlayCanvas"]


class OverlayCanvas(Canvas):
    """Shows a figure, and keeps what was drawn of it under a few artists that move.

    Canvases of the WebAgg kind cannot blit: frames that are sent unasked overtake one another in
    the browser. Here the browser still asks for each frame, and so sets the pace, but a frame in
    which only the moving artists have changed is made from the kept picture and these artists.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to show. It needs neither pyplot nor ``%matplotlib widget``.
    prepare : callable
        Called with width and height in pixels of the screen before the figure is drawn anew.
    lock : context manager
        Held while a message of the browser is handled, a frame drawn among others.

    Attributes
    ----------
    moving : sequence of matplotlib.artist.Artist
        Animated artists that are drawn over the kept picture in each frame.
    """

    def __init__(
        self,
        figure: Figure,
        prepare: Callable[[int, int], None],
        lock: AbstractContextManager[Any],
    ) -> None:
        super().__init__(figure)
        self.moving: Sequence[Artist] = ()
        self._prepare = prepare
        self._lock = lock
        self._kept: Any = None
        self._kept_size = (0, 0)
        FigureManager(self, 0)
        self.header_visible = False
        self.footer_visible = False
        self.toolbar_visible = False
        self.resizable = False
        self.capture_scroll = True

    def redraw(self) -> None:
        """Ask for a frame in which everything is drawn anew."""
        self._kept = None
        self.draw_idle()

    def draw(self) -> None:
        """Draw a frame and send it."""
        size = self.get_width_height(physical=True)
        if self._kept is None or self._kept_size != size:
            self._prepare(*size)
            FigureCanvasAgg.draw(self)
            self._kept, self._kept_size = self.copy_from_bbox(self.figure.bbox), size
        else:
            self.restore_region(self._kept)
        for artist in self.moving:
            if artist.get_visible():
                self.figure.draw_artist(artist)
        self.blit()

    def _handle_message(
        self, widget: Canvas, content: dict[str, Any], buffers: list[memoryview]
    ) -> None:
        with self._lock:
            super()._handle_message(widget, content, buffers)
        if content["type"] == "initialized":
            # The browser's half switches the resize handle on while it starts.
            self.send_state("resizable")
