import tracemalloc

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notebook_seg.data.box import Box
from notebook_seg.errors import MaskError, OptionError
from notebook_seg.labelling.mask import Mask

SHAPE = (24, 31)
SQUARE = [(4, 6), (12, 6), (12, 11), (4, 11)]
coordinates = st.floats(-10, 40)
points = st.tuples(coordinates, coordinates)
labels = st.sampled_from([0, 1, 2, 255])


def empty(shape=SHAPE, n_classes=3):
    return Mask(np.zeros(shape, np.uint8), n_classes)


class EditsAgainstCopies(RuleBasedStateMachine):
    """Every history of edits must end where copies of the whole mask would have ended."""

    def __init__(self):
        super().__init__()
        start = np.random.default_rng(0).choice([0, 1, 255], SHAPE).astype(np.uint8)
        self.mask = Mask(start, n_classes=3)
        self.copies = [start.copy()]
        self.now = 0
        self.boxes = []
        self.mask.changed.connect(self.boxes.append)

    def follow(self, box):
        before = self.copies[self.now]
        differs = self.mask.labels != before
        if box is None:
            assert not differs.any()
            assert not self.boxes
            return
        rows, columns = np.nonzero(differs)
        assert box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        assert self.boxes == [box]
        self.boxes.clear()
        self.copies[self.now + 1 :] = [self.mask.labels.copy()]
        self.now += 1

    @rule(vertices=st.lists(points, min_size=0, max_size=7), label=labels)
    def polygon(self, vertices, label):
        self.follow(self.mask.polygon(vertices, label))

    @rule(path=st.lists(points, min_size=0, max_size=4), radius=st.floats(0.3, 9), label=labels)
    def brush(self, path, radius, label):
        self.follow(self.mask.brush(path, radius, label))

    @rule(point=points, label=labels)
    def fill(self, point, label):
        self.follow(self.mask.fill(point, label))

    @rule(vertices=st.lists(points, min_size=3, max_size=5))
    def erase(self, vertices):
        self.follow(self.mask.erase(vertices))

    @rule(seed=st.integers(0, 2**32 - 1))
    def replace(self, seed):
        rng = np.random.default_rng(seed)
        (top, bottom), (left, right) = np.sort(rng.integers(0, 24, (2, 2))).tolist()
        box = Box(top, left, bottom, right)
        self.follow(self.mask.replace(box, rng.choice([0, 1, 2, 255], box.shape).astype(np.uint8)))

    @rule()
    def clear(self):
        self.follow(self.mask.clear())
        assert not self.mask.labels.any()

    @precondition(lambda self: self.now > 0)
    @rule()
    def undo(self):
        assert self.mask.undo() is not None
        self.boxes.clear()
        self.now -= 1

    @precondition(lambda self: self.now < len(self.copies) - 1)
    @rule()
    def redo(self):
        assert self.mask.redo() is not None
        self.boxes.clear()
        self.now += 1

    @invariant()
    def agrees(self):
        np.testing.assert_array_equal(self.mask.labels, self.copies[self.now])
        assert self.mask.can_undo == (self.now > 0)
        assert self.mask.can_redo == (self.now < len(self.copies) - 1)


TestEditsAgainstCopies = EditsAgainstCopies.TestCase
TestEditsAgainstCopies.settings = settings(max_examples=60, stateful_step_count=20)


def test_nothing_is_there_to_undo_or_redo_at_first():
    mask = empty()
    assert mask.undo() is None
    assert mask.redo() is None


@pytest.mark.parametrize(
    "vertices",
    [[], [(3, 3)], [(3, 3), (9, 9)], [(3, 3), (np.nan, 4), (9, 9)], [(3, 3), (np.inf, 4), (9, 9)]],
    ids=["none", "one", "two", "not a number", "infinite"],
)
def test_an_outline_that_encloses_nothing_changes_nothing(vertices):
    mask = empty()
    assert mask.polygon(vertices, 1) is None
    assert not mask.can_undo


def test_a_brush_without_a_place_changes_nothing():
    mask = empty()
    assert mask.brush([], 3, 1) is None
    assert mask.brush([(np.nan, 3)], 3, 1) is None
    assert mask.fill((np.nan, 3), 1) is None


@pytest.mark.parametrize("point", [(-0.6, 3), (3, -0.6), (30.5, 3), (3, 23.5), (1e300, 3)])
def test_a_fill_outside_the_picture_changes_nothing(point):
    assert empty().fill(point, 1) is None


@pytest.mark.parametrize("point", [(-0.5, -0.5), (30.49, 23.49)])
def test_a_fill_on_the_outermost_half_pixel_counts_as_inside(point):
    assert empty().fill(point, 1) == Box.whole(SHAPE)


def test_painting_what_is_painted_already_is_no_edit():
    mask = empty()
    mask.polygon(SQUARE, 1)
    assert mask.polygon(SQUARE, 1) is None
    assert mask.undo() is not None
    assert not mask.can_undo


def test_a_new_edit_forgets_what_was_taken_back():
    mask = empty()
    mask.polygon(SQUARE, 1)
    mask.undo()
    mask.brush([(20, 20)], 2, 2)
    assert not mask.can_redo


def test_unlabelled_can_be_painted_and_painted_over():
    mask = empty()
    mask.polygon(SQUARE, 255)
    assert set(np.unique(mask.labels)) == {0, 255}
    mask.fill((5, 7), 1)
    assert set(np.unique(mask.labels)) == {0, 1}


def test_clearing_an_empty_mask_is_no_edit():
    assert empty().clear() is None


@pytest.mark.parametrize("label", [-1, 3, 254, 256, 1.0, None, "fish"])
def test_a_label_that_is_no_class_is_refused(label):
    for edit in (
        lambda mask: mask.polygon(SQUARE, label),
        lambda mask: mask.brush([(3, 3)], 2, label),
        lambda mask: mask.fill((3, 3), label),
    ):
        mask = empty()
        with pytest.raises(OptionError, match="A label is 0 to 2, or 255"):
            edit(mask)
        assert not mask.labels.any()


@pytest.mark.parametrize("radius", [0, -1, np.nan, np.inf])
def test_a_brush_without_a_size_is_refused(radius):
    with pytest.raises(OptionError, match="above 0 pixels"):
        empty().brush([(3, 3)], radius, 1)


@pytest.mark.parametrize(
    ("box", "patch"),
    [
        (Box(0, 0, 3, 3), np.zeros((3, 4), np.uint8)),
        (Box(0, 0, 3, 3), np.zeros((3, 3), np.int64)),
        (Box(22, 0, 26, 3), np.zeros((4, 3), np.uint8)),
        (Box(0, 0, 3, 3), np.full((3, 3), 7, np.uint8)),
    ],
    ids=["another shape", "another dtype", "outside", "no such class"],
)
def test_a_patch_that_does_not_fit_is_refused(box, patch):
    with pytest.raises(OptionError, match="Received"):
        empty().replace(box, patch)


def test_points_that_are_not_pairs_are_refused():
    with pytest.raises(OptionError, match=r"array \(N, 2\)"):
        empty().polygon([(1, 2, 3), (4, 5, 6), (7, 8, 9)], 1)


@pytest.mark.parametrize("labels", [np.zeros((3, 3)), np.zeros((3, 3, 3), np.uint8)])
def test_an_array_that_is_no_mask_is_refused(labels):
    with pytest.raises(MaskError, match="uint8 class indexes"):
        Mask(labels, 2)


@pytest.mark.parametrize("n_classes", [1, 256])
def test_a_number_of_classes_out_of_range_is_refused(n_classes):
    with pytest.raises(OptionError, match="counts the background"):
        Mask(np.zeros((3, 3), np.uint8), n_classes)


def test_the_labels_that_are_handed_out_cannot_be_written():
    mask = empty()
    with pytest.raises(ValueError, match="read-only"):
        mask.labels[0, 0] = 1


def test_the_array_it_was_made_from_stays_as_it_was():
    labels = np.zeros(SHAPE, np.uint8)
    Mask(labels, 3).polygon(SQUARE, 1)
    assert not labels.any()


def test_a_hundred_strokes_on_a_large_picture_are_remembered_in_less_than_one_copy_of_it():
    rng = np.random.default_rng(0)
    mask = empty((1500, 2000))
    for _ in range(100):
        mask.polygon(rng.uniform(0, 1500, (12, 2)), int(rng.integers(0, 3)))
    assert mask.undo_bytes < mask.labels.size


@pytest.mark.parametrize(
    "stroke",
    [
        lambda mask: mask.polygon([(3000, 2000), (3050, 2000), (3000, 2050)], 1),
        lambda mask: mask.brush([(3000, 2000), (3050, 2050)], 5, 1),
        lambda mask: mask.undo(),
        lambda mask: mask.redo(),
    ],
    ids=["polygon", "brush", "undo", "redo"],
)
def test_a_small_stroke_on_24_megapixels_needs_memory_for_the_stroke_alone(stroke):
    mask = empty((4000, 6000))
    mask.polygon([(3000, 2000), (3050, 2000), (3050, 2050), (3000, 2050)], 2)
    mask.polygon([(3000, 2000), (3050, 2000), (3050, 2040), (3000, 2040)], 1)
    mask.undo()
    tracemalloc.start()
    assert stroke(mask) is not None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
