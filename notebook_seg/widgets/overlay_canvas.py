"""An ipympl canvas on which a line is drawn without drawing the picture under it again."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

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

    # Of Matplotlib, which does not tell their types.
    _png_is_old: bool
    _force_full: bool
    _last_buff: npt.NDArray[np.uint32]

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

    def get_diff_image(self) -> bytes | None:
        """Return the frame as a PNG in which all is transparent that was the same in the last.

        It is compressed lightly: for a photograph that moves, thoroughness takes four times as long
        and saves a sixth of the bytes.
        """
        if not self._png_is_old:
            return None
        frame = np.asarray(self.get_renderer().buffer_rgba())
        colors = frame.view(np.uint32)[..., 0]
        whole = self._force_full or colors.shape != self._last_buff.shape
        self.set_image_mode("full" if whole else "diff")
        if not whole:
            frame = np.where((colors != self._last_buff)[..., np.newaxis], frame, np.uint8(0))
        self._last_buff = colors.copy()
        self._force_full = self._png_is_old = False
        png = BytesIO()
        Image.fromarray(frame).save(png, "png", compress_level=1)
        return png.getvalue()

    def _handle_message(
        self, widget: Canvas, content: dict[str, Any], buffers: list[memoryview]
    ) -> None:
        with self._lock:
            super()._handle_message(widget, content, buffers)
        if content["type"] == "initialized":
            # The browser's half switches the resize handle on while it starts.
            self.send_state("resizable")
