import numpy as np
import pytest

from notebook_seg.prediction.objects import SPECIMEN, find_objects


@pytest.fixture
def labels():
    """Two leaves that touch, one with a spot; a speck; a strip that nobody labelled."""
    y, x = np.mgrid[:120, :220]
    leaves = (np.hypot(x - 60, y - 60) < 30) | (np.hypot(x - 115, y - 60) < 30)
    labels = leaves.astype(np.uint8)
    labels[np.hypot(x - 60, y - 60) < 8] = 2
    labels[5:7, 200:203] = 1
    labels[110:] = 255
    return labels


def seen(objects):
    return [(found.label, found.area) for found in objects]


def test_each_object_is_a_piece_of_a_class_within_its_box(labels):
    objects = find_objects(labels)
    assert [found.label for found in objects] == [1, 1, 1, 2]
    covered = np.zeros_like(labels)
    for found in objects:
        assert found.mask.shape == found.box.shape
        assert found.area == found.mask.sum()
        assert found.mask.any(0).all()
        assert found.mask.any(1).all()
        covered[found.box.slices] += np.uint8(found.label) * found.mask
    np.testing.assert_array_equal(covered, np.where(labels == 255, 0, labels))


def test_objects_that_touch_are_one_where_nobody_wants_them_split(labels):
    assert [found.label for found in find_objects(labels, split=False)] == [1, 1, 2]


def test_a_specimen_is_of_all_classes_together(labels):
    objects = find_objects(labels, together=True)
    assert {found.label for found in objects} == {SPECIMEN}
    assert len(objects) == 3
    assert sum(found.area for found in objects) == np.isin(labels, [1, 2]).sum()


@pytest.mark.parametrize(("smallest", "count"), [(1, 3), (6, 3), (7, 2), (0.001, 3), (0.01, 2)])
def test_small_objects_are_left_out_by_pixels_or_by_share_of_the_largest(labels, smallest, count):
    assert sum(found.label == 1 for found in find_objects(labels, smallest=smallest)) == count


def test_the_largest_is_kept_whatever_the_share(labels):
    largest = max(found.area for found in find_objects(labels) if found.label == 1)
    assert (1, largest) in seen(find_objects(labels, smallest=0.99))


def test_objects_are_listed_from_top_to_bottom(labels):
    tops = [found.box.top for found in find_objects(labels) if found.label == 1]
    assert tops == sorted(tops)


@pytest.mark.parametrize("value", [0, 255])
def test_a_picture_of_nothing_has_no_objects(value):
    assert find_objects(np.full((4, 5), value, np.uint8)) == []
    assert find_objects(np.full((4, 5), value, np.uint8), together=True) == []
