import re

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


def test_the_traits_of_fishes_are_learned_by_a_frozen_encoder_ever_more_slowly():
    plan = recipes.bgnn()
    assert (plan.architecture, plan.encoder, plan.freeze) == ("fpn", "seresnext50", "encoder")
    assert (plan.optimizer, plan.learning_rate, plan.schedule) == ("adam", 1e-4, "step")
