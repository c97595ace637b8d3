import keras
import numpy as np

from notebook_seg.training.diagnosis import (
    explain_infinite_loss,
    explain_only_background,
    sees_only_background,
)
from notebook_seg.training.plan import BALANCED_LOSS, Plan


def small_network():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2, name="last")]
    )


def test_the_first_layer_that_broke_is_named():
    network = small_network()
    network.get_layer("last").set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    said = explain_infinite_loss(network, Plan(minutes=1), batches=7, rate=1e-3)
    assert "the weights from the layer 'last' on" in said
    assert "after 7 batches" in said


def test_the_loss_that_broke_is_not_advised():
    broke, other = (
        explain_infinite_loss(small_network(), Plan(minutes=1, loss=loss), batches=7, rate=1e-3)
        for loss in ("cross_entropy + dice", "focal")
    )
    assert "or with the loss" not in broke
    assert "or with the loss 'cross_entropy + dice'" in other


def test_weights_that_are_whole_are_not_blamed():
    said = explain_infinite_loss(small_network(), Plan(minutes=1), batches=7, rate=1e-3)
    assert "broke the loss alone" in said
    assert "such as 0.0001" in said


def test_a_picture_without_any_class_is_no_reason_to_worry():
    assert not sees_only_background(np.array([[100, 0], [0, 0]]))


def test_advice_fits_the_plan():
    frozen = Plan(minutes=1, loss=BALANCED_LOSS, freeze="encoder", encoder_weights=None)
    said = explain_only_background(frozen, {"spot": 0.01})
    assert "freeze='nothing'" in said
    assert "encoder_weights='imagenet'" in said
    assert "try the loss" not in said


def test_an_architecture_without_pretrained_weights_is_told_one_that_has_some():
    own = Plan(minutes=1, architecture="small_unet", encoder="none", encoder_weights=None)
    said = explain_only_background(own, {"spot": 0.01})
    assert "(architecture='unet', encoder='mobilenetv2', encoder_weights='imagenet')" in said
