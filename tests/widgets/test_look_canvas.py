import cv2
import numpy as np
import pytest

from notebook_seg.data.box import Box
from notebook_seg.widgets.inspector_panes import Mark, Pane
from notebook_seg.widgets.look_canvas import LookCanvas
from notebook_seg.widgets.messages import Guard, MessageLine


class Browser(LookCanvas):
    """A canvas that notes what it would send."""

    def send(self, content, buffers=None):
        self.__dict__.setdefault("sent", []).append((content, buffers or []))

    def last(self, kind):
        return [each for each in self.sent if each[0]["type"] == kind][-1]


@pytest.fixture
def photograph():
    return np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)


@pytest.fixture
def canvas(photograph):
    canvas = Browser(Guard(MessageLine()))
    small = Pane("Heat", photograph[::2, ::2])
    canvas.show("pike", (600, 800), [Pane("Photograph", photograph), small])
    return canvas


def ask(canvas, content, *buffers):
    canvas._receive(canvas, content, list(buffers))


def numbers(canvas):
    return [about["id"] for about in canvas.last("open")[0]["panes"]]


def test_a_browser_that_comes_late_is_told_everything(canvas):
    canvas.mark([Mark(np.array([[1.0, 2.0], [3.0, 4.0]]))], (5, 6))
    canvas.sent.clear()
    ask(canvas, {"type": "hello"})
    opened = canvas.last("open")[0]
    assert opened["photograph"] == {"id": "pike", "stem": "pike", "width": 800, "height": 600}
    assert [(a["name"], a["width"]) for a in opened["panes"]] == [
        ("Photograph", 800),
        ("Heat", 400),
    ]
    marks = canvas.last("marks")[0]
    assert (marks["marks"][0]["points"], marks["place"]) == ([[1, 2], [3, 4]], [6, 5])


def test_pictures_come_by_tiles(canvas, photograph):
    ask(canvas, {"type": "tiles", "picture": numbers(canvas)[1], "wanted": [[0, 0, 0]]})
    message, (tile,) = canvas.last("tiles")
    assert message["keys"] == [[0, 0, 0]]
    pixels = cv2.imdecode(np.frombuffer(tile, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(pixels, photograph[::2, ::2])


def test_what_stays_as_it_was_is_not_sent_again(canvas, photograph):
    before = numbers(canvas)
    other = Pane("Another", photograph[::2, ::2] // 2)
    canvas.show("pike", (600, 800), [Pane("Photograph", photograph), other])
    assert numbers(canvas)[0] == before[0]
    assert numbers(canvas)[1] not in before
    canvas.sent.clear()
    ask(canvas, {"type": "tiles", "picture": before[1], "wanted": [[0, 0, 0]]})
    assert canvas.sent == []


def test_what_is_drawn_arrives_as_points_of_the_photograph(canvas):
    drawn = []
    canvas.drawn.connect(lambda tool, points: drawn.append((tool, points.tolist())))
    points = np.array([[1.5, 2], [3, 4]], np.float32).tobytes()
    ask(canvas, {"type": "stroke", "tool": "lasso", "photograph": "pike"}, points)
    ask(canvas, {"type": "stroke", "tool": "lasso", "photograph": "perch"}, points)
    assert drawn == [("lasso", [[1.5, 2], [3, 4]])]


def test_a_part_of_the_photograph_can_be_shown(canvas):
    canvas.look_at(Box(1, 2, 3, 4))
    assert canvas.last("look")[0]["box"] == [1, 2, 3, 4]
