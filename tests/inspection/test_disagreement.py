import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_seg.errors import MaskError
from notebook_seg.inspection.disagreement import (
    SURE,
    Disagreement,
    compare_confident,
    sure_after,
    suspicious,
)


def probabilities_of(labels, n_classes, sure):
    rest = (1 - sure) / (n_classes - 1)
    return np.where(np.eye(n_classes, dtype=bool)[labels], sure, rest).astype(np.float32)


def disagreement(share):
    wrong = round(1000 * share)
    return Disagreement(np.array([[5000, 0], [wrong, 1000 - wrong]]), np.zeros(2, int))


@given(st.integers(0, 2**32 - 1))
def test_every_labelled_pixel_is_counted_once(seed):
    rng = np.random.default_rng(seed)
    truth = rng.choice([0, 1, 2, 255], (7, 9)).astype(np.uint8)
    probabilities = rng.dirichlet([0.5] * 3, (7, 9)).astype(np.float32)
    found = compare_confident(truth, probabilities)
    assert found.counts.sum() + found.unsure.sum() == np.count_nonzero(truth != 255)
    assert 0 <= found.share <= 1


def test_what_the_model_is_unsure_of_is_no_disagreement():
    truth = np.ones((4, 4), np.uint8)
    other = probabilities_of(np.zeros((4, 4), int), 2, sure=0.7)
    assert compare_confident(truth, other).share == 0
    assert compare_confident(truth, other, sure=0.6).share == 1


@given(st.floats(-6, 6), st.floats(1, 20))
def test_who_was_sure_before_a_temperature_is_sure_after_it(logit, temperature):
    before, after = (1 / (1 + np.exp(-logit / t)) for t in (1, temperature))
    limit = sure_after(temperature, 2)
    assert (before > SURE + 1e-9) <= (after >= limit)
    assert (before < SURE - 1e-9) <= (after <= limit)


def test_unlabelled_pixels_count_nowhere():
    truth = np.full((4, 4), 255, np.uint8)
    found = compare_confident(truth, probabilities_of(np.ones((4, 4), int), 2, sure=0.9))
    assert found.counts.sum() == found.unsure.sum() == 0
    assert found.share == 0
    assert found.strongest == (0, 0)


def test_the_strongest_disagreement_is_named():
    truth = np.array([[1, 1, 2, 2, 2]], np.uint8)
    found = compare_confident(truth, probabilities_of(np.array([[1, 2, 1, 1, 0]]), 3, sure=0.9))
    assert found.strongest == (2, 1)


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(MaskError, match="same height and width"):
        compare_confident(np.zeros((3, 3), np.uint8), np.zeros((4, 4, 2), np.float32))


def test_suspicious_are_the_few_that_stand_out_the_worst_first():
    found = {f"right_{n}": disagreement(0.02) for n in range(8)}
    found |= {"wrong": disagreement(0.5), "worse": disagreement(0.9)}
    assert suspicious(found) == ("worse", "wrong")


def test_where_the_model_errs_everywhere_no_mask_is_suspected():
    found = {f"picture_{n}": disagreement(0.3 + 0.05 * n) for n in range(8)}
    assert suspicious(found) == ()


def test_of_three_pictures_none_is_typical():
    assert (
        suspicious({"a": disagreement(0.01), "b": disagreement(0.01), "c": disagreement(1)}) == ()
    )
    assert suspicious({}) == ()
