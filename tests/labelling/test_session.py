import os

import cv2
import numpy as np
import pytest
from psygnal import EmitLoopError

from notebook_seg.data import Box, Dataset, read_mask
from notebook_seg.errors import DatasetError, ImageError, MaskError, SaveError
from notebook_seg.labelling import LabellingSession

SQUARE = [(20, 20), (60, 20), (60, 50), (20, 50)]
SQUARE_BOX = Box(20, 20, 50, 60)


@pytest.fixture
def session(coins):
    return LabellingSession(coins)


def on_disk(session):
    """What another program would read, from the files alone."""
    return Dataset(session.dataset.folder).mask(session.stem)


def test_a_stroke_is_on_disk_before_the_method_returns(session):
    session.stroke(SQUARE)
    assert on_disk(session)[SQUARE_BOX.slices].all()
    assert not session.dataset.mask_path(session.stem).exists()
    assert session.all_on_disk


@pytest.mark.parametrize(
    ("tool", "label", "points", "expected"),
    [
        ("lasso", 2, SQUARE, {(30, 30): 2, (10, 10): 0}),
        ("brush", 1, [(30, 30), (50, 30)], {(30, 40): 1, (30, 70): 0}),
        ("fill", 255, [(1, 1), (30, 30)], {(0, 0): 255, (30, 30): 255}),
        ("lasso", 0, SQUARE, {(30, 30): 0}),
    ],
)
def test_each_tool_draws_its_label(session, tool, label, points, expected):
    session.pen.tool, session.pen.label = tool, label
    session.stroke(points)
    assert {place: session.mask.labels[place] for place in expected} == expected


def test_the_eraser_is_a_brush_of_background_whatever_the_label(session):
    session.stroke(SQUARE)
    session.pen.tool, session.pen.radius, session.pen.label = "erase", 4, 2
    session.stroke([(20, 30), (60, 30)])
    assert not session.mask.labels[30, 15:65].any()
    assert session.mask.labels[45, 30] == 1


def test_a_stroke_is_on_disk_whatever_those_who_are_told_of_it_raise(session):
    session.edited.connect(lambda box: 1 / 0)
    with pytest.raises(EmitLoopError):
        session.stroke(SQUARE)
    assert on_disk(session)[SQUARE_BOX.slices].all()


def test_undo_and_redo_are_on_disk_too(session):
    session.stroke(SQUARE)
    session.pen.label = 2
    session.stroke([(10, 10), (30, 10), (30, 30)])
    session.undo()
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)
    session.redo()
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)
    assert set(np.unique(on_disk(session))) == {0, 1, 2}


def test_one_drag_of_the_brush_is_one_step_of_undo(session):
    session.pen.tool = "brush"
    session.stroke([(10, 10), (30, 10), (50, 20), (60, 40)])
    session.undo()
    assert not session.mask.can_undo


def test_the_mask_is_written_as_a_png_when_the_picture_is_left(session):
    first = session.stem
    session.stroke(SQUARE)
    session.next()
    assert read_mask(session.dataset.mask_path(first))[SQUARE_BOX.slices].all()
    names = {path.name for path in (session.dataset.folder / "masks").iterdir()}
    assert names == {f"{first}.png", f".{first}.undo"}


def test_coming_back_to_a_picture_brings_its_mask_back(session):
    session.stroke(SQUARE)
    session.next()
    assert not session.mask.labels.any()
    session.previous()
    assert session.mask.labels[SQUARE_BOX.slices].all()


def test_closing_writes_the_mask_and_can_be_repeated(session):
    session.stroke(SQUARE)
    session.close()
    session.close()
    assert read_mask(session.dataset.mask_path(session.stem)).any()


def test_looking_at_a_picture_writes_nothing(session):
    while session.next():
        pass
    session.close()
    assert not list((session.dataset.folder / "masks").glob("*"))


def test_a_kernel_that_dies_loses_no_stroke(coins):
    LabellingSession(coins).stroke(SQUARE)
    session = LabellingSession(Dataset(coins.folder), start=coins.stems[0])
    assert session.mask.labels[SQUARE_BOX.slices].all()
    assert session.is_labelled(coins.stems[0])


@pytest.mark.parametrize("leave", [lambda session: session.next(), lambda session: None])
def test_a_picture_whose_strokes_are_all_taken_back_is_unlabelled_again(session, leave):
    stem = session.stem
    session.stroke(SQUARE)
    assert session.is_labelled(stem)
    session.undo()
    leave(session)
    assert not session.is_labelled(stem)
    assert Dataset(session.dataset.folder).mask(stem) is None


def test_a_stroke_made_again_after_all_were_taken_back_is_on_disk(session):
    session.stroke(SQUARE)
    session.undo()
    session.redo()
    assert on_disk(session)[SQUARE_BOX.slices].all()


def test_a_mask_that_was_begun_and_erased_is_not_left_behind(session):
    stem = session.stem
    session.stroke(SQUARE)
    session.clear()
    session.next()
    assert Dataset(session.dataset.folder).mask(stem) is None
    assert not session.is_labelled(stem)


def test_a_mask_that_was_there_and_is_erased_stays_as_an_empty_one(session):
    stem = session.stem
    session.stroke(SQUARE)
    session.next()
    session.previous()
    session.clear()
    session.next()
    assert not read_mask(session.dataset.mask_path(stem)).any()


def test_a_picture_with_nothing_in_it_can_be_marked_as_done(session):
    session.mark_done()
    assert session.is_labelled(session.stem)
    assert not on_disk(session).any()
    session.next()
    assert len(Dataset(session.dataset.folder).labelled) == 1


def test_the_status_of_a_picture_is_reported_when_it_changes(session):
    heard = []
    session.status_changed.connect(heard.append)
    session.stroke(SQUARE)
    session.stroke([(1, 1), (9, 1), (9, 9)])
    assert heard == [session.stem]
    session.undo()
    session.undo()
    assert heard == [session.stem] * 2


def test_the_changed_box_is_reported(session):
    heard = []
    session.edited.connect(heard.append)
    session.stroke(SQUARE)
    session.stroke(SQUARE)
    session.undo()
    assert heard == [SQUARE_BOX, SQUARE_BOX]


def test_the_first_picture_without_a_mask_is_opened_at_the_start(session):
    session.stroke(SQUARE)
    session.close()
    assert LabellingSession(Dataset(session.dataset.folder)).stem == session.stems[1]


def test_a_dataset_that_is_labelled_already_opens_at_its_first_picture(tmp_path):
    data = Dataset.sample(tmp_path / "sample")
    assert LabellingSession(data).stem == data.stems[0]


def test_the_ends_of_the_row_of_pictures_are_ends(session):
    assert not session.previous()
    while session.next():
        pass
    assert session.stem == session.stems[-1]


def test_the_next_unlabelled_picture_is_looked_for_from_here_and_then_from_the_start(session):
    session.open(session.stems[2])
    session.stroke(SQUARE)
    session.open(session.stems[1])
    assert session.next_unlabelled()
    assert session.stem == session.stems[3]
    assert session.next_unlabelled()
    assert session.stem == session.stems[0]


def test_when_all_others_are_labelled_the_search_for_the_next_stays_here(session):
    for stem in session.stems[1:]:
        session.open(stem)
        session.mark_done()
    session.open(session.stems[0])
    assert not session.next_unlabelled()
    assert session.stem == session.stems[0]


def test_the_brush_starts_at_a_hundredth_of_the_picture(photographs, tmp_path):
    data = Dataset.create(tmp_path / "leaf", photographs / "leaf/images/leaf_106.jpg", ["leaf"])
    assert LabellingSession(data).pen.radius == round(max(data.image_size("leaf_106")) / 100) > 10


def test_a_stroke_that_cannot_be_saved_is_kept_and_saved_with_the_next(session, full_disk):
    heard = []
    session.edited.connect(heard.append)
    with full_disk(), pytest.raises(SaveError, match="kept here, and saved with the next stroke"):
        session.stroke(SQUARE)
    assert heard == [SQUARE_BOX]
    assert not session.all_on_disk
    session.stroke([(1, 1), (9, 1), (9, 9)])
    assert session.all_on_disk
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)
    assert on_disk(session)[SQUARE_BOX.slices].all()


def test_a_picture_that_cannot_be_saved_stays_open(session, full_disk):
    stem = session.stem
    session.stroke(SQUARE)
    with full_disk(), pytest.raises(SaveError):
        session.next()
    assert session.stem == stem
    assert session.next()
    assert read_mask(session.dataset.mask_path(stem))[SQUARE_BOX.slices].all()


def test_a_picture_that_cannot_be_saved_can_be_left_on_purpose(session, full_disk):
    session.stroke(SQUARE)
    with full_disk():
        session.open(session.stems[1], save=False)
    assert session.stem == session.stems[1]


def test_a_photograph_deleted_underneath_keeps_the_strokes_in_memory(session):
    session.dataset.image_path(session.stem).unlink()
    with pytest.raises(SaveError, match=session.stem):
        session.stroke(SQUARE)
    assert session.mask.labels[SQUARE_BOX.slices].all()


@pytest.fixture
def damaged(coins):
    """A dataset whose second photograph is cut off and whose third mask is no picture."""
    second, third = coins.stems[1:3]
    photograph = coins.image_path(second)
    os.truncate(photograph, photograph.stat().st_size // 2)
    coins.mask_path(third).write_bytes(b"no picture")
    return coins


def test_a_picture_that_cannot_be_read_is_reported_and_one_can_go_on(damaged):
    session = LabellingSession(damaged)
    opened = []
    session.opened.connect(opened.append)
    with pytest.raises(ImageError, match=session.stems[1]):
        session.next()
    assert session.image is None
    with pytest.raises(ImageError):
        session.stroke(SQUARE)
    with pytest.raises(MaskError, match=session.stems[2]):
        session.next()
    assert session.next()
    assert session.problem is None
    assert opened == list(session.stems[1:])


def test_a_mask_that_cannot_be_read_is_never_overwritten(damaged):
    session = LabellingSession(damaged)
    with pytest.raises(MaskError):
        session.open(session.stems[2])
    for act in (lambda: session.stroke(SQUARE), session.clear, session.mark_done, session.undo):
        with pytest.raises(MaskError):
            act()
    session.next()
    assert damaged.mask_path(session.stems[2]).read_bytes() == b"no picture"


def test_a_damaged_first_picture_does_not_prevent_the_start(coins):
    coins.image_path(coins.stems[0]).write_bytes(b"no picture")
    session = LabellingSession(coins)
    assert isinstance(session.problem, ImageError)
    assert session.next()


def test_a_picture_can_be_opened_again_once_it_is_repaired(damaged):
    session = LabellingSession(damaged)
    with pytest.raises(MaskError):
        session.open(session.stems[2])
    damaged.mask_path(session.stems[2]).unlink()
    session.open(session.stems[2])
    assert session.problem is None


def test_a_picture_that_is_not_there_is_an_error_that_names_it(session):
    with pytest.raises(DatasetError, match="'fishh'"):
        session.open("fishh")
    with pytest.raises(DatasetError, match="'fishh'"):
        LabellingSession(session.dataset, start="fishh")


def test_a_dataset_without_pictures_is_an_error_that_names_the_folder(coins):
    for stem in coins.stems:
        coins.image_path(stem).unlink()
    with pytest.raises(DatasetError, match="no picture to label in"):
        LabellingSession(coins)


@pytest.mark.parametrize("finish", [lambda other: None, lambda other: other.close()])
def test_two_labellers_of_one_picture_do_not_overwrite_one_another(coins, finish):
    stale, other = LabellingSession(coins), LabellingSession(Dataset(coins.folder))
    other.stroke(SQUARE)
    finish(other)
    with pytest.raises(MaskError, match="was changed elsewhere"):
        stale.stroke([(1, 1), (9, 1), (9, 9)])
    for leave in (stale.next, stale.mark_done, stale.close):
        with pytest.raises(MaskError, match="reload the picture"):
            leave()
    np.testing.assert_array_equal(on_disk(stale), other.mask.labels)
    stale.reload()
    np.testing.assert_array_equal(stale.mask.labels, other.mask.labels)
    stale.stroke([(1, 1), (9, 1), (9, 9)])
    assert on_disk(stale)[SQUARE_BOX.slices].all()


def test_a_stroke_that_failed_halfway_is_not_taken_for_the_work_of_others(session, full_disk):
    session.stroke(SQUARE)
    with full_disk(), pytest.raises(SaveError):
        session.stroke([(1, 1), (9, 1), (9, 9)])
    session.stroke([(1, 1), (5, 1), (5, 9)])
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)


def test_the_brush_fits_each_picture_until_one_chooses_its_size(coins):
    first, second = coins.stems[:2]
    path = coins.image_path(second)
    enlarged = cv2.resize(cv2.imread(str(path)), None, fx=9, fy=9)
    path.unlink()
    cv2.imwrite(str(path.with_suffix(".png")), enlarged)
    session = LabellingSession(Dataset(coins.folder), start=first)
    before = session.pen.radius
    session.next()
    assert session.pen.radius > 2 * before
    session.pen.radius = 7
    session.previous()
    assert session.pen.radius == 7
