import threading

import pytest

from notebook_seg.errors import ImageError, SaveError
from notebook_seg.prediction.pipeline import Stages, overlapped

PATIENCE = 60


def stages(read=lambda item: item, process=lambda value: value, write=None, pixels=lambda item: 1):
    return Stages(pixels, read, process, write or (lambda item, made: None))


def test_each_item_goes_through_all_stages_once():
    written = []
    outcomes = list(
        overlapped(
            range(50),
            stages(lambda n: n * 2, lambda n: n + 1, lambda item, made: written.append(made)),
        )
    )
    assert [outcome.item for outcome in outcomes] == list(range(50))
    assert {outcome.failure for outcome in outcomes} == {None}
    assert sorted(written) == [2 * n + 1 for n in range(50)]


def test_the_next_is_read_and_the_last_is_written_while_one_is_processed():
    reading_2, writing_0 = threading.Event(), threading.Event()
    met = []

    def read(item):
        if item == 2:
            reading_2.set()
        return item

    def process(item):
        if item == 1:
            met.append(reading_2.wait(PATIENCE) and writing_0.wait(PATIENCE))
        return item

    def write(item, made):
        if item == 0:
            writing_0.set()

    list(overlapped(range(3), stages(read, process, write), n_threads=1))
    assert met == [True]


class Held:
    """Counts the items that are in memory at once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = 0

    def take(self, item):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        return item

    def give(self, item, made):
        with self.lock:
            self.now -= 1


def test_few_items_are_in_memory_however_many_there_are():
    held = Held()
    list(overlapped(range(300), stages(held.take, write=held.give), n_threads=2))
    assert held.most <= 12


@pytest.mark.parametrize("n_threads", [1, 4])
def test_large_items_are_in_memory_one_at_a_time(n_threads):
    held = Held()
    large = stages(held.take, write=held.give, pixels=lambda item: 10**9)
    assert len(list(overlapped(range(20), large, n_threads))) == 20
    assert held.most == 1


@pytest.mark.parametrize("stage", ["pixels", "read", "process", "write"])
def test_an_item_that_fails_is_told_and_the_rest_goes_on(stage):
    def fail_at_3(item, *made):
        if item == 3:
            raise ImageError("torn")
        return item

    outcomes = list(overlapped(range(6), stages(**{stage: fail_at_3})))
    failures = {outcome.item: outcome.failure for outcome in outcomes}
    # What an item weighs is found out again when it is read.
    assert failures == dict.fromkeys(range(6)) | ({} if stage == "pixels" else {3: "torn"})


def test_want_of_memory_for_one_item_says_so():
    def read(item):
        raise MemoryError

    (outcome,) = overlapped(["a.jpg"], stages(read))
    assert "a.jpg does not fit into memory" in outcome.failure


@pytest.mark.parametrize("stage", ["read", "process", "write"])
def test_a_full_disk_ends_it_all(stage):
    def fail(*arguments):
        raise SaveError("disk full")

    with pytest.raises(SaveError, match="disk full"):
        list(overlapped(range(100), stages(**{stage: fail})))


def test_an_interruption_reads_no_more_and_writes_what_was_processed():
    read, written = [], []

    def process(item):
        if item == 5:
            raise KeyboardInterrupt
        return item

    def note(item):
        read.append(item)
        return item

    with pytest.raises(KeyboardInterrupt):
        list(overlapped(range(100), stages(note, process, lambda n, made: written.append(n))))
    assert sorted(written) == [0, 1, 2, 3, 4]
    assert len(read) < 50
    assert not any("read_" in thread.name for thread in threading.enumerate())


def test_closing_it_waits_for_what_is_being_written():
    written = []
    outcomes = overlapped(range(100), stages(write=lambda n, made: written.append(n)))
    seen = next(outcomes).item
    outcomes.close()
    assert seen in written
    assert len(written) < 100
    assert sorted(written) == list(range(len(written)))
