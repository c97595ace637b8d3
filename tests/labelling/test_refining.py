import cv2
import numpy as np
import pytest

from notebook_seg.data import read_image
from notebook_seg.labelling.refining import snap_objects


@pytest.fixture
def fish(photographs):
    """A photograph of a fish, and its mask."""
    image = read_image(photographs / "fish" / "images" / "fish_336691052.jpg")
    mask = cv2.imread(str(photographs / "fish" / "masks" / "fish_336691052.png"), 0)
    return image, (mask > 0).astype(np.uint8)


def iou(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def grown(mask, pixels):
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2))


def test_a_rough_fish_gets_the_outline_that_it_has_in_the_photograph(fish):
    image, truth = fish
    rough = grown(truth, 8)
    found = snap_objects(image, rough) == 1
    assert iou(found, truth == 1) > iou(rough == 1, truth == 1) + 0.03


def test_small_objects_stay_as_they_are(fish):
    image, _ = fish
    labels = np.zeros(image.shape[:2], np.uint8)
    labels[10:30, 10:30] = labels[50:70, 200:230] = 1
    np.testing.assert_array_equal(snap_objects(image, labels), labels)


def test_other_classes_and_holes_inside_an_object_are_kept(fish):
    image, truth = fish
    labels = grown(truth, 8)
    rows, columns = np.nonzero(truth)
    row, column = int(np.median(rows)), int(np.median(columns))
    labels[row : row + 9, column : column + 9] = 2
    labels[row - 12 : row - 4, column : column + 9] = 0
    found = snap_objects(image, labels)
    assert (found[row : row + 9, column : column + 9] == 2).all()
    assert (found[row - 12 : row - 4, column : column + 9] == 0).all()


def test_nothing_is_found_where_nothing_was_proposed(fish):
    image, truth = fish
    assert not snap_objects(image, np.zeros_like(truth)).any()
