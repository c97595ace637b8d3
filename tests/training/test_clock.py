import math

import pytest

from notebook_seg.training.clock import Clock, Elapsed
from notebook_seg.training.plan import Plan


def test_the_rate_follows_the_schedule_of_the_plan():
    clock = Clock(Plan(epochs=10, steps=10, schedule="step", learning_rate=0.5))
    clock.batches = 19
    assert clock.learning_rate == 0.5
    clock.batches = 20
    assert clock.learning_rate == 0.05


def test_a_rate_that_warms_up_once_more_rises_from_nothing_also_after_a_stop():
    clock = Clock(Plan(epochs=10, steps=10, schedule="constant", learning_rate=0.5))
    clock.batches = 40
    assert clock.learning_rate == 0.5
    clock.warm_up()
    clock.batches = 41
    assert clock.learning_rate == 0.05
    assert Clock(clock.plan, clock.elapsed).learning_rate == 0.05


def test_a_clock_goes_on_where_another_stopped():
    clock = Clock(Plan(minutes=10), Elapsed(batches=30, seconds=300))
    assert 0.5 <= clock.fraction < 0.51
    assert clock.batches == 30


def test_time_inside_a_pause_does_not_count(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = Clock(Plan(minutes=1))
    now[0] += 6
    with clock.stopped():
        now[0] += 1000
    assert clock.seconds == pytest.approx(6)
    assert clock.seconds_left == pytest.approx(54)


def test_the_time_left_is_not_told_by_the_first_batch_in_which_the_network_is_compiled(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = Clock(Plan(epochs=2, steps=10), Elapsed(batches=4, seconds=100))
    assert clock.seconds_left == math.inf
    now[0] += 60
    clock.batches += 1
    assert clock.seconds_left == math.inf
    now[0] += 4
    clock.batches += 2
    assert clock.seconds_left == pytest.approx(2 * 13)
    clock.batches = 20
    assert clock.seconds_left == 0


def test_the_last_validation_is_within_the_time_that_was_given(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = Clock(Plan(minutes=1))
    with clock.validation():
        now[0] += 20
    now[0] = 40
    assert clock.fraction == 1


def test_the_last_look_is_within_the_time_that_was_given(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = Clock(Plan(minutes=1))
    with clock.validation():
        now[0] += 8
    with clock.validation(last_look=2):
        now[0] += 4
    now[0] = 40
    assert clock.fraction == 1


def test_a_clock_stands_still_until_it_is_started(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = Clock(Plan(minutes=1), Elapsed(seconds=5), running=False)
    now[0] = 30
    assert clock.seconds == 5
    clock.start()
    now[0] = 40
    clock.stop()
    now[0] = 90
    assert clock.seconds == pytest.approx(15)
