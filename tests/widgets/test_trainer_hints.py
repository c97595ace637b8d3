from dataclasses import fields

import keras
import pytest

from notebook_seg.errors import OutOfMemoryError, SaveError, TrainingError, WeightsError
from notebook_seg.training import Plan
from notebook_seg.training.diagnosis import explain_infinite_loss
from notebook_seg.training.plan_values import DURATIONS
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.trainer_choices import Choices
from notebook_seg.widgets.trainer_form import TrainerForm
from notebook_seg.widgets.trainer_hints import HINTS, TITLES, where_to_set

OWN_ENCODER = {"architecture": "small_unet", "encoder": "none", "encoder_weights": None}


class Desk:
    """A form in a panel that says where in it a thing is set."""

    def __init__(self, dataset, **plan):
        self.line = MessageLine()
        guard = Guard(self.line, hints=HINTS)
        self.form = TrainerForm(Choices(Plan(minutes=5, **plan)), dataset, guard)

    def field(self, name):
        return self.form.fields[name]


def shown(error):
    line = MessageLine()
    Guard(line, hints=HINTS).show(error)
    return line.text


def test_every_setting_of_the_form_has_a_title_and_no_other(coin_dataset):
    assert list(Desk(coin_dataset).form.fields) == list(TITLES)


def test_every_choice_of_a_plan_can_be_made_in_the_panel():
    beside = {*DURATIONS, "reasons"}
    assert {field.name for field in fields(Plan)} == {*TITLES, *beside}


def test_words_of_every_day_are_no_settings():
    said = where_to_set("2 steps on validation pictures, with validation=0.5")
    assert said == "In this panel: Settings; More settings, “Held back”."


def test_an_encoder_that_does_not_suit_the_network_is_told_with_both_settings(coin_dataset):
    own, other = Desk(coin_dataset, **OWN_ENCODER), Desk(coin_dataset)
    own.field("encoder").menu.value = "resnet18"
    other.field("encoder").menu.value = "none"
    for desk in (own, other):
        assert desk.line.text.endswith("In this panel: Settings, “Network” and “Encoder”.")


def test_weights_that_no_encoder_could_take_are_told_with_their_setting(coin_dataset):
    desk = Desk(coin_dataset, **OWN_ENCODER)
    desk.field("encoder_weights").menu.value = "imagenet"
    assert desk.line.text.endswith("Settings, “Encoder” and “It knows already”.")
    assert desk.field("encoder_weights").menu.value == "nothing"


def test_classes_none_of_which_counts_are_told_with_their_setting(coin_dataset):
    desk = Desk(coin_dataset)
    for number in desk.field("class_weights").numbers:
        number.value = 0
    assert desk.line.text.endswith("In this panel: Settings, “Classes count”.")


def test_a_message_goes_with_the_hint_when_the_next_choice_is_understood(coin_dataset):
    desk = Desk(coin_dataset)
    desk.field("encoder").menu.value = "none"
    desk.field("encoder").menu.value = "resnet18"
    assert desk.line.text == ""


def test_an_infinite_loss_is_told_with_the_settings_that_tame_it():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    said = explain_infinite_loss(network, Plan(minutes=1), batches=7, rate=1e-3)
    assert shown(TrainingError(said)).endswith("Settings, “Loss” and “Learning rate”.")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (WeightsError("No weights: pass encoder_weights=PATH."), "“It knows already”: nothing,"),
        (
            OutOfMemoryError("Memory ran out: train with a smaller patch."),
            "a smaller “Network” or “Encoder”",
        ),
    ],
)
def test_what_helps_is_told_where_an_error_does_not_say_so(error, hint):
    assert f". In this panel: Settings, {hint}" in shown(error)


def test_an_error_that_no_setting_can_mend_stays_as_it_is():
    for error in (SaveError("No space for loss.csv"), TrainingError("Draw some masks first.")):
        assert shown(error) == str(error)


def test_a_folder_that_is_called_like_a_setting_is_none():
    assert where_to_set("Nothing is drawn in /data/encoder/loss") == ""
    assert where_to_set(r"Nothing is drawn in C:\data\contrast") == ""
