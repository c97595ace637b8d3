import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training import Plan
from notebook_seg.training.encoder_choice import beside_encoder
from notebook_seg.training.losses import LOSSES
from notebook_seg.widgets.trainer_choices import Choices, split_terms, with_term


@pytest.fixture
def choices():
    rate, why = beside_encoder(pretrained=True)["encoder_rate"]
    reasons = {"batch_size": "what a CPU can do", "encoder_rate": why}
    return Choices(Plan(minutes=5, batch_size=4, encoder_rate=rate, reasons=reasons))


@pytest.fixture
def heard(choices):
    heard = []
    choices.changed.connect(heard.append)
    return heard


def test_what_is_left_alone_is_as_planned(choices):
    assert choices.plan == choices.planned
    assert choices.chosen == {}
    assert choices.why("batch_size") == "what a CPU can do"


def test_only_what_was_changed_is_passed_on(choices, heard):
    choices.choose(encoder="resnet18", batch_size=4)
    assert choices.chosen == {"encoder": "resnet18"}
    assert heard == ["encoder"]


def test_a_choice_can_be_taken_back(choices, heard):
    choices.choose(class_weights=(1.0, 4.0))
    choices.as_planned("class_weights")
    assert choices.chosen == {}
    assert heard == ["class_weights", "class_weights"]


def test_epochs_take_the_place_of_minutes_and_back(choices):
    choices.choose(epochs=30)
    assert choices.chosen == {"epochs": 30}
    assert choices.plan.minutes is None
    choices.as_planned("minutes")
    assert choices.chosen == {}
    choices.choose(epochs=30)
    choices.as_planned("epochs")
    assert choices.plan.minutes == 5


def test_a_value_that_is_not_understood_changes_nothing(choices, heard):
    choices.choose(loss="dice + 0.5*focal")
    with pytest.raises(OptionError, match="dice"):
        choices.choose(loss="diec")
    assert choices.chosen == {"loss": "dice + 0.5*focal"}
    assert heard == ["loss"]


def test_a_why_is_what_the_plan_said_and_not_the_choice(choices):
    choices.choose(batch_size=8)
    assert choices.why("batch_size") == "what a CPU can do"


def test_a_loss_and_its_terms_say_the_same():
    terms = tuple((0.25 * number, name) for number, name in enumerate(LOSSES, 1))
    loss = "dice"
    for number, term in enumerate(terms):
        loss = with_term(loss, number, term)
    assert split_terms(loss) == terms
    assert Plan(minutes=1, loss=loss).loss == loss


@pytest.mark.parametrize("weight", [0.00001, 0.123456, 1.5, 1000000])
def test_any_weight_of_a_loss_can_be_written(weight):
    loss = Plan(minutes=1, loss=with_term("dice", 0, (weight, "focal"))).loss
    assert split_terms(loss) == ((weight, "focal"),)


def test_an_architecture_with_its_own_encoder_has_no_other_and_none_when_it_is_left(choices):
    choices.choose(architecture="plain_unet")
    assert (choices.plan.encoder, choices.plan.encoder_weights) == ("none", None)
    choices.choose(architecture="fpn")
    assert choices.chosen == {"architecture": "fpn"}


def test_from_an_architecture_with_its_own_encoder_one_comes_to_any_other(choices):
    own = {"architecture": "small_unet", "encoder": "none", "encoder_weights": None}
    choices = Choices(choices.planned.replace(**own))
    choices.choose(architecture="fpn")
    assert (choices.plan.encoder, choices.plan.encoder_weights) == ("mobilenetv2", "imagenet")
    choices.choose(architecture="small_unet")
    assert choices.chosen == {}


def test_what_was_given_from_the_start_needs_no_why(choices):
    given = Choices(choices.planned.replace(batch_size=2))
    assert given.chosen == {}
    assert given.why("batch_size") == ""


def small(plan):
    return plan.replace(architecture="small_unet")


def test_an_encoder_that_knows_something_learns_slowly_unless_somebody_says_how_fast(choices):
    choices = Choices(small(choices.planned))
    choices.choose(architecture="unet")
    assert choices.plan.encoder_rate == 0.1
    choices.choose(encoder_weights=None)
    assert choices.plan.encoder_rate == 1
    choices.choose(encoder_rate=0.5)
    choices.choose(encoder_weights="imagenet")
    assert choices.plan.encoder_rate == 0.5
    said = Choices(small(choices.planned).replace(encoder_rate=0.3))
    said.choose(architecture="unet")
    assert said.plan.encoder_rate == 0.3


def test_the_rate_of_an_encoder_is_taken_back_with_what_it_knows(choices):
    choices.choose(encoder_rate=0.3)
    choices.as_planned("encoder_rate")
    choices.choose(encoder_weights=None)
    assert choices.chosen == {"encoder_weights": None, "encoder_rate": 1.0}
    choices.as_planned("encoder_weights")
    assert choices.chosen == {}


def test_the_plan_of_a_training_that_has_begun_takes_the_place_of_the_old_one(choices, heard):
    begun = choices.planned.replace(batch_size=8, validation=0.1)
    choices.follow(begun, since=choices.plan, chosen=())
    assert choices.plan == choices.planned == begun
    assert choices.chosen == {}
    # It comes from another thread than that of the form.
    assert heard == []


def test_what_was_chosen_for_a_training_can_be_taken_back_while_it_goes_on(choices):
    choices.choose(epochs=3, loss="dice")
    asked = choices.plan
    choices.follow(asked.replace(batch_size=8), since=asked, chosen=choices.chosen)
    assert choices.chosen == {"epochs": 3, "loss": "dice"}
    assert choices.plan.batch_size == choices.planned.batch_size == 8
    choices.as_planned("epochs")
    choices.as_planned("loss")
    assert choices.chosen == {}
    assert choices.plan.minutes == 5


def test_what_was_chosen_while_a_training_was_prepared_is_for_the_next(choices):
    asked = choices.plan
    choices.choose(learning_rate=0.01)
    choices.follow(asked.replace(batch_size=8), since=asked, chosen=())
    assert choices.chosen == {"learning_rate": 0.01}
    assert choices.plan.batch_size == 8


def test_what_does_not_go_with_the_plan_of_a_training_is_dropped(choices):
    asked = choices.plan
    choices.choose(encoder="resnet18")
    choices.follow(small(asked), since=asked, chosen=())
    assert choices.plan == small(asked)
