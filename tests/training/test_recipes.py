import re

import numpy as np
import pytest

from notebook_seg.errors import OptionError
from notebook_seg.training import recipes
from notebook_seg.training.augmentation import augmenter
from notebook_seg.training.plan import Plan

RECIPES = [recipes.ac295, recipes.bgnn, recipes.carvana, recipes.sashimi]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_a_plan_that_survives_a_file(recipe, tmp_path):
    recipe().save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == recipe()


@pytest.mark.parametrize("recipe", RECIPES)
def test_any_choice_of_a_recipe_can_be_another(recipe):
    plan = recipe(minutes=2, loss="focal", augmentation="none")
    assert (plan.minutes, plan.epochs, plan.loss, plan.augmentation) == (2, None, "focal", "none")
    assert plan.reasons["loss"] == "your choice"
    with pytest.raises(OptionError, match="learning_rate"):
        recipe(learnin_rate=1)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_says_what_is_published_and_what_is_ours(recipe):
    plan = recipe()
    assert any(reason.startswith("the recipe of") for reason in plan.reasons.values())
    assert [row for row in str(plan).splitlines() if len(re.split(" {2,}", row)) < 3] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_augmentation_of_a_recipe_fits_its_patches(recipe, coin_dataset):
    plan = recipe()
    image, mask = coin_dataset.image("coin_01"), coin_dataset.mask("coin_01")
    moved_image, moved_mask = augmenter(plan.augmentation)(image, mask, 1)
    assert moved_image.shape == image.shape
    assert set(moved_mask.ravel().tolist()) <= {0, 1}


def test_the_cars_stay_where_they_are_when_their_colours_change(coin_dataset):
    image, mask = coin_dataset.image("coin_01"), coin_dataset.mask("coin_01")
    changed, same = augmenter(recipes.carvana().augmentation)(image, mask, 1)
    assert (same == mask).all()
    assert (changed != image).any()


def test_more_pictures_make_longer_epochs_where_the_recipe_says_so():
    assert recipes.bgnn(pictures=295).steps == 369
    assert recipes.carvana(pictures=64).steps == 2
    assert recipes.sashimi(pictures=12).steps == 6


def test_smaller_batches_are_more_of_them_an_epoch():
    assert recipes.bgnn(pictures=40, batch_size=2).steps == 200
    assert recipes.carvana(pictures=64, batch_size=16).steps == 4
    assert recipes.carvana(pictures=64, batch_size=16, steps=7).steps == 7


@pytest.mark.parametrize("recipe", [recipes.bgnn, recipes.sashimi])
def test_an_encoder_that_begins_from_nothing_is_not_frozen(recipe):
    assert recipe(encoder_weights=None).freeze == "nothing"
    asked_for = recipe(encoder_weights=None, freeze="encoder")
    assert asked_for.keeps_random_encoder


def test_the_cars_are_never_as_colourful_as_they_were():
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (64, 64, 3), np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    changed, _ = augmenter(recipes.carvana().augmentation)(image, mask, 1)
    assert np.ptp(changed, axis=-1).mean() < 0.75 * np.ptp(image, axis=-1).mean()


def test_the_traits_of_fishes_are_learned_by_a_frozen_encoder_ever_more_slowly():
    plan = recipes.bgnn()
    assert (plan.architecture, plan.encoder, plan.freeze) == ("fpn", "seresnext50", "encoder")
    assert (plan.optimizer, plan.learning_rate, plan.schedule) == ("adam", 1e-4, "step")
