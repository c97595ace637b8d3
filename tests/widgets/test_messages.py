import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from psygnal import Signal

from notebook_seg.errors import MaskError, SaveError
from notebook_seg.widgets.messages import Guard, MessageLine


class Sender:
    sent = Signal()


@pytest.fixture
def line():
    return MessageLine()


def fail(error):
    def act(*_):
        raise error

    return act


def test_an_error_of_ours_is_shown_as_it_reads(line):
    Guard(line)(fail(SaveError("The disk is full")))()
    assert line.text == "The disk is full"
    assert "The disk is full" in line.value


def test_any_other_error_is_shown_as_a_fault_and_logged(line, caplog):
    with caplog.at_level(logging.ERROR):
        Guard(line)(fail(ZeroDivisionError("division by zero")))()
    assert "This is a fault of notebook_seg, please report it: ZeroDivisionError" in line.text
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


def test_an_error_in_a_listener_is_shown_without_its_wrapping(line):
    sender = Sender()
    sender.sent.connect(fail(SaveError("The disk is full")))
    Guard(line)(sender.sent.emit)()
    assert line.text == "The disk is full"


def test_an_error_of_a_thread_is_shown_too_with_what_became_of_the_work(line):
    Guard(line, comfort="The best epoch so far is kept").show(ZeroDivisionError("by zero"))
    assert line.text.endswith("ZeroDivisionError: by zero. The best epoch so far is kept")


def test_no_work_is_spoken_of_where_there_is_none(line):
    kept = []
    guard = Guard(line, comfort=lambda: "The best epoch is kept" if kept else "")
    guard.show(ZeroDivisionError("by zero"))
    assert line.text.endswith("ZeroDivisionError: by zero")
    kept.append(1)
    guard.show(ZeroDivisionError("by zero"))
    assert line.text.endswith("The best epoch is kept")


def test_what_to_do_in_a_panel_follows_what_to_write_in_python(line):
    guard = Guard(line, hints={SaveError: "Here: press Save."})
    guard.show(SaveError("The disk is full: pass out=FOLDER."))
    assert line.text == "The disk is full: pass out=FOLDER. Here: press Save."
    guard.show(MaskError("No mask"))
    assert line.text == "No mask"


def test_what_to_do_may_depend_on_what_the_error_says(line):
    guard = Guard(line, hints={SaveError: lambda text: "Here: Save." if "out=" in text else ""})
    guard.show(SaveError("The disk is full: pass out=FOLDER."))
    assert line.text == "The disk is full: pass out=FOLDER. Here: Save."
    guard.show(SaveError("The disk is full."))
    assert line.text == "The disk is full."


def test_the_message_stays_until_an_action_of_the_user_succeeds(line):
    guard = Guard(line)
    guard(fail(SaveError("The disk is full")))()
    guard(lambda: None)()
    assert line.text == "The disk is full"
    guard(lambda: None, clears=True)()
    assert line.text == ""
    assert line.value == ""


def test_what_comes_first_is_done_before_each_action(line):
    done = []
    wrap = Guard(line).after(lambda: done.append("stroke finished"))
    wrap(done.append)("undo")
    assert done == ["stroke finished", "undo"]


def test_callbacks_from_two_threads_run_one_after_the_other(line):
    guard, inside, overlaps = Guard(line), [], []

    def act(_):
        inside.append(None)
        overlaps.append(len(inside) > 1)
        time.sleep(0.001)
        inside.pop()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guard(act), range(100)))
    assert len(overlaps) == 100
    assert not any(overlaps)


def test_a_file_name_is_shown_as_text_and_not_as_html(line):
    line.show("<img src=x onerror=alert(1)>.png")
    assert "<img" not in line.value


def test_a_stop_by_the_user_is_not_swallowed(line):
    with pytest.raises(KeyboardInterrupt):
        Guard(line)(fail(KeyboardInterrupt()))()
