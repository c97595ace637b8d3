import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from notebook_seg.data import Box, Dataset
from notebook_seg.data.change import Change
from notebook_seg.data.journal import Journal
from notebook_seg.errors import MaskError

SHAPE = (11, 13)


@st.composite
def strokes(draw):
    top, left = draw(st.integers(0, 10)), draw(st.integers(0, 12))
    bottom, right = draw(st.integers(top + 1, 11)), draw(st.integers(left + 1, 13))
    box = Box(top, left, bottom, right)
    after = draw(hnp.arrays(np.uint8, box.shape, elements=st.sampled_from([0, 1, 2, 255])))
    return box, after, draw(st.none() | hnp.arrays(bool, box.shape))


def put(journal: Journal, box: Box, after: np.ndarray, changed: np.ndarray | None = None) -> None:
    change = Change.drawn(box, after, changed)
    if change is not None:
        journal.append(change)


def draw_on(mask: np.ndarray, box: Box, after: np.ndarray, changed: np.ndarray | None) -> None:
    patch = mask[box.slices]
    mask[box.slices] = after if changed is None else np.where(changed, after, patch)


@given(st.lists(strokes(), max_size=6))
def test_replaying_gives_the_mask_that_was_drawn(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("journal") / "j"
    expected = np.zeros(SHAPE, np.uint8)
    journal = Journal(path, SHAPE)
    for stroke in drawn:
        put(journal, *stroke)
        draw_on(expected, *stroke)
    replayed = np.zeros(SHAPE, np.uint8)
    Journal(path, SHAPE).replay(replayed)
    assert np.array_equal(replayed, expected)
    # Over the finished mask nothing changes: a crash between saving and forgetting is harmless.
    Journal(path, SHAPE).replay(replayed)
    assert np.array_equal(replayed, expected)


@given(st.lists(strokes(), min_size=2, max_size=4), st.data())
def test_whatever_was_cut_off_the_strokes_before_are_there_and_drawing_goes_on(
    tmp_path_factory, drawn, data
):
    drawn = [(box, after, None) for box, after, _ in drawn]
    path = tmp_path_factory.mktemp("journal") / "j"
    journal, ends = Journal(path, SHAPE), []
    for stroke in drawn:
        put(journal, *stroke)
        ends.append(path.stat().st_size)
    length = data.draw(st.integers(0, ends[-1]))
    path.write_bytes(path.read_bytes()[:length] + b"\0" * data.draw(st.integers(0, 40)))
    n_whole = sum(end <= length for end in ends)
    expected = np.zeros(SHAPE, np.uint8)
    for stroke in [*drawn[:n_whole], drawn[0]]:
        draw_on(expected, *stroke)
    put(Journal(path, SHAPE), *drawn[0])
    replayed = np.zeros(SHAPE, np.uint8)
    assert Journal(path, SHAPE).replay(replayed) == n_whole + 1
    assert np.array_equal(replayed, expected)


def test_damage_in_the_middle_is_an_error_and_nothing_is_overwritten(tmp_path):
    path = tmp_path / "j"
    for value in [1, 2, 3]:
        put(Journal(path, SHAPE), Box(0, 0, 2, 2), np.full((2, 2), value, np.uint8))
    content = bytearray(path.read_bytes())
    content[40] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(MaskError, match="damaged"):
        Journal(path, SHAPE).replay(np.zeros(SHAPE, np.uint8))
    with pytest.raises(MaskError, match="damaged"):
        put(Journal(path, SHAPE), Box(0, 0, 1, 1), np.ones((1, 1), np.uint8))
    assert path.read_bytes() == content


def test_strokes_on_a_picture_of_another_size_are_an_error(tmp_path):
    put(Journal(tmp_path / "j", SHAPE), Box(0, 0, 1, 1), np.ones((1, 1), np.uint8))
    with pytest.raises(MaskError, match=r"11 x 13.*20 x 30"):
        Journal(tmp_path / "j", (20, 30)).replay(np.zeros((20, 30), np.uint8))


def test_a_file_that_is_no_journal_is_an_error(tmp_path):
    (tmp_path / "j").write_bytes(b"a shopping list, long enough")
    with pytest.raises(MaskError, match="damaged"):
        Journal(tmp_path / "j", SHAPE).has_strokes()


@pytest.mark.parametrize("box", [Box(0, 0, 12, 2), Box(-1, 0, 2, 2)])
def test_a_box_that_leaves_the_mask_is_an_error(tmp_path, box):
    after = np.zeros(box.shape, np.uint8)
    with pytest.raises(MaskError, match="outside"):
        put(Journal(tmp_path / "j", SHAPE), box, after)


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (np.zeros((3, 2), np.uint8), None),
        (np.zeros((2, 2), np.int64), None),
        (np.zeros((2, 2), np.uint8), np.ones((2, 3), bool)),
    ],
)
def test_pixels_that_do_not_fit_the_box_are_an_error(tmp_path, after, changed):
    with pytest.raises(MaskError, match="needs uint8 pixels of shape"):
        put(Journal(tmp_path / "j", SHAPE), Box(0, 0, 2, 2), after, changed)


def test_a_stroke_without_pixels_is_an_error():
    with pytest.raises(MaskError, match="one at least"):
        Change.drawn(Box(3, 3, 3, 5), np.zeros((0, 2), np.uint8))


def test_a_stroke_that_changes_nothing_leaves_no_file(tmp_path):
    nothing = np.zeros((2, 2), bool)
    put(Journal(tmp_path / "j", SHAPE), Box(0, 0, 2, 2), np.ones((2, 2), np.uint8), nothing)
    assert not list(tmp_path.iterdir())


def test_a_stroke_of_one_class_takes_a_fraction_of_a_bit_a_pixel(tmp_path):
    rows, columns = np.mgrid[:3000, :2000]
    disc = (rows - 1500) ** 2 + (columns - 1000) ** 2 < 900**2
    journal = Journal(tmp_path / "j", (3000, 2000))
    put(journal, Box(0, 0, 3000, 2000), disc.astype(np.uint8), disc)
    assert journal.path.stat().st_size < 3000 * 2000 / 8 / 10


DRAWING = """
import itertools, sys
import numpy as np
from notebook_seg.data import Box, Dataset
data, done = Dataset(sys.argv[1]), open(sys.argv[2], "w")
rng = np.random.default_rng(int(sys.argv[3]))
for number in itertools.count(1):
    top, left = rng.integers(0, 60), rng.integers(0, 100)
    after = rng.integers(0, 2, (8, 12), np.uint8)
    data.append_stroke("coin_01", Box(top, left, top + 8, left + 12), after)
    print(number, file=done, flush=True)
    if number % 50 == 0:
        data.save_mask("coin_01", data.mask("coin_01"))
"""


def expected_after(n_strokes: int, seed: int, shape: tuple[int, int]) -> np.ndarray:
    mask, rng = np.zeros(shape, np.uint8), np.random.default_rng(seed)
    for _ in range(n_strokes):
        top, left = rng.integers(0, 60), rng.integers(0, 100)
        mask[top : top + 8, left : left + 12] = rng.integers(0, 2, (8, 12), np.uint8)
    return mask


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_session_has_every_stroke_that_was_acknowledged(blank, tmp_path, seed):
    acknowledged = tmp_path / "acknowledged"
    process = subprocess.Popen(
        [sys.executable, "-c", DRAWING, str(blank.folder), str(acknowledged), str(seed)]
    )
    wait_for_strokes(acknowledged, 5)
    time.sleep(random.Random(seed).uniform(0, 0.4))
    process.kill()
    process.wait()
    n_strokes = len(acknowledged.read_text().split())
    found = Dataset(blank.folder).mask("coin_01")
    # The stroke that was being written when it ended may be there or not.
    allowed = [expected_after(n, seed, found.shape) for n in (n_strokes, n_strokes + 1)]
    assert any(np.array_equal(found, mask) for mask in allowed)


def wait_for_strokes(path: Path, n_strokes: int) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or len(path.read_text().split()) < n_strokes:
        assert time.monotonic() < deadline, "the session never drew"
        time.sleep(0.01)
