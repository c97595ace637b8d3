from dataclasses import fields

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.errors import OptionError, TrainingError
from notebook_seg.training.device import has_gpu
from notebook_seg.training.fingerprint import fingerprint
from notebook_seg.training.plan import Plan
from notebook_seg.training.planner import make_plan, validation_share


def test_photographs_of_one_specimen_each_are_scaled_by_their_long_side(fish):
    plan = make_plan(fish, fish.labelled, minutes=5)
    assert plan.scale.long_side is not None
    assert plan.augmentation == "specimen"


def test_fields_of_small_cells_keep_their_pixels(yeast):
    plan = make_plan(yeast, yeast.labelled, minutes=5)
    assert plan.scale.factor == 1
    assert plan.augmentation == "microscopy"


def test_of_a_picture_or_two_dark_and_bright_change_places(yeast, fish):
    plan = make_plan(yeast, yeast.labelled[:2], minutes=5)
    assert plan.augmentation == "microscopy_inverted"
    assert "2 pictures do not tell" in plan.reasons["augmentation"]
    assert make_plan(fish, fish.labelled[:1], minutes=5).augmentation == "specimen"


def test_photographs_of_little_contrast_are_stretched(fish, yeast):
    assert make_plan(fish, fish.labelled, minutes=5).contrast == "as it is"
    plan = make_plan(yeast, yeast.labelled, minutes=5)
    assert plan.contrast == "stretched"
    assert "of the 256 levels" in plan.reasons["contrast"]


def test_without_a_gpu_the_decoder_for_small_objects_is_narrow(fish, yeast):
    assert make_plan(fish, fish.labelled).architecture == "unet"
    plan = make_plan(yeast, yeast.labelled)
    assert plan.architecture == ("unet" if has_gpu() else "narrow_unet")
    assert ("on a CPU" in plan.reasons["architecture"]) != has_gpu()


def test_a_rare_class_counts_as_much_as_a_common_one(fish, yeast):
    assert make_plan(fish, fish.labelled).loss == "cross_entropy + dice"
    plan = make_plan(yeast, yeast.labelled)
    assert plan.loss == "weighted_cross_entropy + dice"
    assert "daughter would be learned late" in plan.reasons["loss"]
    weighted = make_plan(yeast, yeast.labelled, class_weights=(1, 2, 4))
    assert weighted.loss == "cross_entropy + dice"


def test_what_a_pretrained_encoder_knows_is_changed_slowly(fish):
    assert make_plan(fish, fish.labelled).encoder_rate == 0.1
    plan = make_plan(fish, fish.labelled, encoder_weights=None)
    assert plan.encoder_rate == 1
    assert "nothing is known yet" in plan.reasons["encoder_rate"]


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


@pytest.mark.parametrize(
    "choices",
    [{}, {"epochs": 3}, {"architecture": "small_unet"}, {"encoder_weights": None}, {"sampling": 0}],
)
def test_every_choice_has_a_short_reason(fish, yeast, choices):
    for data in (fish, yeast):
        plan = make_plan(data, data.labelled, **choices)
        reasons = [plan.reasons[f.name] for f in fields(Plan) if f.name != "reasons"]
        assert all(0 < len(reason) <= 80 for reason in reasons)


def test_your_choice_is_what_was_not_decided(fish):
    decided = make_plan(fish, fish.labelled)
    assert "your choice" not in decided.reasons.values()
    for choice in ({"validation": 0.2}, {"patch": 256}, {"class_weights": (1, 2)}, {"epochs": 3}):
        plan = make_plan(fish, fish.labelled, **choice)
        assert [n for n, why in plan.reasons.items() if why == "your choice"] == list(choice)
    same = make_plan(fish, fish.labelled, patch=decided.patch, validation=0.1)
    assert same.reasons == decided.reasons


def test_the_size_of_objects_is_told_as_the_network_will_see_them(tmp_path):
    coins = Dataset.sample(tmp_path / "coins")
    plan = make_plan(coins, coins.labelled)
    shrunk = plan.scale.size(100, 100)[0] / 100  # photographs are at most doubled
    across = shrunk * fingerprint(coins, coins.labelled).smallest_object
    assert shrunk == 2
    assert f"the smallest are then {across:.0f} pixels across" in plan.reasons["scale"]


@pytest.mark.parametrize(
    ("pixels", "said"), [(1, "less than 0.01 %"), (16, "0.12 %"), (128 * 99, "99 %")]
)
def test_how_rare_a_class_is_is_told_in_per_cent(tmp_path, pixels, said):
    photograph = tmp_path / "images" / "a.png"
    photograph.parent.mkdir()
    Image.new("RGB", (128, 100)).save(photograph)
    data = Dataset.create(tmp_path / "data", photograph.parent, ["spot"])
    mask = np.zeros(128 * 100, np.uint8)
    mask[:pixels] = 1
    data.save_mask("a", mask.reshape(100, 128))
    assert f"spot covers {said}" in make_plan(data, ("a",)).reasons["sampling"]


@pytest.mark.parametrize("patch", [0, (64,), (-32, 64)])
def test_a_patch_that_no_network_takes_is_told_before_batches_are_planned(fish, patch):
    with pytest.raises(OptionError, match="sides of a patch must be multiples of 32 pixels"):
        make_plan(fish, fish.labelled, patch=patch)


def test_a_misspelt_option_is_told_with_a_hint(fish):
    with pytest.raises(OptionError, match="did you mean 'batch_size'"):
        make_plan(fish, fish.labelled, minutes=5, batchsize=2)


def test_nothing_drawn_is_told_before_training_starts(tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.stems:
        data.save_mask(stem, 0 * data.mask(stem))
    with pytest.raises(TrainingError, match="Draw some masks first"):
        make_plan(data, data.labelled, minutes=5)
