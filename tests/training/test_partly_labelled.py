"""Masks of which only a part is drawn: what is not drawn says nothing."""

import itertools

import keras
import numpy as np
import pytest

from notebook_seg.data import UNLABELLED
from notebook_seg.training.batches import PatchBatches
from notebook_seg.training.examples import Example
from notebook_seg.training.losses import loss_by_name
from notebook_seg.training.overlap import ForegroundIoU

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def half(coin_dataset):
    """A photograph of a coin whose right half nobody has labelled."""
    stem = coin_dataset.stems[0]
    mask = coin_dataset.drawn_mask(stem).copy()
    mask[:, mask.shape[1] // 2 :] = UNLABELLED
    return Example(coin_dataset.image(stem), mask)


def trained(example, sampling=0.6):
    """Weights and scores of a network that sees one pixel at a time, after three steps."""
    layers = [keras.Input((None, None, 3)), keras.layers.Conv2D(2, 1, kernel_initializer="zeros")]
    network = keras.Sequential(layers)
    loss = loss_by_name("cross_entropy + dice")
    network.compile(optimizer="sgd", loss=loss, metrics=[ForegroundIoU(2)])
    patches = PatchBatches(
        [example], 2, (64, 64), 2, "none", lambda x: x.astype(np.float32) / 255, 0, sampling
    )
    for batch in itertools.islice(map(patches.batch, itertools.count()), 3):
        scores = network.train_on_batch(*batch, return_dict=True)
    return np.concatenate([w.ravel() for w in network.get_weights()]), scores


def test_what_is_not_labelled_changes_nothing_that_is_learned(half):
    noise = np.random.default_rng(0).integers(0, 255, half.image.shape, np.uint8)
    hidden = half.mask == UNLABELLED
    other = Example(np.where(hidden[..., None], noise, half.image), half.mask)
    weights, scores = trained(half)
    other_weights, other_scores = trained(other)
    np.testing.assert_allclose(other_weights, weights, atol=1e-6)
    assert other_scores == pytest.approx(scores, abs=1e-5)


def test_what_is_labelled_does_change_it(half):
    drawn = half.mask != UNLABELLED
    other = Example(np.where(drawn[..., None], 255 - half.image, half.image), half.mask)
    assert np.abs(trained(other)[0] - trained(half)[0]).max() > 1e-3


def test_nothing_is_learned_where_nothing_is_labelled(half):
    nothing = Example(half.image, np.full_like(half.mask, UNLABELLED))
    weights, scores = trained(nothing)
    np.testing.assert_array_equal(weights, 0)
    assert np.isfinite(scores["loss"])


def test_patches_are_cut_where_something_is_drawn(half):
    patches = PatchBatches([half], 2, (32, 32), 8, "none", lambda x: x, sampling=1.0)
    _, truth = patches.batch(0)
    assert (truth[..., 1].sum(axis=(1, 2)) > 0).all()
