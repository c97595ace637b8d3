import os
import signal
import threading

import pytest

from notebook_seg.interruption import interruptible, stoppable


@pytest.fixture(autouse=True)
def pythons_own_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def fail_after_an_interruption():
    """Do what a library does that catches everything and stumbles over what it left undone."""
    try:
        interrupt()
    except BaseException:  # noqa: BLE001
        raise AttributeError("'list' object has no attribute '_from_components'") from None


def test_what_a_library_makes_of_an_interruption_is_one_again():
    with pytest.raises(KeyboardInterrupt), interruptible():
        fail_after_an_interruption()


def test_an_error_without_an_interruption_stays_what_it_is():
    with pytest.raises(AttributeError, match="of its own"), interruptible():
        raise AttributeError("of its own")


def test_an_interruption_ends_quietly_what_may_be_stopped():
    done = []
    with stoppable():
        done.append("before")
        interrupt()
        done.append("after")
    assert done == ["before"]


def test_the_handler_that_was_there_is_there_again():
    with stoppable():
        fail_after_an_interruption()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_threads_and_programs_that_ignore_interruptions_are_left_alone():
    failed = []

    def work():
        try:
            with interruptible():
                raise AttributeError("of its own")
        except AttributeError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failed
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible():
        interrupt()
