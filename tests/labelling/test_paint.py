import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label as connected_regions

from notebook_seg.data.box import Box
from notebook_seg.errors import OptionError
from notebook_seg.labelling.mask import Mask
from notebook_seg.labelling.paint import MODES
from notebook_seg.labelling.raster import Region

SHAPE = (12, 15)
LABELS = [0, 1, 2, 255]
seeds = st.integers(0, 2**32 - 1)


def some_labels(seed):
    return np.random.default_rng(seed).choice(LABELS, SHAPE).astype(np.uint8)


def some_region(seed):
    rng = np.random.default_rng(seed)
    top, left = rng.integers(0, 11), rng.integers(0, 14)
    box = Box(int(top), int(left), int(rng.integers(top + 1, 13)), int(rng.integers(left + 1, 16)))
    return Region(box, rng.random(box.shape) < 0.6)


def painted(labels, covered, label, mode, keep):
    """What painting means, told pixel by pixel over the whole mask."""
    result = labels.copy()
    if mode == "subtract":
        result[covered & (labels == label)] = 0
        return result
    if mode == "replace" and label != 0:
        pieces = connected_regions(labels == label, connectivity=2)
        result[np.isin(pieces, np.setdiff1d(pieces[covered], 0))] = 0
    others = keep & np.isin(result, [other for other in (1, 2) if other != label])
    result[covered & ~others] = label
    return result


@given(seeds, seeds, st.sampled_from(LABELS), st.sampled_from(MODES), st.booleans())
def test_painting_changes_the_pixels_that_it_should_and_no_others(seed, where, label, mode, keep):
    labels, region = some_labels(seed), some_region(where)
    covered = np.zeros(SHAPE, bool)
    covered[region.box.slices] = region.inside
    mask = Mask(labels, 3)
    mask.paint(region, label, mode, keep)
    np.testing.assert_array_equal(mask.labels, painted(labels, covered, label, mode, keep))
    mask.undo()
    np.testing.assert_array_equal(mask.labels, labels)


@given(seeds, seeds, st.sampled_from(LABELS), st.sampled_from(MODES))
def test_the_last_change_leads_from_the_mask_before_to_the_mask_after(seed, where, label, mode):
    mask = Mask(some_labels(seed), 3)
    follower = mask.labels.copy()
    mask.changed.connect(lambda box: mask.last_change.apply(follower))
    mask.paint(some_region(where), label, mode)
    np.testing.assert_array_equal(follower, mask.labels)
    mask.undo()
    np.testing.assert_array_equal(follower, mask.labels)
    mask.redo()
    np.testing.assert_array_equal(follower, mask.labels)


def test_drawing_an_object_again_is_one_step_of_undo():
    mask = Mask(np.zeros((40, 50), np.uint8), 3)
    mask.polygon([(2, 2), (20, 2), (20, 20), (2, 20)], 1)
    mask.polygon([(30, 2), (40, 2), (40, 20), (30, 20)], 1)
    before = mask.labels.copy()
    mask.polygon([(15, 15), (28, 15), (28, 30), (15, 30)], 1, mode="replace")
    assert not mask.labels[5, 5]
    assert mask.labels[10, 35] == mask.labels[25, 25] == 1
    mask.undo()
    np.testing.assert_array_equal(mask.labels, before)


@pytest.mark.parametrize(
    "region",
    [
        Region(Box(0, 0, 13, 2), np.ones((13, 2), bool)),
        Region(Box(-1, 0, 2, 2), np.ones((3, 2), bool)),
        Region(Box(0, 0, 2, 2), np.ones((2, 3), bool)),
    ],
    ids=["below", "above", "another shape"],
)
def test_a_region_that_does_not_fit_is_refused(region):
    with pytest.raises(OptionError, match="A region has the shape of its box"):
        Mask(np.zeros(SHAPE, np.uint8), 3).paint(region, 1)


def test_a_mode_that_is_none_is_refused_and_spelled():
    with pytest.raises(OptionError, match="did you mean 'subtract'"):
        Mask(np.zeros(SHAPE, np.uint8), 3).brush([(3, 3)], 2, 1, mode="substract")


def test_no_region_changes_nothing():
    assert Mask(np.zeros(SHAPE, np.uint8), 3).paint(None, 1) is None


def test_background_is_not_taken_away_from_background():
    mask = Mask(np.zeros(SHAPE, np.uint8), 3)
    assert mask.paint(Region(Box(2, 2, 4, 5), np.ones((2, 3), bool)), 0, mode="subtract") is None
    assert not mask.can_undo
