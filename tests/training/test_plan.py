import json

import numpy as np
import pytest

import notebook_seg
from notebook_seg.errors import OptionError
from notebook_seg.training.augmentation import augmentation_as_plain, compose
from notebook_seg.training.plan import Plan
from notebook_seg.training.planner import make_plan
from notebook_seg.training.scale import WorkingScale


def test_another_architecture_brings_its_encoder_into_a_plan():
    planned = Plan(epochs=1, encoder="resnet18")
    small = planned.replace(architecture="small_unet")
    assert (small.encoder, small.encoder_weights) == ("none", None)
    assert small.reasons["encoder"] == "the architecture brings its own"
    back = small.replace(architecture="fpn", encoder_weights=None)
    assert (back.encoder, back.encoder_weights) == ("mobilenetv2", None)
    assert planned.replace(architecture="fpn").encoder == "resnet18"


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
        ({"architecture": "small_unet", "encoder": "none"}, "pass encoder_weights=None"),
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
        ({"class_weights": (0, 0)}, r"not all of them 0. Received: \(0, 0\)"),
        ({"class_weights": (1.0, float("inf"))}, "class_weights are 0 or more"),
        ({"class_weights": 2.0}, "class_weights are several numbers, such as .*Received: 2.0"),
        ({"class_weights": ("a", 1)}, "each of class_weights is a number: .*Received: 'a'"),
        ({"scale": 512}, r"write scale=nbs.WorkingScale\(long_side=512\).*Received: 512"),
        ({"scale": None}, "scale is a WorkingScale"),
        ({"minutes": "5"}, "minutes is a number: write minutes=5. Received: '5'"),
        ({"learning_rate": "fast"}, "learning_rate is a number"),
        ({"batch_size": None}, "batch_size is a number"),
        ({"steps": True}, "steps is a number"),
        ({"seed": -1}, "seed is a whole number from 0 to 4294967295. Received: -1"),
        ({"seed": 2**32}, "seed is a whole number from 0"),
        ({"steps": float("inf")}, "steps is a whole number"),
        ({"patch": 100}, "multiples of 32"),
        ({"encoder_weights": False}, "encoder_weights is 'imagenet', a file or None.*False"),
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


def test_of_two_durations_one_is_chosen(fish):
    plan = make_plan(fish, fish.labelled).replace(epochs=3)
    assert (plan.reasons["epochs"], plan.reasons["minutes"]) == ("your choice", "the epochs decide")
    assert plan.replace(minutes=2).reasons["epochs"] == "as many as fit into the minutes"


def test_a_table_reads_as_people_write():
    plan = Plan(minutes=5.0, class_weights=(1, 2.5), scale=WorkingScale(factor=1.0))
    values = {line.split()[0]: " ".join(line.split()[1:]) for line in str(plan).splitlines()}
    shown = [values[name] for name in ("minutes", "class_weights", "scale", "patch", "epochs")]
    assert shown == ["5", "1 : 2.5", "× 1", "256 × 256", "–"]


def test_a_plan_is_edited_and_kept_in_a_file(fish, tmp_path):
    plan = make_plan(fish, fish.labelled, minutes=5).replace(epochs=3, class_weights=(1.0, 2.5))
    plan.save(tmp_path / "plan.json")
    again = Plan.load(tmp_path / "plan.json")
    assert again == plan
    assert again.reasons == plan.reasons
    assert (again.epochs, again.minutes) == (3, None)


@pytest.fixture
def planned(fish, tmp_path):
    """A plan, and its file."""
    plan = make_plan(fish, fish.labelled)
    plan.save(tmp_path / "plan.json")
    return plan, tmp_path / "plan.json"


def edited(file, **values):
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
    return Plan.load(file)


def test_what_was_edited_in_the_file_is_your_choice_and_the_other_reasons_stay(planned):
    plan, file = planned
    found = edited(file, epochs=3, minutes=None, loss="dice", scale={"long_side": 512})
    assert (found.loss, found.scale) == ("dice", WorkingScale(long_side=512))
    assert {n: why for n, why in found.reasons.items() if why != plan.reasons[n]} == {
        "epochs": "your choice",
        "minutes": "the epochs decide",
        "loss": "your choice",
        "scale": "your choice",
    }
    found.save(file)
    assert Plan.load(file).reasons == found.reasons


def test_a_plan_that_was_edited_on_windows_is_read(planned):
    plan, file = planned
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert Plan.load(file) == plan


def test_what_is_written_otherwise_but_means_the_same_was_not_edited(planned):
    plan, file = planned
    found = edited(file, minutes=5, scale={"long_side": plan.scale.long_side})
    assert (found, found.reasons) == (plan, plan.reasons)


def test_what_was_replaced_throughout_the_file_is_your_choice_too(planned):
    _, file = planned
    file.write_text(file.read_text().replace('"cosine"', '"constant"'))
    assert Plan.load(file).reasons["schedule"] == "your choice"


def test_a_file_from_before_there_were_checksums_is_read(planned):
    plan, file = planned
    content = json.loads(file.read_text())
    del content["checksums"]
    file.write_text(json.dumps({**content, "loss": "dice"}))
    found = Plan.load(file)
    assert (found.loss, found.reasons) == ("dice", plan.reasons)


def test_a_file_that_is_no_plan_is_told(tmp_path):
    file = tmp_path / "plan.json"
    with pytest.raises(OptionError, match="is no plan"):
        Plan.load(file)
    file.write_text('{"epochs": 3}')
    with pytest.raises(OptionError, match="is no plan"):
        Plan.load(file)


def test_a_misspelt_name_in_a_file_is_told_with_a_hint(tmp_path):
    file = tmp_path / "plan.json"
    Plan(epochs=1).save(file)
    file.write_text(file.read_text().replace("learning_rate", "learning_rte"))
    with pytest.raises(OptionError, match=r"plan\.json.*did you mean 'learning_rate'"):
        notebook_seg.Plan.load(file)


def test_a_patch_in_a_file_may_be_a_square(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**Plan(epochs=1).to_json(), "patch": 128}))
    assert Plan.load(file).patch == (128, 128)


@pytest.mark.parametrize("scale", [512, "512", {"side": 512}])
def test_a_scale_written_otherwise_is_told_with_how_to_write_it(tmp_path, scale):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**Plan(epochs=1).to_json(), "scale": scale}))
    with pytest.raises(OptionError, match=r'plan\.json.*\{"long_side": 512\}'):
        Plan.load(file)


def test_an_edit_that_is_not_understood_names_the_file(tmp_path):
    Plan(epochs=1).save(tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text().replace('"unet"', '"u-net"')
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(OptionError, match=r"plan\.json.*did you mean 'unet'"):
        Plan.load(tmp_path / "plan.json")


def test_a_plan_keeps_a_pipeline_of_ones_own_in_its_file(tmp_path):
    pipeline = compose("light")
    plan = Plan(minutes=1, augmentation=pipeline)
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan
    assert augmentation_as_plain(compose(plan.augmentation)) == augmentation_as_plain(pipeline)
    assert "HorizontalFlip, Affine" in str(plan)
