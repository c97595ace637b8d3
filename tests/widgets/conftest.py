"""Datasets small enough to draw on, and a pointer without a window."""

import shutil

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


@pytest.fixture(scope="session")
def model_of_coins(tmp_path_factory):
    """The folder of a small network that knows coins by name and has learned nothing."""
    from tests.workflow.conftest import untrained

    folder = tmp_path_factory.mktemp("untrained") / "model"
    split = {"train": ["coin_01"], "validation": [], "test": []}
    untrained(split, {"epoch": [1.0], "seconds": [1.0]}).save(folder)
    return folder


@pytest.fixture
def dataset_with_model(tmp_path, model_of_coins):
    """Coins, four of them without masks, and a model."""
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.stems[8:]:
        data.mask_path(stem).unlink()
    shutil.copytree(model_of_coins, data.folder / "runs" / "first")
    return data
