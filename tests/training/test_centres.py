import numpy as np
import pytest

from notebook_seg.training.centres import ClassCentres

N_PICTURES = 200
RARE = 17  # the picture that holds class 2


def mask_of(index):
    mask = np.zeros((20, 30), np.uint8)
    mask[2:18, 3:27] = 1
    mask[0] = 255
    if index == RARE:
        mask[5:7, 8:10] = 2
    return mask


@pytest.fixture
def read():
    return []


@pytest.fixture
def centres(read):
    return ClassCentres(N_PICTURES, 4, lambda index: read.append(index) or mask_of(index))


def draws(centres, n, seed=0):
    rng = np.random.default_rng(seed)
    return [centres.draw(rng) for _ in range(n)]


def classes_drawn(found):
    return [mask_of(index)[tuple(position)] for index, position in found]


def test_a_common_class_is_found_without_reading_all_masks(read):
    centres = ClassCentres(N_PICTURES, 2, lambda index: read.append(index) or mask_of(index))
    draws(centres, 3)
    assert len(read) <= 3


def test_no_mask_is_read_twice(centres, read):
    draws(centres, 50)
    assert len(read) == len(set(read)) == N_PICTURES  # class 3 is nowhere, so all were looked at


def test_classes_are_as_likely_however_rare_and_those_that_are_nowhere_are_left_out(centres):
    drawn = classes_drawn(draws(centres, 400))
    assert set(drawn) == {1, 2}
    assert 0.4 < np.mean(np.equal(drawn, 2)) < 0.6


def test_pictures_that_hold_a_class_are_as_likely(read):
    few = ClassCentres(4, 2, lambda index: read.append(index) or mask_of(index))
    pictures = np.bincount([index for index, _ in draws(few, 800)])
    assert pictures.min() > 150


def test_draws_do_not_depend_on_what_was_read_before(centres):
    first, again = draws(centres, 20), draws(centres, 20)
    for (index, position), (same, place) in zip(first, again, strict=True):
        assert index == same
        np.testing.assert_array_equal(position, place)


def test_pixels_kept_of_large_masks_are_few_and_spread():
    whole = np.ones((3000, 3000), np.uint8)
    centres = ClassCentres(1, 2, lambda index: whole)
    (kept,) = centres._positions(0)
    assert len(kept) == 1 << 20
    np.testing.assert_allclose(kept.mean(0), 1500, atol=20)


def test_where_nothing_is_drawn_there_is_no_centre():
    empty = ClassCentres(3, 3, lambda index: np.zeros((4, 5), np.uint8))
    assert draws(empty, 2) == [None, None]
    assert ClassCentres(3, 1, mask_of).draw(np.random.default_rng(0)) is None


class LeftOutOnceSeen(ClassCentres):
    """As if another thread found each picture unreadable just after its mask was looked at."""

    def _positions(self, index):
        found = super()._positions(index)
        self.leave_out(index)
        return found


def test_a_picture_may_be_left_out_while_a_centre_is_drawn_from_it():
    index, position = LeftOutOnceSeen(1, 2, mask_of).draw(np.random.default_rng(0))
    assert classes_drawn([(index, position)]) == [1]


def test_a_search_can_be_ended(read):
    def stop():
        if len(read) == 5:
            raise InterruptedError

    empty = np.zeros((4, 5), np.uint8)
    centres = ClassCentres(N_PICTURES, 2, lambda index: read.append(index) or empty)
    with pytest.raises(InterruptedError):
        centres.draw(np.random.default_rng(0), stop)
    assert len(read) == 5


def test_a_picture_is_drawn_as_often_as_its_chance_says():
    chances = np.array([0.1, 0.1, 0.1, 0.7])
    some = ClassCentres(4, 2, mask_of, chances)
    pictures = np.bincount([index for index, _ in draws(some, 800)], minlength=4)
    assert 0.6 < pictures[3] / 800 < 0.8
