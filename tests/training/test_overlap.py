import numpy as np
import pytest

from notebook_seg.inspection.metrics import Scores
from notebook_seg.training.batches import one_hot
from notebook_seg.training.overlap import ForegroundIoU


def test_it_is_the_foreground_mean_iou_over_all_batches():
    rng = np.random.default_rng(0)
    truth = rng.choice(np.array([0, 1, 2, 255], np.uint8), (4, 8, 8))
    prediction = rng.integers(0, 3, (4, 8, 8)).astype(np.uint8)
    metric = ForegroundIoU(n_classes=3)
    for t, p in zip(truth, prediction, strict=True):
        metric.update_state(one_hot(t[None], 3), one_hot(p[None], 3))
    names = ("background", "leaf", "symptom")
    expected = Scores.from_masks(truth, prediction, names).foreground_mean_iou
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_a_class_that_is_nowhere_is_left_out_of_the_mean():
    truth = np.array([[[0, 1]]], np.uint8)
    metric = ForegroundIoU(n_classes=3)
    metric.update_state(one_hot(truth, 3), one_hot(truth, 3))
    assert float(metric.result()) == 1
