import logging

import pytest
from psygnal import Signal

from notebook_seg.errors import SaveError
from notebook_seg.widgets.messages import MessageLine


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
    line.guard(fail(SaveError("The disk is full")))()
    assert line.text == "The disk is full"
    assert "The disk is full" in line.value


def test_any_other_error_is_shown_as_a_fault_and_logged(line, caplog):
    with caplog.at_level(logging.ERROR):
        line.guard(fail(ZeroDivisionError("division by zero")))()
    assert "This is a fault of notebook_seg, please report it: ZeroDivisionError" in line.text
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


def test_an_error_in_a_listener_is_shown_without_its_wrapping(line):
    sender = Sender()
    sender.sent.connect(fail(SaveError("The disk is full")))
    line.guard(sender.sent.emit)()
    assert line.text == "The disk is full"


def test_the_message_goes_when_the_next_action_succeeds(line):
    line.guard(fail(SaveError("The disk is full")))()
    line.guard(lambda: None)()
    assert line.text == ""
    assert line.value == ""


def test_a_file_name_is_shown_as_text_and_not_as_html(line):
    line.show("<img src=x onerror=alert(1)>.png")
    assert "<img" not in line.value


def test_a_stop_by_the_user_is_not_swallowed(line):
    with pytest.raises(KeyboardInterrupt):
        line.guard(fail(KeyboardInterrupt()))()
