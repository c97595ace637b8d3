from io import BytesIO
from threading import RLock

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from notebook_seg.widgets.overlay_canvas import OverlayCanvas


@pytest.fixture
def prepared():
    return []


@pytest.fixture
def canvas(prepared):
    figure = Figure(figsize=(3, 2), dpi=100)
    canvas = OverlayCanvas(figure, lambda *size: prepared.append(size), RLock())
    axes = figure.add_axes((0, 0, 1, 1))
    axes.plot([0, 1], [0, 1], color="blue")
    line = Line2D([0, 1], [1, 0], color="red", linewidth=8, animated=True, visible=False)
    axes.add_line(line)
    canvas.moving = [line]
    canvas.draw()
    return canvas


def pixels(canvas):
    return np.asarray(canvas.buffer_rgba()).copy()


def test_a_frame_in_which_only_moving_artists_change_is_not_drawn_anew(canvas, prepared):
    still = pixels(canvas)
    canvas.moving[0].set_visible(True)
    canvas.draw()
    assert (pixels(canvas) != still).any()
    canvas.moving[0].set_visible(False)
    canvas.draw()
    np.testing.assert_array_equal(pixels(canvas), still)
    assert prepared == [(300, 200)]


def test_after_a_change_of_the_rest_everything_is_drawn_anew(canvas, prepared):
    still = pixels(canvas)
    canvas.figure.axes[0].lines[0].set_color("green")
    canvas.redraw()
    canvas.draw()
    assert (pixels(canvas) != still).any()
    assert prepared == [(300, 200)] * 2


def test_after_a_change_of_the_size_everything_is_drawn_anew(canvas, prepared):
    canvas._handle_message(canvas, {"type": "resize", "width": 400, "height": 250}, [])
    canvas.draw()
    assert pixels(canvas).shape == (250, 400, 4)
    assert prepared == [(300, 200), (400, 250)]


class Browser:
    """Puts the frames together as the browser's half of ipympl does."""

    def __init__(self):
        self.mode = "full"
        self.shown = None

    def send_json(self, content):
        self.mode = content.get("mode", self.mode)

    def send_binary(self, png):
        frame = np.array(Image.open(BytesIO(png)))
        if self.mode == "full":
            self.shown = frame
        else:
            self.shown = np.where(frame[..., 3:] > 0, frame, self.shown)


def test_the_frames_put_together_in_the_browser_are_what_was_drawn(canvas):
    browser = Browser()
    canvas.manager.web_sockets = [browser]
    canvas._handle_message(canvas, {"type": "refresh"}, [])
    changes = [
        lambda: None,
        lambda: canvas.moving[0].set_visible(True),
        lambda: canvas.moving[0].set_linewidth(2),
        lambda: (canvas.figure.axes[0].lines[0].set_color("green"), canvas.redraw()),
        lambda: canvas.moving[0].set_visible(False),
        lambda: canvas._handle_message(canvas, {"type": "resize", "width": 400, "height": 250}, []),
    ]
    for change in changes:
        change()
        canvas._handle_message(canvas, {"type": "draw"}, [])
        np.testing.assert_array_equal(browser.shown, pixels(canvas))
    assert browser.mode == "full"


def test_it_comes_without_the_frame_that_matplotlib_puts_around_figures(canvas):
    shown = [canvas.header_visible, canvas.footer_visible, canvas.toolbar_visible, canvas.resizable]
    assert not any(shown)
    assert canvas.capture_scroll
