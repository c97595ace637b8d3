import subprocess
import sys
from threading import Event

import pytest

from notebook_seg.widgets.background import Background


@pytest.fixture
def background():
    background = Background()
    yield background
    assert background.wait(60)


def test_a_job_is_done_in_another_thread_and_can_be_waited_for(background):
    done = []
    background.start(lambda go_on: done.append("job"))
    assert background.wait(60)
    assert done == ["job"]


def test_of_the_jobs_that_wait_the_last_alone_is_done(background):
    begun, release, done = Event(), Event(), []

    def first(go_on):
        begun.set()
        release.wait(60)
        done.append("first")

    background.start(first)
    assert begun.wait(60)
    background.start(lambda go_on: done.append("second"))
    background.start(lambda go_on: done.append("third"))
    release.set()
    assert background.wait(60)
    assert done == ["first", "third"]


def test_a_job_that_is_overtaken_ends_at_its_next_look(background):
    begun, release, done = Event(), Event(), []

    def slow(go_on):
        begun.set()
        release.wait(60)
        go_on()
        done.append("slow")

    background.start(slow)
    assert begun.wait(60)
    background.start(lambda go_on: done.append("next"))
    release.set()
    assert background.wait(60)
    assert done == ["next"]


def test_a_job_that_is_stopped_ends_at_its_next_look(background):
    begun, release, done = Event(), Event(), []

    def slow(go_on):
        begun.set()
        release.wait(60)
        go_on()
        done.append("slow")

    background.start(slow)
    assert begun.wait(60)
    background.stop()
    release.set()
    assert background.wait(60)
    assert done == []


def test_a_job_may_start_another(background):
    done = []
    background.start(lambda go_on: background.start(lambda go_on: done.append("second")))
    assert background.wait(60)
    assert done == ["second"]


def test_waiting_can_be_given_up(background):
    release = Event()
    background.start(lambda go_on: release.wait(60))
    assert not background.wait(0)
    release.set()


def test_no_thread_stays_when_nothing_is_left_to_do(background):
    threads = []
    background.start(lambda go_on: threads.append(background._thread))
    assert background.wait(60)
    threads[0].join(60)
    assert not threads[0].is_alive()


def test_after_a_job_that_fails_the_next_is_done(background, caplog):
    done = []
    background.start(lambda go_on: 1 / 0)
    assert background.wait(60)
    background.start(lambda go_on: done.append("next"))
    assert background.wait(60)
    assert done == ["next"]
    assert "ZeroDivisionError" in caplog.text


def test_python_ends_although_a_labeller_is_open():
    source = "import notebook_seg as nbs; labeller = nbs.Labeller(nbs.Dataset.sample())"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
