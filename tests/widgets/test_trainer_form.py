import albumentations
import pytest

from notebook_seg.training import Plan
from notebook_seg.training.augmentation.presets import preset
from notebook_seg.training.scale import WorkingScale
from notebook_seg.widgets.messages import Guard, MessageLine
from notebook_seg.widgets.trainer_choices import Choices
from notebook_seg.widgets.trainer_fields import Duration
from notebook_seg.widgets.trainer_form import TrainerForm

PLAN = Plan(minutes=5, reasons={"batch_size": "so many suit a CPU"})


class Desk:
    """A form over a plan, as a trainer puts them together."""

    def __init__(self, dataset, plan=PLAN):
        self.line = MessageLine()
        guard = Guard(self.line)
        self.choices = Choices(plan)
        self.form = TrainerForm(self.choices, dataset, guard)
        self.duration = Duration(self.choices, guard)

    def field(self, name):
        return self.form.fields[name]

    def row(self, number):
        factor, _, menu, less = self.field("loss").rows.children[number].children
        return factor, menu, less

    def can_be_taken_back(self, name):
        return self.field(name)._back.layout.visibility == "visible"


@pytest.fixture
def desk(coin_dataset):
    return Desk(coin_dataset)


def test_the_form_shows_the_plan_and_changes_nothing_by_being_shown(desk):
    assert desk.choices.chosen == {}
    assert desk.field("architecture").menu.value == desk.choices.plan.architecture
    assert desk.field("batch_size").number.value == 4
    assert (desk.duration.amount.value, desk.duration.unit.value) == (5, "minutes")
    assert not any(desk.can_be_taken_back(name) for name in desk.form.fields)


def test_what_is_changed_in_the_form_is_chosen_and_can_be_taken_back(desk):
    desk.field("encoder").menu.value = "resnet18"
    desk.field("learning_rate").number.value = 0.01
    assert desk.choices.chosen == {"encoder": "resnet18", "learning_rate": 0.01}
    assert desk.can_be_taken_back("encoder")
    desk.field("encoder")._back.click()
    assert desk.field("encoder").menu.value == "mobilenetv2"
    assert desk.choices.chosen == {"learning_rate": 0.01}


def test_sizes_are_changed_in_pixels_or_by_a_factor_and_taken_back(desk):
    scale = desk.field("scale")
    scale.number.value = 640
    assert desk.choices.chosen == {"scale": WorkingScale(long_side=640)}
    scale.kind.value = "factor"
    assert desk.choices.chosen == {"scale": WorkingScale(factor=scale.number.value)}
    desk.choices.as_planned("scale")
    desk.field("patch").sides[0].value = 128
    assert desk.choices.chosen == {"patch": (128, 256)}


def test_a_patch_of_a_size_that_no_network_takes_is_told_and_refused(desk):
    desk.field("patch").sides[1].value = 100
    assert "multiples of 32" in desk.line.text
    assert desk.field("patch").sides[1].value == 256
    assert desk.choices.chosen == {}


def test_what_is_seldom_changed_is_folded_away_behind_the_rest(desk):
    desk.form.unfold.value = True
    rest = desk.field("seed")
    hidden = next(b for b in desk.form.children[0].children if rest in getattr(b, "children", ()))
    assert hidden.layout.display == "none"
    desk.form.unfold_rest.value = True
    assert hidden.layout.display is None


def test_what_is_chosen_in_python_is_shown(desk):
    desk.choices.choose(freeze="staged", class_weights=(1.0, 3.0), epochs=12)
    assert desk.field("freeze").menu.value == "staged"
    assert [number.value for number in desk.field("class_weights").numbers] == [1, 3]
    assert (desk.duration.amount.value, desk.duration.unit.value) == (12, "epochs")


def test_a_reason_is_shown_as_long_as_its_value_is(desk):
    assert "so many suit a CPU" in desk.field("batch_size")._why.value
    desk.field("batch_size").number.value = 2
    assert "so many suit a CPU" not in desk.field("batch_size")._why.value


def test_losses_are_added_weighted_and_left_out(desk):
    desk.field("loss").more.click()
    factor, menu, _ = desk.row(2)
    menu.value = "tversky"
    factor.value = 0.5
    assert desk.choices.plan.loss == "cross_entropy + dice + 0.5*tversky"
    desk.row(0)[2].click()
    assert desk.choices.plan.loss == "dice + 0.5*tversky"
    desk.row(0)[2].click()
    assert desk.choices.plan.loss == "0.5*tversky"
    assert desk.row(0)[2].disabled


def test_a_row_that_is_typed_in_stays_on_the_page(desk):
    row = desk.field("loss").rows.children[0]
    row.children[0].value = 2.5
    assert desk.field("loss").rows.children[0] is row
    assert desk.choices.plan.loss == "2.5*cross_entropy + dice"


def test_what_only_python_would_choose_is_shown_and_stays_when_another_row_changes(coin_dataset):
    loss = "dice + 0.0012345678*focal"
    desk = Desk(coin_dataset, PLAN.replace(loss=loss, class_weights=(1, 5000), batch_size=2000))
    assert desk.choices.chosen == {}
    assert desk.row(1)[0].value == 0.0012345678
    assert desk.field("batch_size").number.value == 2000
    desk.row(0)[1].value = "jaccard"
    desk.field("class_weights").numbers[0].value = 2
    assert desk.choices.plan.loss == "jaccard + 0.0012345678*focal"
    assert desk.choices.plan.class_weights == (2, 5000)


def test_the_longest_training_is_shown(coin_dataset):
    desk = Desk(coin_dataset, PLAN.replace(epochs=200_000))
    assert desk.duration.amount.value == 200_000


def test_classes_that_count_alike_are_no_choice(desk):
    numbers = desk.field("class_weights").numbers
    numbers[1].value = 4
    assert desk.choices.plan.class_weights == (1, 4)
    numbers[1].value = 1
    assert desk.choices.chosen == {}


def test_weights_come_from_photographs_from_nothing_or_from_a_file(desk):
    field = desk.field("encoder_weights")
    assert (field.menu.value, field.path.layout.display) == ("imagenet", "none")
    field.menu.value = "nothing"
    assert desk.choices.plan.encoder_weights is None
    field.menu.value = "a file:"
    assert desk.choices.plan.encoder_weights is None
    field.path.value = "weights/resnet.h5"
    assert desk.choices.plan.encoder_weights == "weights/resnet.h5"
    assert field.path.layout.display is None


def test_a_file_of_weights_without_a_path_changes_nothing_and_says_so(desk):
    field = desk.field("encoder_weights")
    field.menu.value = "a file:"
    assert "until then nothing is changed" in field._why.value
    field.path.value = "weights/resnet.h5"
    assert "until then nothing is changed" not in field._why.value
    field.path.value = " "
    assert (field.menu.value, field.path.value) == ("a file:", "weights/resnet.h5")
    assert desk.choices.chosen == {"encoder_weights": "weights/resnet.h5"}


def test_a_tilde_in_the_path_of_weights_is_the_home_of_the_user(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    desk.field("encoder_weights").menu.value = "a file:"
    desk.field("encoder_weights").path.value = "~/resnet.h5"
    assert desk.choices.plan.encoder_weights == str(tmp_path / "resnet.h5")


def test_an_encoder_that_is_chosen_shows_how_fast_it_will_learn(coin_dataset):
    desk = Desk(coin_dataset, PLAN.replace(architecture="small_unet"))
    desk.field("architecture").menu.value = "unet"
    assert desk.field("encoder_rate").number.value == 0.1


def transforms_in(preset):
    for transform in preset:
        yield type(transform).__name__
        yield from transforms_in(getattr(transform, "transforms", ()))


@pytest.mark.parametrize(
    ("word", "transforms"),
    [
        ("bent", {"ElasticTransform", "GridDistortion"}),
        ("turned", {"Affine"}),
        ("recoloured", {"HueSaturationValue"}),
        ("noisy", {"GaussNoise"}),
        ("parts hidden", {"CoarseDropout"}),
    ],
)
def test_what_an_augmentation_is_said_to_do_it_does(desk, word, transforms):
    options = desk.field("augmentation").menu.options
    said = [name for label, name in options if word in label]
    assert said
    assert all(transforms & {*transforms_in(preset(name))} for name in said)


def test_epochs_take_the_place_of_minutes(desk):
    desk.duration.unit.value = "epochs"
    desk.duration.amount.value = 30
    assert desk.choices.chosen == {"epochs": 30}
    desk.duration.unit.value = "minutes"
    assert desk.choices.plan.minutes == 30


def test_a_duration_of_nothing_is_told_and_not_taken(desk):
    desk.duration.amount.value = 0
    assert desk.line.text == "minutes must be above 0. Received: 0.0"
    assert desk.duration.amount.value == 5


def test_an_augmentation_of_ones_own_is_shown_as_that(coin_dataset):
    own = albumentations.Compose([albumentations.Transpose(p=1)])
    desk = Desk(coin_dataset, PLAN.replace(augmentation=own))
    assert desk.field("augmentation").menu.label == "your own"
    assert desk.choices.chosen == {}
    desk.field("augmentation").menu.value = "strong"
    assert desk.choices.chosen == {"augmentation": "strong"}


def test_a_network_with_its_own_encoder_takes_the_other_away(desk):
    desk.field("architecture").menu.value = "plain_unet"
    assert desk.field("encoder").menu.value == "none"
    assert desk.field("encoder_weights").menu.label == "nothing"
    assert desk.line.text == ""


def test_the_form_is_folded_away_until_it_is_wanted_and_tells_the_plan_in_short(desk):
    unfold, summary = desk.form.head
    assert desk.form.layout.display == "none"
    unfold.value = True
    assert desk.form.layout.display is None
    architecture = desk.choices.plan.architecture
    assert f"{architecture} with mobilenetv2" in summary.value
    desk.choices.choose(encoder="vgg16")
    assert f"{architecture} with vgg16" in summary.value
    assert "1 changed" in summary.value


def test_while_a_training_goes_on_it_says_that_changes_are_for_the_next(desk):
    desk.form.say_training(True)
    assert "for the next training" in desk.form.head[1].value
    desk.form.say_training(False)
    assert "for the next training" not in desk.form.head[1].value
