import json

import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError, TrainingError
from notebook_seg.training.augmentation import augmentation_as_plain, compose
from notebook_seg.training.fingerprint import fingerprint
from notebook_seg.training.plan import Plan
from notebook_seg.training.planner import make_plan, validation_share


@pytest.fixture(scope="module")
def fish(tmp_path_factory, photographs):
    folder = photographs / "fish"
    return Dataset.create(
        tmp_path_factory.mktemp("fish") / "data", folder / "images", ["fish"], folder / "masks"
    )


@pytest.fixture(scope="module")
def yeast(tmp_path_factory, photographs):
    folder = photographs / "yeast"
    return Dataset.create(
        tmp_path_factory.mktemp("yeast") / "data",
        folder / "images",
        ["mother", "daughter"],
        folder / "masks",
    )


def test_photographs_of_one_specimen_each_are_scaled_by_their_long_side(fish):
    plan = make_plan(fish, fish.labelled, minutes=5)
    assert plan.scale.long_side is not None
    assert plan.augmentation == "specimen"


def test_fields_of_small_cells_keep_their_pixels(yeast):
    plan = make_plan(yeast, yeast.labelled, minutes=5)
    assert plan.scale.factor == 1
    assert plan.augmentation == "microscopy"


def test_photographs_of_little_contrast_are_stretched(fish, yeast):
    assert make_plan(fish, fish.labelled, minutes=5).contrast == "as it is"
    plan = make_plan(yeast, yeast.labelled, minutes=5)
    assert plan.contrast == "stretched"
    assert "of the 256 levels" in plan.reasons["contrast"]


def test_few_pictures_are_all_learned_from(fish):
    shares = [validation_share(fish.subset(fish.labelled[:n]))[0] for n in (1, 7, 8)]
    assert shares == [0, 0, 0.1]
    assert "cross_validate" in make_plan(fish, fish.labelled, minutes=5).reasons["validation"]


def test_pictures_of_one_group_count_once(yeast, tmp_path):
    grouped = Dataset.create(
        tmp_path / "grouped",
        yeast.folder / "images",
        ["mother", "daughter"],
        yeast.folder / "masks",
        groups={stem: stem.rpartition("_z_")[0] for stem in yeast.stems},
    )
    assert validation_share(yeast)[0] == 0.1
    assert validation_share(grouped)[0] == 0


def test_the_smallest_object_is_that_of_the_smaller_class(yeast):
    assert 10 < fingerprint(yeast, yeast.labelled).smallest_object < 40


def test_sides_of_a_patch_divide_by_the_networks_stride(fish, yeast):
    for data in (fish, yeast):
        height, width = make_plan(data, data.labelled, minutes=5).patch
        assert height % 32 == width % 32 == 0


def test_every_decision_can_be_overridden(fish):
    plan = make_plan(fish, fish.labelled, epochs=3, patch=(64, 64), batch_size=2, loss="focal")
    assert (plan.epochs, plan.patch, plan.batch_size, plan.loss) == (3, (64, 64), 2, "focal")


@pytest.mark.parametrize("architecture", ["plain_unet", "small_unet"])
def test_an_architecture_with_its_own_encoder_needs_no_more_than_its_name(fish, architecture):
    plan = make_plan(fish, fish.labelled, minutes=5, architecture=architecture)
    assert (plan.encoder, plan.encoder_weights) == ("none", None)
    assert plan.reasons["encoder"] == "the architecture brings its own"


def test_a_plan_survives_json():
    plan = Plan(minutes=2.5, encoder="resnet18", encoder_weights=None)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_what_a_later_version_adds_is_passed_over():
    plan = Plan(epochs=1)
    assert Plan.from_json({**plan.to_json(), "unheard_of": 1}) == plan


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"encoder": "mobilenet2"}, "did you mean 'mobilenetv2'"),
        ({"architecture": "u-net"}, "did you mean 'unet'"),
        ({"encoder": "densenet121"}, "densenet121 does not work: .* slash"),
        ({"architecture": "plain_unet"}, "pass encoder='none'"),
        ({"loss": "dise"}, "did you mean 'dice'"),
        ({"minutes": None}, "either epochs=... or minutes="),
        ({"epochs": 3}, "either epochs=... or minutes="),
        ({"minutes": -1}, "minutes must be above 0"),
        ({"validation": 1.0}, "validation is a share"),
        ({"patch": (100, 128)}, "multiples of 32"),
        ({"patch": (0, 32)}, "multiples of 32"),
        ({"patch": (64,)}, "multiples of 32"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"steps": 2.5}, "steps is a whole number"),
        ({"sampling": 1.5}, "sampling is a share"),
        ({"channels": 2}, "3 \\(colour\\) or 1 \\(grey\\)"),
        ({"freeze": "encoders"}, "did you mean 'encoder'"),
        ({"contrast": "streched"}, "did you mean 'stretched'"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"class_weights": (1.0, -1.0)}, "class_weights are 0 or more"),
        ({"class_weights": 2.0}, "class_weights are several numbers, such as .*Received: 2.0"),
        ({"class_weights": ("a", 1)}, "each of class_weights is a number: .*Received: 'a'"),
        ({"scale": 512}, r"write scale=nbs.WorkingScale\(long_side=512\).*Received: 512"),
        ({"scale": None}, "scale is a WorkingScale"),
        ({"minutes": "5"}, "minutes is a number: write minutes=5. Received: '5'"),
        ({"learning_rate": "fast"}, "learning_rate is a number"),
        ({"batch_size": None}, "batch_size is a number"),
        ({"steps": True}, "steps is a number"),
        ({"steps": float("inf")}, "steps is a whole number"),
        ({"patch": 100}, "multiples of 32"),
        ({"patch": "256"}, "patch are several numbers, such as .*Received: '256'"),
        ({"patch": (64.5, 64)}, "a side of the patch is a whole number. Received: 64.5"),
    ],
)
def test_a_wrong_choice_is_told(wrong, said):
    with pytest.raises(OptionError, match=said):
        Plan(**{"minutes": 5, **wrong})


def test_numbers_are_kept_as_plain_ones():
    plan = Plan(minutes=np.float32(5), steps=12 / 4, batch_size=np.int64(8), patch=256.0)
    assert (plan.steps, plan.batch_size, plan.patch) == (3, 8, (256, 256))
    assert "256 × 256" in str(plan)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_what_is_wrong_is_told_before_anything_is_decided_by_it(fish):
    assert make_plan(fish, fish.labelled, minutes=5, patch=64).patch == (64, 64)
    with pytest.raises(OptionError, match="scale is a WorkingScale"):
        make_plan(fish, fish.labelled, minutes=5, scale=0.5)


def test_the_table_says_why(fish):
    plan = make_plan(fish, fish.labelled, minutes=5, encoder="resnet18")
    rows = {line.split()[0]: line for line in str(plan).splitlines()}
    assert "fish covers" in rows["sampling"]
    assert rows["encoder"].endswith("your choice")
    assert "fish covers" in plan._repr_html_()


def test_a_plan_is_edited_and_kept_in_a_file(fish, tmp_path):
    plan = make_plan(fish, fish.labelled, minutes=5).replace(epochs=3, class_weights=(1.0, 2.5))
    plan.save(tmp_path / "plan.json")
    again = Plan.load(tmp_path / "plan.json")
    assert again == plan
    assert again.reasons == plan.reasons
    assert (again.epochs, again.minutes) == (3, None)


def test_a_file_that_is_no_plan_is_told(tmp_path):
    file = tmp_path / "plan.json"
    with pytest.raises(OptionError, match="is no plan"):
        Plan.load(file)
    file.write_text('{"epochs": 3}')
    with pytest.raises(OptionError, match="is no plan"):
        Plan.load(file)


def test_an_edit_that_is_not_understood_names_the_file(tmp_path):
    Plan(epochs=1).save(tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text().replace('"unet"', '"u-net"')
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(OptionError, match=r"plan\.json.*did you mean 'unet'"):
        Plan.load(tmp_path / "plan.json")


def test_a_misspelt_option_is_told_with_a_hint(fish):
    with pytest.raises(OptionError, match="did you mean 'batch_size'"):
        make_plan(fish, fish.labelled, minutes=5, batchsize=2)


def test_nothing_drawn_is_told_before_training_starts(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.stems:
        data.save_mask(stem, 0 * data.mask(stem))
    with pytest.raises(TrainingError, match="Draw some masks first"):
        make_plan(data, data.labelled, minutes=5)


def test_a_plan_keeps_a_pipeline_of_ones_own_in_its_file(tmp_path):
    pipeline = compose("light")
    plan = Plan(minutes=1, augmentation=pipeline)
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan
    assert augmentation_as_plain(compose(plan.augmentation)) == augmentation_as_plain(pipeline)
    assert "HorizontalFlip, Affine" in str(plan)
