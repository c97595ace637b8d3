import keras
import numpy as np
import pytest
import tensorflow as tf

from notebook_seg.errors import OptionError
from notebook_seg.training.batches import one_hot
from notebook_seg.training.examples import Examples
from notebook_seg.training.losses import LOSSES, loss_by_name
from notebook_seg.training.losses.overlap import sensitivity_specificity
from notebook_seg.training.scale import WorkingScale
from tests.training.losses import references

N_CLASSES = 3
STEPS = 100
# By their papers they are added to a loss that judges overlap: alone they hardly find an object.
BESIDE_DICE = ("boundary", "hausdorff")


@pytest.fixture
def masks():
    return np.random.default_rng(0).integers(0, N_CLASSES, (2, 9, 11)).astype(np.uint8)


@pytest.fixture
def logits():
    return np.random.default_rng(1).normal(size=(2, 9, 11, N_CLASSES)).astype(np.float32)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_agrees_with_its_numpy_reference(name, masks, logits):
    masks[0, :4] = 255
    reference = getattr(references, name)
    truth = one_hot(masks, N_CLASSES)
    alike = float(LOSSES[name](truth, logits))
    assert alike == pytest.approx(reference(masks, logits, np.ones(N_CLASSES)), rel=1e-4)
    weights = np.array([0.5, 1, 3])
    weighted = float(LOSSES[name](truth, logits, weights))
    assert weighted == pytest.approx(reference(masks, logits, weights), rel=1e-4)
    assert weighted != pytest.approx(alike, rel=1e-3)


@pytest.mark.parametrize("name", LOSSES)
def test_weights_of_classes_are_shares_and_no_amounts(name, masks, logits):
    truth, weights = one_hot(masks, N_CLASSES), np.array([0.5, 1, 3])
    value = float(LOSSES[name](truth, logits, weights))
    assert float(LOSSES[name](truth, logits, 10 * weights)) == pytest.approx(value, rel=1e-4)


# Their maps of two classes are those of each other, with as much that is wrong.
@pytest.mark.parametrize("name", sorted(LOSSES.keys() - set(BESIDE_DICE)))
def test_a_single_class_is_weighed_against_background(name, masks, logits):
    truth, logits = one_hot(np.minimum(masks, 1), 2), logits[..., :2]
    much, little = (float(LOSSES[name](truth, logits, [1, w])) for w in (5, 0.2))
    assert much != pytest.approx(little, rel=1e-3)


@pytest.mark.parametrize("sureness", [0, 30])
@pytest.mark.parametrize("name", LOSSES)
def test_what_is_unlabelled_changes_nothing(name, sureness, masks, logits):
    masks[:, 3:6] = 255
    truth = one_hot(masks, N_CLASSES)
    logits = logits + sureness * truth
    logits[:, 7] = 0
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


@pytest.fixture(scope="module")
def coins(coin_dataset):
    """Parts of two photographs, and masks of coins (1) and of what shines on them (2)."""
    stems = coin_dataset.stems[:2]
    images, masks = [], []
    for example in Examples(coin_dataset, stems, WorkingScale(long_side=64)):
        image, mask = example.image[:40], example.mask[:40].copy()
        grey = image.mean(axis=-1)
        mask[(mask == 1) & (grey > np.percentile(grey[mask == 1], 85))] = 2
        images.append((image - image.mean()) / image.std())
        masks.append(mask)
    return np.float32(images), np.stack(masks)


def small_network():
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Conv2D(16, 3, padding="same", dilation_rate=rate, activation="relu")
        for rate in (1, 2, 4, 8)
    ]
    return keras.Sequential([keras.Input((40, 64, 3)), *layers, keras.layers.Conv2D(3, 1)])


def gradient(name, truth, logits):
    logits = tf.convert_to_tensor(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = LOSSES[name](truth, logits)
    return tape.gradient(loss, logits).numpy()


def overlap(truth, found):
    return (truth & found).sum() / (truth | found).sum()


@pytest.mark.parametrize("name", LOSSES)
def test_a_network_that_follows_a_loss_finds_coins_and_the_little_that_shines_on_them(name, coins):
    images, masks = coins
    network = small_network()
    expression = f"dice + 0.1*{name}" if name in BESIDE_DICE else name
    network.compile(keras.optimizers.Adam(0.01), loss_by_name(expression), jit_compile=False)
    for _ in range(STEPS):
        network.train_on_batch(images, one_hot(masks, N_CLASSES))
    found = network.predict_on_batch(images).argmax(-1)
    for label, everywhere, least in ((1, 0.3, 0.7), (2, 0.05, 0.2)):
        # The overlap of who says the class everywhere is its share, of who never says it 0.
        assert (masks == label).mean() < everywhere
        assert overlap(masks == label, found == label) > least


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_points_to_the_truth(name, masks, logits):
    masks[0, :4] = 255
    truth = one_hot(masks, N_CLASSES)
    raised = -gradient(name, truth, logits)[truth > 0]
    assert (raised >= 0).all()
    assert raised.max() > 0


def test_a_stray_pixel_of_a_class_does_not_outweigh_all_others():
    masks = np.zeros((1, 100, 200), np.uint8)
    masks[0, 50, 0] = 1
    truth = one_hot(masks, 2)
    found = 50 * one_hot(0 * masks, 2)
    assert 0 < float(LOSSES["weighted_cross_entropy"](truth, found)) < 0.1 * 50


def test_every_term_of_a_sum_counts_with_its_weight(masks, logits):
    truth = one_hot(masks, N_CLASSES)
    dice, focal = (float(LOSSES[name](truth, logits)) for name in ("dice", "focal"))
    both = float(loss_by_name("2*dice + 0.5 * focal")(truth, logits))
    assert both == pytest.approx(2 * dice + 0.5 * focal, rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scale", [0, 1, 50, -50])
def test_gradients_are_finite_however_sure_the_network_is(name, scale, masks):
    masks[1] = 1
    truth = one_hot(masks, N_CLASSES)
    network = keras.Sequential([keras.layers.Input((9, 11, N_CLASSES)), keras.layers.Dense(3)])
    network.set_weights([scale * np.eye(N_CLASSES), np.zeros(N_CLASSES)])
    network.compile(keras.optimizers.SGD(1.0), LOSSES[name], jit_compile=False)
    network.train_on_batch(truth, truth)
    assert all(np.isfinite(weights).all() for weights in network.get_weights())


@pytest.mark.parametrize("sureness", [0, 10, -10, -30])
def test_balancing_by_iou_leaves_the_value_however_sure_the_network_is(sureness, masks, logits):
    truth = one_hot(masks, N_CLASSES)
    logits = logits + sureness * truth
    plain = float(LOSSES["cross_entropy"](truth, logits))
    assert float(LOSSES["iou_balanced"](truth, logits)) == pytest.approx(plain, rel=1e-3)


def test_balancing_by_iou_changes_what_is_learned(masks, logits):
    truth = one_hot(masks, N_CLASSES)
    plain, balanced = (gradient(n, truth, logits) for n in ("cross_entropy", "iou_balanced"))
    assert not np.allclose(plain, balanced, rtol=1e-2)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
def test_what_is_missed_counts_by_the_share_of_sensitivity_with_a_single_class_too(masks, share):
    truth = one_hot(np.minimum(masks, 1), 2)
    everywhere, nowhere = (np.broadcast_to(np.float32([-c, c]), truth.shape) for c in (50, -50))
    false_alarms = float(sensitivity_specificity(truth, everywhere, share=share))
    missed = float(sensitivity_specificity(truth, nowhere, share=share))
    assert (missed, false_alarms) == pytest.approx((share, 1 - share))


def test_false_alarms_cost_where_the_class_is_nowhere(masks):
    truth = one_hot(0 * masks, 2)
    everywhere = np.broadcast_to(np.float32([-50, 50]), truth.shape)
    assert float(sensitivity_specificity(truth, everywhere)) == pytest.approx(0.5)


def test_class_weights_reach_every_term(masks, logits):
    truth = one_hot(masks, N_CLASSES)
    weights = [1, 2, 4]
    terms = [float(LOSSES[name](truth, logits, weights)) for name in ("dice", "focal")]
    found = float(loss_by_name("dice + focal", weights)(truth, logits))
    assert found == pytest.approx(sum(terms), rel=1e-5)


@pytest.mark.parametrize("wrong", ["dicee", "dice +", "dice - focal", "", "0.5"])
def test_a_loss_that_is_not_understood_is_told(wrong):
    with pytest.raises(OptionError, match="Received"):
        loss_by_name(wrong)
