"""What a person does with the labeller in a browser, and what is then on disk."""

import math
import re

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.labelling import Mask
from tests.browser.jupyter import errors_of_cells, wait_until

CANVAS = ".nbs-labeller .jupyter-matplotlib-canvas-div canvas"
# The surface's own size: what is shown is the picture fitted into it.
CANVAS_SIZE = (760, 540)


def ellipse(center, radii, count=40):
    """Return places on the canvas around an ellipse."""
    angles = [2 * math.pi * number / count for number in range(count)]
    return [
        (center[0] + radii[0] * math.cos(a), center[1] + radii[1] * math.sin(a)) for a in angles
    ]


class LabellerPage:
    """A page that shows a labeller.

    Places are x and y in pixels of the canvas, from its upper left corner.

    JupyterLab sends the messages of some widgets to a thread of their own in the kernel, so what
    is done within milliseconds at two of them may be heard in the other order. Whoever tests waits,
    as a person does, until the one has had its effect.
    """

    def __init__(self, page, folder):
        self.page = page
        self.folder = folder
        self.canvas = page.locator(CANVAS).last
        self.canvas.wait_for()
        self.canvas.scroll_into_view_if_needed()
        self._wait_for_picture()
        assert errors_of_cells(page) == []

    @property
    def data(self):
        """The dataset as any other program would find it."""
        return Dataset(self.folder)

    def drag(self, places, button="left"):
        self.move(places[0])
        self.page.mouse.down(button=button)
        for place in places[1:]:
            self.move(place)
        self.page.mouse.up(button=button)

    def move(self, place):
        box = self.canvas.bounding_box()
        self.page.mouse.move(box["x"] + place[0], box["y"] + place[1])
        # The browser's half of ipympl reports one move in 33 ms.
        self.page.wait_for_timeout(35)

    def click(self, place):
        self.move(place)
        self.page.mouse.down()
        self.page.mouse.up()

    def wheel(self, place, steps):
        self.move(place)
        for _ in range(abs(steps)):
            self.page.mouse.wheel(0, -100 if steps > 0 else 100)
            self.page.wait_for_timeout(60)

    def press(self, name):
        """Press the button with a text, or with this beginning of a tooltip."""
        buttons = self.page.locator(".nbs-labeller button")
        text = buttons.filter(has_text=re.compile(rf"^\s*{re.escape(name)}$"))
        text.or_(self.page.locator(f'.nbs-labeller button[title^="{name}"]')).first.click()

    def choose(self, name):
        """Press the button of a tool or class, and see it pressed."""
        self.press(name)
        self.wait_for_choice(name)

    def wait_for_choice(self, name):
        self.page.locator(".nbs-labeller .nbs-chosen", has_text=name).wait_for()

    def pictures(self):
        return self.page.locator(".nbs-strip option").all_inner_texts()

    def jump(self, index):
        self.page.locator(".nbs-strip select").select_option(index=index)

    def wait_for_title(self, stem):
        self.page.locator(".nbs-status", has_text=stem).wait_for()

    def wait_for_mask(self, stem, condition=lambda mask: mask.any()):
        """Return the mask on disk as soon as it is as it should be."""

        def on_disk():
            mask = self.data.mask(stem)
            return mask if mask is not None and condition(mask) else None

        return wait_until(self.page, lambda: on_disk() is not None) and self.data.mask(stem)

    def error(self):
        return self.page.locator('.nbs-message [role="alert"]')

    def _wait_for_picture(self):
        lit = """canvas => {
          const { width, height } = canvas;
          const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          return pixels[4 * (width * (height >> 1) + (width >> 1)) + 3] === 255;
        }"""
        picture = self.page.locator(CANVAS).first
        wait_until(self.page, lambda: picture.evaluate(lit))


def expected(outline, view, shape):
    """Return the mask that an outline on the canvas stands for, drawn in Python."""
    mask = Mask(np.zeros(shape, np.uint8), 2)
    mask.polygon([view.to_picture(x, y) for x, y in outline], 1)
    return mask.labels


def overlap(mask, other):
    """Return the intersection over union of what is not background."""
    return ((mask > 0) & (other > 0)).sum() / ((mask > 0) | (other > 0)).sum()
