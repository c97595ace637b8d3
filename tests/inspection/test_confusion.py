import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import confusion_matrix as sklearn_confusion_matrix

from notebook_seg.errors import MaskError, OptionError
from notebook_seg.inspection import confusion_matrix

UNLABELLED = 255


def reference(truth, prediction, n_classes):
    known = truth != UNLABELLED
    if not known.any():
        return np.zeros((n_classes, n_classes), int)
    return sklearn_confusion_matrix(truth[known], prediction[known], labels=range(n_classes))


@st.composite
def mask_pairs(draw):
    n_classes = draw(st.integers(1, 255))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=30))
    classes = st.integers(0, n_classes - 1)
    truth = draw(hnp.arrays(np.uint8, shape, elements=st.one_of(classes, st.just(UNLABELLED))))
    prediction = draw(hnp.arrays(np.uint8, shape, elements=classes))
    return truth, prediction, n_classes


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(mask_pairs())
def test_counts_agree_with_scikit_learn(masks):
    truth, prediction, n_classes = masks
    counts = confusion_matrix(truth, prediction, n_classes)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, reference(truth, prediction, n_classes))


@pytest.mark.parametrize("kind", ["fish", "leaf", "yeast"])
def test_counts_of_real_masks_agree_with_scikit_learn(labelled, kind):
    truth = labelled(kind).truth.copy()
    prediction = np.roll(truth, (7, 11), (0, 1))
    truth[:40, :200] = UNLABELLED
    np.testing.assert_array_equal(
        confusion_matrix(truth, prediction, 3), reference(truth, prediction, 3)
    )


@pytest.mark.parametrize(
    "view",
    [lambda a: a.T, lambda a: a[::3, ::-2], np.asfortranarray, lambda a: a.reshape(2, -1, 5)],
    ids=["transposed", "strided", "Fortran order", "three axes"],
)
def test_masks_of_any_memory_layout_are_paired_pixel_by_pixel(view):
    rng = np.random.default_rng(0)
    truth = view(rng.integers(0, 3, (1000, 700), np.uint8))
    prediction = view(rng.integers(0, 3, (1000, 700), np.uint8))
    expected = reference(truth.ravel(), prediction.ravel(), 3)
    np.testing.assert_array_equal(confusion_matrix(truth, prediction, 3), expected)
    np.testing.assert_array_equal(
        confusion_matrix(np.ascontiguousarray(truth), prediction, 3), expected
    )


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64])
def test_other_integer_types_are_counted_alike(dtype):
    truth, prediction = np.array([[0, 1, 1]]), np.array([[1, 1, 0]])
    counts = confusion_matrix(truth.astype(dtype), prediction.astype(dtype), 2)
    np.testing.assert_array_equal(counts, [[0, 1], [1, 1]])


def test_all_255_classes_fit_beside_unlabelled():
    truth = np.arange(256, dtype=np.uint8)
    counts = confusion_matrix(truth, np.minimum(truth, 254), 255)
    np.testing.assert_array_equal(counts, np.eye(255))


@pytest.mark.parametrize("n_classes", [1, 2, 14, 15, 16])
def test_every_pair_of_classes_is_told_from_what_is_unlabelled(n_classes):
    truth, prediction = np.meshgrid([*range(n_classes), UNLABELLED], range(n_classes))
    repeats = np.arange(truth.size) + 1
    masks = (m.ravel().repeat(repeats).astype(np.uint8) for m in (truth, prediction))
    expected = repeats.reshape(truth.shape)[:, :-1].T
    np.testing.assert_array_equal(confusion_matrix(*masks, n_classes), expected)


def test_24_megapixels_are_counted_in_a_few_megabytes():
    truth, prediction = np.zeros((4000, 6000), np.uint8), np.ones((4000, 6000), np.uint8)
    tracemalloc.start()
    counts = confusion_matrix(truth, prediction, 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts[0, 1] == truth.size
    assert peak < truth.nbytes / 2


def test_different_shapes_are_an_error_that_tells_both():
    with pytest.raises(MaskError, match=r"Received: \(4, 6\) and \(6, 4\)"):
        confusion_matrix(np.zeros((4, 6), np.uint8), np.zeros((6, 4), np.uint8), 2)


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        (0, 255, "The prediction holds a value .* 3 classes .* Received: 255"),
        (255, 255, "The prediction holds a value .* Received: 255"),
        (0, 3, "The prediction holds a value .* Received: 3"),
        (3, 0, r"The truth holds a value .* \(0 to 2\).* Received: 3"),
        (254, 0, "The truth holds a value .* Received: 254"),
        (-1, 0, "The truth must hold class indexes .* Received: -1"),
        (0, 300, "The prediction must hold class indexes .* Received: 300"),
        (0.0, 0, "The truth must hold class indexes, which are integers. Received: float64"),
    ],
)
def test_a_value_that_is_no_class_is_an_error_of_one_line(truth, prediction, message):
    with pytest.raises(MaskError, match=message) as caught:
        confusion_matrix(np.array([[0, truth]]), np.array([[0, prediction]]), 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("n_classes", [0, 256])
def test_an_impossible_number_of_classes_is_an_error(n_classes):
    mask = np.zeros((2, 2), np.uint8)
    with pytest.raises(OptionError, match=f"1 to 255. Received: {n_classes}"):
        confusion_matrix(mask, mask, n_classes)
