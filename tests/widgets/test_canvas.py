import zlib

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.box import Box
from notebook_seg.data.change import Change
from notebook_seg.labelling import LabellingSession
from notebook_seg.labelling.proposal import Proposal
from notebook_seg.widgets import Labeller
from notebook_seg.widgets.canvas import LassoCanvas
from notebook_seg.widgets.messages import Guard, MessageLine

OUTLINE = [(20, 20), (60, 22), (55, 50), (18, 48)]


class Browser:
    """The browser's half: says what it says, and applies to its labels what is answered."""

    def __init__(self, canvas):
        self.canvas = canvas
        self.heard = []
        self.labels = None
        self.about = None
        canvas.send = self._hear
        self.say(type="hello")

    def say(self, buffers=(), **message):
        self.heard.clear()
        self.canvas._handle_custom_msg(message, list(buffers))
        return self.heard

    def draw(self, points, seq="x-1", **changes):
        stroke = {"tool": "lasso", "label": 1, "mode": "add", "radius": 5.0, "keep": False}
        stroke |= {"tolerance": 20.0, "picture": self.about["id"], "seq": seq} | changes
        return self.say([np.asarray(points, np.float32).tobytes()], type="stroke", **stroke)

    def wish(self, name):
        return self.say(type="action", name=name, seq="x-2")

    def _hear(self, message, buffers=()):
        self.heard.append((message, buffers))
        if message["type"] == "open":
            self.about = message["about"]
            size = (0, 0) if self.about is None else (self.about["height"], self.about["width"])
            self.labels = np.zeros(size, np.uint8)
        of_mask = message["type"] == "open" or message.get("layer") == "mask"
        if of_mask and message["box"] is not None:
            change_of(message, buffers).apply(self.labels)


def change_of(message, buffers):
    value = message["value"]
    return Change(Box(*message["box"]), buffers[0], buffers[1] if value is None else value)


def kinds(heard):
    return [message["type"] for message, _ in heard]


@pytest.fixture
def line():
    return MessageLine()


@pytest.fixture
def canvas(coins, line):
    return LassoCanvas(LabellingSession(coins), Guard(line))


@pytest.fixture
def browser(canvas):
    return Browser(canvas)


def test_a_stroke_is_on_disk_when_it_is_answered_and_the_answer_says_what_changed(canvas, browser):
    session = canvas.session
    heard = browser.draw(OUTLINE)
    assert [(message["type"], message["seq"]) for message, _ in heard] == [("patch", "x-1")]
    on_disk = Dataset(session.dataset.folder).mask(session.stem)
    assert on_disk.any()
    np.testing.assert_array_equal(browser.labels, on_disk)
    assert canvas.state["can_undo"]


def test_every_edit_reaches_the_browser_whoever_makes_it(canvas, browser):
    browser.draw(OUTLINE)
    browser.draw([(30, 30), (80, 60)], tool="box", label=2)
    browser.wish("undo")
    canvas.session.stroke([(5, 5), (40, 5), (40, 40)])
    browser.wish("redo")
    np.testing.assert_array_equal(browser.labels, canvas.session.mask.labels)
    browser.wish("clear")
    assert not browser.labels.any()


def test_a_stroke_that_changes_nothing_is_answered_with_no_change(browser):
    ((message, _),) = browser.draw([(1, 1), (2, 2)])
    assert (message["type"], message["seq"], message["box"]) == ("patch", "x-1", None)


def test_a_stroke_that_cannot_be_saved_is_answered_with_what_it_drew(canvas, browser, line):
    photograph = canvas.session.dataset.image_path(canvas.session.stem)
    photograph.rename(photograph.with_suffix(".aside"))
    heard = browser.draw(OUTLINE)
    assert heard[-1][0]["seq"] == "x-1"
    np.testing.assert_array_equal(browser.labels, canvas.session.mask.labels)
    assert browser.labels.any()
    assert "kept here" in line.text
    assert canvas.state["on_disk"] is False
    photograph.with_suffix(".aside").rename(photograph)
    browser.draw([(1, 1), (9, 1), (9, 9)])
    assert canvas.state["on_disk"] is True
    assert line.text == ""


def test_a_stroke_for_a_picture_that_was_left_is_not_drawn_on_the_next(canvas, browser, line):
    left = browser.about["id"]
    browser.wish("next")
    heard = browser.draw(OUTLINE, picture=left)
    assert heard[-1][0]["seq"] == "x-1"
    assert not canvas.session.mask.labels.any()
    assert "Draw it again" in line.text


def test_an_action_is_answered_last_and_a_new_picture_comes_with_its_mask(canvas, browser):
    browser.draw(OUTLINE)
    drawn = browser.labels
    assert kinds(browser.wish("next")) == ["open", "done"]
    assert not browser.labels.any()
    assert browser.about["stem"] == canvas.session.stem
    browser.wish("previous")
    np.testing.assert_array_equal(browser.labels, drawn)


def test_a_picture_whose_mask_cannot_be_read_is_shown_and_not_drawn_on(canvas, browser, line):
    data = canvas.session.dataset
    data.mask_path(data.stems[1]).write_bytes(b"no picture")
    assert kinds(browser.wish("next")) == ["open", "done"]
    assert browser.about["editable"] is False
    assert str(data.mask_path(data.stems[1])) in line.text
    browser.draw(OUTLINE)
    assert canvas.session.mask is None
    browser.wish("next")
    assert browser.about["stem"] == data.stems[2]
    assert line.text == ""


def test_a_photograph_that_cannot_be_read_is_shown_as_none(canvas, browser, line):
    data = canvas.session.dataset
    data.image_path(data.stems[1]).write_bytes(b"no picture")
    browser.wish("next")
    assert browser.about is None
    assert data.stems[1] in line.text


def test_tiles_come_for_the_open_picture_alone(browser):
    about = browser.about
    ((message, tiles),) = browser.say(type="tiles", picture=about["id"], wanted=[[0, 0, 0]])
    assert message["keys"] == [[0, 0, 0]]
    assert tiles[0].startswith(b"\x89PNG")
    assert browser.say(type="tiles", picture=about["id"] + 7, wanted=[[0, 0, 0]]) == []


def test_a_proposal_is_shown_and_changes_the_mask_when_it_is_accepted(canvas, browser):
    labels = np.ones((10, 20), np.uint8)
    browser.heard.clear()
    canvas.session.propose(Proposal("Two by one", Box(5, 5, 15, 25), labels))
    ((message, parts),) = browser.heard
    assert message["type"] == "proposal"
    shown = np.zeros_like(browser.labels)
    change_of(message, parts).apply(shown)
    np.testing.assert_array_equal(shown[5:15, 5:25], labels)
    assert canvas.state["proposal"] == "Two by one"
    assert not browser.labels.any()

    heard = browser.wish("accept")
    assert (heard[0][0]["type"], heard[0][0]["box"]) == ("proposal", None)
    assert browser.labels.sum() == 200
    assert canvas.state["proposal"] is None


def test_scribbles_go_to_a_layer_of_their_own(canvas, browser):
    ((message, parts),) = browser.draw([(20, 20), (60, 20)], tool="scribble")
    assert (message["layer"], message["seq"]) == ("scribbles", "x-1")
    assert not browser.labels.any()
    hints = np.full_like(browser.labels, 255)
    change_of(message, parts).apply(hints)
    np.testing.assert_array_equal(hints, canvas.session.scribbles.labels)
    again = [message for message, _ in browser.say(type="hello")]
    assert [message.get("layer") for message in again] == [None, "scribbles"]


@pytest.mark.parametrize(("tool", "layer"), [("scribble", "scribbles"), ("lasso", "mask")])
def test_a_stroke_that_changes_nothing_is_taken_back_in_the_layer_that_it_was_drawn_on(
    browser, tool, layer
):
    browser.draw(OUTLINE, tool=tool)
    ((message, _),) = browser.draw(OUTLINE, tool=tool, seq="x-2")
    assert (message["box"], message["layer"], message["seq"]) == (None, layer, "x-2")


def test_a_line_along_the_edges_is_answered_also_when_there_is_none(canvas, browser, line):
    question = {"type": "trace", "picture": browser.about["id"], "start": [9, 9], "stop": [60, 40]}
    ((message, parts),) = browser.say(seq="x-3", **question)
    traced = np.frombuffer(parts[0], np.float32).reshape(-1, 2)
    assert message["seq"] == "x-3"
    np.testing.assert_allclose(traced[[0, -1]], [(9, 9), (60, 40)], atol=1)

    data = canvas.session.dataset
    data.mask_path(data.stems[1]).write_bytes(b"no picture")
    browser.wish("next")
    ((_, parts),) = browser.say(seq="x-4", **question)
    assert np.frombuffer(parts[0], np.float32).tolist() == [9, 9, 60, 40]


def test_the_pen_is_one_and_the_same_on_both_sides(canvas, line):
    canvas.pen = canvas.pen | {"tool": "brush", "radius": 30.0, "keep": True}
    pen = canvas.session.pen
    assert (pen.tool, pen.radius, pen.keep) == ("brush", 30.0, True)
    pen.label = 2
    assert canvas.pen["label"] == 2
    canvas.pen = canvas.pen | {"tool": "pencil"}
    assert "Unknown tool" in line.text
    assert canvas.pen["tool"] == pen.tool == "brush"


def test_an_action_that_is_not_known_is_told_and_answered(browser, line):
    assert kinds(browser.wish("nxt")) == ["done"]
    assert "did you mean 'next'" in line.text


def test_a_stroke_on_a_large_picture_is_answered_with_few_bytes(coins, tmp_path, line):
    import cv2

    image = cv2.imread(str(coins.image_path(coins.stems[0])))
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), cv2.resize(image, (6000, 4000), interpolation=cv2.INTER_CUBIC))
    data = Dataset.create(tmp_path / "large", path, ["coin"])
    browser = Browser(LassoCanvas(LabellingSession(data), Guard(line)))
    angles = np.linspace(0, 2 * np.pi, 600)
    outline = np.column_stack([3000 + 1500 * np.cos(angles), 2000 + 1000 * np.sin(angles)])
    ((_, parts),) = browser.draw(outline)
    assert browser.labels.mean() == pytest.approx(np.pi * 1.5 / 24, rel=0.01)
    assert sum(map(len, parts)) < 40_000


def test_the_labeller_draws_on_the_canvas_and_lets_it_ask_and_look_over(coins):
    labeller = Labeller(coins)
    browser = Browser(labeller.surface)
    assert isinstance(labeller.surface, LassoCanvas)
    browser.draw(OUTLINE)
    browser.wish("review")
    assert labeller.review is not None
    box = Box(20, 20, 30, 40)
    labeller.review.chosen.emit(coins.stems[0], box)
    assert ("look", list(box)) in [(m["type"], m.get("box")) for m, _ in browser.heard]
    labeller.close()


def test_what_is_said_is_small_json_and_bytes(browser):
    (message, parts), *_ = browser.draw(OUTLINE)
    assert len(parts) == 1
    assert len(str(message)) < 300
    assert zlib.decompress(parts[0])


def test_an_outline_that_is_begun_is_told_before_it_comes(browser, canvas):
    told = []
    canvas.session.begun.connect(lambda: told.append("begun"))
    browser.say(type="begun")
    assert told == ["begun"]
