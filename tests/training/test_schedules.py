from notebook_seg.training.schedules import SCHEDULES, learning_rate


def rates(schedule):
    return [learning_rate(schedule, 1.0, batches, batches / 100) for batches in range(100)]


def test_every_schedule_warms_up():
    for schedule in SCHEDULES:
        start = rates(schedule)[:20]
        assert start == sorted(start)
        assert start[0] < 0.1


def test_a_constant_rate_stays():
    assert set(rates("constant")[20:]) == {1.0}


def test_a_cosine_falls_to_nothing():
    rate = rates("cosine")[20:]
    assert rate == sorted(rate, reverse=True)
    assert rate[-1] < 0.01


def test_a_step_falls_to_a_tenth_after_a_fifth():
    rate = rates("step")
    assert rate[19] == 1.0
    assert set(rate[20:]) == {0.1}


def test_a_schedule_begins_at_the_highest_rate_whatever_that_is():
    for schedule in SCHEDULES:
        rate = learning_rate(schedule, 0.5, batches=20, fraction=0.0)
        assert rate == 0.5
