import os
import time
from contextlib import contextmanager

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.data.box import Box
from notebook_seg.labelling import LabellingSession, history
from notebook_seg.labelling.edits import Edit, Step
from notebook_seg.labelling.history import UndoFile

SQUARE = [(20, 20), (60, 20), (60, 50), (20, 50)]
CORNER = [(1, 1), (9, 1), (9, 9)]
STROKES = [(SQUARE, 1), (CORNER, 1), ([(30, 10), (70, 40), (30, 40)], 2)]


@pytest.fixture
def session(coins):
    return LabellingSession(coins)


def restarted(session):
    """What a new kernel finds on the picture that was open."""
    return LabellingSession(Dataset(session.dataset.folder), start=session.stem)


def undo_path(session):
    return session.dataset.mask_path(session.stem).with_name(f".{session.stem}.undo")


def draw(session):
    """Draw all strokes; return the mask before each and after the last."""
    masks = [session.mask.labels.copy()]
    for points, label in STROKES:
        session.stroke(points, label=label)
        masks.append(session.mask.labels.copy())
    return masks


@pytest.mark.parametrize("finish", [lambda session: None, lambda session: session.close()])
def test_strokes_can_be_taken_back_and_made_again_after_a_restart(session, finish):
    masks = draw(session)
    finish(session)
    again = restarted(session)
    for mask in masks[-2::-1]:
        assert again.undo() is not None
        np.testing.assert_array_equal(again.mask.labels, mask)
    assert not again.can_undo
    for mask in masks[1:]:
        assert again.redo() is not None
        np.testing.assert_array_equal(again.mask.labels, mask)
    assert not again.can_redo


def test_what_was_taken_back_before_a_restart_can_be_made_again_after_it(session):
    masks = draw(session)
    session.undo()
    session.undo()
    session.redo()
    again = restarted(session)
    assert again.redo() is not None
    np.testing.assert_array_equal(again.mask.labels, masks[-1])
    np.testing.assert_array_equal(Dataset(again.dataset.folder).mask(again.stem), masks[-1])


def test_a_stroke_after_a_restart_forgets_what_was_taken_back(session):
    draw(session)
    session.undo()
    again = restarted(session)
    again.stroke(CORNER, label=2)
    assert not restarted(again).can_redo
    assert restarted(again).can_undo


def test_coming_back_to_a_picture_its_strokes_can_be_taken_back(session):
    masks = draw(session)
    session.next()
    session.previous()
    session.undo()
    np.testing.assert_array_equal(session.mask.labels, masks[-2])


def test_a_picture_whose_strokes_are_all_taken_back_after_a_restart_is_unlabelled_again(session):
    draw(session)
    again = restarted(session)
    while again.undo():
        pass
    assert not again.is_labelled(again.stem)
    again.close()
    assert Dataset(again.dataset.folder).mask(again.stem) is None
    assert restarted(again).can_redo


def test_strokes_that_the_history_has_forgotten_do_not_go_with_those_that_are_taken_back(session):
    draw(session)
    undo_path(session).unlink()
    again = restarted(session)
    assert not again.can_undo
    before = again.mask.labels.copy()
    again.stroke(CORNER, label=2)
    again.undo()
    assert again.is_labelled(again.stem)
    np.testing.assert_array_equal(restarted(again).mask.labels, before)


def cut(path):
    os.truncate(path, path.stat().st_size - 3)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def age(path):
    yesterday = time.time() - 25 * 60 * 60
    os.utime(path, (yesterday, yesterday))


@pytest.mark.parametrize(
    "spoil",
    [cut, flip, age, os.unlink, lambda path: path.write_bytes(b"a shopping list")],
    ids=["torn", "damaged", "of yesterday", "gone", "another file"],
)
def test_a_history_that_cannot_be_used_is_ignored_and_a_new_one_begun(session, spoil):
    masks = draw(session)
    spoil(undo_path(session))
    again = restarted(session)
    np.testing.assert_array_equal(again.mask.labels, masks[-1])
    assert not again.can_undo
    again.stroke(CORNER, label=2)
    last = restarted(again)
    last.undo()
    np.testing.assert_array_equal(last.mask.labels, masks[-1])
    assert not last.can_undo


def change_by_a_stroke(data, stem):
    data.append_stroke(stem, Box(0, 0, 3, 3), np.full((3, 3), 2, np.uint8))


def change_as_a_whole(data, stem):
    data.save_mask(stem, data.mask(stem) // 2)


@pytest.mark.parametrize("change", [change_by_a_stroke, change_as_a_whole])
def test_the_history_of_a_mask_that_was_changed_elsewhere_is_ignored(session, change):
    draw(session)
    change(Dataset(session.dataset.folder), session.stem)
    again = restarted(session)
    assert not again.can_undo
    assert not again.can_redo


def test_the_history_of_a_mask_with_other_classes_is_ignored(session):
    draw(session)
    version = session.dataset.mask_version(session.stem)
    path, shape = undo_path(session), session.shape
    assert len(UndoFile(path, shape, 3).read(version)[0]) == len(STROKES)
    assert UndoFile(path, shape, 2).read(version) == ([], [])
    assert UndoFile(path, (7, 7), 3).read(version) == ([], [])


def test_histories_of_yesterday_are_removed_at_the_start(session):
    draw(session)
    session.close()
    age(undo_path(session))
    LabellingSession(Dataset(session.dataset.folder), start=session.stems[1])
    assert not undo_path(session).exists()


@contextmanager
def a_folder_in_the_way(path):
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()


def test_a_history_that_cannot_be_written_costs_no_stroke(session):
    with a_folder_in_the_way(undo_path(session)):
        masks = draw(session)
        session.undo()
        assert session.all_on_disk
        np.testing.assert_array_equal(restarted(session).mask.labels, masks[-2])
    session.redo()
    again = restarted(session)
    np.testing.assert_array_equal(again.mask.labels, masks[-1])
    again.undo()
    np.testing.assert_array_equal(again.mask.labels, masks[-2])


def edits_of(n_edits, n_bytes):
    return [Edit(Box(0, 0, 9, 9), bytes([n]) * n_bytes, 0, 1) for n in range(n_edits)]


def test_a_history_is_bounded_and_keeps_the_newest_edits(tmp_path):
    path, edits = tmp_path / ".coin.undo", edits_of(200, history.MOST_BYTES // 50)
    file = UndoFile(path, (9, 9), 2)
    for count, edit in enumerate(edits, start=1):
        file.append([Step("edit", edit)], edits[:count], [], version=count)
        assert path.stat().st_size < history.MOST_BYTES * 1.1
    done, _ = UndoFile(path, (9, 9), 2).read(len(edits))
    assert len(done) >= 24
    assert done == edits[-len(done) :]


def test_a_history_written_anew_still_knows_what_was_taken_back(tmp_path):
    path, edits = tmp_path / ".coin.undo", edits_of(5, 10)
    UndoFile(path, (9, 9), 2).append([], edits[:2], edits[2:], version=1)
    assert UndoFile(path, (9, 9), 2).read(1) == (edits[:2], edits[2:])


def test_a_history_is_ignored_when_more_was_taken_back_than_it_had_kept(tmp_path):
    path, edits = tmp_path / ".coin.undo", edits_of(4, history.MOST_BYTES // 3)
    file = UndoFile(path, (9, 9), 2)
    for count, edit in enumerate(edits, start=1):
        file.append([Step("edit", edit)], edits[:count], [], version=count)
    for count in (3, 2):
        undone = edits[: count - 1 : -1]
        file.append([Step("undo", undone[-1])], edits[:count], undone, version=-count)
    assert UndoFile(path, (9, 9), 2).read(-2) == ([], [])
