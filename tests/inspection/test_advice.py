"""Things are broken on purpose, one at a time: the sentence about it must come first."""

import ast
import inspect
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from itertools import combinations

import cv2
import numpy as np
import pytest

import notebook_seg as nbs
from notebook_seg.data import Dataset
from notebook_seg.inspection.advice import SEVERITY, Advice, AdviceList, advise
from notebook_seg.inspection.evidence import Evidence
from notebook_seg.inspection.rules.common import longer, train_again
from notebook_seg.training.plan import BALANCED_LOSS

from .seeing import PLAN, evidence_of, looked_at, parts_of, right_probabilities

COIN = ("background", "coin")


@pytest.fixture(scope="module")
def coins():
    return Dataset.sample()


@pytest.fixture(scope="module")
def healthy(coins):
    return evidence_of(coins)


@pytest.fixture(scope="module")
def leaves(photographs, tmp_path_factory):
    """Six photographs of leaves with symptoms, reduced."""
    folder = tmp_path_factory.mktemp("leaves")
    source, small = photographs / "leaf", folder / "small"
    for kind in ("images", "masks"):
        (small / kind).mkdir(parents=True)
    for file in sorted((source / "images").iterdir())[:6]:
        image = cv2.imread(str(file))
        mask = cv2.imread(str(source / "masks" / f"{file.stem}.png"), cv2.IMREAD_UNCHANGED)
        reduced = cv2.resize(mask, (256, 128), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(small / "images" / f"{file.stem}.png"), cv2.resize(image, (256, 128)))
        cv2.imwrite(str(small / "masks" / f"{file.stem}.png"), reduced)
    names = ["leaf", "symptom"]
    return Dataset.create(folder / "data", small / "images", names, small / "masks")


def topics(evidence):
    return [advice.topic for advice in advise(evidence)]


def first(evidence):
    return advise(evidence)[0]


def changed(evidence, **pictures):
    """Replace pictures of the evidence by others of the same stem, or add them."""
    kept = [p for p in evidence.pictures if p.stem not in pictures]
    return replace(evidence, pictures=(*kept, *pictures.values()))


def remade(data, stem, mask, probabilities, part=None):
    names = data.class_names
    part = part or parts_of(data.labelled)[stem]
    return looked_at(stem, data.image(stem), mask, probabilities, part, names)


def test_where_nothing_is_broken_nothing_is_to_be_mended(healthy):
    assert {advice.level for advice in advise(healthy)} <= {"hint"}


def test_masks_swapped_between_two_pictures_come_first(leaves):
    pair = _two_that_lie_apart(leaves)
    swapped = {}
    for stem, given in (pair, pair[::-1]):
        right = right_probabilities(leaves.drawn_mask(stem), 3)
        swapped[stem] = remade(leaves, stem, leaves.drawn_mask(given), right)
    told = first(evidence_of(leaves, swapped))
    assert told.topic == "probably mislabelled"
    assert set(told.stems) == set(pair)
    assert all(stem in told.sentence for stem in pair)
    assert told.action.text.startswith("nbs.Labeller(data.subset([")


def _two_that_lie_apart(data):
    """Return the two pictures whose masks have least in common."""
    masks = {stem: data.drawn_mask(stem) for stem in data.labelled}

    def shared(pair):
        one, other = (masks[stem] > 0 for stem in pair)
        return (one & other).sum() / (one | other).sum()

    return min(combinations(masks, 2), key=shared)


def test_classes_swapped_in_one_picture_come_first_and_are_named(leaves):
    data = leaves
    mask = data.drawn_mask(data.stems[0])
    swapped = np.choose(mask, [0, 2, 1]).astype(np.uint8)
    picture = remade(data, data.stems[0], swapped, right_probabilities(mask, 3))
    told = first(changed(evidence_of(data), **{data.stems[0]: picture}))
    assert told.topic == "probably mislabelled"
    assert told.stems == (data.stems[0],)
    assert "what is drawn as symptom it calls leaf" in told.sentence


def test_a_class_that_is_drawn_in_no_training_picture_comes_first(leaves):
    data = leaves
    parts, without = parts_of(data.labelled), {}
    for stem in data.labelled:
        mask = data.drawn_mask(stem)
        healthy_leaf = np.minimum(mask, 1)
        drawn = healthy_leaf if parts[stem] == "train" else mask
        without[stem] = remade(data, stem, drawn, right_probabilities(healthy_leaf, 3))
    told = first(Evidence(data.class_names, tuple(without.values()), plan=PLAN))
    assert told.topic == "class without training pictures"
    assert "cannot know symptom: none of the 3 pictures that it learned from" in told.sentence
    assert set(told.stems) == {stem for stem, part in parts.items() if part != "train"}


def test_a_class_that_is_never_found_comes_first_and_what_it_is_taken_for(leaves):
    data = leaves
    found = {
        stem: remade(
            data, stem, data.drawn_mask(stem), right_probabilities(data.drawn_mask(stem) > 0, 3)
        )
        for stem in data.labelled
    }
    seen = evidence_of(data, found)
    told = next(a for a in advise(seen) if a.topic != "objects too small")
    assert told.topic == "class never predicted"
    assert "never finds symptom" in told.sentence
    assert "it calls it leaf" in told.sentence
    assert told.action.arguments == {"loss": BALANCED_LOSS}
    balanced = replace(seen, plan={**PLAN, "loss": BALANCED_LOSS})
    told = next(a for a in advise(balanced) if a.topic != "objects too small")
    assert told.action.arguments == {"minutes": 15}


def test_a_model_that_sees_only_background_is_told_first(coins):
    nothing = {
        stem: remade(
            coins, stem, coins.drawn_mask(stem), right_probabilities(0 * coins.drawn_mask(stem), 2)
        )
        for stem in coins.labelled
    }
    told = first(evidence_of(coins, nothing))
    assert told.topic == "only background"
    assert "all 12 labelled pictures" in told.sentence


@pytest.mark.parametrize("double", ["copy", "mirrored", "reduced and brighter"])
def test_a_training_picture_that_is_tested_again_comes_first(healthy, coins, double):
    image, mask = coins.image("coin_01"), coins.drawn_mask("coin_01")
    if double == "mirrored":
        image, mask = image[:, ::-1], mask[:, ::-1]
    if double == "reduced and brighter":
        image = np.clip(cv2.resize(image, None, fx=0.7, fy=0.7) * 1.1 + 8, 0, 255).astype(np.uint8)
        size = image.shape[1], image.shape[0]
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    image, mask = np.ascontiguousarray(image), np.ascontiguousarray(mask)
    again = looked_at("again", image, mask, right_probabilities(mask, 2), "test", COIN)
    told = first(changed(healthy, again=again))
    assert told.topic == "leaking split"
    assert "1 of 7 pictures to judge by is nearly the same" in told.sentence
    assert told.stems == ("coin_01", "again")
    groups = told.action.arguments["groups"]
    assert groups["again"] == groups["coin_01"]


def test_groups_of_the_dataset_are_kept_where_doubles_become_one(healthy, coins):
    image, mask = coins.image("coin_01"), coins.drawn_mask("coin_01")
    again = looked_at("again", image, mask, right_probabilities(mask, 2), "test", COIN)
    grouped = replace(changed(healthy, again=again), groups={"coin_01": "A", "coin_02": "B"})
    groups = first(grouped).action.arguments["groups"]
    assert groups == {"coin_01": "A", "again": "A", "coin_02": "B"}


def test_a_training_that_is_advised_is_as_a_person_had_chosen_it(healthy):
    plan = {
        "encoder": "resnet18",
        "patch": [512, 512],
        "minutes": 60,
        "augmentation": "light",
        "reasons": dict.fromkeys(("encoder", "patch", "minutes"), "your choice"),
    }
    history = {"iou": [0.99], "val_iou": [0.5]}
    told = first(Evidence(("background", "coin"), (), history, plan))
    assert told.topic == "overfitting"
    assert told.action.text == (
        'nbs.train(data, encoder="resnet18", patch=(512, 512), minutes=60, augmentation="strong")'
    )
    rest = train_again(plan, **longer({"epochs": 3})).arguments
    assert "minutes" not in rest
    assert rest["epochs"] == 9


def test_a_scale_is_written_as_it_is_chosen():
    plan = {"scale": {"long_side": 64, "factor": None}, "reasons": {"scale": "your choice"}}
    assert train_again(plan).text == "nbs.train(data, scale=nbs.WorkingScale(long_side=64))"


def test_focus_planes_of_one_field_on_both_sides_of_the_split_come_first(photographs):
    files = sorted((photographs / "yeast" / "images").iterdir())
    images = {f.stem: cv2.imread(str(f))[..., ::-1].copy() for f in files}
    parts = parts_of(tuple(images))
    pictures = []
    for stem, image in images.items():
        mask = cv2.imread(str(photographs / "yeast" / "masks" / f"{stem}.png"), -1)
        right = right_probabilities(mask, 3)
        names = ("background", "mother", "daughter")
        pictures.append(looked_at(stem, image, mask, right, parts[stem], names))
    told = first(Evidence(("background", "mother", "daughter"), tuple(pictures), plan=PLAN))
    assert told.topic == "leaking split"


def test_groups_on_both_sides_of_the_split_come_first(healthy):
    groups = {"coin_01": "Roman", "coin_12": "Roman", "coin_02": "Greek"}
    told = first(replace(healthy, groups=groups))
    assert told.topic == "leaking split"
    assert "Roman" in told.sentence
    assert told.stems == ("coin_12",)


def test_a_working_scale_that_leaves_objects_of_a_few_pixels_comes_first(coins):
    tiny = {}
    for stem in coins.labelled:
        mask = coins.drawn_mask(stem)
        size = max(2, mask.shape[1] // 24), max(2, mask.shape[0] // 24)
        reduced = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        tiny[stem] = remade(coins, stem, mask, right_probabilities(reduced, 2, 2.0))
    plan = {**PLAN, "scale": {"long_side": 8, "factor": None}}
    told = first(replace(evidence_of(coins, tiny), plan=plan))
    assert told.topic == "objects too small"
    assert "pixels across when it comes to the network" in told.sentence
    assert told.action.arguments["scale"]["long_side"] > 8


def test_objects_far_larger_than_a_patch_that_are_found_badly_come_first(leaves):
    half = {}
    for stem in leaves.labelled:
        mask = leaves.drawn_mask(stem)
        found = mask.copy()
        found[:, :100] = 0
        half[stem] = remade(leaves, stem, mask, 0.6 * right_probabilities(found, 3) + 0.13)
    evidence = replace(evidence_of(leaves, half), plan={**PLAN, "patch": (64, 64)})
    told = next(a for a in advise(evidence) if a.topic != "underfitting")
    assert told.topic == "objects too large"
    assert "never seen a whole leaf" in told.sentence
    assert "patches it learned from are 64 pixels wide" in told.sentence


def test_a_model_that_knows_its_one_picture_by_heart_is_told_first(coins, healthy):
    parts = dict.fromkeys(coins.labelled, "test") | {"coin_01": "train"}
    pictures = []
    for stem in coins.labelled:
        mask = coins.drawn_mask(stem)
        found = mask if stem == "coin_01" else np.roll(mask, mask.shape[1] // 3, axis=1)
        unsure = 0.5 * right_probabilities(found, 2) + 0.25
        pictures.append(remade(coins, stem, mask, unsure, parts[stem]))
    told = first(replace(healthy, pictures=tuple(pictures)))
    assert told.topic == "overfitting"
    assert "of 1 picture it learned from is 1.00" in told.sentence
    assert told.action.arguments == {"augmentation": "strong"}


def test_a_gap_between_the_curves_is_overfitting_even_without_pictures():
    history = {"loss": [0.9, 0.2, 0.1], "iou": [0.3, 0.9, 0.98], "val_iou": [0.3, 0.5, 0.4]}
    told = first(Evidence(COIN, (), history))
    assert told.topic == "overfitting"
    assert "0.98" in told.sentence
    assert "0.40" in told.sentence


def test_a_validation_loss_that_rises_is_told_with_its_epoch():
    falling, rising = np.linspace(1, 0.1, 10), [1, 0.8, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    told = first(Evidence(COIN, (), {"loss": falling, "val_loss": rising}))
    assert told.topic == "rising loss"
    assert "From epoch 4 on" in told.sentence


def test_curves_that_end_before_they_settle_are_underfitting():
    loss, overlap = np.linspace(1.2, 0.7, 8), np.linspace(0.1, 0.45, 8)
    history = {"loss": loss, "iou": overlap, "val_iou": overlap}
    told = first(Evidence(COIN, (), history, plan=PLAN))
    assert told.topic == "underfitting"
    assert "still getting better" in told.sentence
    assert told.action.arguments == {"minutes": 15}


def test_curves_that_settled_low_from_random_weights_ask_for_pretrained_ones():
    history = {"loss": [0.9, 0.8, 0.8, 0.8, 0.8], "iou": [0.4] * 5, "val_iou": [0.4] * 5}
    told = first(Evidence(COIN, (), history, plan={**PLAN, "encoder_weights": None}))
    assert told.action.arguments == {"encoder_weights": "imagenet"}


def test_a_network_that_has_no_pretrained_weights_is_advised_against_rather_than_given_some():
    history = {"loss": [0.9, 0.8, 0.8, 0.8, 0.8], "iou": [0.4] * 5, "val_iou": [0.4] * 5}
    own = {**PLAN, "architecture": "small_unet", "encoder": "none", "encoder_weights": None}
    own["reasons"] = {"architecture": "your choice"}
    told = first(Evidence(COIN, (), history, plan=own))
    assert "small_unet there are no pretrained weights" in told.sentence
    assert told.action.arguments == {}  # the plan chooses the network


def test_a_narrow_network_that_settled_low_is_advised_against():
    history = {"loss": [0.9, 0.8, 0.8, 0.8, 0.8], "iou": [0.4] * 5, "val_iou": [0.4] * 5}
    told = first(Evidence(COIN, (), history, plan={**PLAN, "architecture": "narrow_unet"}))
    assert told.action.arguments == {"architecture": "unet"}


def test_a_broken_network_comes_before_everything(healthy):
    told = first(replace(healthy, broken_layers=("decoder_0a", "outputs")))
    assert told.topic == "broken weights"
    assert "decoder_0a and outputs" in told.sentence


def test_a_prediction_that_jumps_where_tiles_meet_is_told(healthy, coins):
    stem = "coin_01"
    mask = coins.drawn_mask(stem)
    jumping = right_probabilities(mask, 2, blur=4)
    jumping[:, 60:] = np.clip(jumping[:, 60:] + 0.3, 0, 1)
    picture = looked_at(stem, coins.image(stem), mask, jumping, "train", COIN, ((), (60,)))
    assert "tile seams" in topics(changed(healthy, coin_01=picture))
    smooth = looked_at(
        stem, coins.image(stem), mask, right_probabilities(mask, 2, 4), "train", COIN, ((), (60,))
    )
    assert "tile seams" not in topics(changed(healthy, coin_01=smooth))


def test_pictures_to_label_next_are_those_that_the_model_is_unsure_of(healthy, coins):
    others = {}
    for number, stem in enumerate(("coin_02", "coin_05", "coin_09")):
        right = right_probabilities(coins.drawn_mask(stem), 2)
        unsure = right * (1 - number / 3) + number / 3 * 0.5
        others[f"new_{number}"] = looked_at(
            f"new_{number}", coins.image(stem), None, unsure, "new", COIN
        )
    told = next(a for a in advise(changed(healthy, **others)) if a.topic == "label next")
    assert told.stems[0] == "new_2"
    assert "unsure of 100 % of the pixels of new_2" in told.sentence


def test_of_pictures_that_fail_alike_more_are_asked_for(healthy, coins):
    bad = {}
    for stem in ("coin_09", "coin_10"):
        mask = coins.drawn_mask(stem)
        found = np.roll(mask, mask.shape[1] // 3, axis=1)
        bad[stem] = remade(coins, stem, mask, 0.5 * right_probabilities(found, 2) + 0.25)
    unlabelled = looked_at(
        "like_09", coins.image("coin_09"), None, right_probabilities(mask, 2), "new", COIN
    )
    evidence = changed(healthy, **bad, like_09=unlabelled)
    told = next(a for a in advise(evidence) if a.topic == "more of a kind")
    assert told.stems[0] in bad
    assert "like_09" in told.action.stems


def test_every_call_can_be_made_as_it_is_written(healthy, coins, photographs):
    """Whatever is proposed exists, and takes the arguments that it is given."""
    given = {
        "train": [
            {"scale": {"long_side": 512}},
            {"patch": (256, 256)},
            {"augmentation": "strong"},
            {"encoder_weights": "imagenet"},
        ],
        "cross_validate": [{"groups": {"a": "b"}}, {"folds": 5}],
        "Labeller": [{"model": "model"}, {}],
    }
    from notebook_seg.inspection.advice import Action

    for kind, choices in given.items():
        for arguments in choices:
            text = Action(kind, ("coin_01",), arguments).text
            call = ast.parse(text, mode="eval").body
            assert call.func.attr == kind
            called = getattr(nbs, kind)
            inspect.signature(called).bind(coins, **{k.arg: None for k in call.keywords})
            for keyword in call.keywords:
                names = {"nbs": nbs, "model": None}
                eval(compile(ast.Expression(keyword.value), "call", "eval"), names)


def test_advice_shows_itself_as_text_and_as_html():
    told = AdviceList([Advice("overfitting", "IoU 0.9 < 1 & more.")])
    assert repr(told) == "1. [mend first] IoU 0.9 < 1 & more."
    assert "0.9 &lt; 1 &amp; more." in told._repr_html_()
    assert "Nothing" in repr(AdviceList())
    assert "Nothing" in AdviceList()._repr_html_()


def test_every_topic_has_a_place_of_its_own_in_the_order():
    assert len(set(SEVERITY.values())) == len(SEVERITY)
    assert all(0 < severity <= 1 for severity in SEVERITY.values())


def test_advice_needs_no_keras():
    code = (
        "import sys, notebook_seg.inspection.advice;"
        "print([m for m in ('keras', 'tensorflow') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert import_module("notebook_seg.inspection.advice").advise is advise
