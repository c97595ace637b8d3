import pytest

from notebook_seg.widgets.app_photographs import Inbox
from notebook_seg.widgets.app_transfer import Download, Upload


class Browser:
    """The other end of a widget: sends messages to it, and keeps those that it sends."""

    def __init__(self, widget):
        self.widget, self.heard = widget, []
        widget.send = lambda content, buffers=(): self.heard.append((content, list(buffers)))

    def send(self, content, *buffers):
        self.widget._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])


@pytest.fixture
def upload():
    return Upload(Inbox([".jpg"]), "Choose")


def test_a_file_comes_part_by_part_and_each_part_is_answered(upload):
    browser, arrived = Browser(upload), []
    upload.arrived.connect(lambda: arrived.append(upload.inbox.paths))
    browser.send({"type": "begin", "name": "fish.jpg", "size": 5})
    browser.send({"type": "part"}, b"abc")
    browser.send({"type": "part"}, b"de")
    browser.send({"type": "all"})

    assert [content["type"] for content, _ in browser.heard] == ["next"] * 3
    ((path,),) = arrived
    assert path.read_bytes() == b"abcde"


def test_what_is_refused_is_told_with_the_reason(upload):
    browser = Browser(upload)
    browser.send({"type": "begin", "name": "notes.txt", "size": 5})
    ((content, _),) = browser.heard
    assert content["type"] == "refused"
    assert "notes.txt" in content["why"]


def test_a_message_of_another_kind_is_passed_over(upload):
    browser = Browser(upload)
    browser.send({"type": "something"})
    assert browser.heard == []


def test_a_file_is_handed_over_part_by_part(tmp_path):
    path = tmp_path / "results.zip"
    content = bytes(range(256)) * 40_000
    path.write_bytes(content)
    download = Download()
    browser = Browser(download)
    download.offer(path)
    ((told, _),) = browser.heard
    assert told == {"type": "file", "name": "results.zip", "size": len(content)}

    got = b""
    while len(got) < told["size"]:
        browser.send({"type": "part", "offset": len(got)})
        (part,) = browser.heard[-1][1]
        got += part
    assert got == content


def test_what_was_taken_back_is_not_handed_over(tmp_path):
    path = tmp_path / "results.zip"
    path.write_bytes(b"abc")
    download = Download()
    browser = Browser(download)
    download.offer(path)
    download.forget()
    browser.send({"type": "part", "offset": 0})
    assert browser.heard[-1] == ({"type": "part"}, [b""])
