"""What may go wrong around a labeller, done for real: nothing that was drawn may be lost."""

import inspect
import itertools
import shutil
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from notebook_seg.data import Box, Dataset, read_mask
from notebook_seg.errors import MaskError, NotebookSegError, SaveError
from notebook_seg.labelling import LabellingSession, Proposal

SQUARE = [(20, 20), (60, 20), (60, 50), (20, 50)]
CORNER = [(1, 1), (9, 1), (9, 9)]


@pytest.fixture
def session(coins):
    return LabellingSession(coins)


def another(session):
    """A second labeller on the same dataset, as in another notebook."""
    return LabellingSession(Dataset(session.dataset.folder), start=session.stem)


def on_disk(session):
    return Dataset(session.dataset.folder).mask(session.stem)


def one_line(error):
    return "\n" not in str(error.value)


# ------------------------------------------------------------------------ two labellers


def accept(session):
    session.propose(Proposal("A square", Box(0, 0, 2, 2), np.full((2, 2), 2, np.uint8)))
    session.accept()


def undo(session):
    session.stroke(CORNER)
    session.undo()


WAYS_TO_WRITE = [
    lambda session: session.stroke(CORNER),
    lambda session: session.stroke([(4, 4)], tool="brush", label=2),
    accept,
    undo,
    lambda session: session.mark_done(),
]
ways_to_write = pytest.mark.parametrize(
    "write", WAYS_TO_WRITE, ids=["lasso", "brush", "accept", "undo", "done"]
)


@ways_to_write
@pytest.mark.parametrize("finish", [lambda other: None, lambda other: other.close()])
def test_one_who_only_had_the_picture_open_overwrites_nothing(session, write, finish):
    other = another(session)
    other.stroke(SQUARE)
    finish(other)
    with pytest.raises(MaskError, match=r"changed elsewhere.*reload the picture") as error:
        write(session)
    assert one_line(error)
    np.testing.assert_array_equal(on_disk(session), other.mask.labels)


@ways_to_write
def test_one_who_drew_first_overwrites_nothing_that_was_drawn_after(session, write):
    session.stroke(SQUARE)
    other = another(session)
    other.stroke(CORNER, label=2)
    for act in (write, LabellingSession.undo, LabellingSession.next, LabellingSession.close):
        with pytest.raises(MaskError, match="changed elsewhere"):
            act(session)
    np.testing.assert_array_equal(on_disk(session), other.mask.labels)
    other.undo()
    other.close()
    assert (on_disk(session) != 2).all()


def test_taking_back_all_strokes_here_forgets_none_that_others_drew(session):
    session.stroke(CORNER)
    other = another(session)
    other.stroke(SQUARE, label=2)
    with pytest.raises(MaskError):
        session.undo()
    with pytest.raises(MaskError):
        session.close()
    np.testing.assert_array_equal(on_disk(session), other.mask.labels)


def test_one_who_only_looked_leaves_without_a_word(session):
    another(session).stroke(SQUARE)
    session.next()
    session.close()


def test_both_go_on_in_turn_by_reloading(session):
    other = another(session)
    other.stroke(SQUARE)
    session.reload()
    session.stroke(CORNER, label=2)
    with pytest.raises(MaskError):
        other.stroke(CORNER)
    other.reload()
    assert (other.mask.labels == 2).any()
    other.undo()
    assert (on_disk(other) != 2).all()
    assert on_disk(other)[Box(20, 20, 50, 60).slices].all()


def test_two_labellers_on_different_pictures_do_not_disturb_one_another(session):
    other = another(session)
    other.next()
    for _ in range(3):
        session.stroke(SQUARE)
        other.stroke(CORNER)
        session.undo()
    other.close()
    session.close()
    assert other.dataset.mask(other.stem).any()


TAKING_TURNS = """
import sys
from notebook_seg.data import Dataset
from notebook_seg.errors import MaskError
from notebook_seg.labelling import LabellingSession
data, label = Dataset(sys.argv[1]), int(sys.argv[2])
session = LabellingSession(data, start=data.stems[0])
def insist(act):
    while True:
        try:
            return act()
        except MaskError:
            session.reload()
print("ready", flush=True)
sys.stdin.readline()
for column in range(60):
    corners = [(column, 10 * label), (column + 1, 10 * label + 5)]
    insist(lambda: session.stroke(corners, tool="box", label=label))
    if column % 5 == 0:
        insist(session.mark_done)
"""


def test_two_kernels_that_write_at_the_same_time_lose_no_stroke_of_either(coins):
    command = [sys.executable, "-c", TAKING_TURNS, str(coins.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    kernels = [subprocess.Popen([*command, label], **pipes) for label in "12"]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        kernel.stdin.write("\n")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate()
        assert kernel.returncode == 0
    mask = coins.mask(coins.stems[0])
    for label in (1, 2):
        assert (mask[10 * label : 10 * label + 5, :60] == label).all()


# ------------------------------------------------------------------------ a full disk


@pytest.mark.parametrize("act", [LabellingSession.undo, LabellingSession.redo, accept])
def test_whatever_a_full_disk_refuses_is_saved_with_the_next_stroke(session, act, full_disk):
    session.stroke(SQUARE)
    session.stroke([(30, 30), (70, 30), (70, 40)], label=2)
    if act is LabellingSession.redo:
        session.undo()
    with full_disk(), pytest.raises(SaveError, match="saved with the next stroke") as error:
        act(session)
    assert one_line(error)
    assert not session.all_on_disk
    session.stroke(CORNER)
    assert session.all_on_disk
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)
    assert another(session).mask.history == session.mask.history


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 400 kB, as root may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk):
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))


def test_a_disk_that_fills_up_while_drawing_loses_nothing_once_there_is_room(coins, small_disk):
    shutil.copytree(coins.folder, small_disk / "coins")
    session = LabellingSession(Dataset(small_disk / "coins"))
    session.stroke(SQUARE)
    fill(small_disk)
    noise = np.random.default_rng(0)
    for label in [1, 2] * 10:
        with suppress(SaveError):
            session.stroke(noise.uniform(0, 80, (40, 2)), label=label)
    assert not session.all_on_disk
    with pytest.raises(SaveError, match="No space left on device"):
        session.next()
    drawn = session.mask.labels.copy()
    (small_disk / "ballast").unlink()
    session.next()
    np.testing.assert_array_equal(Dataset(small_disk / "coins").mask(session.stems[0]), drawn)
    assert session.all_on_disk


# ------------------------------------------------------------------------ files that go


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.stroke(CORNER),
        lambda session: session.undo(),
        lambda session: session.mark_done(),
        lambda session: session.next(),
    ],
    ids=["stroke", "undo", "done", "next"],
)
def test_a_photograph_that_is_gone_is_named_and_the_strokes_are_kept(session, act):
    session.stroke(SQUARE)
    session.stroke([(30, 30), (70, 30), (70, 40)], label=2)
    photograph = session.dataset.image_path(session.stem)
    content = photograph.read_bytes()
    photograph.unlink()
    with pytest.raises(SaveError, match=f"{session.stem} is gone.*Put it back") as error:
        act(session)
    assert one_line(error)
    photograph.write_bytes(content)
    # Saved along with it, although it changes nothing itself.
    session.stroke(SQUARE[:2])
    assert session.all_on_disk
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)


def test_a_photograph_that_is_gone_can_be_left_behind(session):
    first = session.stem
    session.stroke(SQUARE)
    session.dataset.image_path(first).unlink()
    with pytest.raises(SaveError):
        session.next()
    session.open(session.stems[1], save=False)
    with pytest.raises(NotebookSegError, match=first):
        session.previous()
    assert session.next()


def test_a_folder_of_masks_that_is_gone_is_made_again(session):
    session.stroke(SQUARE)
    session.next()
    shutil.rmtree(session.dataset.folder / "masks")
    session.stroke(CORNER)
    np.testing.assert_array_equal(on_disk(session), session.mask.labels)


# ------------------------------------------------------------------------ a kernel that dies


def steps_drawn(folder):
    """Draw, undo and redo at random, always the same; yield the labels after each step."""
    import numpy as np

    from notebook_seg.data import Dataset
    from notebook_seg.labelling import LabellingSession

    session, rng = LabellingSession(Dataset(folder)), np.random.default_rng(0)
    while True:
        act = rng.choice(["draw", "draw", "draw", "undo", "redo"])
        if act == "draw":
            session.stroke(rng.uniform(0, 80, (30, 2)), label=int(rng.integers(0, 3)))
        else:
            getattr(session, str(act))()
        yield session.mask.labels.copy()


DRAWING = f"""
import sys
{inspect.getsource(steps_drawn)}
for labels in steps_drawn(sys.argv[1]):
    sys.stdout.buffer.write(labels.tobytes())
    sys.stdout.flush()
"""


@pytest.mark.parametrize("n_steps", [1, 4, 23])
def test_a_kernel_killed_while_drawing_loses_no_step_that_was_done(coins, tmp_path, n_steps):
    stem, size = coins.stems[0], int(np.prod(coins.image_size(coins.stems[0])))
    shutil.copytree(coins.folder, tmp_path / "again")
    command = [sys.executable, "-c", DRAWING, str(coins.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as kernel:
        seen = kernel.stdout.read(size * n_steps)
        kernel.kill()
        seen += kernel.stdout.read()
    done = len(seen) // size
    assert done >= n_steps
    *_, last, next_one = itertools.islice(steps_drawn(tmp_path / "again"), done + 1)
    found = LabellingSession(Dataset(coins.folder), start=stem)
    # A step may be on disk that the kernel had no time any more to report.
    expected = next_one if np.array_equal(found.mask.labels, next_one) else last
    np.testing.assert_array_equal(found.mask.labels, expected)
    found.stroke(SQUARE)
    found.close()
    np.testing.assert_array_equal(on_disk(found), found.mask.labels)


def test_strokes_that_a_killed_kernel_left_become_part_of_the_mask_when_the_picture_is_left(coins):
    stem = coins.stems[0]
    LabellingSession(coins, stem).stroke([(5, 5), (40, 5), (40, 40)])
    assert coins.has_strokes(stem)

    LabellingSession(Dataset(coins.folder), stem).next()

    assert not coins.has_strokes(stem)
    assert read_mask(coins.mask_path(stem)).any()
