"""What a person does with the labeller's canvas in a browser, and what is then on disk."""

import os
from pathlib import Path

import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.labelling import Mask
from notebook_seg.widgets.viewport import Viewport
from tests.browser.jupyter import errors_of_cells, wait_until

CELL = """\
import os
from pathlib import Path
import notebook_seg as nbs
folder = Path({folder!r})
Path(folder, "kernel.pid").write_text(str(os.getpid()))
labeller = nbs.Labeller(nbs.Dataset(folder))
labeller"""

_COLOR = """(canvas, [x, y]) => {
  const ratio = canvas.width / canvas.clientWidth;
  return [...canvas.getContext("2d").getImageData(x * ratio, y * ratio, 1, 1).data];
}"""


class CanvasPage:
    """A page that shows a labeller with its canvas.

    Places are x and y in CSS pixels of the canvas, from its upper left corner. The pointer goes to
    whole pixels of the page: `snapped` gives the places at which it then is.
    """

    def __init__(self, page, folder):
        self.page = page
        self.folder = Path(folder)
        self.root = page.get_by_test_id("lasso-canvas").last
        self.canvas = page.get_by_test_id("layer-pointer").last
        self.mask_layer = page.get_by_test_id("layer-mask").last
        self.wait_until_painted()
        self.canvas.scroll_into_view_if_needed()
        assert errors_of_cells(page) == []

    @property
    def data(self):
        """The dataset as any other program would find it."""
        return Dataset(self.folder)

    @property
    def kernel(self):
        """The number of the kernel's process."""
        return int((self.folder / "kernel.pid").read_text())

    # ------------------------------------------------------------------ doing

    def snapped(self, places):
        box = self.canvas.bounding_box()
        corner = np.array([box["x"], box["y"]])
        return np.round(np.asarray(places, float) + corner) - corner

    def drag(self, places, button="left"):
        self.press_and_move(places, button)
        self.page.mouse.up(button=button)

    def press_and_move(self, places, button="left"):
        self.move(places[0])
        self.page.mouse.down(button=button)
        for place in places[1:]:
            self.move(place)

    def move(self, place):
        box = self.canvas.bounding_box()
        self.page.mouse.move(round(box["x"] + place[0]), round(box["y"] + place[1]))

    def click(self, place):
        self.drag([place])

    def wheel(self, place, steps):
        self.move(place)
        for _ in range(abs(steps)):
            self.page.mouse.wheel(0, -100 if steps > 0 else 100)
        self.settle()

    def key(self, name):
        """Press a key while the picture has the focus."""
        self.canvas.focus()
        self.page.keyboard.press(name)

    def signal(self, number):
        os.kill(self.kernel, number)

    # ------------------------------------------------------------------ seeing

    def color(self, place):
        """What the layer of the mask shows: red, green, blue, opacity."""
        return self.mask_layer.evaluate(_COLOR, [float(place[0]), float(place[1])])

    def is_drawn(self, place):
        return self.color(place)[3] > 0

    def is_drawn_anywhere(self):
        colors = """canvas => canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value > 0)"""
        return self.mask_layer.evaluate(colors)

    def view(self):
        """All of the open picture, fitted into the canvas."""
        size = self.canvas.evaluate("c => [c.clientWidth, c.clientHeight]")
        return Viewport.fit(self.data.image_size(self.stem()), *size)

    def stem(self):
        return self.root.get_attribute("data-stem")

    def safety(self):
        return self.root.get_by_test_id("safety").inner_text()

    def zoom(self):
        return self.root.locator(".nbs-status-zoom").inner_text()

    def error(self):
        return self.page.locator('.nbs-message [role="alert"]')

    # ------------------------------------------------------------------ waiting

    def settle(self):
        """Wait for two frames, in which all is drawn that is to be drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def wait_until_painted(self, stem=None):
        name = "" if stem is None else f'[data-stem="{stem}"]'
        painted = f'[data-testid="lasso-canvas"][data-picture="painted"]{name}'
        self.page.locator(painted).last.wait_for()

    def wait_until_saved(self):
        wait_until(self.page, lambda: self.safety() == "All saved")

    def wait_for_mask(self, stem, condition=lambda mask: mask.any()):
        """Return the mask on disk as soon as it is as it should be."""

        def on_disk():
            mask = self.data.mask(stem)
            return mask is not None and condition(mask)

        wait_until(self.page, on_disk)
        return self.data.mask(stem)


def drawn(outline, view, shape, label=1, labels=None):
    """Return the mask that an outline on the canvas stands for, drawn in Python."""
    mask = Mask(np.zeros(shape, np.uint8) if labels is None else labels, 9)
    places = [view.to_picture(x, y) for x, y in outline]
    mask.polygon(np.asarray(places, np.float32), label)
    return mask.labels


class Traffic:
    """Counts what goes over the page's websockets from now on."""

    def __init__(self, page):
        self.sent, self.received = [], []
        self._page = page

    @classmethod
    def of(cls, page):
        """Listen before the page is opened."""
        traffic = cls(page)
        page.on("websocket", traffic._listen)
        return traffic

    def start(self):
        self.sent.clear()
        self.received.clear()

    @property
    def bytes(self):
        return sum(map(len, self.sent + self.received))

    def _listen(self, socket):
        socket.on("framesent", lambda frame: self.sent.append(_bytes(frame)))
        socket.on("framereceived", lambda frame: self.received.append(_bytes(frame)))


def _bytes(frame):
    return frame.encode() if isinstance(frame, str) else frame
