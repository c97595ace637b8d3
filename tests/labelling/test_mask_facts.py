import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from notebook_seg.labelling.mask_facts import measure_mask

WITH_CORNERS = np.ones((3, 3))


def random_mask(seed: int, n_classes: int) -> np.ndarray:
    """Blobs of every size, down to single pixels."""
    random = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(random.normal(size=(60, 80)), random.uniform(0.1, 3))
    levels = np.quantile(smooth, np.linspace(0.4, 1, n_classes)[:-1])
    return np.digitize(smooth, levels).astype(np.uint8)


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_pixels_and_pieces_are_those_that_counting_every_pixel_finds(seed, n_classes):
    labels = random_mask(seed, n_classes)

    facts = measure_mask(labels, n_classes)

    assert facts.pixels == tuple(np.bincount(labels.ravel(), minlength=n_classes))
    for label in range(1, n_classes):
        numbers, count = ndimage.label(labels == label, WITH_CORNERS)
        sizes = [ndimage.binary_fill_holes(numbers == n).sum() for n in range(1, count + 1)]
        found = [piece.n_pixels for piece in facts.pieces if piece.label == label]
        assert sorted(found) == sorted(sizes)
        assert facts.n_pieces(label) == count


@given(st.integers(0, 2**32 - 1))
def test_holes_are_the_background_that_is_enclosed(seed):
    labels = random_mask(seed, 3)
    numbers, count = ndimage.label(labels == 0)
    outside = set(np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]]))

    facts = measure_mask(labels, 3)

    boxes = ndimage.find_objects(numbers)
    expected = [boxes[n - 1] for n in range(1, count + 1) if n not in outside]
    found = [hole.box.slices for hole in facts.holes]
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def test_a_class_within_another_is_no_hole():
    labels = np.zeros((20, 20), np.uint8)
    labels[2:18, 2:18] = 1
    labels[5:9, 5:9] = 2
    labels[12:14, 12:14] = 255

    assert measure_mask(labels, 3).holes == ()


def test_unlabelled_pixels_are_counted_apart():
    labels = np.zeros((10, 10), np.uint8)
    labels[:5] = 255

    facts = measure_mask(labels, 2)

    assert (facts.pixels, facts.n_unlabelled, facts.is_empty) == ((50, 0), 50, True)


@pytest.mark.parametrize(("row", "column"), [(0, 5), (9, 5), (5, 0), (5, 9)])
def test_a_piece_touches_the_border_on_every_side(row, column):
    labels = np.zeros((10, 10), np.uint8)
    labels[row, column] = labels[4, 4] = 1

    facts = measure_mask(labels, 2)

    assert sorted(facts.touches_border(piece) for piece in facts.pieces) == [False, True]
