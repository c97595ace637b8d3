import re

import pytest

from notebook_seg.errors import ImageError
from notebook_seg.widgets.app_gallery import Gallery
from notebook_seg.widgets.messages import Guard, MessageLine


@pytest.fixture
def gallery():
    return Gallery(Guard(MessageLine()))


def named(gallery):
    return re.findall(r"<figcaption[^>]*>([^<]*)<", gallery.tiles.value)


def test_only_the_page_at_hand_is_made(gallery):
    made = []
    gallery.show([(str(n), lambda n=n: made.append(n) or b"x") for n in range(40)])
    assert made == list(range(18))
    assert gallery.where.value == "1 to 18 of 40"
    gallery.turn(1)
    gallery.turn(1)
    assert named(gallery) == ["36", "37", "38", "39"]
    gallery.turn(1)
    assert gallery.where.value == "37 to 40 of 40"


def test_the_page_stays_when_more_pictures_come_and_is_left_when_there_are_fewer(gallery):
    gallery.show([(str(n), lambda: b"x") for n in range(40)])
    gallery.turn(1)
    gallery.show([(str(n), lambda: b"x") for n in range(50)])
    assert named(gallery)[0] == "18"
    gallery.show([("one", lambda: b"x")])
    assert named(gallery) == ["one"]
    assert gallery.pager.layout.display == "none"


def test_a_picture_that_cannot_be_read_leaves_the_others(gallery):
    def fail():
        raise ImageError("broken.jpg cannot be read")

    gallery.show([("broken", fail), ("fish", lambda: b"x")])
    assert named(gallery) == ["broken.jpg cannot be read", "fish"]
    assert gallery.tiles.value.count("<img") == 1
