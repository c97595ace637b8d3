import time

import pytest

from notebook_seg.errors import TrainingError
from notebook_seg.training.run_lock import RunLock, alone_in, is_busy


def test_a_folder_has_one_training_at_a_time(tmp_path):
    with alone_in(tmp_path / "model"):
        with (
            pytest.raises(TrainingError, match=r"A training is running in .*model"),
            alone_in(tmp_path / "model"),
        ):
            pass
        assert is_busy(tmp_path / "model")
    assert not is_busy(tmp_path / "model")


def test_a_training_begins_although_somebody_looks_at_its_folder_just_then(tmp_path, monkeypatch):
    look = RunLock(tmp_path)
    look.take()
    monkeypatch.setattr(time, "sleep", lambda seconds: look.give_back())
    with alone_in(tmp_path):
        assert is_busy(tmp_path)


def test_who_only_looks_whether_a_training_is_running_never_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it has waited"))
    with alone_in(tmp_path):
        assert is_busy(tmp_path)
    assert not is_busy(tmp_path)


def test_a_folder_that_was_made_for_nothing_is_removed(tmp_path):
    for fresh in (False, True):
        with pytest.raises(RuntimeError), alone_in(tmp_path / "model", fresh):
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_who_asks_for_a_new_folder_never_gets_that_of_another(tmp_path):
    with alone_in(tmp_path / "run", fresh=True) as one, alone_in(tmp_path / "run", True) as other:
        assert (one.folder.name, other.folder.name) == ("run", "run-2")


def test_a_lock_moves_to_the_folder_that_takes_the_place(tmp_path):
    with alone_in(tmp_path / "model") as lock:
        (tmp_path / "model").rename(tmp_path / "model.1")
        (tmp_path / "model").mkdir()
        lock.take()
        assert is_busy(tmp_path / "model")
        assert not is_busy(tmp_path / "model.1")


def test_a_folder_without_locks_is_used_all_the_same(tmp_path):
    lock = RunLock(tmp_path / "absent")
    lock.take()
    lock.give_back()
