"""Datasets small enough to draw on, and a pointer without a window."""

import pytest
from hypothesis import settings
from matplotlib.backend_bases import MouseButton, MouseEvent

from notebook_seg.data import Dataset

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

LEFT, MIDDLE, RIGHT = MouseButton.LEFT, MouseButton.MIDDLE, MouseButton.RIGHT


@pytest.fixture
def coins(tmp_path):
    """Four photographs of the sample, with two classes and no masks."""
    sample = Dataset.sample(tmp_path / "sample")
    photographs = [sample.image_path(stem) for stem in sample.stems[:4]]
    return Dataset.create(tmp_path / "coins", photographs, classes=["coin", "scratch"])


class Pointer:
    """Sends a canvas the events that ipympl makes from those of the browser.

    Places are x and y in pixels of the screen, from the upper left corner.
    """

    def __init__(self, canvas):
        self.canvas = canvas

    def send(self, name, place, button=None, buttons=(), step=0):
        x, y = place[0], self.canvas.figure.bbox.height - place[1]
        MouseEvent(name, self.canvas, x, y, button, step=step, buttons=buttons)._process()

    def move(self, place, *held):
        self.send("motion_notify_event", place, buttons=held)

    def press(self, place, button=LEFT):
        self.send("button_press_event", place, button)

    def release(self, place, button=LEFT):
        self.send("button_release_event", place, button)

    def drag(self, places, button=LEFT):
        self.press(places[0], button)
        for place in places:
            self.move(place, button)
        self.release(places[-1], button)

    def wheel(self, place, step):
        self.send("scroll_event", place, step=step)


@pytest.fixture
def pointer():
    return Pointer
