import cv2
import numpy as np
import pytest

from notebook_seg.data.classes import UNLABELLED
from notebook_seg.labelling.assist import drop_specks, fill_holes, smooth

KINDS = [smooth, fill_holes, drop_specks]


@pytest.fixture
def scene():
    """Two objects, holes and specks of class 1, and others around and within them."""
    labels = np.zeros((200, 300), np.uint8)
    cv2.circle(labels, (80, 100), 60, 1, -1)
    cv2.rectangle(labels, (180, 40), (280, 160), 1, -1)
    labels[95:100, 75:80] = 0
    labels[100:110, 200:210] = 2
    labels[120:124, 220:224] = UNLABELLED
    labels[5, 5] = labels[190:192, 150:152] = 1
    labels[3:20, 100:140] = 2
    return labels


@pytest.mark.parametrize("tidy", KINDS)
def test_other_classes_and_unlabelled_pixels_stay(tidy, scene):
    others = (scene != 0) & (scene != 1)
    new = tidy(scene, 1)
    np.testing.assert_array_equal(new[others], scene[others])
    assert set(np.unique(new[~others])) == {0, 1}


@pytest.mark.parametrize("tidy", KINDS)
def test_the_labels_that_were_given_stay_as_they_are(tidy, scene):
    before = scene.copy()
    scene.flags.writeable = False
    assert not np.shares_memory(tidy(scene, 1), scene)
    np.testing.assert_array_equal(scene, before)


@pytest.mark.parametrize("tidy", KINDS)
@pytest.mark.parametrize("label", [0, 7])
def test_background_and_classes_that_are_not_there_change_nothing(tidy, label, scene):
    np.testing.assert_array_equal(tidy(scene, label), scene)


@pytest.mark.parametrize("tidy", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (20, 20)])
@pytest.mark.parametrize("label", [0, 1])
def test_a_mask_of_one_label_stays(tidy, shape, label):
    labels = np.full(shape, label, np.uint8)
    np.testing.assert_array_equal(tidy(labels, 1), labels)


@pytest.mark.parametrize("tidy", [fill_holes, drop_specks])
def test_tidying_twice_is_tidying_once(tidy, scene):
    once = tidy(scene, 1)
    np.testing.assert_array_equal(tidy(once, 1), once)


def test_holes_are_filled_with_the_label(scene):
    new = fill_holes(scene, 1)
    assert (new[95:100, 75:80] == 1).all()
    assert (new != scene).sum() == 25


def test_a_hole_at_the_border_is_open():
    labels = np.ones((20, 20), np.uint8)
    labels[8:12, :4] = 0
    np.testing.assert_array_equal(fill_holes(labels, 1), labels)


def test_a_hole_that_leaks_through_a_corner_only_is_filled():
    labels = np.ones((20, 20), np.uint8)
    labels[5:8, 5:8] = 0
    labels[4, 4] = 0
    assert fill_holes(labels, 1).all()


def test_specks_become_background_and_the_rest_stays(scene):
    new = drop_specks(scene, 1)
    assert new[5, 5] == 0
    assert not new[190:192, 150:152].any()
    assert (new != scene).sum() == 5


def test_what_is_small_beside_a_large_object_is_a_speck_and_alone_it_is_not():
    labels = np.zeros((200, 200), np.uint8)
    labels[150:155, 10:15] = 1
    np.testing.assert_array_equal(drop_specks(labels, 1), labels)
    labels[10:100, 10:100] = 1
    assert not drop_specks(labels, 1)[150:155, 10:15].any()


def test_the_largest_object_is_never_a_speck():
    labels = np.zeros((20, 20), np.uint8)
    labels[4:6, 4:6] = 1
    np.testing.assert_array_equal(drop_specks(labels, 1), labels)


def test_smoothing_takes_the_tremor_out_of_an_outline(iou):
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    radius = 80 + np.random.default_rng(0).normal(0, 2, 720)
    outline = 100 + radius[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rough, true = np.zeros((200, 200), np.uint8), np.zeros((200, 200), np.uint8)
    cv2.fillPoly(rough, [np.round(outline).astype(np.int32)], 1)
    cv2.circle(true, (100, 100), 80, 1, -1)
    new = smooth(rough, 1)
    assert iou(new > 0, true > 0) > iou(rough > 0, true > 0)

    def length(labels):
        contours, _ = cv2.findContours(labels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return sum(cv2.arcLength(contour, True) for contour in contours)

    assert length(new) < 0.9 * length(rough)


def test_smoothing_leaves_straight_contours_at_the_border_of_the_picture():
    labels = np.zeros((100, 100), np.uint8)
    labels[:, 40:] = 1
    np.testing.assert_array_equal(smooth(labels, 1), labels)


def test_smoothing_takes_no_object_away(scene):
    new = smooth(scene, 1)
    assert new[5, 5] == 1
    assert (new[190:192, 150:152] == 1).all()


def test_smoothing_hand_drawn_masks_changes_little(coin_scene, iou):
    labels = coin_scene[1]
    assert iou(smooth(labels, 1) == 1, labels == 1) > 0.97
