from threading import Event

import pytest

from notebook_seg.errors import OptionError, SaveError
from notebook_seg.widgets.app_work import Work

AT_MOST = 60


def test_steps_are_taken_in_order_and_counted():
    work, seen, told = Work(), [], []
    work.changed.connect(lambda: told.append(work.done))
    work.start("Counting", [lambda n=n: seen.append(n) for n in range(4)])

    assert work.wait(AT_MOST)
    assert seen == [0, 1, 2, 3]
    assert [share for share in told if share] == [0.25, 0.5, 0.75, 1, 1]
    assert not work.is_busy


def test_a_stop_ends_it_after_the_step_at_hand_and_the_end_is_still_made():
    work, begun, go_on, seen = Work(), Event(), Event(), []

    def first():
        begun.set()
        go_on.wait(AT_MOST)
        seen.append("first")

    work.start("Waiting", [first, lambda: seen.append("second")], lambda: seen.append("end"))
    begun.wait(AT_MOST)
    work.stop()
    go_on.set()

    assert work.wait(AT_MOST)
    assert seen == ["first", "end"]
    assert work.stopped
    assert work.error is None


def test_a_step_that_asks_learns_that_it_is_to_end():
    work, asked, go_on, answers = Work(), Event(), Event(), []

    def step():
        answers.append(work.say(0.1))
        asked.set()
        go_on.wait(AT_MOST)
        answers.append(work.say(0.2))

    work.start("Asking", [step])
    asked.wait(AT_MOST)
    work.stop()
    go_on.set()

    assert work.wait(AT_MOST)
    assert answers == [True, False]


def test_an_error_ends_it_and_is_kept_until_the_next_begins():
    work, seen = Work(), []

    def fail():
        raise SaveError("The disk is full")

    work.start("Writing", [fail, lambda: seen.append("never")], lambda: seen.append("end"))
    assert work.wait(AT_MOST)
    assert str(work.error) == "The disk is full"
    assert seen == ["end"]

    work.start("Counting", [])
    assert work.wait(AT_MOST)
    assert work.error is None


def test_two_things_at_once_are_refused():
    work, go_on = Work(), Event()
    work.start("Waiting", [lambda: go_on.wait(AT_MOST)])

    with pytest.raises(OptionError, match=r"One thing at a time.*while Waiting goes on"):
        work.start("Counting", [])

    go_on.set()
    assert work.wait(AT_MOST)
