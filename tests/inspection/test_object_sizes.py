import numpy as np
import pytest

from notebook_seg.inspection.object_sizes import ObjectSizes, object_sizes


def test_sizes_are_those_at_the_working_scale():
    mask = np.zeros((100, 200), np.uint8)
    mask[10:50, 20:100] = 1
    mask[60:70, 20:30] = 2
    first, second = object_sizes(mask, n_classes=3, factor=0.5)
    assert (first.areas.tolist(), first.lengths.tolist()) == ([800.0], [40.0])
    assert (second.areas.tolist(), second.lengths.tolist()) == ([25.0], [5.0])
    assert first.typical_diameter == pytest.approx(2 * np.sqrt(800 / np.pi))


def test_crumbs_do_not_make_objects_small():
    mask = np.zeros((120, 120), np.uint8)
    mask[20:60, 20:60] = 1
    mask[80:118:2, 80:118:2] = 1
    (found,) = object_sizes(mask, n_classes=2, factor=1.0)
    assert len(found) == 1 + 19**2
    assert found.typical_length == 40


def test_a_class_that_is_not_drawn_has_no_size():
    (found,) = object_sizes(np.full((9, 9), 255, np.uint8), n_classes=2, factor=1.0)
    assert len(found) == 0
    assert np.isnan(found.typical_diameter)
    assert np.isnan(found.typical_length)
    assert len(ObjectSizes.together([])) == 0
