import keras
import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training.batches import one_hot
from notebook_seg.training.losses import LOSSES, loss_by_name

N_CLASSES = 3


@pytest.fixture
def masks():
    return np.random.default_rng(0).integers(0, N_CLASSES, (2, 9, 11)).astype(np.uint8)


@pytest.fixture
def logits():
    return np.random.default_rng(1).normal(size=(2, 9, 11, N_CLASSES)).astype(np.float32)


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def reference_cross_entropy(masks, logits):
    known = masks != 255
    chosen = np.take_along_axis(softmax(logits)[known], masks[known][:, None].astype(int), -1)
    return -np.log(chosen).mean()


def reference_focal(masks, logits):
    known = masks != 255
    chosen = np.take_along_axis(softmax(logits)[known], masks[known][:, None].astype(int), -1)
    return (-((1 - chosen) ** 2) * np.log(chosen)).mean()


def reference_dice(masks, logits):
    known = masks != 255
    probabilities, truth = softmax(logits)[known], masks[known]
    scores = []
    for label in np.unique(truth):
        is_label, p = truth == label, probabilities[:, label]
        scores.append(1 - (2 * p[is_label].sum() + 1) / (is_label.sum() + p.sum() + 1))
    return np.mean(scores)


REFERENCES = {
    "cross_entropy": reference_cross_entropy,
    "focal": reference_focal,
    "dice": reference_dice,
}


def test_every_loss_has_a_reference():
    assert set(REFERENCES) == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_agrees_with_its_numpy_reference(name, masks, logits):
    masks[0, :4] = 255
    found = float(LOSSES[name](one_hot(masks, N_CLASSES), logits))
    assert found == pytest.approx(REFERENCES[name](masks, logits), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_unlabelled_changes_nothing(name, masks, logits):
    masks[:, 3:6] = 255
    truth = one_hot(masks, N_CLASSES)
    other = np.where((masks == 255)[..., None], 10 * logits[::-1], logits)
    assert float(LOSSES[name](truth, logits)) == pytest.approx(float(LOSSES[name](truth, other)))


@pytest.mark.parametrize("name", LOSSES)
def test_a_perfect_prediction_is_the_minimum(name, masks, logits):
    truth = one_hot(masks, N_CLASSES)
    perfect = float(LOSSES[name](truth, 50 * truth))
    assert perfect == pytest.approx(0, abs=1e-5)
    assert perfect < float(LOSSES[name](truth, logits))


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_labelled_costs_nothing_and_is_a_number(name, logits):
    nothing = one_hot(np.full((2, 9, 11), 255, np.uint8), N_CLASSES)
    assert float(LOSSES[name](nothing, logits)) == 0


@pytest.mark.parametrize("name", LOSSES)
def test_following_a_loss_fits_the_picture(name, masks):
    network = keras.Sequential([keras.layers.Input((9, 11, N_CLASSES)), keras.layers.Dense(3)])
    network.compile(keras.optimizers.Adam(0.1), LOSSES[name])
    truth = one_hot(masks, N_CLASSES)
    network.fit(truth, truth, epochs=150, batch_size=2, verbose=0)
    assert (np.argmax(network.predict(truth, verbose=0), -1) == masks).all()


def test_every_term_of_a_sum_counts_with_its_weight(masks, logits):
    truth = one_hot(masks, N_CLASSES)
    dice, focal = (float(LOSSES[name](truth, logits)) for name in ("dice", "focal"))
    both = float(loss_by_name("2*dice + 0.5 * focal")(truth, logits))
    assert both == pytest.approx(2 * dice + 0.5 * focal, rel=1e-5)


@pytest.mark.parametrize("wrong", ["dicee", "dice +", "dice - focal", "", "0.5"])
def test_a_loss_that_is_not_understood_is_told(wrong):
    with pytest.raises(OptionError, match="Received"):
        loss_by_name(wrong)
