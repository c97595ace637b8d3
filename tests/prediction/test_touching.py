import cv2
import numpy as np
import pytest

from notebook_seg.data.masks import read_values
from notebook_seg.prediction.touching import split_touching


def discs(*places, shape=(120, 260), radius=30):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.any([np.hypot(x - px, y - py) < radius for px, py in places], axis=0)


def pieces_of(mask):
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for number in range(1, count):
        left, top, width, height = stats[number, :4]
        box = np.s_[top : top + height, left : left + width]
        yield box, numbers[box] == number


@pytest.mark.parametrize(
    ("places", "count"),
    [
        ([(60, 60)], 1),
        ([(60, 60), (115, 60)], 2),
        ([(60, 60), (115, 60), (170, 60)], 3),
        ([(60, 60), (75, 60)], 1),
    ],
)
def test_discs_that_touch_are_told_apart_and_those_that_lie_on_each_other_are_not(places, count):
    piece = discs(*places)
    parts = split_touching(piece)
    assert parts.max() == count
    np.testing.assert_array_equal(parts > 0, piece)


def test_the_cut_runs_through_the_neck():
    parts = split_touching(discs((60, 60), (115, 60)))
    assert parts[60, 60] != parts[60, 115]
    left, right = parts[:, :-1], parts[:, 1:]
    columns = np.nonzero((left != right) & (left > 0) & (right > 0))[1]
    assert columns.min() >= 84
    assert columns.max() <= 90


def test_large_pieces_are_cut_like_small_ones_at_every_pixel():
    small = discs((60, 60), (115, 60))
    large = cv2.resize(small.view(np.uint8), None, fx=12, fy=12).astype(bool)
    parts = split_touching(large)
    assert parts.max() == 2
    np.testing.assert_array_equal(parts > 0, large)
    left, right = (np.count_nonzero(parts == number) for number in (1, 2))
    assert left == pytest.approx(right, rel=0.02)


def test_no_pixel_is_lost_where_pieces_meet_at_a_corner_alone():
    piece = np.zeros((30, 60), bool)
    piece[2:15, 2:15] = piece[2:15, 30:43] = piece[8, 15:30] = True
    piece[[15, 16, 17], [43, 44, 45]] = True  # a hair that hangs on by corners
    parts = split_touching(piece)
    assert parts.max() == 2
    np.testing.assert_array_equal(parts > 0, piece)


def test_discs_that_touch_at_a_corner_alone_are_two():
    piece = np.zeros((40, 40), bool)
    piece[4:20, 4:20] = piece[20:36, 20:36] = True
    parts = split_touching(piece)
    assert parts.max() == 2
    np.testing.assert_array_equal(parts > 0, piece)


def test_a_ring_is_one_object():
    ring = discs((60, 60)) & ~discs((60, 60), radius=18)
    assert split_touching(ring).max() == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 300), (3, 3)])
def test_thin_pieces_stay_whole(shape):
    parts = split_touching(np.ones(shape, bool))
    np.testing.assert_array_equal(parts, np.ones(shape))


def test_fish_keep_their_tails(photographs):
    for path in sorted((photographs / "fish" / "masks").iterdir()):
        _, fish = max(pieces_of(read_values(path) > 0), key=lambda found: found[1].sum())
        assert split_touching(fish).max() == 1, path.name


def test_symptoms_hardly_ever_divide_a_leaf(photographs):
    divided = divided_still = 0
    for path in sorted((photographs / "leaf" / "masks").iterdir()):
        labels = read_values(path)
        box, leaf = max(pieces_of(labels == 1), key=lambda found: found[1].sum())
        divided += split_touching(leaf).max() > 1
        divided_still += split_touching(leaf, labels[box] == 2).max() > 1
    assert divided > 3
    assert divided_still <= 1


def test_nuclei_with_a_neck_are_told_apart_and_hardly_one_is_divided(photographs):
    joined = found = alone = divided = 0
    for path in sorted((photographs / "nuclei" / "masks").iterdir()):
        truth = read_values(path)
        for box, piece in pieces_of(truth > 0):
            count = len(np.unique(truth[box][piece]))
            parts = split_touching(piece).max()
            joined, found = joined + (count > 1), found + (1 < count == parts)
            alone, divided = alone + (count == 1), divided + (1 == count < parts)
    assert found > joined / 4 > 10
    assert divided < alone / 50
