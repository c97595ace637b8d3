"""The surface of the labeller on Matplotlib: a lasso on axes, under ipympl."""

from collections.abc import Callable

import numpy as np
from matplotlib.backend_bases import Event, MouseButton, MouseEvent
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.widgets import LassoSelector

from notebook_seg.data.box import Box
from notebook_seg.data.classes import BACKGROUND, UNLABELLED
from notebook_seg.labelling.session import LabellingSession
from notebook_seg.widgets.display import SURROUND, Display
from notebook_seg.widgets.messages import Guard
from notebook_seg.widgets.overlay_canvas import OverlayCanvas
from notebook_seg.widgets.viewport import Viewport

__all__ = ["LassoAxes"]

# CSS pixels; with the list of pictures beside it, it fits a cell of 1000.
_SIZE = (760, 540)
_DPI = 100
_ZOOM_STEP = 1.25
_PAN_BUTTONS = (MouseButton.RIGHT, MouseButton.MIDDLE)


class LassoAxes:
    """Draws the open picture at the size of the screen, and strokes on it by `LassoSelector`.

    The left button draws with the tool of the session, the wheel zooms about the pointer, the right
    or middle button pushes the picture.

    Parameters
    ----------
    session : LabellingSession
        What is shown and drawn on.
    guard : Guard
        Wraps each callback.

    Attributes
    ----------
    session : LabellingSession
        As given.
    widget : OverlayCanvas
        What to put into a notebook.
    view : Viewport
        Which part of the picture is shown.
    """

    has_tools = False

    def __init__(self, session: LabellingSession, guard: Guard) -> None:
        self.session = session
        self._guard = guard
        figure = Figure(figsize=(_SIZE[0] / _DPI, _SIZE[1] / _DPI), dpi=_DPI)
        self.widget = OverlayCanvas(figure, self._prepare, guard.lock)
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self._screen = figure.figimage(np.zeros((*_SIZE[::-1], 3), np.uint8), origin="upper")
        # Before the lasso, which must not see the pointer come back with its button released.
        self._listen()
        self._lasso = LassoSelector(
            self.axes, guard(session.stroke, clears=True), button=MouseButton.LEFT, useblit=True
        )
        self._ring = Circle((0, 0), fill=False, color="white", animated=True, visible=False)
        self.axes.add_patch(self._ring)
        self.widget.moving = (*self._lasso.artists, self._ring)
        self._pushed_from: tuple[float, float] | None = None
        self._idle_moves = 0
        self.actions: dict[str, Callable[[], object]] = {}
        self._open()

    # ---------------------------------------------------------------- what the panel asks

    def finish_stroke(self) -> None:
        """End a stroke that is under way as if the button had been released."""
        if self._lasso.verts is None:
            return
        x, y = self.axes.transData.transform(self._lasso.verts[-1])
        release = MouseEvent("button_release_event", self.widget, x, y, MouseButton.LEFT)
        self._lasso.release(release)

    def cancel_stroke(self) -> None:
        """Forget a stroke that is under way."""
        self._lasso.verts = None
        self._lasso.clear()

    def reset_view(self) -> None:
        """Show all of the picture."""
        self._look(Viewport.fit(self.session.shape, self.view.width, self.view.height))

    def look_at(self, box: Box) -> None:
        """Show a part of the picture, as large as it fits."""
        self._look(Viewport.around(box, self.session.shape, self.view.width, self.view.height))

    # ---------------------------------------------------------------- what the session reports

    def _listen(self) -> None:
        self.session.opened.connect(lambda stem: self._open())
        self.session.edited.connect(self._refresh)
        self.session.pen.changed.connect(self._configure)
        for event, callback in (
            ("button_press_event", self._press),
            ("button_release_event", self._release),
            ("motion_notify_event", self._move),
            ("scroll_event", self._scroll),
            ("figure_leave_event", self._leave),
        ):
            self.widget.mpl_connect(event, self._guard(callback))

    def _open(self) -> None:
        shape = self.session.shape
        image = self.session.image
        if image is None:
            image = np.full((*shape, 3), SURROUND, dtype=np.uint8)
        self._display = Display(image, self.session.dataset.colors)
        self._look(Viewport.fit(shape, *self.widget.get_width_height(physical=True)))

    def _refresh(self, box: Box) -> None:
        """Show a change of the mask, at the cost of the change."""
        part = self.view.screen_box(box, margin=1)
        if self._pixels.shape[:2] == (self.view.height, self.view.width) and not part.is_empty:
            self._pixels[part.slices] = self._compose(part)
            self._screen.set_data(self._pixels)
            self.widget.redraw()

    def _configure(self, name: str) -> None:
        if name == "opacity":
            self._look(self.view)
        else:
            self._dress()
            self.widget.draw_idle()

    # ---------------------------------------------------------------- the view

    def _look(self, view: Viewport) -> None:
        self.view = view
        self._pixels = np.empty((0, 0, 3), dtype=np.uint8)
        self.axes.set(xlim=(view.left, view.right), ylim=(view.bottom, view.top))
        self._dress()
        self.widget.redraw()

    def _prepare(self, width: int, height: int) -> None:
        """Resample what is shown, just before it is drawn, and to the pixels that there are."""
        if (width, height) != (self.view.width, self.view.height):
            self._look(self.view.resized(width, height))
        if not self._pixels.size:
            self._pixels = self._compose(None)
            self._screen.set_data(self._pixels)

    def _compose(self, part: Box | None) -> np.ndarray:
        mask = self.session.mask
        labels = None if mask is None else mask.labels
        return self._display.compose(self.view, labels, self.session.pen.opacity, part)

    def _dress(self) -> None:
        """Give line and ring the colour of the label and the width of the tool."""
        pen = self.session.pen
        brush = pen.tool in {"brush", "erase"}
        label = BACKGROUND if pen.tool == "erase" else pen.label
        special = {BACKGROUND: "white", UNLABELLED: "#bebebe"}
        color = special.get(label) or self.session.dataset.colors[label]
        point = 72 / self.widget.figure.dpi
        width = 2 * pen.radius * self.view.scale * point if brush else 2
        self._lasso.set_props(
            color=color,
            alpha=0.5 if brush else 1,
            linewidth=0 if pen.tool == "fill" else width,
            solid_capstyle="round",
            solid_joinstyle="round",
        )
        self._ring.set(radius=pen.radius, edgecolor=color, linewidth=1.5)
        self._ring.set_visible(brush and self._ring.get_visible())

    # ---------------------------------------------------------------- the pointer

    def _press(self, event: MouseEvent) -> None:
        self._idle_moves = 0
        if event.button in _PAN_BUTTONS:
            self._pushed_from = (event.x, event.y)
        elif event.button == MouseButton.LEFT:
            self.session.begun.emit()

    def _release(self, event: MouseEvent) -> None:
        if event.button in _PAN_BUTTONS:
            self._pushed_from = None

    def _move(self, event: MouseEvent) -> None:
        held: frozenset[MouseButton] = event.buttons  # type: ignore[attr-defined]
        self._note_release_elsewhere(MouseButton.LEFT in held)
        if self._idle_moves >= 2 and not held.intersection(_PAN_BUTTONS):
            self._pushed_from = None
        if self._pushed_from is not None:
            dx, dy = event.x - self._pushed_from[0], self._pushed_from[1] - event.y
            self._pushed_from = (event.x, event.y)
            self._look(self.view.moved(dx, dy, self.session.shape))
        self._show_ring(event)

    def _note_release_elsewhere(self, held: bool) -> None:
        """End the stroke when the pointer comes back with its button released outside.

        The canvas does not hear of the release. A single move without a button proves nothing:
        the browser may send it late, from just before the button was pressed.
        """
        self._idle_moves = 0 if held else self._idle_moves + 1
        if self._idle_moves == 2 and self._lasso.verts is not None:
            if len(self._lasso.verts) > 1:
                self._lasso.verts.pop()
            self.finish_stroke()

    def _show_ring(self, event: MouseEvent) -> None:
        if self.session.pen.tool in {"brush", "erase"} and event.xdata is not None:
            self._ring.set(center=(event.xdata, event.ydata), visible=True)
            self.widget.draw_idle()

    def _leave(self, event: Event) -> None:
        if self._ring.get_visible():
            self._ring.set_visible(False)
            self.widget.draw_idle()

    def _scroll(self, event: MouseEvent) -> None:
        factor = _ZOOM_STEP**event.step
        down = self.view.height - event.y
        self._look(self.view.zoomed(factor, event.x, down, self.session.shape))
